"""An OctoLLM's tasks that go wrong once they are stored."""

import json
from collections.abc import Callable
from functools import partial

import pytest

from bot.demo import sick_arms as sick
from bot.demo.octo import Octo
from bot.demo.owed import Expected
from tests.demo.times import NOON


def stored() -> Octo:
    """Return a deployment whose database can be read."""
    return Octo(NOON, database=True)


@pytest.mark.parametrize(
    ("plant", "due"),
    [
        (sick.plant_failed_row, "no-suitable-arm"),
        (sick.plant_over_budget, "stuck-task"),
        (sick.plant_pending, "waiting-task"),
        (sick.plant_unconsumed, "queue-without-workers"),
    ],
)
def test_each_owes_what_the_page_says(plant: Callable[[Octo], None], due: str) -> None:
    """And nothing beside it; whose fault it is has a row."""
    octo = stored()

    plant(octo)

    [owed] = octo.expected
    assert owed.rule == due
    assert owed.subject in {"", *(row["id"] for row in octo.rows or ())}


@pytest.mark.parametrize(
    "plant",
    [
        partial(sick.plant_failed_row, error="another one"),
        partial(sick.plant_over_budget, seconds=299),
        partial(sick.plant_pending, seconds=299),
    ],
    ids=["failed", "in progress", "pending"],
)
def test_near_misses_are_innocent(plant: Callable[..., None]) -> None:
    """Nothing is owed for them."""
    octo = stored()

    plant(octo, owed=False)

    assert octo.expected == []
    assert octo.innocent <= {row["id"] for row in octo.rows or ()}


def test_a_router_tells_what_it_looked_for() -> None:
    """And what there is, in a line about that task."""
    octo = Octo(NOON)

    sick.plant_no_arm(octo)

    lines = [json.loads(each) for each in octo.log().splitlines()]
    [told] = [each for each in lines if each["event"] == "arm_router.no_candidates"]
    assert octo.expected == [Expected("no-suitable-arm", told["task_id"])]
    assert {*told["required_capabilities"]} - {*told["available_capabilities"]}


def test_what_was_never_taken_up_is_pending() -> None:
    """All of it, and nothing has a result."""
    octo = stored()

    sick.plant_unconsumed(octo)

    assert {row["status"] for row in octo.rows or ()} == {"PENDING"}
    assert octo.results == []
