"""Tasks that have no file any more."""

import json
from pathlib import Path

from bot.domain.agent_names import Lane
from bot.sources.agents.remains import remains
from bot.sources.agents.tasks import AgentsTasks
from tests.sources.agents.files import (
    NOW,
    a_decision,
    a_folder,
    a_sidecar,
    a_task,
    ago,
    an_id,
    naive,
    running,
    the_decisions,
    write,
)


def an_event(root: Path, id: str) -> None:
    """Write that a task of a batch succeeded."""
    doc = {"event": "task_succeeded", "task_id": id, "recorded_at": naive(NOW)}
    path = "plans/p/history/20261123_080000/logs/batch_events.jsonl"
    write(root / path, json.dumps(doc))


def test_what_nothing_knows_is_nowhere(tmp_path: Path) -> None:
    """Though an id that begins otherwise is known, and a text bears this one."""
    folder = a_folder(tmp_path)
    a_sidecar(tmp_path, an_id(2))
    lines = (
        a_decision("RETRY", "again", ago(hours=1), task_id="00000002"),
        a_decision("PLAN_READ", "again", ago(hours=1), task="00000001"),
        a_decision("RETRY", "again", ago(hours=1), task_id="0000"),
    )
    the_decisions(tmp_path, *lines)

    assert remains(folder, an_id(1)) == []


def test_a_sidecar_alone_tells_of_its_task(tmp_path: Path) -> None:
    """By its name."""
    folder = a_folder(tmp_path)
    a_sidecar(tmp_path, an_id(1))

    assert remains(folder, "0000") == [an_id(1)]


def test_a_decision_tells_the_first_characters(tmp_path: Path) -> None:
    """Whoever asks by more is believed; an event tells all of them."""
    folder = a_folder(tmp_path)
    line = a_decision("TASK_CREATED", "made", ago(days=9), task_id="00000001")
    the_decisions(tmp_path, line)

    assert remains(folder, "0000") == ["00000001"]
    assert remains(folder, an_id(1)) == [an_id(1)]
    an_event(tmp_path, an_id(1))
    assert remains(folder, "0000") == [an_id(1)]


async def test_a_task_with_a_file_goes_before_one_without(tmp_path: Path) -> None:
    """Nor are ids looked for that no task could have."""
    folder = a_folder(tmp_path)
    an_event(tmp_path, an_id(1))
    tasks = AgentsTasks(folder)
    alone = await tasks.find("0000")
    a_task(tmp_path, Lane.QUEUE, 2)

    assert alone == [an_id(1)]
    assert await tasks.find("0000") == [an_id(2)]
    assert await tasks.find("gpu-1") == ()


def test_a_real_plan_that_ran_afresh_left_its_first_task_without_a_file(
    tmp_path: Path,
) -> None:
    """The brain's decisions alone tell of it."""
    folder, _ = running(tmp_path)

    assert remains(folder, "263a") == ["263a2407"]
