from bot.domain.agent_names import Lane
from bot.rules.book import judge
from tests.file_queues import a_file, a_folder, found, of_queue

RULE = "missing-module"
ERROR = "ModuleNotFoundError: No module named 'cv2'"


def test_tasks_that_failed_of_something_else() -> None:
    """Or are tried again by now, or never failed."""
    tasks = (a_file(lane=Lane.FAILED, error="ImportError: odd"), a_file(error=ERROR))

    assert not found(RULE, a_folder(tasks=tasks))
    assert not found(RULE, of_queue(None))


def test_a_task_without_a_module() -> None:
    """It replaces that the task failed."""
    task = a_file(lane=Lane.FAILED, error=ERROR)

    [one] = judge(a_folder(tasks=(task,)))

    assert one.rule == RULE
    assert one.evidence[0] == f"its error: {ERROR}"
    assert one.ask == "worker gpu-1"


def test_a_task_whose_worker_nobody_names() -> None:
    """Its output alone may tell the kind."""
    task = a_file(lane=Lane.FAILED, output=ERROR, worker=None)

    [one] = found(RULE, a_folder(tasks=(task,)))

    assert one.ask == ""
