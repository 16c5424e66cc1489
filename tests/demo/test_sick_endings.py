"""Tasks and batches of a rig that end badly, as the product reads them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bot.demo import sick_endings as sick
from bot.demo.rig import Rig
from tests.demo.rigs import a_rig, owed, read


def a_small_rig() -> Rig:
    """Return one with two agents that are well."""
    rig = a_rig()
    rig.spare(rig.gpu().name, rig.gpu().name)
    return rig


@pytest.mark.parametrize("rule", sick.ERRORS)
async def test_a_failure_stands_in_standard_error(rule: str, tmp_path: Path) -> None:
    """Its last line is the error; without a third try it is tried again."""
    rig = a_small_rig()
    planted = sick.plant_failure(rig, rule=rule)

    found = await read(rig, tmp_path)

    [task] = found.tasks or ()
    assert task.error == sick.ERRORS[rule][0]
    assert (task.id, task.attempts) == (planted.id, 1)
    assert owed(rig) == {rule}


async def test_what_failed_three_times_is_given_up(tmp_path: Path) -> None:
    """On one agent or on several; the cloud is asked."""
    rig = a_small_rig()
    sick.plant_failure(rig, rule="failed-task", tries=3)
    sick.plant_failure(rig, rule="missing-path", tries=3, spread=True)

    found = await read(rig, tmp_path)

    places = sorted(len({*each.attempted}) for each in found.tasks or ())
    assert places == [1, 2]
    assert {each.status for each in found.tasks or ()} == {"blocked_cloud"}
    assert len(found.escalations or ()) == 2
    assert [each.rule for each in rig.expected] == [
        "retries-exhausted",
        "retries-exhausted",
        "missing-path",
    ]


@pytest.mark.parametrize(
    ("plant", "due"),
    [
        (sick.plant_subprocess, {"subprocess-died"}),
        (sick.plant_not_allowed, {"permission-block"}),
        (sick.plant_failed_plan, {"failed-task"}),
        (
            sick.plant_abandoned,
            {"abandoned-with-batch", "missing-path", "retries-exhausted"},
        ),
        (sick.plant_false_completion, {"false-completion", "out-of-memory"}),
        (sick.plant_shared_id, {"shared-batch-id"}),
        (sick.spare_deferred, set()),
        (sick.spare_completion, set()),
    ],
)
def test_each_owes_what_the_page_says(
    plant: Callable[[Rig], Any], due: set[str]
) -> None:
    """And nothing beside it."""
    rig = a_small_rig()

    plant(rig)

    assert owed(rig) == due


async def test_two_plans_may_have_one_batch_id(tmp_path: Path) -> None:
    """Whose tasks tell them apart."""
    rig = a_rig()
    sick.plant_shared_id(rig)

    found = await read(rig, tmp_path)

    assert len({each.batch for each in found.tasks or ()}) == 1
    assert len({each.plan for each in found.tasks or ()}) == 2
