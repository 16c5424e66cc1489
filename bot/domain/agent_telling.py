"""How an agent's own facts are told: its sections, its start, its log, its claims."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from bot.domain.agent_claims import Claims
from bot.domain.agent_facts import AgentFacts, Pause
from bot.domain.agent_limits import (
    BEAT_AGEING,
    BEAT_GONE,
    BEAT_STALE,
    BRAIN_DEAD,
    BRAIN_LATE,
    BeatAge,
)
from bot.domain.agent_lives import NEVER_STARTED, Way
from bot.domain.agent_names import SHORT, AgentKind
from bot.domain.excerpts import cut, first_line
from bot.domain.figures import some
from bot.domain.findings import Status
from bot.domain.logs import Level, LogLine
from bot.domain.report import Cell, Facts
from bot.domain.tasks import Task, TaskPhase
from bot.domain.times import ago, dated, old, spoken, stamp
from bot.domain.worker_verdicts import state
from bot.domain.workers import Worker

# systems/agents.md, 1A.8: loading a model at the start may take so long.
STARTS: Final = timedelta(seconds=300)
UNLED: Final = (
    "no dependency is released, nothing is retried, and no orphan is recovered"
)
"""What it means that no brain runs (systems/agents.md, 3A, 10)."""
_LONGEST: Final = 120


def sections(facts: AgentFacts) -> tuple[Facts, ...]:
    """Return what the agent tells of itself, and what its lines tell of claims."""
    rows = [(label, value) for label, value in _rows(facts) if value is not None]
    found = [Facts(title="Agent", rows=tuple(rows))]
    if facts.claims is not None:
        found.append(claims_told(facts.claims, facts.louder, facts.lost_to))
    return tuple(found)


def _rows(facts: AgentFacts) -> Iterator[tuple[str, Cell]]:
    yield "kind", facts.kind.value
    yield "heartbeat", _beat(facts)
    yield "began", facts.begun_at
    yield "ready", facts.up_at or (None if facts.begun_at is None else "not since")
    yield "crashed", facts.crashed_at
    yield "by", cut(first_line(facts.exception or ""), _LONGEST) or None
    yield "stopped", facts.stopped_at
    yield "model", _model(facts)
    yield "runtime", facts.runtime_state
    yield "fault", facts.error
    yield "VRAM budget", _budget(facts)
    heat = facts.temperature_c
    yield "temperature", None if heat is None else f"{heat:g} °C"
    yield "thermal pause", _paused(facts)
    yield "reserved for", facts.reserved_for or _anybody(facts.reserved_for)
    for each in facts.running:
        spent = each.running_seconds
        since = f" for {spoken(timedelta(seconds=spent))}" if spent is not None else ""
        pid = f", PID {each.pid}" if each.pid is not None else ""
        name = f" {each.name}" if each.name else ""
        yield "runs", f"{each.task_id[:SHORT]}{name}{since}{pid}"
    yield "meta task", facts.meta_task
    yield "completed since it began", facts.tasks_completed
    yield "failed since it began", facts.tasks_failed
    yield "signals", ", ".join(facts.signals) or None
    yield "takes no more because", facts.idle_because
    due = facts.should_claim
    yield "should claim", None if due is None else f"{due[:SHORT]} within 5 s"


def _beat(facts: AgentFacts) -> str | None:
    brain = facts.kind is AgentKind.BRAIN
    late = spoken(BRAIN_LATE if brain else BEAT_AGEING)
    lost = spoken(BRAIN_DEAD if brain else BEAT_STALE)
    words = {
        None: None,
        BeatAge.WELL: f"well: it would be late past {late}",
        BeatAge.AGEING: f"late: past {late}, and lost past {lost}",
        BeatAge.STALE: f"lost: past {lost}",
        BeatAge.GONE: f"gone: past {spoken(BEAT_GONE)}",
        BeatAge.AHEAD: "ahead of the clock here: see AGENTS_TZ",
    }
    told = words[facts.heartbeat]
    if told is not None and facts.undated:
        told += "; it tells no time, its file does"
    return told


def _model(facts: AgentFacts) -> str | None:
    if facts.hot is None:
        return None
    if not facts.hot:
        return "none loaded: it is cold"
    return f"{facts.model or 'one'} loaded: it is hot"


def _budget(facts: AgentFacts) -> str | None:
    if facts.budget_mb is None:
        return None
    claimed = facts.claimed_vram_mb
    begin = "" if claimed is None else f"{claimed:,} MB claimed, "
    return f"{begin}{facts.budget_mb:,} MB left"


def _anybody(owner: str | None) -> str | None:
    return None if owner is None else "somebody"


def _paused(facts: AgentFacts) -> str | None:
    if facts.heartbeat is None:  # nobody tells
        return None
    if facts.pause is not None:
        return _pause_told(facts.pause)
    if facts.constrained is not None:
        return f"none, but held back: {', '.join(facts.constrained) or 'hot'}"
    return "none" if facts.kind is not AgentKind.BRAIN else None


def _pause_told(pause: Pause) -> str:
    until = f"until {stamp(pause.until)}" if pause.until else "for a while"
    times = f", the {_nth(pause.attempts)} in a row" if pause.attempts > 1 else ""
    why = f": {', '.join(pause.reasons)}" if pause.reasons else ""
    return f"{until}{times}{why}"


def _nth(number: int) -> str:
    return {2: "second", 3: "third"}.get(number, f"{number}th")


def claims_told(found: Claims, louder: str | None, lost_to: Mapping[str, int]) -> Facts:
    """Return what the lines tell of claims, and of the last look that ended in none.

    *louder* is what makes the agent write of more than its claims; *lost_to* are those
    that have the tasks of lost races.
    """
    winners = ", ".join(f"{who} {n:,}" for who, n in lost_to.items())
    untold = None
    if not found.told:
        untold = f"with {louder}=DEBUG where it runs" if louder else "by its lines"
    kinds = ", ".join(f"{kind} {n:,}" for kind, n in found.by_class.items())
    rate = "" if found.win_rate is None else f", {found.win_rate:.0%} won"
    look = found.last_look
    rows: tuple[tuple[str, Cell], ...] = (
        ("tried", f"{found.attempts:,}{rate}"),
        ("claimed", f"{found.claimed:,}" + (f": {kinds}" if kinds else "")),
        *(
            (label, value if found.told else None)
            for label, value in (
                ("lost races", found.lost_races),
                ("lost to", winners or None),
                ("lock time-outs", found.lock_timeouts),
                ("all taken by others", found.turned_away),
                ("tasks passed over", found.skipped),
                ("looks without a claim", found.looks),
                ("looks at an empty queue", found.empty_looks),
            )
        ),
        ("more is told", untold),
        ("last claim", found.last_claim_at or "none in the window"),
        ("last such look", None if look is None else look.at),
        ("it said", None if look is None else look.text),
    )
    shown = tuple((label, value) for label, value in rows if value is not None)
    return Facts(title="Claims", rows=shown)


def standing(
    worker: Worker, facts: AgentFacts, tasks: Sequence[Task], now: datetime
) -> str:
    """Return where it stands, where nothing is wrong with it."""
    done, failed = facts.tasks_completed, facts.tasks_failed
    for way, at, verb in _ends(facts):
        if facts.ended is way and at is not None:
            return f"{worker.id} {verb} at {stamp(at)}"
    told = state(worker, tasks, now)
    if worker.status == NEVER_STARTED:
        told = f"{worker.id} {NEVER_STARTED}"
        if facts.kind is AgentKind.BRAIN:
            told += f", as far as its folder tells: until it does, {UNLED}"
    held = any(each.phase is TaskPhase.RUNNING for each in tasks)
    if facts.running and not held:
        told += f", working on {facts.running[0].task_id[:SHORT]}"
    begun = facts.begun_at
    if begun is not None and facts.up_at is None and now - begun > STARTS:
        told += f"; it began at {stamp(begun)} and was never ready since"
    if done is None:
        return told
    ends = f"{done:,} completed" + (f" and {failed:,} failed" if failed else "")
    return f"{told}; {ends} since it began"


def _ends(facts: AgentFacts) -> Iterator[tuple[Way, datetime | None, str]]:
    """Yield the ways to end; one that crashed writes that it shuts down as well."""
    yield Way.CRASHED, facts.crashed_at, "crashed"
    yield Way.STOPPED, facts.stopped_at, "was stopped"


def of_claims(worker: Worker, facts: AgentFacts) -> str:
    """Return in one sentence how it came by its work, and why it takes no more."""
    found = facts.claims
    if facts.kind is AgentKind.BRAIN:
        return f"{worker.id} claims nothing: it hands out what others claim"
    if found is None:
        return f"cannot tell what {worker.id} claims: no line of it was read"
    if not found.attempts:
        told = f"{worker.id} tried to claim nothing in the window"
    else:
        told = (
            f"{worker.id} claimed {found.claimed:,} of {some(found.attempts, 'task')}"
            f" that it tried ({found.win_rate or 0:.0%})"
        )
        if found.told:
            told += (
                f", lost {some(found.lost_races, 'race')} and waited"
                f" {some(found.lock_timeouts, 'time')} in vain for a lock"
            )
    why = facts.idle_because
    own = f"{worker.id} "
    if why is not None:
        told += f"; it takes no more now because {why.replace(own, 'it ', 1)}"
    if facts.should_claim is not None:
        due = facts.should_claim[:SHORT]
        told += f"; it should claim {due} within 5 s: nothing known holds it back"
    return told


def of_start(
    worker: Worker, facts: AgentFacts, now: datetime
) -> tuple[str, Status, bool]:
    """Return how far its last start came, how bad that is, and whether it came up."""
    begun, up = facts.begun_at, facts.up_at
    if begun is None and up is None:
        return (
            f"no line of the last day before the window tells how {worker.id} began",
            Status.UNKNOWN,
            False,
        )
    if up is not None:
        took = "" if begun is None else f", {spoken(up - begun)} after it began"
        told = f"{worker.id} was ready at {stamp(up)}{took}"
        for _, at, verb in _ends(facts):
            if at is not None and at >= up:
                return f"{told}; it {verb} at {stamp(at)}", Status.OK, True
        return told, Status.OK, True
    first = begun or now
    late = now - first > STARTS
    verb = "was never ready since" if late else "is not ready yet"
    status = Status.WARNING if late else Status.UNKNOWN
    return f"{worker.id} began at {dated(first, now)}, and {verb}", status, False


def of_log(
    worker: Worker, facts: AgentFacts, last: LogLine | None, now: datetime
) -> Facts:
    """Return how old its last signs are, what levels it writes, and what shows more."""
    beat_at = worker.last_heartbeat_at
    levels = ", ".join(f"{level} {n:,}" for level, n in facts.levels.items())
    debug = facts.levels.get(Level.DEBUG, 0)
    if facts.louder is None:
        more = "nothing: its lines have no level"
    elif debug:
        more = f"{facts.louder} is DEBUG already: its claims and looks are told"
    else:
        more = f"{facts.louder}=DEBUG where it runs: what it passes over, and why"
    return Facts(
        title="Its log",
        rows=(
            ("newest line", _aged(last.at if last else None, now)),
            (
                "last heartbeat",
                "never" if beat_at is None else ago(beat_at, now),
            ),
            ("levels seen", levels or "none"),
            ("would show more", more),
        ),
    )


def _aged(at: datetime | None, now: datetime) -> str:
    if at is None:
        return "none in the window"
    return dated(at, now)


def quiet(worker: Worker, last: LogLine | None, now: datetime) -> str | None:
    """Return that it writes nothing though it lives; None where that is not so.

    An agent without work writes no line at INFO: silence of a log is no loss.
    """
    silence = worker.silence(now)
    if silence is None or silence > worker.stale_after:
        return None
    line = "no line of the window is its own"
    if last is not None:
        line = f"its newest line is {old(last.at, now)}"
    beat = f"its heartbeat is {old(worker.last_heartbeat_at or now, now)}"
    return f"{worker.id} is quiet and alive: {line}, {beat}"
