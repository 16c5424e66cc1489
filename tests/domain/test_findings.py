from typing import Any

import pytest

from bot.domain.findings import (
    Confidence,
    Finding,
    Severity,
    Status,
    Subject,
    ranked,
    status_of,
    worst_first,
)


def a_finding(rule: str = "a-rule", **given: Any) -> Finding:
    values: dict[str, Any] = {
        "severity": Severity.WARNING,
        "confidence": Confidence.CONFIRMED,
        "title": "something",
        "subject": Subject(kind="task", id="1"),
        "evidence": ("a row",),
        "remedy": "look",
    }
    return Finding(rule=rule, **(values | given))


def test_findings_of_one_weight_stay_as_they_came() -> None:
    """The order of the rules is kept where nothing else decides."""
    first, second = a_finding("one"), a_finding("two")

    assert ranked([first, second]) == (first, second)


def test_what_was_said_twice_counts_twice() -> None:
    """Nothing is left out without a word."""
    again = a_finding()

    assert ranked([again, again]) == (again, again)


def test_the_worst_comes_first() -> None:
    """Critical before warning before info."""
    mild = a_finding(severity=Severity.INFO)
    middle = a_finding(severity=Severity.WARNING)
    worst = a_finding(severity=Severity.CRITICAL)

    assert ranked([mild, middle, worst]) == (worst, middle, mild)


def test_of_one_severity_the_order_is_kept() -> None:
    """Causes stay before what they explain, where that is as bad."""
    cause, effect = a_finding("cause"), a_finding("effect")
    worst = a_finding(severity=Severity.CRITICAL)

    assert worst_first([cause, effect, worst]) == (worst, cause, effect)


def test_the_surest_of_one_severity_comes_first() -> None:
    """Confirmed before likely before possible."""
    vague = a_finding(confidence=Confidence.POSSIBLE)
    likely = a_finding(confidence=Confidence.LIKELY)
    sure = a_finding(confidence=Confidence.CONFIRMED)

    assert ranked([vague, likely, sure]) == (sure, likely, vague)


def test_a_cause_comes_before_its_effect() -> None:
    """Even where it weighs less; the worst of the others still comes first."""
    effect = a_finding("effect", severity=Severity.CRITICAL)
    other = a_finding("other", severity=Severity.CRITICAL)
    cause = a_finding("cause", severity=Severity.INFO)
    deeper = a_finding("deeper")
    because = {"effect": [cause], "cause": [deeper]}

    found = ranked(
        [effect, other, cause, deeper], causes=lambda each: because.get(each.rule, [])
    )

    assert found == (deeper, cause, effect, other)


def test_of_several_causes_the_worst_stands_first() -> None:
    """In whatever order they are named."""
    mild = a_finding("mild", severity=Severity.WARNING)
    grave = a_finding("grave", severity=Severity.CRITICAL)
    effect = a_finding("effect", severity=Severity.CRITICAL)
    because = {"effect": [mild, grave]}

    found = ranked([effect, mild, grave], causes=lambda it: because.get(it.rule, []))

    assert found == (grave, mild, effect)


def test_findings_that_explain_each_other_are_told_once() -> None:
    """A circle of causes does not go round for ever."""
    one, two = a_finding("one"), a_finding("two")

    assert ranked([one, two], causes=lambda each: [two, one]) == (two, one)


@pytest.mark.parametrize(
    ("severities", "status"),
    [
        ([], Status.OK),
        ([Severity.INFO], Status.OK),
        ([Severity.INFO, Severity.WARNING], Status.WARNING),
        ([Severity.WARNING, Severity.CRITICAL, Severity.INFO], Status.CRITICAL),
    ],
)
def test_the_worst_finding_colours_the_answer(
    severities: list[Severity], status: Status
) -> None:
    """Information alone leaves an answer green."""
    found = [a_finding(severity=severity) for severity in severities]

    assert status_of(found) is status


def test_ranking_loses_none() -> None:
    """Not even one that stands there twice."""
    twice = a_finding()

    assert ranked([twice, twice]) == (twice, twice)


@pytest.mark.parametrize(
    ("kind", "id", "name"),
    [
        ("worker", "gpu-1", "worker gpu-1"),
        ("worker", "orchestrator", "worker orchestrator"),
        ("orchestrator", "orchestrator", "orchestrator"),
    ],
)
def test_a_subject_is_not_called_twice_by_the_same_word(
    kind: str, id: str, name: str
) -> None:
    """There is but one such thing."""
    assert Subject(kind=kind, id=id).name == name
