import pytest

from bot.domain.findings import Confidence, Severity
from bot.domain.services import ReflexAnswers
from tests.service_scenes import found, of_scene, said, services

RULE = "id-not-forwarded"


@pytest.mark.parametrize(("forwarded", "newest"), [(1, "req-1"), (14, "r"), (0, None)])
def test_an_id_that_is_forwarded_once_is(forwarded: int, newest: str | None) -> None:
    """Where lines bear no ids nothing is known."""
    answers = ReflexAnswers(accepted=14, forwarded=forwarded, newest_request=newest)

    assert found(RULE, said(answers=answers)) == []


def test_nothing_is_said_without_answers() -> None:
    """Or without lines, or services."""
    assert found(RULE, said()) == []
    assert found(RULE, services(told=None)) == []
    assert found(RULE, of_scene(None)) == []


@pytest.mark.parametrize(
    ("number", "sure"), [(2, Confidence.CONFIRMED), (1, Confidence.LIKELY)]
)
def test_an_id_that_never_arrives_is_not_forwarded(
    number: int, sure: Confidence
) -> None:
    """A trace goes by tasks and times then (systems/octollm.md, 3B.7)."""
    answers = ReflexAnswers(accepted=number, forwarded=0, newest_request="req-1")
    [it] = found(RULE, said(answers=answers))

    assert (it.severity, it.confidence) == (Severity.INFO, sure)
    assert it.title.endswith("is not forwarded to the reflex layer by this version")
    assert it.evidence[0] == (
        f"{number} of {number} answers of the reflex layer bore an id of its own"
    )
    assert it.ask == "trace req-1"


def test_an_id_that_no_one_can_type_is_not_asked_for() -> None:
    """Clients choose them."""
    answers = ReflexAnswers(accepted=2, forwarded=0, newest_request="a b\nc")
    [it] = found(RULE, said(answers=answers))

    assert it.evidence[1] == "the last request that was checked bore a b"
    assert it.ask == "worker reflex-layer"
