"""Steps that only a batch's own events tell of."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.domain.agent_names import Lane
from bot.sources.agents.shelf import Shelf
from bot.sources.agents.steps import steps
from tests.sources.agents.files import a_folder, a_task, shut, untold_by, write

BATCH = "20261123_080000"


@pytest.mark.parametrize("home", ["history", "batches"])
def test_an_event_tells_of_a_step_that_was_put_away(tmp_path: Path, home: str) -> None:
    """In either generation's place; what is half written is passed over."""
    folder = a_folder(tmp_path)
    id = a_task(tmp_path, Lane.PRIVATE, depends_on=["build", "nothing"])
    event = json.dumps({"event": "task_succeeded", "task_name": "build"})
    path = f"plans/publish/{home}/{BATCH}/logs/batch_events.jsonl"
    write(tmp_path / path, f'{event}\n[]\n{{"task_name": 1}}\n{{"task_na')

    found = steps(folder, Shelf(folder).files([id], Lane.PRIVATE))

    assert found == {(BATCH, "build"): "task_succeeded"}


def test_the_last_event_of_a_step_counts_unless_one_succeeded(tmp_path: Path) -> None:
    """A batch that is resumed tells of its steps again."""
    folder = a_folder(tmp_path)
    id = a_task(tmp_path, Lane.PRIVATE, depends_on=["build", "cut"])
    events = [
        *(("cut", "task_failed"), ("build", "task_succeeded")),
        *(("cut", "task_abandoned"), ("build", "task_released")),
    ]
    lines = [json.dumps({"event": event, "task_name": name}) for name, event in events]
    path = f"plans/publish/history/{BATCH}/logs/batch_events.jsonl"
    write(tmp_path / path, "\n".join(lines))

    assert steps(folder, Shelf(folder).files([id], Lane.PRIVATE)) == {
        (BATCH, "build"): "task_succeeded",
        (BATCH, "cut"): "task_abandoned",
    }


def test_what_has_a_file_is_not_looked_for(tmp_path: Path) -> None:
    """Nor is a batch whose id leads elsewhere."""
    folder = a_folder(tmp_path)
    a_task(tmp_path, Lane.PROCESSING, 1, name="build")
    ids = [
        a_task(tmp_path, Lane.PRIVATE, 2, depends_on=["build"]),
        a_task(tmp_path, Lane.PRIVATE, 3, depends_on=["x"], batch_id="../../other"),
    ]
    running = Shelf(folder).files([a_task(tmp_path, Lane.PROCESSING)], Lane.PROCESSING)

    found = steps(folder, (*running, *Shelf(folder).files(ids, Lane.PRIVATE)))

    assert found == {}


def test_events_may_go_while_they_are_looked_for(tmp_path: Path) -> None:
    """A folder of that name tells nothing either."""
    folder = a_folder(tmp_path)
    id = a_task(tmp_path, Lane.PRIVATE, depends_on=["build"])
    path = tmp_path / f"plans/a/history/{BATCH}/logs/batch_events.jsonl"
    path.parent.mkdir(parents=True)
    path.symlink_to(tmp_path / "gone")

    assert steps(folder, Shelf(folder).files([id], Lane.PRIVATE)) == {}


@pytest.mark.parametrize("makes", [os.mkdir, os.mkfifo])
def test_events_that_cannot_be_read_leave_open_what_became_of_steps(
    tmp_path: Path, makes: Callable[[Path], None]
) -> None:
    """Those of another file are told all the same."""
    folder = a_folder(tmp_path)
    id = a_task(tmp_path, Lane.PRIVATE, depends_on=["build", "cut"])
    path = tmp_path / f"plans/a/history/{BATCH}/logs/batch_events.jsonl"
    event = json.dumps({"event": "task_succeeded", "task_name": "build"})
    write(tmp_path / f"plans/a/batches/{BATCH}/logs/batch_events.jsonl", event)
    path.parent.mkdir(parents=True)
    makes(path)
    tasks = Shelf(folder).files([id], Lane.PRIVATE)

    assert steps(folder, tasks) == {
        (BATCH, "build"): "task_succeeded",
        (BATCH, "cut"): "",
    }
    assert untold_by(lambda: steps(folder, tasks)) == [
        f"plans/a/history/{BATCH}/logs/batch_events.jsonl is no file"
    ]


@pytest.mark.parametrize(
    "place", ["plans", "plans/a", "plans/a/history", f"plans/a/history/{BATCH}"]
)
def test_a_folder_of_plans_that_is_shut_leaves_open_what_became_of_steps(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    """It is named; that of another batch is of no matter."""
    folder = a_folder(tmp_path)
    id = a_task(tmp_path, Lane.PRIVATE, depends_on=["build"])
    for batch in (BATCH, "other"):
        (tmp_path / f"plans/a/history/{batch}/logs").mkdir(parents=True)
    tasks = Shelf(folder).files([id], Lane.PRIVATE)
    with monkeypatch.context() as patched:
        shut(patched, tmp_path / "plans/a/history/other")
        assert steps(folder, tasks) == {}
    shut(monkeypatch, tmp_path / place)

    assert steps(folder, tasks) == {(BATCH, "build"): ""}
    assert untold_by(lambda: steps(folder, tasks)) == [f"{place} may not be read"]
