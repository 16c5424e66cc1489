"""The books of rules, found by looking into the packages: there is no list to keep."""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cache
from importlib import import_module
from itertools import accumulate
from pkgutil import iter_modules
from types import ModuleType
from typing import Final, TypeAlias

from bot.domain.cascades import cascade, root
from bot.domain.cases import Case
from bot.domain.excerpts import brief, cut
from bot.domain.findings import (
    Confidence,
    Finding,
    Severity,
    Subject,
    ranked,
)
from bot.domain.logs import LogLine
from bot.domain.tasks import Task, TaskId
from bot.domain.times import SKEW
from bot.domain.workers import Worker, WorkerId

Rule: TypeAlias = Callable[[Case], Iterable[Finding]]
Retry: TypeAlias = Callable[[Task, Worker | None, Case], str | None]
Breadth: TypeAlias = Callable[[Finding], int]
AT_ONCE: Final = 1000  # lines that are searched as one text
LONGEST_TITLE: Final = 300  # characters; the row itself is shown whole elsewhere
LONGEST_PROOF: Final = 1000


class Book:
    """The rules of one system."""

    def __init__(self, system: str) -> None:
        """Find them: each module of the system's package holds one."""
        package = import_module(f"bot.rules.{system}")
        homes = {
            each.name.replace("_", "-"): import_module(
                f"{package.__name__}.{each.name}"
            )
            for each in sorted(iter_modules(package.__path__), key=lambda it: it.name)
        }
        self.rules: Mapping[str, Rule] = {
            rule: getattr(home, rule.replace("-", "_")) for rule, home in homes.items()
        }
        """Each by its id: `orphaned_task.py` holds `orphaned-task`."""
        self.markers: Sequence[str] = (*_declared(homes, "MARKERS"),)
        """Every text that some rule looks for in log lines."""
        self.explained = _declared(homes, "EXPLAINS")
        """By rule the rules that explain it."""
        self.replaced = _declared(homes, "REPLACES")
        """By rule the rules that tell all that it would."""
        self.answering = _declared(homes, "ANSWERS")
        """By command the rules whose findings belong into its answer."""
        self.retry: Retry = getattr(package, "retry", _never)
        """Tells what the system does by itself about a task that goes nowhere."""
        self.breadth: Breadth = getattr(package, "breadth", _alike)
        """Tells which of the findings that are as bad goes first: the lower."""
        self._several = {
            rule: getattr(home, "SEVERAL", "") for rule, home in homes.items()
        }

    def several(self, rule: str) -> str:
        """Return what many findings of a rule are called; empty for a single one."""
        return self._several.get(rule, "")


def _never(task: Task, worker: Worker | None, case: Case) -> str | None:
    """Return that nothing is known to do anything about it by itself."""
    del task, worker, case
    return None


def _alike(finding: Finding) -> int:
    """Return that no finding goes before one that is as bad and as sure."""
    del finding
    return 0


@cache
def book(system: str) -> Book:
    """Return the rules of a system, by its name."""
    return Book(system)


def _declared(
    homes: Mapping[str, ModuleType], name: str
) -> Mapping[str, Sequence[str]]:
    """Return by each text that modules list under a name the rules of these modules."""
    found: dict[str, list[str]] = {}
    for rule, home in homes.items():
        for text in getattr(home, name, ()):
            found.setdefault(text, []).append(rule)
    return {text: tuple(rules) for text, rules in found.items()}


def judge(
    case: Case, *, using: Mapping[str, Rule] | None = None
) -> tuple[Finding, ...]:
    """Return what the rules conclude, worst first; one that breaks says so itself.

    Rules see the lines oldest first, in whatever order they came. A finding stands
    before those that it explains, and these leave out what it proves already.
    """
    own = book(case.system)
    lines = tuple(sorted(case.lines or (), key=lambda line: line.order))
    case = replace(
        case,
        lines=None if case.lines is None else lines,
        marked=_marked(lines, own.markers),
    )
    found: list[Finding] = []
    for id, rule in (own.rules if using is None else using).items():
        try:
            found += (_brief(each, own.several(id)) for each in rule(case))
        except Exception as error:  # noqa: BLE001  one bad rule must not silence all
            found.append(_broken(id, error))
    standing = _standing(found, own)
    causes = causes_of(standing, case)
    order = ranked(standing, causes=causes, breadth=own.breadth)
    return tuple(_proved_once(order, causes))


def _brief(finding: Finding, several: str) -> Finding:
    """Return the finding with the texts of others in it cut, however long they are."""
    return replace(
        finding,
        several=several,
        title=cut(finding.title, LONGEST_TITLE),
        evidence=tuple(brief(each, LONGEST_PROOF) for each in finding.evidence),
    )


