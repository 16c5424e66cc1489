"""The book of rules, found by looking into this package: there is no list to keep."""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cache
from importlib import import_module
from itertools import accumulate
from pkgutil import iter_modules
from types import ModuleType
from typing import Final, TypeAlias

from bot import rules
from bot.domain.cases import Case
from bot.domain.findings import Confidence, Finding, Severity, Subject, ranked
from bot.domain.logs import LogLine
from bot.domain.tasks import TaskId
from bot.domain.workers import WorkerId

Rule: TypeAlias = Callable[[Case], Iterable[Finding]]
AT_ONCE: Final = 1000  # lines that are searched as one text


@cache
def book() -> Mapping[str, Rule]:
    """Return every rule by its id: `orphaned_task.py` holds `orphaned-task`."""
    found = {}
    for module in sorted(each.name for each in iter_modules(rules.__path__)):
        if module != "book":
            rule = module.replace("_", "-")
            found[rule] = getattr(_home(rule), module)
    return found


def _home(rule: str) -> ModuleType:
    return import_module(f"bot.rules.{rule.replace('-', '_')}")


@cache
def markers() -> tuple[str, ...]:
    """Return every text that some rule looks for in log lines."""
    found: dict[str, None] = {}
    for rule in book():
        found |= dict.fromkeys(getattr(_home(rule), "MARKERS", ()))
    return tuple(found)


@cache
def several(rule: str) -> str:
    """Return what many findings of a rule are called; empty where there is but one."""
    words: str = getattr(_home(rule), "SEVERAL", "") if rule in book() else ""
    return words


@cache
def explained() -> Mapping[str, tuple[str, ...]]:
    """Return by rule the rules that explain it, as these declare it in `EXPLAINS`."""
    return _by_effect("EXPLAINS")


@cache
def replaced() -> Mapping[str, tuple[str, ...]]:
    """Return by rule the rules that tell all that it would: `REPLACES`."""
    return _by_effect("REPLACES")


def _by_effect(declared: str) -> Mapping[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for rule in book():
        for effect in getattr(_home(rule), declared, ()):
            found.setdefault(effect, []).append(rule)
    return {effect: tuple(causes) for effect, causes in found.items()}


def judge(
    case: Case, *, using: Mapping[str, Rule] | None = None
) -> tuple[Finding, ...]:
    """Return what the rules conclude, worst first; one that breaks says so itself.

    Rules see the lines oldest first, in whatever order they came. A finding stands
    before those that it explains, and these leave out what it proves already.
    """
    lines = tuple(sorted(case.lines or (), key=lambda line: line.order))
    case = replace(
        case,
        lines=None if case.lines is None else lines,
        marked=_marked(lines, markers()),
    )
    found: list[Finding] = []
    for id, rule in (book() if using is None else using).items():
        try:
            found += (replace(each, several=several(id)) for each in rule(case))
        except Exception as error:  # noqa: BLE001  one bad rule must not silence all
            found.append(_broken(id, error))
    standing = _standing(found)
    causes = causes_of(standing, case)
    return tuple(_proved_once(ranked(standing, causes=causes), causes))


def _standing(found: Sequence[Finding]) -> Sequence[Finding]:
    """Return the findings without those that another one replaces."""
    made = {(each.rule, each.subject) for each in found}
    return [
        each
        for each in found
        if not any(
            (better, each.subject) in made for better in replaced().get(each.rule, ())
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
_EVERYBODY: Final = ("orchestrator", "fleet", "queue")


def causes_of(
    found: Iterable[Finding], case: Case
) -> Callable[[Finding], Iterable[Finding]]:
    """Return what tells which of the findings explain one of them.

    They are about the same subject, the worker that holds the task, the pod of the
    worker, or what everybody depends on.
    """
    known: dict[tuple[str, str], list[Finding]] = {}
    for each in found:
        known.setdefault((each.rule, each.subject.id), []).append(each)
    pods = {worker.id: worker.runpod_id for worker in case.workers or ()}

    def causes(effect: Finding) -> Iterable[Finding]:
        subject = effect.subject.id
        task = case.tasks_by_id.get(TaskId(subject))
        near = (task.worker_id if task else None, pods.get(WorkerId(subject)))
        about = (subject, *(id for id in near if id), *_EVERYBODY)
        for rule in explained().get(effect.rule, ()):
            for id in about:
                for cause in known.get((rule, id), ()):
                    # What is only worth knowing does not go before what is wrong.
                    light = cause.severity is Severity.INFO
                    if not light or effect.severity is Severity.INFO:
                        yield cause

    return causes


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
