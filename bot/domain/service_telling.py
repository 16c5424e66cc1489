"""One service or arm, told by itself: how it stands, how it began, who takes tasks."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Final

from bot.domain.figures import listed, some
from bot.domain.findings import Finding, Severity, Status, status_of, worst_first
from bot.domain.logs import LogLine
from bot.domain.report import Cell, Facts, Report, Section
from bot.domain.service_figures import memory_of, of_memory
from bot.domain.service_names import ORCHESTRATOR, REFLEX
from bot.domain.service_proofs import brief, probe_of, readiness_of, said
from bot.domain.service_states import of_services
from bot.domain.tasks import Task
from bot.domain.times import old, stamp
from bot.domain.verdicts import sureness

if TYPE_CHECKING:
    from bot.domain.services import Lost, ServiceScene

# Events of a router (systems/octollm.md, 1B.5).
_ROUTED: Final = ("arm_router.", "task.arm.selected", "routing.debug")
_OF_START: Final = ("service-down", "service-restarted", "startup-failed")


def standing(scene: "ServiceScene", id: str) -> str:
    """Return whether it answers, how fast, and what it lacks."""
    probe = probe_of(scene, id)
    if probe is None:
        return f"{id} could not be asked"
    if not probe.well:
        return f"{id} is down: {said(probe.said) or probe.outcome.value}"
    up = f"{id} is up: it answered in {brief(probe.took)}"
    ready = readiness_of(scene, id)
    if ready is None or ready.ready:
        return f"{up}, and is ready" if ready else up
    lacks = f": it lacks {listed(ready.failing)}" if ready.failing else ""
    return f"{up}, and is not ready{lacks}"


def sections(scene: "ServiceScene", id: str) -> Iterator[Section]:
    """Yield how it answered, and its memory where that is known."""
    yield from of_services(scene, frozenset({id}))
    if (memory := memory_of(scene, id)) is not None:
        yield of_memory(memory)


def of_start(report: Report, id: str, lines: Sequence[LogLine]) -> Report:
    """Return how it began last, by *lines* of its start; other findings are a note."""
    kept = tuple(each for each in report.findings if each.rule in _OF_START)
    left = len(report.findings) - len(kept)
    more = (f"{some(left, 'finding')} not asked for here: worker {id}",) * bool(left)
    report = replace(
        report,
        findings=kept,
        status=status_of(kept),
        notes=(*report.notes, *more),
    )
    worst = _worst(kept)
    wrong = f"{worst.title}{sureness(worst)}; " if worst else ""
    if not lines:
        summary = f"{wrong}no line of the window tells how {id} began"
        status = report.status if worst else Status.UNKNOWN
        return replace(report, summary=summary, status=status)
    bad = [line for line in lines if line.alarming]
    how = f"; an error is among its lines: {said(bad[-1].message)}" if bad else ""
    begun = wrong or f"{id} began: "
    summary = f"{begun}its start's newest line is of {stamp(lines[-1].at)}{how}"
    return replace(report, summary=summary)


def _worst(findings: Sequence[Finding]) -> Finding | None:
    """Return the worst of the findings, if one is worse than a hint."""
    worst = next(iter(worst_first(findings)), None)
    return None if worst is None or worst.severity is Severity.INFO else worst


def of_orchestrator(
    scene: "ServiceScene",
    last_line: datetime | None,
    now: datetime,
    findings: Sequence[Finding] = (),
    *,
    lineless: str = "it left no line",
) -> str:
    """Return how the orchestrator stands, and how old its newest line is.

    *lineless* is said where there is none.

    Of one that is up and ready goes before what is wrong with it all the same, by the
    worst of *findings*.
    """
    worst = _worst(findings)
    wrong = f"{worst.title}{sureness(worst)}; " if worst and _seems_well(scene) else ""
    age = lineless
    if last_line is not None:
        age = f"its newest line is {old(last_line, now)}"
    return f"{wrong}{standing(scene, ORCHESTRATOR)}; {age}"


def _seems_well(scene: "ServiceScene") -> bool:
    """Tell whether the orchestrator answers, and does not say that it lacks a thing."""
    probe, ready = probe_of(scene, ORCHESTRATOR), readiness_of(scene, ORCHESTRATOR)
    return probe is not None and probe.well and (ready is None or ready.ready)


def routing(
    scene: "ServiceScene", task: Task, lines: Sequence[LogLine]
) -> Iterator[Section]:
    """Yield what the task needs of an arm and what arms can do, where lines tell it.

    *lines* are its own: where none tells of a choice, and its row names no arm, that
    no router is known here.
    """
    told = scene.told.unmatched if scene.told else ()
    mine = [it for it in told if it.task_id == task.id and it.required is not None]
    for each in mine[-1:]:
        required, able = each.required or frozenset(), each.available
        known_able = _able(scene) if able is None else able
        missing = None if known_able is None else sorted(required - known_able)
        rows: tuple[tuple[str, Cell], ...] = (
            ("required", listed(sorted(required)) or "nothing"),
            ("available", None if able is None else listed(sorted(able)) or "nothing"),
            ("missing", None if missing is None else listed(missing) or "nothing"),
        )
        known = tuple(row for row in rows if row[1] is not None)
        yield Facts(title="Capabilities", rows=known)
    arms = takers(scene)
    chosen = any(str(it.fields.get("event")).startswith(_ROUTED) for it in lines)
    if not (mine or chosen or task.worker_id) and arms is not None:
        armless = "" if arms[0] else "no arm is known, and "
        none = f"{armless}no line tells of an arm that was chosen for it"
        router = f"no router in this deployment, as far as is known: {none}"
        yield Facts(title="Routing", rows=(("router", router),))


def _able(scene: "ServiceScene") -> frozenset[str] | None:
    """Return what the arms that are well say they can do; None where one does not."""
    well = [
        each.capabilities
        for each in scene.probes or ()
        if each.well and each.service not in (ORCHESTRATOR, REFLEX)
    ]
    told = [each for each in well if each is not None]
    return frozenset().union(*told) if len(told) == len(well) else None


def unstored(scene: "ServiceScene", text: str) -> "Lost | None":
    """Return the lost task whose id begins so; None where it is not one alone."""
    told = scene.told.lost if scene.told else ()
    found = {each.task_id: each for each in told if each.task_id.startswith(text)}
    return next(iter(found.values())) if len(found) == 1 else None


def takers(scene: "ServiceScene") -> tuple[int, int] | None:
    """Return how many arms are known, and how many are up; None where none was asked.

    The orchestrator and the reflex layer take no tasks.
    """
    if scene.probes is None:
        return None
    arms = [each for each in scene.probes if each.service not in (ORCHESTRATOR, REFLEX)]
    return len(arms), sum(each.well for each in arms)


def why_waiting(scene: "ServiceScene") -> str | None:
    """Return why nobody takes what waits; None where arms are up, or none was asked."""
    known = takers(scene)
    if known is None or known[1]:
        return None
    return "no arm is up" if known[0] else "no arm is known that could take them"
