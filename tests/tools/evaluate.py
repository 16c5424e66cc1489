"""How well the rules find what is wrong, where the truth is known: `make evaluate`.

Fleets are made with known failures and near misses, and the real desk is asked about
them: `health`, and `worker ID` or `task ID` of whatever is guilty or looks so. A
finding that is owed and not made is missed; one that is made and not owed is a false
alarm, unless it is of severity info. The real adapter reads the rows, from memory.
"""

import argparse
import asyncio
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from importlib import import_module
from multiprocessing import Pool
from pkgutil import iter_modules
from typing import Any, Final

from bot import queries
from bot.demo.fleet import Expected, Fleet
from bot.demo.fleets import make_fleet
from bot.demo.scenarios import SCENARIOS
from bot.domain.access import Caller, Door
from bot.domain.findings import Confidence, Finding, Severity
from bot.domain.report import Outcome
from bot.rules import book
from tests.tools.memory import Memory, MemoryPods, a_desk

NOON: Final = datetime(2026, 1, 31, 12, tzinfo=UTC)
FLEETS: Final = 500
BIG: Final = (2_000, 20_000, timedelta(hours=48))
BIG_SEEDS: Final = 20
MOST_ASKED: Final = 60  # subjects of one fleet that are looked at closely
# Their subject is the fleet as a whole, whatever it is called.
WHOLE: Final = frozenset(
    {
        *("orchestrator-silent", "orchestrator-failing", "queue-without-workers"),
        *("spawn-loop", "no-capacity", "counts-endpoint", "tier-failures"),
    }
)
OLDER: Final = {"not-logging": "silent-worker"}


@dataclass(slots=True)
class Tally:
    """What became of one rule's findings."""

    planted: int = 0
    found: int = 0
    missed: list[str] = field(default_factory=list)
    false: list[str] = field(default_factory=list)
    """Confirmed or likely, and not owed."""
    doubts: list[str] = field(default_factory=list)
    """Called possible, and not owed."""
    kept: int = 0
    """Confirmed or likely, and owed or left open."""

    @property
    def recall(self) -> float:
        """Return the share of planted failures that was found."""
        return self.found / self.planted if self.planted else 1.0

    @property
    def precision(self) -> float:
        """Return the share of confirmed and likely findings that is true."""
        made = self.kept + len(self.false)
        return self.kept / made if made else 1.0

    def add(self, other: "Tally") -> None:
        """Count another one's in."""
        self.planted += other.planted
        self.found += other.found
        self.kept += other.kept
        self.missed += other.missed
        self.false += other.false
        self.doubts += other.doubts


