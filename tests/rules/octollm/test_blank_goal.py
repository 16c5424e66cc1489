from bot.domain.findings import Severity
from bot.domain.services import Misfit, Uncaught
from tests.service_scenes import found, of_scene, said, services
from tests.world import ago

WHEN = "from 2026-01-31 11:57:00Z to 2026-01-31 11:59:00Z, 1 min ago"
RULE = "blank-goal"


def refused(model: str, *fields: str, minutes: int = 1) -> Uncaught:
    """Return an exception of a model that refused fields."""
    return Uncaught(
        at=ago(minutes=minutes),
        service="orchestrator",
        kind="ValidationError",
        error=f"1 validation error for {model}",
        misfit=Misfit(model=model, fields=fields),
    )


def test_other_refusals_are_other_rules() -> None:
    """Of other fields, or of other models; and nothing is told without lines."""
    others = (refused("TaskContract", "budget"), refused("Other", "goal"))

    assert found(RULE, said(uncaught=others)) == []
    assert found(RULE, services(told=None)) == []
    assert found(RULE, of_scene(None)) == []


def test_the_submits_are_counted_together() -> None:
    """One of spaces alone passes the first check (systems/octollm.md, 5B)."""
    both = tuple(refused("TaskContract", "goal", minutes=n) for n in (3, 1))
    [it] = found(RULE, said(uncaught=both))

    assert it.severity is Severity.WARNING
    assert it.title == "2 submits with a blank goal answered 500"
    assert it.evidence == (
        f"2 x 500, {WHEN}: ValidationError for TaskContract",
        "it refuses goal",
    )
    assert "says something" in it.remedy
