import threading
from collections.abc import Callable
from pathlib import Path
from time import monotonic

import pytest

from bot.domain.agent_names import Lane
from bot.sources.agents.lanes import (
    archived,
    batches,
    changed_since,
    is_lock,
    lanes_of,
    sidecar_of,
    standing,
    task_of,
    task_path,
)
from tests.sources.agents.files import (
    a_folder,
    a_sidecar,
    a_task,
    ago,
    an_id,
    shut,
    untold_by,
    write,
)


def test_names_tell_what_files_are() -> None:
    """A sidecar is no task, nor is a lock."""
    assert task_of("a.json") == "a"
    assert task_of("a.heartbeat.json") is None
    assert task_of("a.json.lock") is None
    assert task_of(".a.json") is None
    assert sidecar_of("a.heartbeat.json") == "a"
    assert sidecar_of("a.json") is None
    assert is_lock("a.json.lock")
    assert not is_lock("a.json")


def test_tasks_are_told_by_their_lanes(tmp_path: Path) -> None:
    """Leftover locks and sidecars count for nothing."""
    for number, lane in enumerate(Lane):
        a_task(tmp_path, lane, number)
    a_sidecar(tmp_path, an_id(2))
    write(tmp_path / "tasks" / "queue" / f"{an_id(9)}.json.lock", "")

    found = standing(a_folder(tmp_path))

    assert [found.lanes[an_id(n)] for n in range(5)] == list(Lane)
    assert len(found.lanes) == 5
    assert found.sidecars == {an_id(2)}
    assert found.doubles == {}


def test_a_double_that_stays_is_seen(tmp_path: Path) -> None:
    """It counts as one task, of the lane where it ended."""
    id = a_task(tmp_path, Lane.COMPLETE)
    a_task(tmp_path, Lane.PROCESSING)

    found = standing(a_folder(tmp_path))

    assert found.lanes == {id: Lane.COMPLETE}
    assert found.doubles == {id: (Lane.PROCESSING, Lane.COMPLETE)}
    assert lanes_of(a_folder(tmp_path), id) == (Lane.PROCESSING, Lane.COMPLETE)


def test_a_lane_that_may_not_be_read_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And the others are told."""
    id = a_task(tmp_path, Lane.QUEUE)
    a_task(tmp_path, Lane.COMPLETE, 2)
    folder = a_folder(tmp_path)
    shut(monkeypatch, tmp_path / "tasks" / "complete", tmp_path / "tasks" / "archive")
    why = "tasks/complete may not be read"

    found = standing(folder)

    assert (found.lanes, found.unread) == ({id: Lane.QUEUE}, {Lane.COMPLETE: why})
    assert changed_since(folder, Lane.COMPLETE, 0.0, most=9) == ([], False)
    assert archived(folder, id) == ()
    assert untold_by(lambda: standing(folder)) == [why]
    assert untold_by(lambda: changed_since(folder, Lane.COMPLETE, 0.0, most=9)) == [why]
    assert untold_by(lambda: archived(folder, id)) == ["tasks/archive may not be read"]


def test_where_no_lane_may_be_read_nothing_is_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not even that there is nothing."""
    folder = a_folder(tmp_path)
    shut(monkeypatch, *(task_path(tmp_path, lane, "x").parent for lane in Lane))

    with pytest.raises(PermissionError, match="Permission denied"):
        standing(folder)


def test_a_folder_of_tasks_that_is_not_there_is_named(tmp_path: Path) -> None:
    """It may have another name, or be of another mount; an empty one is empty."""
    folder = a_folder(tmp_path)
    assert untold_by(lambda: standing(folder)) == []
    (tmp_path / "tasks").rmdir()
    id = a_task(tmp_path, Lane.PRIVATE)

    found = standing(folder)

    assert found.lanes == {id: Lane.PRIVATE}
    assert set(found.unread) == {*Lane} - {Lane.PRIVATE}
    assert untold_by(lambda: standing(folder)) == ["tasks is no folder that is there"]


