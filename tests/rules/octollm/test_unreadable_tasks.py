from typing import Any

import pytest

from bot.domain.findings import Severity
from bot.domain.services import Backlog, Uncaught
from tests.service_scenes import found, of_scene, said, services, told
from tests.world import ago

RULE = "unreadable-tasks"


def raised(**given: Any) -> Uncaught:
    values: dict[str, Any] = {
        "at": ago(minutes=5),
        "service": "orchestrator",
        "kind": "DetachedInstanceError",
        "error": "Parent instance is not bound to a Session\nmore",
    }
    return Uncaught(**(values | given))


def test_other_exceptions_are_other_rules() -> None:
    """Or nobody reads lines."""
    assert found(RULE, said(uncaught=(raised(kind="OperationalError"),))) == []
    assert found(RULE, services(told=None)) == []
    assert found(RULE, of_scene(None)) == []


def test_the_known_defect_is_told_as_such() -> None:
    """How often, when last, and what it says."""
    raises = (raised(at=ago(minutes=1)), raised(), raised(at=ago(minutes=9)))
    [it] = found(RULE, said(uncaught=raises))

    assert it.severity is Severity.INFO
    assert it.title == (
        "the orchestrator answers 500 for every task that exists, a known defect:"
        " its database is read instead"
    )
    assert it.evidence == (
        "DetachedInstanceError 3 times, last at 2026-01-31 11:59:00Z, 1 min ago",
        "it says: Parent instance is not bound to a Session",
    )
    assert it.ask == "tasks"


@pytest.mark.parametrize(
    ("backlog", "instead", "ask"),
    [
        (None, "", "logs --search DetachedInstanceError"),
        (
            Backlog(counts={}, pending=None, processing=None),
            ": no database is set to be read instead",
            "tasks",
        ),
    ],
)
def test_what_is_done_about_it_depends_on_the_settings(
    backlog: Backlog | None, instead: str, ask: str
) -> None:
    """Nothing is claimed, nor offered, where that is not known."""
    lines = told(uncaught=(raised(error=" "),))
    [it] = found(RULE, services(told=lines, backlog=backlog))

    assert it.title.endswith(f"a known defect{instead}")
    assert it.ask == ask
    assert len(it.evidence) == 1
