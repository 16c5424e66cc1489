from datetime import timedelta

import pytest

from bot.domain.findings import Severity
from bot.domain.service_names import REFLEX
from bot.domain.service_proofs import (
    about,
    answered,
    brief,
    called,
    check_of,
    fresh,
    of_reflex,
    probe_of,
    readiness_of,
    said,
    spread,
    weight,
)
from tests.service_scenes import a_probe, a_scene, is_ready
from tests.world import NOW
from tests.world import ago as before


def test_the_orchestrator_is_its_own_kind() -> None:
    """All others are workers, as the command lists them."""
    assert about("orchestrator").kind == "orchestrator"
    assert about("coder").kind == "worker"


def test_sentences_call_services_by_their_names() -> None:
    """Arms are called as settings do."""
    told = [called(each) for each in ("orchestrator", REFLEX, "coder")]

    assert told == ["the orchestrator", "the reflex layer", "coder"]


@pytest.mark.parametrize(
    ("check", "now", "then"),
    [
        (False, Severity.CRITICAL, Severity.CRITICAL),
        (True, Severity.WARNING, Severity.INFO),
        (None, Severity.CRITICAL, Severity.WARNING),
    ],
)
def test_what_is_mended_matters_for_an_hour(
    check: bool | None, now: Severity, then: Severity
) -> None:
    """What fails its check now matters whenever it began."""
    assert weight(check, before(hours=1), NOW) is now
    assert weight(check, before(seconds=3601), NOW) is then
    assert weight(check, None, NOW) is then


def test_a_spread_is_told_by_its_ends() -> None:
    """As one time where both are of the same second."""
    once = before(seconds=60)
    later = before(seconds=-9)
    assert spread(later, later, NOW) == (
        "at 2026-01-31 12:00:09Z, 9 s ahead of the clock here"
    )
    assert spread(once, once, NOW) == "at 2026-01-31 11:59:00Z, 1 min ago"
    assert spread(before(seconds=90), once, NOW) == (
        "from 2026-01-31 11:58:30Z to 2026-01-31 11:59:00Z, 1 min ago"
    )


def test_what_is_an_hour_old_may_go_on() -> None:
    """A second more, and it is history; what bears a later time is fresh."""
    assert fresh(before(hours=1), NOW)
    assert fresh(before(seconds=-9), NOW)
    assert not fresh(before(hours=1, seconds=1), NOW)


def test_an_answer_is_told_with_its_time() -> None:
    """By its status where nothing else is said."""
    told = "GET /health at 2026-01-31 12:00:00Z: answered 200, after 4 ms"

    assert answered(a_probe()) == told


@pytest.mark.parametrize(
    ("seconds", "told"),
    [(0.0042, "4 ms"), (1, "1 s"), (3.0149, "3.01 s"), (10, "10 s"), (61, "1 min 1 s")],
)
def test_short_spans_are_told_finely(seconds: float, told: str) -> None:
    """Services answer within milliseconds, or after their retries."""
    assert brief(timedelta(seconds=seconds)) == told


def test_texts_of_others_are_cut() -> None:
    """Their first line alone, of at most 160 characters."""
    assert said("one\ntwo") == "one"
    assert len(said("x" * 999)) == 160


def test_services_are_found_by_name() -> None:
    """None where they are not among those that were asked."""
    scene = a_scene()

    assert probe_of(scene, REFLEX) == a_probe(REFLEX)
    assert probe_of(scene, "coder") is None
    assert readiness_of(scene, "orchestrator") == is_ready()
    assert readiness_of(a_scene(readiness=None), "orchestrator") is None


def test_a_reflex_layer_whose_address_is_unknown_is_not_asked_itself() -> None:
    """There are then only lines of the orchestrator about it."""
    assert of_reflex(a_scene()) == "worker reflex-layer"
    assert of_reflex(a_scene(probes=(a_probe(),))) == "logs --search reflex_client"
    assert of_reflex(None) == "logs --search reflex_client"


def test_a_check_is_known_by_any_of_its_names() -> None:
    """The first that the orchestrator tells of."""
    scene = a_scene(readiness=(is_ready(database=False),))

    assert check_of(scene, "postgres", "database") is False
    assert check_of(scene, "redis") is None
    assert check_of(a_scene(readiness=None), "database") is None
