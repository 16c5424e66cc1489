from bot.domain.findings import Confidence
from tests.failure_kinds import told_of, told_of_output, untold

RULE = "missing-module"
ERROR = "ModuleNotFoundError: No module named 'cv2'"


def test_tasks_that_failed_of_something_else() -> None:
    """Or are tried again by now, or never failed."""
    assert untold(RULE, ERROR, "ImportError: odd")


def test_a_task_without_a_module() -> None:
    """It replaces that the task failed."""
    assert told_of(ERROR).rule == RULE


def test_a_task_whose_worker_nobody_names() -> None:
    """Its output alone may tell the kind."""
    assert told_of_output(RULE, ERROR).confidence is Confidence.CONFIRMED
