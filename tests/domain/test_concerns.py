"""What an answer tells itself."""

from bot.domain.concerns import concerning
from bot.domain.findings import Confidence, Finding, Severity, Subject


def _found(kind: str, severity: Severity = Severity.WARNING) -> Finding:
    return Finding(
        rule="some-rule",
        severity=severity,
        confidence=Confidence.CONFIRMED,
        title=f"a {kind} is ill",
        subject=Subject(kind=kind, id="1"),
        evidence=("seen",),
        remedy="cure it",
    )


def _of_tasks(each: Finding) -> bool:
    return each.subject.kind == "task"


def test_where_all_is_an_answers_own_nothing_is_said_of_others() -> None:
    """Nor where nothing was found."""
    own = _found("task")

    assert concerning((own,), _of_tasks) == ((own,), ())
    assert concerning((), _of_tasks) == ((), ())


def test_others_are_counted_in_one_line() -> None:
    """With how many of them are critical; health tells them."""
    own = _found("task")
    worse = _found("worker", Severity.CRITICAL)

    assert concerning((worse, own, _found("log")), _of_tasks) == (
        (own,),
        ("2 findings about the rest, 1 of them critical: see health",),
    )
    assert concerning((_found("log"),), _of_tasks) == (
        (),
        ("1 finding about the rest: see health",),
    )


def test_a_rule_that_failed_is_told_everywhere() -> None:
    """It might have spoken of anything."""
    broken = _found("rule")

    assert concerning((broken,), _of_tasks) == ((broken,), ())
