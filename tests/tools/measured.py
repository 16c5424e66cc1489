"""What a measurement of the rules shows: counts by rule, as a table and figures."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from bot.domain.ids import OCTOLLM, REIGH
from bot.rules import book

# What a rule was called when its failure was first planted.
OLDER: Final = {"not-logging": "silent-worker"}
# What an answer says besides its findings, by the system that is asked.
CLAIMS: Final[Mapping[str, frozenset[str]]] = {
    OCTOLLM: frozenset({"trace-clock", "trace-cut", "trace-order", "trace-slowest"})
}


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

    system: str = REIGH
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
    cut_short: list[str] = field(default_factory=list)
    """Of each fleet that was not judged the answer for which time was up."""

    def add(self, other: "Measured") -> None:
        """Count another one's in."""
        for rule, tally in other.rules.items():
            self.rules.setdefault(rule, Tally()).add(tally)
        for name in ("fleets", "workers", "tasks", "lines", "questions"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for name in ("making", "asking", "judging"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.unanswered += other.unanswered
        self.cut_short += other.cut_short

    @property
    def failed(self) -> bool:
        """Tell whether a rule that exists missed something or raised a false alarm.

        Also where no fleet was judged, for time was up in all of them.
        """
        if self.cut_short and len(self.cut_short) == self.fleets:
            return True
        known = known_rules(self.system)
        return bool(self.unanswered) or any(
            tally.false or (tally.missed and rule in known)
            for rule, tally in self.rules.items()
        )


def known_rules(system: str = REIGH) -> frozenset[str]:
    """Return the rules that exist, by their present names, and what else is claimed."""
    rules = frozenset(OLDER.get(rule, rule) for rule in book.book(system).rules)
    return rules | CLAIMS.get(system, frozenset())


HEADER: Final = ("rule", "planted", "found", "missed", "false", "recall", "precision")


def table(measured: Measured) -> Iterator[str]:
    """Return the lines of the table, and after it what is wrong in detail."""
    known = known_rules(measured.system)
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
    what = f"cut short, of {measured.fleets} fleets neither right nor wrong"
    yield from _some(what, measured.cut_short)


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