def _standing(found: Sequence[Finding], own: Book) -> Sequence[Finding]:
    """Return the findings without those that another one replaces."""
    made = {(each.rule, each.subject) for each in found}
    return [
        each
        for each in found
        if not any(
            (better, each.subject) in made for better in own.replaced.get(each.rule, ())
        )
    ]


def _proved_once(
    order: Iterable[Finding], causes: Callable[[Finding], Iterable[Finding]]
) -> Iterable[Finding]:
    """Yield the findings without the proofs that a cause before them has; one stays."""
    before: set[int] = set()
    for each in order:
        known = {
            proof
            for cause in causes(each)
            if id(cause) in before  # two may explain each other
            for proof in cause.evidence
        }
        before.add(id(each))
        kept = tuple(proof for proof in each.evidence if proof not in known)
        yield replace(each, evidence=kept or each.evidence[:1])


# What these findings are about concerns everybody.
_EVERYBODY: Final = (
    *("orchestrator", "brain", "fleet", "queue"),
    *("database", "reflex-layer"),
)


def causes_of(
    found: Iterable[Finding], case: Case
) -> Callable[[Finding], Iterable[Finding]]:
    """Return what tells which of the findings explain one of them.

    They are about the same subject, the worker that holds the task, the pod of the
    worker or the worker of the pod, or what everybody depends on. A task that fell
    with another is explained by what is wrong with that one, and by what explains it.
    """
    known: dict[tuple[str, str], list[Finding]] = {}
    for each in found:
        known.setdefault((each.rule, each.subject.id), []).append(each)
    pods = {worker.id: worker.runpod_id for worker in case.workers or ()}
    owners: dict[str | None, WorkerId | None] = {
        **{worker.runpod_id: worker.id for worker in case.workers or ()},
        **{each.pod.id: each.owner for each in case.claims or () if each.owner},
    }
    files = (case.file_queue.tasks if case.file_queue else None) or ()
    holders: dict[TaskId, WorkerId | None] = {each.id: each.worker for each in files}
    holders |= {task.id: task.worker_id for task in case.tasks or ()}

    def causes(effect: Finding) -> Iterable[Finding]:
        subject = effect.subject.id
        origin = _origin(subject, case)
        near = (
            *(holders.get(TaskId(subject)), pods.get(WorkerId(subject))),
            owners.get(subject),
            *((origin, holders.get(origin)) if origin else ()),
        )
        about = (subject, *(id for id in near if id), *_EVERYBODY)
        if origin:
            yield from known.get((effect.rule, origin), ())
        for rule in book(case.system).explained.get(effect.rule, ()):
            for id in about:
                for cause in known.get((rule, id), ()):
                    # What is only worth knowing does not go before what is wrong.
                    light = cause.severity is Severity.INFO
                    light &= effect.severity is not Severity.INFO
                    if not light and not _too_late(cause, effect):
                        yield cause

    return causes


def _origin(id: str, case: Case) -> TaskId | None:
    """Return the task that this one fell with, where it is a task and fell with one."""
    task = case.tasks_by_id.get(TaskId(id))
    origin = root(cascade(task, case.tasks_by_id)) if task else None
    return origin.id if origin else None


def _too_late(cause: Finding, effect: Finding) -> bool:
    """Tell whether a cause began after its effect did, as far as both tell."""
    if cause.begun_at is None or effect.begun_at is None:
        return False
    return cause.begun_at > effect.begun_at + SKEW


def _marked(
    lines: Sequence[LogLine], wanted: Sequence[str]
) -> Mapping[str, tuple[LogLine, ...]]:
    """Return the lines that hold each marker, in their order; case matters.

    Many lines are searched as one text, which takes a third of the time.
    """
    found: dict[str, list[LogLine]] = {marker: [] for marker in wanted}
    for first in range(0, len(lines), AT_ONCE):
        part = lines[first : first + AT_ONCE]
        text = "\n".join(line.message for line in part)
        begins = [*accumulate((len(line.message) + 1 for line in part), initial=0)]
        for marker in wanted:
            at = text.find(marker)
            while at >= 0:
                following = bisect_right(begins, at)
                found[marker].append(part[following - 1])
                at = text.find(marker, begins[following])
    return {marker: tuple(each) for marker, each in found.items()}


def _broken(rule: str, error: Exception) -> Finding:
    return Finding(
        rule=rule,
        severity=Severity.WARNING,
        confidence=Confidence.CONFIRMED,
        title=f"the rule {rule} failed, so what it looks for is not judged",
        subject=Subject(kind="rule", id=rule),
        evidence=(f"it raised {type(error).__name__}",),
        remedy="report this as a bug of debug-bot; the other rules have spoken",
    )
