"""An orchestrator whose process goes wrong."""

from collections.abc import Callable
from functools import partial

import pytest

from bot.demo import sick_processes as sick
from bot.demo.octo import ORCHESTRATOR, REFLEX, Octo
from tests.demo.times import NOON


@pytest.mark.parametrize(
    ("plant", "due"),
    [
        (sick.plant_leak, {"memory-growing"}),
        (sick.plant_restarts, {"service-restarted"}),
        (sick.plant_bad_start, {"startup-failed", "service-down"}),
        (partial(sick.plant_bad_start, again=True), {"startup-failed"}),
        (sick.plant_no_redis, {"not-ready"}),
        (partial(sick.plant_leak, growth=0.1, owed=False), set()),
    ],
    ids=["leak", "restarts", "start", "start again", "redis", "growth"],
)
def test_each_owes_what_the_page_says(
    plant: Callable[[Octo], None], due: set[str]
) -> None:
    """And nothing beside it."""
    octo = Octo(NOON)

    plant(octo)

    assert {each.rule for each in octo.expected} == due


@pytest.mark.parametrize("times", [1, 2])
def test_each_restart_has_its_time(times: int) -> None:
    """So many processes are seen within the hour, and one more."""
    octo = Octo(NOON)

    sick.plant_restarts(octo, times=times)

    assert len({each.begun_at for each in octo.recorded}) == times + 1
    assert octo.recorded[-1].at == NOON


def test_whoever_did_not_begin_writes_nothing_more() -> None:
    """And nobody listens; one that was started again goes on."""
    down, up = Octo(NOON), Octo(NOON)

    sick.plant_bad_start(down)
    sick.plant_bad_start(up, again=True)

    last = max(each.at for each in down.lines)
    assert last == down.ago(minutes=4)
    assert ORCHESTRATOR in down.refusing
    assert max(each.at for each in up.lines) > last
    assert not up.refusing


def test_a_reflex_layer_without_redis_says_that_it_is_healthy() -> None:
    """Its /ready alone tells."""
    octo = Octo(NOON)

    sick.plant_no_redis(octo)

    told = octo.answers[REFLEX]
    assert (told["/health"].status, told["/ready"].status) == (200, 503)
