"""What the GPU orchestrator writes: its cycles, and what it did in each of them.

It calls routine steps CRITICAL, and names workers in its text alone: its rows have
neither worker_id nor task_id (systems/reigh.md, 0.2 and 0.3).
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any, Final, NamedTuple, Protocol

POLL: Final = timedelta(seconds=30)  # ORCHESTRATOR_POLL_SEC
SLOW: Final = timedelta(seconds=41.27)
LAST: Final = timedelta(seconds=12)  # before now the last cycle began
VOLUMES: Final = 10  # STORAGE_CHECK_INTERVAL_CYCLES
PAUSES: Final = (700, 800, 1100, 4100, 90000, 0)  # lines may share an instant
DOWNTIME: Final = timedelta(seconds=74)  # a deployment takes that long


class CycleLine(NamedTuple):
    """A line of the orchestrator."""

    at: datetime
    level: str
    message: str
    cycle: int
    metadata: dict[str, Any]


class Loaded(Protocol):
    """Knows how much there was to do."""

    def at(self, moment: datetime) -> tuple[int, int, int, int]:
        """Return spawning and active workers, queued and active tasks."""
        ...


@dataclass(slots=True)
class Turn:
    """One cycle, with the lines of what was done in it."""

    start: datetime
    number: int
    slow: bool = False
    error: str | None = None
    """What ended it before its time."""
    lost: bool = False
    """Whether it broke off without a word."""
    end: datetime = field(init=False)
    said: list[CycleLine] = field(default_factory=list)
    did: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        """Let its deeds begin after its counting."""
        self.end = self.start + timedelta(seconds=0.62)

    def lines(self, load: Loaded) -> Iterator[CycleLine]:
        """Return all lines of the cycle: what it counts, what it did, how it ended."""
        spawning, active, queued, running = load.at(self.start)
        number = self.number
        total = queued + running
        desired = max(total, 2)
        counts = f"Queued={queued}, Active={running}, Total={total}"
        fleet = f"{spawning} spawning, {active} active, 0 terminating"
        wanted = f"Current={active}+{spawning}, Desired={desired}"
        work = f"{total} total tasks ({queued} queued)"
        routine = (
            (0, "INFO", f"Starting orchestrator cycle #{number}"),
            (340, "CRITICAL", f"🔢 TASK COUNT (Cycle #{number}): {counts}"),
            (361, "INFO", f"Current state: {fleet}, {work}"),
            (361, "CRITICAL", f"🎯 SCALING DECISION (Cycle #{number}): {wanted}"),
            (362, "INFO", f"  → FINAL DESIRED: {desired} workers"),
        )
        for milliseconds, level, message in routine:
            yield CycleLine(
                self.start + timedelta(milliseconds=milliseconds),
                *(level, message, number, _metadata("control_loop._scale", 40)),
            )
        if number % VOLUMES == 0:
            yield CycleLine(
                self.start + timedelta(milliseconds=540),
                "INFO",
                "📦 STORAGE_HEALTH [Peter] 54% used, 229 GB free of 500 GB",
                *(number, _metadata("control_loop._check_storage", 9)),
            )
        yield from self.said
        end = self.end + timedelta(milliseconds=90)
        if self.lost:
            return
        if self.error is not None:
            yield CycleLine(
                end,
                "ERROR",
                f"Error in orchestrator cycle: {self.error}",
                *(number, _metadata("control_loop.run_single_cycle", 30)),
            )
            return
        if self.slow:
            end = self.start + SLOW
        took = (end - self.start).total_seconds()
        names = ("promoted", "failed", "spawned", "terminated")
        did = {f"workers_{name}": self.did[f"workers_{name}"] for name in names}
        did["tasks_reset"] = self.did["tasks_reset"]
        yield CycleLine(
            end,
            "INFO",
            f"Orchestrator cycle completed in {took:.2f}s: {did}",
            *(number, _metadata("control_loop.run_single_cycle", 12)),
        )
        if self.slow:
            yield CycleLine(
                end + timedelta(milliseconds=1),
                "WARNING",
                f"Cycle took {took:.2f}s, longer than the poll interval of 30s",
                *(number, _metadata("main.run", 4)),
            )


class OrchestratorLog:
    """All cycles from *span* ago until now, and what is said in them.

    *slow* ago a cycle took too long; *restart* ago it was deployed anew and its
    cycles are counted from 1 again. *stops* ago its last line was written.
    """

    def __init__(  # noqa: PLR0913 - each has its name at the call
        self,
        random: Random,
        now: datetime,
        *,
        span: timedelta,
        slow: timedelta | None = None,
        restart: timedelta | None = None,
        stops: timedelta | None = None,
    ) -> None:
        self._random = random
        self.stops = now - stops if stops is not None else now
        starts = [now - LAST]
        self._slow: Turn | None = None
        slow_at = None
        while starts[-1] > now - span:
            gap = POLL + timedelta(milliseconds=random.randrange(160))
            back = now - (starts[-1] - gap)
            if slow is not None and slow_at is None and back >= slow:
                gap = SLOW + timedelta(milliseconds=310)
                slow_at = starts[-1] - gap
            starts.append(starts[-1] - gap)
        starts.reverse()
        fresh = len(starts)
        if restart is not None:
            fresh = bisect_left(starts, now - restart)
            until = starts[fresh] - DOWNTIME
            cut = bisect_left(starts, until)
            del starts[cut:fresh]
            fresh = cut
        del starts[bisect_left(starts, self.stops) :]
        first = random.randrange(900, 1500)
        self.turns = [
            Turn(
                start,
                1 + index - fresh if index >= fresh else first + index,
                slow=start == slow_at,
            )
            for index, start in enumerate(starts)
        ]
        self._starts = starts

    def break_off(self, *, since: datetime, error: str = "", most: int = 0) -> int:
        """Let cycles after *since* fail with the error; without one they say nothing.

        Returns:
            How many there are; *most* of them fail, or all if that is 0.
        """
        turns = self.turns[bisect_left(self._starts, since) :]
        for turn in turns[:most] if most else turns:
            turn.error, turn.lost = error or None, not error
        return len(turns)

    def count_anew(self, at: datetime) -> None:
        """Let the service be started anew at that time: its cycles begin with 1."""
        for number, turn in enumerate(self.turns[bisect_left(self._starts, at) :], 1):
            turn.number = number

    @property
    def slow_cycle(self) -> int | None:
        """Return the number of the cycle that took too long."""
        return next((turn.number for turn in self.turns if turn.slow), None)

    def say(
        self,
        at: datetime,
        *messages: str | tuple[str, str],
        did: str = "",
        by: str = "control_loop.run_single_cycle",
    ) -> datetime:
        """Write messages in the first cycle that begins after *at*, one after another.

        A message alone is INFO; a pair is (level, message). *did* is what the cycle's
        sum counts, such as `workers_spawned`.

        Returns:
            When the last one was written.
        """
        if at < self._starts[0] - POLL:  # what it wrote then is no longer kept
            return at
        turn = self.turns[min(bisect_left(self._starts, at), len(self.turns) - 1)]
        if did:
            turn.did[did] += 1
        when = turn.end
        for message in messages:
            level, text = ("INFO", message) if isinstance(message, str) else message
            when = turn.end
            turn.said.append(
                CycleLine(when, level, text, turn.number, _metadata(by, len(text)))
            )
            turn.end += timedelta(microseconds=self._random.choice(PAUSES))
        return when

    def next(self, at: datetime) -> datetime:
        """Return when the first cycle after *at* begins; the last one for later times.

        Of a time whose cycles are no longer kept it returns that time.
        """
        if at < self._starts[0] - POLL:
            return at
        return self._starts[min(bisect_left(self._starts, at), len(self._starts) - 1)]

    def said(self, load: Loaded) -> Iterator[CycleLine]:
        """Return all lines, oldest first."""
        for turn in self.turns:
            yield from (line for line in turn.lines(load) if line.at <= self.stops)


_KNOWN: dict[tuple[str, int], dict[str, Any]] = {}


def _metadata(by: str, line: int) -> dict[str, Any]:
    """Return what the logging handler adds; the same object for the same place."""
    line = 100 + line % 40 * 7
    known = _KNOWN.get((by, line))
    if known is None:
        module, _, function = by.partition(".")
        known = _KNOWN[by, line] = {
            "module": module,
            "funcName": function,
            "lineno": line,
            "pathname": f"/app/gpu_orchestrator/{module}.py",
            "thread": 140245,
            "threadName": "MainThread",
        }
    return known
