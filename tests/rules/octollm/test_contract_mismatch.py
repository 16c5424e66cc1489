from bot.domain.findings import Severity
from bot.domain.services import Misfit, ReflexAnswers, Uncaught
from tests.service_scenes import found, of_scene, said, services
from tests.world import ago

WHEN = "at 2026-01-31 11:59:00Z, 1 min ago"
RULE = "contract-mismatch"
CASE = "Input should be 'Success', 'Blocked' or 'Error'"


def refused(model: str, *fields: str, **given: str) -> Uncaught:
    """Return an exception of a minute ago, of a model that refused fields."""
    return Uncaught(
        at=ago(minutes=1),
        service="orchestrator",
        kind="ValidationError",
        error=f"1 validation error for {model}",
        misfit=Misfit(model=model, fields=fields, **given),
    )


def test_no_model_refused_anything() -> None:
    """Other exceptions are not of models; some models have rules of their own."""
    other = Uncaught(at=ago(minutes=1), service="orchestrator", kind="x", error="x")
    budget = refused("TaskContract", "budget")

    assert found(RULE, said(uncaught=(other, budget))) == []
    assert found(RULE, services(told=None)) == []
    assert found(RULE, of_scene(None)) == []


def test_a_status_in_lower_case_is_told_as_such() -> None:
    """No answer is understood, so no task gets through (systems/octollm.md, 1B.2)."""
    [it] = found(
        RULE,
        said(
            uncaught=(refused("ReflexResponse", "status", wanted=CASE, got="success"),)
        ),
    )

    assert it.severity is Severity.CRITICAL
    assert it.title == "the reflex layer and the orchestrator disagree on status case"
    assert it.subject.id == "reflex-layer"
    assert it.evidence == (
        f"1 x 500, {WHEN}: ValidationError for ReflexResponse",
        f"it refuses status: {CASE}; it was 'success'",
    )
    assert "lower case" in it.remedy


def test_a_rate_limit_that_is_not_understood_is_told_as_such() -> None:
    """The orchestrator knows no such status (systems/octollm.md, 1B.2)."""
    limited = refused("ReflexResponse", "status", wanted=CASE, got="RateLimited")
    [it] = found(RULE, said(uncaught=(limited,)))

    assert it.title.endswith("disagree on the status of rate limits")
    assert "turned it away for its rate" in it.remedy


def test_matches_of_another_form_are_told_as_such() -> None:
    """Their fields have other names on each side."""
    fields = ("status", "pii_matches.position")
    [it] = found(RULE, said(uncaught=(refused("ReflexResponse", *fields),)))
    [alone] = found(RULE, said(uncaught=(refused("ReflexResponse", fields[1]),)))

    assert it.title.endswith("disagree on the status and match fields")
    assert it.remedy.count(";") == 1
    assert "start, end and matched_text" in alone.remedy
    assert "lower case" not in alone.remedy


def test_as_long_as_others_are_understood_it_is_a_warning() -> None:
    """Only some answers are of that kind."""
    answers = ReflexAnswers(accepted=16, forwarded=0, newest_request="req-1")
    case = said(uncaught=(refused("ReflexResponse", "latency"),), answers=answers)
    [it] = found(RULE, case)

    assert it.severity is Severity.WARNING
    assert it.title.endswith("disagree on its answers")
    assert it.evidence[-1] == "it understood 16 other answers"
    assert it.remedy == "deploy versions of both that belong together"


def test_another_model_is_named() -> None:
    """Whoever sent what does not fit; what it sent is not told."""
    answers = ReflexAnswers(accepted=16, forwarded=0, newest_request="req-1")
    case = said(uncaught=(refused("TaskContract", "priority"),), answers=answers)
    [it] = found(RULE, case)

    assert it.severity is Severity.WARNING
    assert it.title == "the orchestrator refuses what does not fit its TaskContract"
    assert it.subject.id == "orchestrator"
    assert len(it.evidence) == 2
