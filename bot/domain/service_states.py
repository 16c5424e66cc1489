"""Services, arms and what they need, as answers list them and JSON tells them."""

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from bot.domain.figures import some
from bot.domain.findings import Finding, Severity
from bot.domain.orchestration import Liveness
from bot.domain.report import Section, Table, Text
from bot.domain.service_names import ORCHESTRATOR, REFLEX, Outcome
from bot.domain.service_proofs import brief, probe_of, readiness_of, said

if TYPE_CHECKING:
    from bot.domain.services import Probe, ServiceScene

UP: Final = "up"
DOWN: Final = "down"
_SHARED: Final = (ORCHESTRATOR, REFLEX)
# What the orchestrator calls the reflex layer among what it needs (1B.2).
_SAME: Final = {"reflex_layer": REFLEX, "reflex": REFLEX}
_NO_ARM: Final = (
    "no arm is known: OCTOLLM_ARMS names none, and the orchestrator keeps no registry"
    " that tells of one (/debug/arm-registry)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceState:
    """One service or arm, as it answered when it was asked for its health.

    *needs* is what it says of the things that it needs, True where it has them; None
    where it does not say. *capabilities* are those of an arm that tells them.
    """

    name: str
    is_arm: bool
    up: bool
    outcome: Outcome
    status_code: int | None
    took_seconds: float
    said: str
    version: str | None
    running_since: datetime | None
    capabilities: tuple[str, ...] | None
    ready: bool | None
    needs: Mapping[str, bool] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Dependency:
    """Something that services need, and whether it is there as *told_by* says."""

    name: str
    up: bool
    told_by: str
    took_seconds: float | None
    said: str


def states(scene: "ServiceScene") -> tuple[ServiceState, ...] | None:
    """Return every service and arm that was asked; None where none could be."""
    if scene.probes is None:
        return None
    ready = {each.service: each for each in scene.readiness or ()}
    return tuple(
        ServiceState(
            name=probe.service,
            is_arm=_is_arm(probe),
            up=probe.well,
            outcome=probe.outcome,
            status_code=probe.status_code,
            took_seconds=probe.took.total_seconds(),
            said=probe.said,
            version=probe.version,
            running_since=probe.begun_at,
            capabilities=None
            if probe.capabilities is None
            else tuple(sorted(probe.capabilities)),
            ready=ready[probe.service].ready if probe.service in ready else None,
            needs=ready[probe.service].checks if probe.service in ready else None,
        )
        for probe in scene.probes
    )


def dependencies(scene: "ServiceScene") -> tuple[Dependency, ...]:
    """Return what services say of the things they need, and what was seen of them.

    The services themselves are left out: they were asked.
    """
    asked = {probe.service for probe in scene.probes or ()}
    found = [
        Dependency(name=name, up=well, told_by=each.service, took_seconds=None, said="")
        for each in scene.readiness or ()
        for name, well in each.checks.items()
        if _SAME.get(name, name) not in asked
    ]
    if (seen := scene.database) is not None:
        own = Dependency(
            name=seen.service,
            up=seen.well,
            told_by="debug-bot",
            took_seconds=seen.took.total_seconds(),
            said=seen.said,
        )
        found.append(own)
    return tuple(found)


def standing(scene: "ServiceScene") -> str:
    """Return in one line who is up and who is not, and whether arms are known."""
    probes = scene.probes
    if probes is None:
        return "no service could be asked"
    shared = [each for each in probes if not _is_arm(each)]
    arms = [each for each in probes if _is_arm(each)]
    parts = [_tally(shared, "service")] * bool(shared)
    parts.append(_tally(arms, "arm") if arms else "no arm is known")
    return "; ".join(parts)


def liveness(
    scene: "ServiceScene", findings: Iterable[Finding] = ()
) -> Liveness | None:
    """Return how the orchestrator is by its own answers; None where it gave none.

    One that says that it is well, and of which a finding is critical, is not.
    """
    probe = probe_of(scene, ORCHESTRATOR)
    if probe is None:
        return None
    if not probe.well:
        return Liveness.FAILING
    ready = readiness_of(scene, ORCHESTRATOR)
    wrong = any(
        each.subject.id == ORCHESTRATOR and each.severity is Severity.CRITICAL
        for each in findings
    )
    unready = ready is not None and not ready.ready
    return Liveness.WARNING if wrong or unready else Liveness.HEALTHY


def glance(scene: "ServiceScene") -> tuple[tuple[str, str], ...]:
    """Return the services in a few lines, for who looks again and again."""
    loads = scene.told.http if scene.told else ()
    every = sum(each.requests + each.uncaught for each in loads)
    failed = sum(each.failed + each.uncaught for each in loads)
    lost = [each.name for each in dependencies(scene) if not each.up]
    return (
        ("services", standing(scene)),
        ("what they need", f"down: {', '.join(dict.fromkeys(lost))}" if lost else "up"),
        (
            "requests",
            f"{every:,}, {failed:,} failed" if every else "none in the window",
        ),
    )


def of_services(
    scene: "ServiceScene", only: Container[str] | None = None
) -> Iterator[Section]:
    """Yield what answers show of services, and of the things they need.

    With *only* of these services and arms, whichever they are.
    """
    found = [
        each
        for each in states(scene) or ()
        if (not each.is_arm if only is None else each.name in only)
    ]
    if found:
        rows = tuple((each.name, *_answered(each), _needs(each)) for each in found)
        header = ("service", "state", "answered in", "what it needs")
        yield Table(title="Services", header=header, rows=rows)
    needed = dependencies(scene) if only is None else ()
    if needed:
        yield Table(
            title="What they need",
            header=("dependency", "state", "told by", "answered in", "said"),
            rows=tuple(
                (
                    each.name,
                    UP if each.up else DOWN,
                    each.told_by,
                    _took(each.took_seconds),
                    said(each.said),
                )
                for each in needed
            ),
        )


def of_arms(scene: "ServiceScene") -> Iterator[Section]:
    """Yield the arms with what they can do; or that none is known, and why."""
    every = states(scene)
    if every is None:
        return
    arms = [each for each in every if each.is_arm]
    if not arms:
        yield Text(title="Arms", text=_NO_ARM)
        return
    rows = tuple((each.name, *_answered(each), _able(each)) for each in arms)
    header = ("arm", "state", "answered in", "capabilities")
    yield Table(title="Arms", header=header, rows=rows)


def _is_arm(probe: "Probe") -> bool:
    return probe.service not in _SHARED


def _tally(probes: "Sequence[Probe]", noun: str) -> str:
    """Return `2 services are up`, or who of them is down and how."""
    down = [f"{each.service} {_how(each)}" for each in probes if not each.well]
    every = len(probes)
    if not down:
        return f"{some(every, noun)} {'is' if every == 1 else 'are'} up"
    return f"{len(down)} of {some(every, noun)} down ({', '.join(down)})"


def _how(probe: "Probe") -> str:
    told = {
        Outcome.REFUSED: "refuses connections",
        Outcome.TIMEOUT: "does not answer in time",
        Outcome.UNREACHABLE: "cannot be reached",
        Outcome.NONSENSE: "answers nonsense",
    }
    return told.get(probe.outcome) or said(probe.said) or "is not well"


def _answered(each: ServiceState) -> tuple[str, str]:
    if not each.up:
        why = said(each.said) or each.outcome.value
        return f"{DOWN}: {why}", _took(each.took_seconds)
    code = f" ({each.status_code})" if each.status_code else ""
    return UP + code, _took(each.took_seconds)


def _took(seconds: float | None) -> str:
    return "" if seconds is None else brief(timedelta(seconds=seconds))


def _needs(each: ServiceState) -> str:
    """Return what it has and what it lacks, by its own word."""
    if each.needs is None:
        return "it does not say" if each.up else ""
    lacks = [name for name, well in each.needs.items() if not well]
    has = [name for name, well in each.needs.items() if well]
    parts = [f"lacks {', '.join(lacks)}"] * bool(lacks)
    parts += [f"has {', '.join(has)}"] * bool(has)
    return "; ".join(parts) or ("ready" if each.ready else "not ready")


def _able(each: ServiceState) -> str:
    if each.capabilities is None:
        return "it does not say" if each.up else "unknown"
    return ", ".join(each.capabilities) or "none"
