"""The orchestrator can't show a task that exists (systems/octollm.md, 3B, 15)."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from bot.domain.cases import Case
from bot.domain.figures import some
from bot.domain.findings import Confidence, Finding, Severity
from bot.domain.service_proofs import about, called, said
from bot.domain.services import Backlog, Uncaught
from bot.domain.times import dated

EXPLAINS: Final = ("error-rate",)
DETACHED: Final = "DetachedInstanceError"


def unreadable_tasks(case: Case) -> Iterator[Finding]:
    """Yield a finding for every service that raised so: a defect that is known.

    No task suffers from it: it is worth knowing alone.
    """
    scene = case.services
    if scene is None or scene.told is None:
        return
    for service, those in _raised(scene.told.uncaught).items():
        last = max(those, key=lambda it: (it.at, it.error))
        yield Finding(
            rule="unreadable-tasks",
            severity=Severity.INFO,
            confidence=Confidence.CONFIRMED,
            title=f"{called(service)} answers 500 for every task that exists, a known"
            f" defect{_instead(scene.backlog)}",
            subject=about(service),
            evidence=(
                (
                    f"{DETACHED} {some(len(those), 'time')}, last at"
                    f" {dated(last.at, case.now)}"
                ),
                *((f"it says: {said(last.error)}",) if last.error.strip() else ()),
            ),
            remedy="GET /tasks/{id} loads the result after its session is closed: have"
            " it loaded with the task (selectinload); with OCTOLLM_DATABASE_URL set the"
            " database is read instead",
            # Where nothing tells what there is, `tasks` can't either.
            ask="tasks" if scene.backlog else f"logs --search {DETACHED}",
        )


def _raised(uncaught: Sequence[Uncaught]) -> Mapping[str, Sequence[Uncaught]]:
    found: dict[str, list[Uncaught]] = {}
    for each in uncaught:
        if each.kind == DETACHED:
            found.setdefault(each.service, []).append(each)
    return found


def _instead(backlog: Backlog | None) -> str:
    """Return what is done about it; nothing where that is not known."""
    if backlog is None:
        return ""
    if backlog.pending is None:
        return ": no database is set to be read instead"
    return ": its database is read instead"
