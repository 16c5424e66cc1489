"""The brain's life: its monitor looks at everything each 30 s, and that is a cycle."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from bot.domain.agent_limits import BRAIN_DEAD, MONITOR_STALLED
from bot.domain.logs import Level, LogLine
from bot.domain.orchestration import Cycle, Decision, Orchestration
from bot.domain.times import Window
from bot.sources.agents.decisions import DECISION, MONITOR, telling
from bot.sources.agents.sweep import ALWAYS, Files, Sweep

READY: Final = "[STARTUP] Brain ready"
BOUND: Final = 20_000  # looks of a week, at one each 30 s
_AGENTS: Final = re.compile(r"(?:Agents|Workers): (\d+)/(\d+)")
# A look names one thing after the other: `Queue: 3 (cpu:0, script:3), Processing: 5`.
_SEEN: Final = re.compile(r"([A-Za-z][\w -]*): (\d+(?:/\d+)?(?: \([^)]*\))?)(?:,|$)")
# What it calls tasks in progress are files: sidecars count as well (1A.3).
_CALLED: Final = {"processing": "processing files"}
_FIRST: Final = ("agents", "workers", "queue", "stuck", "processing")
_CLASS: Final = re.compile(r"(\w+):(\d+)")
_HOT: Final = "hot_gpus"
PAUSE: Final = timedelta(seconds=60)  # systems/agents.md, 2A, A8
MOST: Final = 4 * 1024 * 1024  # bytes of each file, its last, in which a time may stand


def life(
    sweep: Sweep, found: Files, window: Window, beat_at: datetime | None = None
) -> Orchestration:
    """Return its cycles in the window, when it began anew, and its newest line.

    *beat_at* is its heartbeat's time. A cycle's number counts from when the brain was
    last ready; None where the window does not tell when that was.
    """
    looks: list[LogLine] = []
    notable: list[LogLine] = []
    whole = True
    if found.decisions is not None:
        for line in sweep.lines([found.decisions], window, telling):
            if line.source_id == MONITOR:
                looks.append(line)
            elif line.level in (Level.WARNING, Level.ERROR):
                notable.append(line)
            if len(looks) + len(notable) >= BOUND:
                whole = False
                break
    newest, unread = _newest(sweep, found), sweep.unread
    ready = READY.encode()
    starts = sorted(
        line.at
        for line in sweep.lines(found.consoles, window, lambda raw: ready in raw)
        if line.source == "brain" and READY in line.message
    )
    return Orchestration(
        last_line=newest,
        undated=newest is None and not unread and _undated(sweep, found),
        unread=unread,
        cycles=_cycles(looks[::-1], starts),
        restarts=tuple(starts),
        notable=tuple(notable[::-1]),
        decisions=tuple(notable[::-1]),
        beat_at=beat_at,
        late=MONITOR_STALLED,
        down=BRAIN_DEAD,
        pause=PAUSE,
        whole=whole and sweep.whole,
    )


def _cycles(looks: Iterable[LogLine], starts: list[datetime]) -> tuple[Cycle, ...]:
    cycles: list[Cycle] = []
    number: int | None = None
    since: datetime | None = None
    for line in looks:
        begun = max((at for at in starts if at <= line.at), default=None)
        if begun is not None:
            number = 1 if begun != since or number is None else number + 1
            since = begun
        cycles.append(
            Cycle(
                number=number,
                started_at=line.at,
                completed_at=line.at,
                decision=_decision(line.message),
                saw=_saw(line),
            )
        )
    return tuple(cycles)


def _saw(line: LogLine) -> Mapping[str, str]:
    """Return what the look tells of, by its own words in lower case."""
    text = line.message.removeprefix(f"[{MONITOR}] ")
    found: dict[str, str] = {name.lower(): value for name, value in _SEEN.findall(text)}
    first = {name: found[name] for name in _FIRST if name in found}
    saw = {
        _CALLED.get(name, name): _classes(value)
        for name, value in (first | found).items()
    }
    hot = line.fields.get(_HOT)
    return saw | ({"which are hot": hot} if isinstance(hot, str) and hot else {})


def _classes(value: str) -> str:
    """Return `3 (script 3)` for `3 (cpu:0, script:3, llm:0)`; others as they are."""
    number, _, rest = value.partition(" (")
    kinds = [f"{kind} {n}" for kind, n in _CLASS.findall(rest) if int(n)]
    return number + (f" ({', '.join(kinds)})" if kinds else "")


def _decision(message: str) -> Decision | None:
    """Return how many agents it saw, and how many there should be."""
    found = _AGENTS.search(message)
    if found is None:
        return None
    return Decision(active=int(found[1]), starting=0, wanted=int(found[2]))


def _newest(sweep: Sweep, found: Files) -> LogLine | None:
    """Return the brain's newest line, however old it is."""
    if found.decisions is None:
        return None
    line = next(sweep.lines([found.decisions], ALWAYS), None)
    return None if line is None else replace(line, source=DECISION)


def _undated(sweep: Sweep, found: Files) -> bool:
    """Tell whether something was written and no line of it has a time."""
    decisions = [found.decisions] if found.decisions else []
    written = [each for each in (*decisions, *found.consoles) if each.size]
    lines = sweep.lines(written, ALWAYS, most=MOST)
    return bool(written) and next(lines, None) is None and sweep.whole