def test_a_lane_can_be_asked_for_alone(tmp_path: Path) -> None:
    """Complete tasks may be any number."""
    a_task(tmp_path, Lane.COMPLETE, 1)
    id = a_task(tmp_path, Lane.QUEUE, 2)

    found = standing(a_folder(tmp_path), Lane.QUEUE, Lane.PROCESSING)

    assert found.of(Lane.QUEUE) == [id]
    assert found.of(Lane.PROCESSING) == []
    assert len(found.lanes) == 1


def test_a_double_of_a_lane_not_asked_for_is_none_of_those(tmp_path: Path) -> None:
    """It is told by where it ended."""
    a_task(tmp_path, Lane.COMPLETE)
    a_task(tmp_path, Lane.QUEUE)
    a_task(tmp_path, Lane.PROCESSING)

    found = standing(a_folder(tmp_path), Lane.QUEUE, Lane.PROCESSING)

    assert found.lanes == {}
    assert len(found.doubles) == 1


def test_what_changed_since_is_the_newest_first(tmp_path: Path) -> None:
    """Of more than a bound, the newest, and it says so."""
    for number, hours in ((1, 3), (2, 2), (3, 1)):
        a_task(tmp_path, Lane.COMPLETE, number, at=ago(hours=hours))
    write(tmp_path / "tasks" / "complete" / "notes.txt", "")
    folder = a_folder(tmp_path)
    since = ago(hours=2).timestamp()

    assert changed_since(folder, Lane.COMPLETE, since, most=9) == (
        [an_id(3), an_id(2)],
        True,
    )
    assert changed_since(folder, Lane.COMPLETE, since, most=1) == ([an_id(3)], False)


def test_the_archive_is_searched_by_batch_and_lane(tmp_path: Path) -> None:
    """A script moves tasks there."""
    path = tmp_path / "tasks" / "archive" / "b1" / "failed" / f"{an_id(7)}.json"
    write(path, "{}")

    assert archived(a_folder(tmp_path), "00000007") == [(an_id(7), Lane.FAILED, path)]
    assert archived(a_folder(tmp_path), "00000008") == []
    assert archived(a_folder(tmp_path), "", "b1") == [(an_id(7), Lane.FAILED, path)]
    assert archived(a_folder(tmp_path), "", "b2") == []
    assert batches(a_folder(tmp_path)) == ["b1"]


def _by_rename(source: Path, target: Path) -> None:
    source.replace(target)


def _by_copy(source: Path, target: Path) -> None:
    """As the real program does: plain writing, then unlinking."""
    target.write_text(source.read_text())
    source.unlink()


@pytest.mark.parametrize("move", [_by_rename, _by_copy])
def test_moving_files_are_never_lost_nor_counted_twice(
    tmp_path: Path, move: Callable[[Path, Path], None]
) -> None:
    """Two hundred moves a second, forth and back, while they are counted."""
    every = [a_task(tmp_path, Lane.QUEUE, number) for number in range(200)]
    for lane in (Lane.PROCESSING, Lane.COMPLETE):
        task_path(tmp_path, lane, "x").parent.mkdir(parents=True)
    folder, over, moves = a_folder(tmp_path), threading.Event(), 0
    road = (Lane.QUEUE, Lane.PROCESSING, Lane.COMPLETE)

    def mover() -> None:
        nonlocal moves
        here = dict.fromkeys(every, 0)
        while True:
            for id in every:
                if over.wait(0.005):
                    return
                at, to = here[id], (here[id] + 1) % 3
                move(
                    task_path(tmp_path, road[at], id),
                    task_path(tmp_path, road[to], id),
                )
                here[id], moves = to, moves + 1

    thread = threading.Thread(target=mover)
    thread.start()
    counts, doubles, ends = set(), 0, monotonic() + 3
    while monotonic() < ends:
        found = standing(folder)
        counts.add(len(found.lanes))
        doubles += len(found.doubles)
    over.set()
    thread.join()

    assert counts == {200}
    assert doubles == 0
    assert moves > 100
