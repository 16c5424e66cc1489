"""No arm was found that can do a task (systems/octollm.md, 3B, 9)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from bot.domain.cases import Case
from bot.domain.figures import listed
from bot.domain.findings import Confidence, Finding, Severity, Subject
from bot.domain.service_names import ORCHESTRATOR, REFLEX
from bot.domain.service_proofs import answered, called, fresh, said
from bot.domain.services import Probe, Unmatched
from bot.domain.tasks import TaskId
from bot.domain.times import stamp

SEVERAL: Final = "tasks without an arm"
NO_ARM: Final = "No suitable arm found"
QUEUE: Final = Subject(kind="queue", id="queue")
_NAMED: Final = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class _Verdict:
    why: str
    remedy: str
    confidence: Confidence


@dataclass(frozen=True, slots=True, kw_only=True)
class _Search:
    """A search for an arm that found none; sets are None where nobody tells them."""

    at: datetime | None
    proofs: tuple[str, ...]
    required: frozenset[str] | None = None
    available: frozenset[str] | None = None


def no_suitable_arm(case: Case) -> Iterator[Finding]:
    """Yield a finding for every task that found no arm, the newest of lines first.

    Why is told by the line, or else by what the arms answer now.
    """
    if case.services is None:
        return
    arms = _arms(case)
    for task, search in _searches(case).items():
        verdict = _verdict(search, arms)
        recent = search.at is not None and fresh(search.at, case.now)
        name = f"task {task[:8]}" if task else "a task"
        yield Finding(
            rule="no-suitable-arm",
            severity=Severity.CRITICAL if recent else Severity.WARNING,
            confidence=verdict.confidence,
            title=f"{name} found no arm: {verdict.why}",
            subject=Subject(kind="task", id=task) if task else QUEUE,
            evidence=(*search.proofs, *_needs(search), *_told(arms)),
            remedy=verdict.remedy,
            ask="workers",
        )


def _arms(case: Case) -> tuple[Probe, ...] | None:
    """Return how the arms answered; None where nobody asked them."""
    probes = case.services.probes if case.services else None
    if probes is None:
        return None
    return tuple(it for it in probes if it.service not in (ORCHESTRATOR, REFLEX))


def _searches(case: Case) -> Mapping[TaskId | None, _Search]:
    """Return what is known of each task's search, the lines' newest word first."""
    told = case.services.told if case.services else None
    lines: dict[TaskId | None, list[Unmatched]] = {}
    newest = sorted(told.unmatched if told else (), key=lambda it: it.at, reverse=True)
    for each in newest:
        lines.setdefault(each.task_id, []).append(each)
    found = {task: _search(those) for task, those in lines.items()}
    for row in case.tasks or ():
        if NO_ARM in (row.error or "") and row.id not in found:
            proof = f"its row: {row.status}, {said(row.error or '')}"
            found[row.id] = _Search(at=row.processed_at, proofs=(proof,))
    return found


def _search(lines: list[Unmatched]) -> _Search:
    more = f", and {len(lines) - 1} more of it" if len(lines) > 1 else ""
    needed = (each.required for each in lines)
    there = (each.available for each in lines)
    return _Search(
        at=lines[0].at,
        proofs=(f"a line of {stamp(lines[0].at)} says so{more}",),
        required=next((each for each in needed if each is not None), None),
        available=next((each for each in there if each is not None), None),
    )


def _verdict(search: _Search, arms: tuple[Probe, ...] | None) -> _Verdict:
    """Return why none was found: what the router wrote counts more than what is now."""
    needed, there = search.required, search.available
    if there is not None and not there:
        return _unregistered(Confidence.CONFIRMED)
    if needed is not None and there is not None and needed - there:
        return _lacking(needed - there, Confidence.CONFIRMED)
    if arms is None:
        return _unknown("nobody could ask the arms")
    if not arms:
        return _unregistered(Confidence.LIKELY)
    well = [each for each in arms if each.well]
    if not well:
        return _Verdict(
            why="no arm is well",
            remedy="start the arms again; the task must be submitted anew, for nothing"
            " tries it again",
            confidence=Confidence.LIKELY,
        )
    if needed is None:
        return _unknown("no line tells what it needs")
    able = [each.capabilities for each in well if each.capabilities is not None]
    if any(needed <= each for each in able):
        names = [
            it.service for it in well if needed <= (it.capabilities or frozenset())
        ]
        return _Verdict(
            why=f"{called(min(names))} can do it now",
            remedy="submit the task again",
            confidence=Confidence.POSSIBLE,
        )
    if len(able) < len(well):
        return _unknown("not every arm says what it can do")
    missing = needed.difference(*able)
    if missing:
        return _lacking(missing, Confidence.LIKELY)
    return _Verdict(
        why=f"no one arm can do all of {_names(needed)}",
        remedy="register an arm that can do all of it, or split the task",
        confidence=Confidence.LIKELY,
    )


def _unregistered(confidence: Confidence) -> _Verdict:
    return _Verdict(
        why="no arm is registered",
        remedy="start an arm and register it with what the task needs; name it in"
        " OCTOLLM_ARMS so that it is watched",
        confidence=confidence,
    )


def _lacking(missing: frozenset[str], confidence: Confidence) -> _Verdict:
    return _Verdict(
        why=f"none can do {_names(missing)}",
        remedy=f"register an arm that can do {_names(missing)}",
        confidence=confidence,
    )


def _unknown(why: str) -> _Verdict:
    """Return that no more is known than that none was found."""
    return _Verdict(
        why=f"why cannot be told, as {why}",
        remedy="compare what the task needs with what each arm says that it can do",
        confidence=Confidence.CONFIRMED,
    )


def _needs(search: _Search) -> Iterator[str]:
    if search.required is not None:
        yield f"it needs {_names(search.required) or 'nothing'}"
    if search.available is not None:
        yield f"its router saw {_names(search.available) or 'nothing'}"


def _told(arms: tuple[Probe, ...] | None) -> Iterator[str]:
    """Yield of each arm how it answers and what it can do."""
    if arms is None:
        return
    if not arms:
        yield "neither settings nor a registry name an arm"
    for each in sorted(arms, key=lambda it: it.service)[:_NAMED]:
        able = "it does not say what it can do"
        if each.capabilities is not None:
            able = f"it can do {_names(each.capabilities) or 'nothing'}"
        yield f"{each.service}: {answered(each)}; {able}"
    if len(arms) > _NAMED:
        yield f"and {len(arms) - _NAMED} more arms"


def _names(capabilities: frozenset[str]) -> str:
    return said(listed(" ".join(each.split()) for each in sorted(capabilities)))
