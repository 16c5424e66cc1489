"""Rows as the demo makes them."""

from datetime import timedelta

from bot.demo.rows import TASKS, WORKERS, Task, Worker, somebody
from tests.demo.times import NOON


def test_a_row_has_a_value_for_every_column() -> None:
    """COPY takes values by their place."""
    worker = Worker(id="w", created_at=NOON)
    task = Task(id="t", task_type="vace", created_at=NOON, project_id="p")

    assert len(worker.row()) == len(WORKERS)
    assert len(task.row()) == len(TASKS)


def test_lines_of_one_burst_stay_in_order() -> None:
    """The table orders by time; a program's next line comes a moment later."""
    worker = Worker(id="w", created_at=NOON)
    worker.say(NOON, "first")
    worker.say(NOON, "second")
    worker.say(NOON + timedelta(seconds=1), "third")

    assert [it.message for it in sorted(worker.said)] == ["first", "second", "third"]


def test_lines_said_at_once_share_their_time() -> None:
    """Such are lines that were sent without a time."""
    worker = Worker(id="w", created_at=NOON)
    worker.say_at_once(NOON, "one", "two")

    assert {it.at for it in worker.said} == {NOON}


def test_a_failed_task_ended_though_nothing_says_processed() -> None:
    """The failing path sets updated_at alone."""
    task = Task(id="t", task_type="vace", created_at=NOON, project_id="p")

    assert task.ended_at is None
    task.status, task.updated_at = "Failed", NOON
    assert task.ended_at == NOON


def test_people_of_a_crowd_differ() -> None:
    """In who they are, and in what they work on; a uuid has 36 characters."""
    one, two = somebody(7), somebody(1234, in_cloud=False)

    assert len({one.id, one.project_id, two.id, two.project_id}) == 4
    assert {len(one.id), len(two.project_id)} == {36}
    assert not two.in_cloud