@dataclass(slots=True)
class Measured:
    """What one or more fleets showed."""

    rules: dict[str, Tally] = field(default_factory=dict)
    fleets: int = 0
    workers: int = 0
    tasks: int = 0
    lines: int = 0
    questions: int = 0
    making: float = 0.0
    asking: float = 0.0
    judging: float = 0.0
    unanswered: list[str] = field(default_factory=list)

    def add(self, other: "Measured") -> None:
        """Count another one's in."""
        for rule, tally in other.rules.items():
            self.rules.setdefault(rule, Tally()).add(tally)
        for name in ("fleets", "workers", "tasks", "lines", "questions"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for name in ("making", "asking", "judging"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.unanswered += other.unanswered

    @property
    def failed(self) -> bool:
        """Tell whether a rule that exists missed something or raised a false alarm."""
        known = known_rules()
        return bool(self.unanswered) or any(
            tally.false or (tally.missed and rule in known)
            for rule, tally in self.rules.items()
        )


class Examiner:
    """One desk for many fleets."""

    def __init__(self) -> None:
        """Make the desk; it has no gate and reads nothing yet."""
        self.memory = Memory(Fleet(NOON, span=timedelta(minutes=5)))
        self.pods = MemoryPods(Fleet(NOON, span=timedelta(minutes=5)))
        self.desk = a_desk(self.memory, self.pods)

    async def findings(
        self, fleet: Fleet, measured: Measured, *, most: int = MOST_ASKED
    ) -> dict[Expected, Finding]:
        """Return what the product says of the fleet, each finding once."""
        self.memory.hold(fleet)
        self.pods.fleet = fleet
        found: dict[Expected, Finding] = {}
        for words in questions(fleet, most=most):
            report = await self.desk.answer(
                words.split(), Caller(door=Door.SHELL), fleet.now
            )
            measured.questions += 1
            if report.outcome is not Outcome.ANSWERED or report.gaps:
                gaps = "; ".join(f"{gap.source} {gap.reason}" for gap in report.gaps)
                measured.unanswered.append(f"{words}: {report.summary} ({gaps})")
            for each in report.findings:
                found.setdefault(named(fleet, each.rule, each.subject.id), each)
        return found


def questions(fleet: Fleet, *, most: int = MOST_ASKED) -> Iterator[str]:
    """Return what is asked: how all is, then of the suspects one by one."""
    yield "health"
    guilty = {each.subject for each in fleet.expected}
    guilty |= {each.subject for each in fleet.same}
    suspects = [*sorted(guilty), *sorted(fleet.innocent - guilty)]
    asked = 0
    for id in suspects:
        kind = "worker" if id in fleet.workers else "task" if id in fleet.tasks else ""
        if kind and asked < most:
            asked += 1
            yield f"{kind} {id}"


def named(fleet: Fleet, rule: str, subject: str) -> Expected:
    """Return the finding as it is owed: by its present name, on its first subject."""
    rule = OLDER.get(rule, rule)
    if rule in WHOLE:
        return Expected(rule, "")
    return fleet.same.get(Expected(rule, subject), Expected(rule, subject))


def known_rules() -> frozenset[str]:
    """Return the rules that exist, by their present names."""
    return frozenset(OLDER.get(rule, rule) for rule in book.book("reigh").rules)


def compared(
    fleet: Fleet, found: Mapping[Expected, Finding], seed: int
) -> dict[str, Tally]:
    """Return for each rule what is right and wrong with its findings."""
    tallies: dict[str, Tally] = {}
    owed = {named(fleet, *each) for each in fleet.expected}
    free = {named(fleet, *each) for each in fleet.open}
    for each in sorted(owed):
        tally = tallies.setdefault(each.rule, Tally())
        tally.planted += 1
        if each in found:
            tally.found += 1
        else:
            tally.missed.append(f"seed {seed}: {each.subject or 'the fleet'}")
    for each, finding in found.items():
        tally = tallies.setdefault(each.rule, Tally())
        sure = finding.confidence is not Confidence.POSSIBLE
        if each in owed or each in free:
            tally.kept += sure
        elif finding.severity is not Severity.INFO:
            said = f"seed {seed}: {each.subject or 'the fleet'}: {finding.title}"
            (tally.false if sure else tally.doubts).append(said)
    return tallies


def examined(seeds: Sequence[int], make: Callable[[int], Fleet]) -> Measured:
    """Return what the fleets of these seeds show."""

    async def run() -> Measured:
        examiner, measured = Examiner(), Measured()
        for seed in seeds:
            begun = time.perf_counter()
            fleet = make(seed)
            lines = fleet.lines()
            made = time.perf_counter()
            found = await examiner.findings(fleet, measured)
            measured.asking += time.perf_counter() - made
            measured.making += made - begun
            measured.fleets += 1
            measured.workers += len(fleet.workers)
            measured.tasks += len(fleet.tasks)
            measured.lines += len(lines)
            tallies = compared(fleet, found, seed)
            for rule, tally in tallies.items():
                measured.rules.setdefault(rule, Tally()).add(tally)
        return measured

    with judging_timed() as spent:
        measured = asyncio.run(run())
    measured.judging = sum(spent)
    return measured


@contextmanager
def judging_timed() -> Iterator[list[float]]:
    """Have every command's judging timed; the seconds are in the list."""
    spent: list[float] = []

    def timed(*args: Any, **more: Any) -> Any:
        begun = time.perf_counter()
        try:
            return book.judge(*args, **more)
        finally:
            spent.append(time.perf_counter() - begun)

    homes = [
        import_module(f"bot.queries.{each.name}")
        for each in iter_modules(queries.__path__)
    ]
    homes = [home for home in homes if hasattr(home, "judge")]
    for home in homes:
        vars(home)["judge"] = timed
    try:
        yield spent
    finally:
        for home in homes:
            vars(home)["judge"] = book.judge


def a_mixed_fleet(seed: int) -> Fleet:
    """Return a fleet with a mix of failures that is drawn from the seed."""
    return make_fleet(NOON, seed)


def a_fleet_with(seed: int, *, name: str) -> Fleet:
    """Return a fleet in which one scenario is planted, and nothing else."""
    return make_fleet(NOON, seed, failures=[name])


def a_big_healthy_fleet(seed: int) -> Fleet:
    """Return two days of a big fleet on which nothing was wrong."""
    workers, tasks, span = BIG
    return make_fleet(NOON, seed, workers=workers, tasks=tasks, span=span, failures=())


def spread(
    seeds: Sequence[int], make: Callable[[int], Fleet], *, jobs: int, at_once: int
) -> Measured:
    """Return what the fleets show; a process does *at_once* of them, of *jobs*."""
    parts = [seeds[i : i + at_once] for i in range(0, len(seeds), at_once)]
    whole = Measured()
    if jobs == 1:
        for part in parts:
            whole.add(examined(part, make))
        return whole
    with Pool(jobs) as pool:
        for measured in pool.starmap(examined, [(part, make) for part in parts], 1):
            whole.add(measured)
    return whole


HEADER: Final = ("rule", "planted", "found", "missed", "false", "recall", "precision")


def table(measured: Measured) -> Iterator[str]:
    """Return the lines of the table, and after it what is wrong in detail."""
    known = known_rules()
    yield _row(HEADER)
    absent = {}
    for rule, tally in sorted(measured.rules.items()):
        if rule not in known:
            absent[rule] = tally.planted
            continue
        numbers = (tally.planted, tally.found, len(tally.missed), len(tally.false))
        shares = (f"{tally.recall:.3f}", f"{tally.precision:.3f}")
        yield _row((rule, *map(str, numbers), *shares))
    silent = sorted(known - set(measured.rules))
    if silent:
        yield f"never owed, never said: {', '.join(silent)}"
    if absent:
        yield "no such rule yet (owed so often): " + ", ".join(
            f"{rule} ({owed})" for rule, owed in absent.items()
        )
    for rule, tally in sorted(measured.rules.items()):
        for what, told in (
            ("missed", tally.missed if rule in known else []),
            ("false alarm", tally.false),
            ("possible, and not owed", tally.doubts),
        ):
            yield from _some(f"{rule}: {what}", told)
    yield from _some("not answered whole", measured.unanswered)


def _row(cells: Sequence[str]) -> str:
    return f"{cells[0]:<24}" + "".join(f"{each:>11}" for each in cells[1:])


def _some(what: str, told: Sequence[str], most: int = 5) -> Iterator[str]:
    if told:
        yield f"{what}, {len(told)}:"
        yield from (f"  {each}" for each in told[:most])


def figures(measured: Measured, spent: float) -> Iterator[str]:
    """Return how much was measured, and where the time went."""
    yield (
        f"{measured.fleets} fleets: {measured.workers:,} workers, {measured.tasks:,}"
        f" tasks, {measured.lines:,} log lines; {measured.questions:,} questions"
    )
    busy = measured.making + measured.asking
    share = measured.judging / max(measured.asking, 1e-9)
    yield (
        f"{spent:.1f} s; of {busy:.1f} s of work {measured.making:.1f} s went into"
        f" making fleets and {measured.asking:.1f} s into answers, of which"
        f" {measured.judging:.2f} s ({share:.1%}) into judge()"
    )


def main(words: Sequence[str] | None = None) -> int:
    """Measure, print the table, and return 1 if a rule missed or raised an alarm."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fleets", type=int, default=FLEETS)
    parser.add_argument("--seed", type=int, default=1, help="the first one")
    parser.add_argument("--jobs", type=int, default=1, help="processes to use")
    parser.add_argument(
        "--healthy", action="store_true", help="big fleets with nothing planted"
    )
    parser.add_argument(
        "--only", choices=sorted(SCENARIOS), help="plant this alone, in each fleet"
    )
    given = parser.parse_args(words)
    begun = time.perf_counter()
    make: Callable[[int], Fleet]
    if given.healthy:
        seeds = range(given.seed, given.seed + min(given.fleets, BIG_SEEDS))
        make, at_once = a_big_healthy_fleet, 1
    else:
        seeds = range(given.seed, given.seed + given.fleets)
        only = given.only
        make = partial(a_fleet_with, name=only) if only else a_mixed_fleet
        at_once = 25
    measured = spread(seeds, make, jobs=given.jobs, at_once=at_once)
    print(f"seeds {seeds.start} to {seeds.stop - 1}")
    for line in (*table(measured), *figures(measured, time.perf_counter() - begun)):
        print(line)
    return int(measured.failed)


if __name__ == "__main__":
    raise SystemExit(main())
