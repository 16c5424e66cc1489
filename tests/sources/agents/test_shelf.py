import os
from datetime import UTC, datetime
from pathlib import Path

from bot.domain.agent_names import Lane
from bot.domain.file_queue import Sidecar
from bot.sources.agents import shelf as module
from bot.sources.agents.lanes import sidecar_path, task_path
from bot.sources.agents.shelf import Shelf
from tests.sources.agents.files import (
    NOW,
    a_folder,
    a_sidecar,
    a_task,
    ago,
    an_id,
    write,
)


def test_a_running_tasks_sidecar_is_read_with_it(tmp_path: Path) -> None:
    """If it has one."""
    first = a_task(tmp_path, Lane.PROCESSING, 1)
    second = a_task(tmp_path, Lane.PROCESSING, 2)
    a_sidecar(tmp_path, first, pid=5)
    found = Shelf(a_folder(tmp_path)).files([first, second], Lane.PROCESSING)

    assert found[0].sidecar is not None
    assert (found[0].sidecar.updated_at, found[0].sidecar.pid) == (NOW, 5)
    assert found[1].sidecar is None


def test_a_task_that_moved_on_is_told_where_it_is(tmp_path: Path) -> None:
    """And one that is gone is left out."""
    id = a_task(tmp_path, Lane.COMPLETE)
    found = Shelf(a_folder(tmp_path)).files([id, an_id(9)], Lane.QUEUE)

    assert [(each.id, each.lane) for each in found] == [(id, Lane.COMPLETE)]


def test_what_has_ended_is_read_once(tmp_path: Path) -> None:
    """Until its file changes."""
    id = a_task(tmp_path, Lane.COMPLETE, name="old", at=ago(hours=1))
    shelf = Shelf(a_folder(tmp_path))
    first = shelf.file(id, Lane.COMPLETE)
    again = shelf.file(id, Lane.COMPLETE)
    a_task(tmp_path, Lane.COMPLETE, name="new", at=NOW)
    changed = shelf.file(id, Lane.COMPLETE)

    assert first is again
    assert changed is not None
    assert changed.name == "new"


def test_a_task_that_waits_is_read_once_as_well(tmp_path: Path) -> None:
    """A folder of many tasks is asked about by several questions at once."""
    id = a_task(tmp_path, Lane.QUEUE, at=ago(hours=1))
    shelf = Shelf(a_folder(tmp_path))

    assert shelf.file(id, Lane.QUEUE) is shelf.file(id, Lane.QUEUE)


def test_what_was_written_just_now_is_read_again(tmp_path: Path) -> None:
    """It may change once more within the same step of the file's time."""
    future = datetime(9000, 1, 1, tzinfo=UTC)  # as a clock ahead of ours would write
    id = a_task(tmp_path, Lane.QUEUE, name="one", at=future)
    shelf = Shelf(a_folder(tmp_path))
    first = shelf.file(id, Lane.QUEUE)
    a_task(tmp_path, Lane.QUEUE, name="two", at=future)
    second = shelf.file(id, Lane.QUEUE)

    assert first is not None
    assert second is not None
    assert (first.name, second.name) == ("one", "two")


def test_no_more_is_kept_than_fits(tmp_path: Path, monkeypatch: object) -> None:
    """The least used goes first."""
    ids = [a_task(tmp_path, Lane.COMPLETE, number) for number in range(3)]
    shelf, most = Shelf(a_folder(tmp_path)), module.KEPT
    module.KEPT = 2  # type: ignore[misc]
    try:
        shelf.files(ids, Lane.COMPLETE)
    finally:
        module.KEPT = most  # type: ignore[misc]

    assert len(shelf._kept) == 2


def test_an_unreadable_file_is_a_task_of_its_lane(tmp_path: Path) -> None:
    """And is not kept: it may be whole next time."""
    path = task_path(tmp_path, Lane.COMPLETE, an_id(1))
    write(path, "{", at=ago(minutes=1))
    shelf = Shelf(a_folder(tmp_path))
    found = shelf.file(an_id(1), Lane.COMPLETE)

    assert found is not None
    assert (found.read, found.created_at) == (False, ago(minutes=1))
    assert not shelf._kept


def test_what_is_no_file_is_a_task_that_could_not_be_read(tmp_path: Path) -> None:
    """So it is told; nothing waits for a pipe."""
    shelf = Shelf(a_folder(tmp_path))
    for number, lane in enumerate(Lane):
        base = task_path(tmp_path, lane, "x").parent
        base.mkdir(parents=True, exist_ok=True)
        os.mkfifo(task_path(tmp_path, lane, an_id(10 * number)))
        task_path(tmp_path, lane, an_id(10 * number + 1)).mkdir()
        task_path(tmp_path, lane, an_id(10 * number + 2)).symlink_to("nowhere")
        found = shelf.files([an_id(10 * number + kind) for kind in range(3)], lane)

        assert [(each.lane, each.read) for each in found] == [(lane, False)] * 3
    assert not shelf.failed([an_id(41)])


def test_a_sidecar_that_could_not_be_read_is_one_all_the_same(tmp_path: Path) -> None:
    """It tells no time."""
    id = a_task(tmp_path, Lane.PROCESSING)
    os.mkfifo(sidecar_path(tmp_path, id))
    [found] = Shelf(a_folder(tmp_path)).files([id], Lane.PROCESSING)

    assert found.sidecar == Sidecar(task_id=id)


def test_those_of_the_complete_that_failed_are_found(tmp_path: Path) -> None:
    """What only speaks of a failure elsewhere in its file did not."""
    plan = a_task(tmp_path, Lane.COMPLETE, 1, status="failed")
    other = a_task(tmp_path, Lane.COMPLETE, 2, result={"success": False})
    a_task(tmp_path, Lane.COMPLETE, 3, result={"success": True})
    a_task(tmp_path, Lane.COMPLETE, 4, config={"status": "failed"})
    ids = [an_id(number) for number in range(1, 6)]

    found = Shelf(a_folder(tmp_path)).failed(ids)

    assert [each.id for each in found] == [plan, other]


def test_a_complete_task_is_looked_at_until_its_file_changes(tmp_path: Path) -> None:
    """One that runs again may fail this time."""
    id = a_task(tmp_path, Lane.COMPLETE, status="complete", at=ago(hours=1))
    shelf = Shelf(a_folder(tmp_path))
    before = shelf.failed([id])
    path = task_path(tmp_path, Lane.COMPLETE, id)
    write(path, "unseen, for its time is the same", at=ago(hours=1))
    unchanged = shelf.failed([id])
    a_task(tmp_path, Lane.COMPLETE, status="failed", at=NOW)
    [failed] = shelf.failed([id])

    assert before == unchanged == []
    assert failed.id == id


def test_a_double_is_told_with_all_its_lanes(tmp_path: Path) -> None:
    """By the file of where it ended."""
    id = a_task(tmp_path, Lane.PROCESSING)
    a_task(tmp_path, Lane.COMPLETE, status="complete")
    found, lanes = Shelf(a_folder(tmp_path)).wherever(id)

    assert found is not None
    assert found.lane is Lane.COMPLETE
    assert lanes == (Lane.PROCESSING, Lane.COMPLETE)


def test_a_task_without_a_file_is_nowhere(tmp_path: Path) -> None:
    """However often it is looked for."""
    assert Shelf(a_folder(tmp_path)).wherever(an_id(1)) == (None, ())
