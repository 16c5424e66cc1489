from bot.domain.findings import Confidence
from tests.failure_kinds import told_of, told_of_output, untold

RULE = "bad-input"
ERROR = "RuntimeError: ffmpeg exited with status 1: moov atom not found"


def test_tasks_that_failed_of_something_else() -> None:
    """Or are tried again by now, or never failed."""
    assert untold(RULE, ERROR, "ffmpeg")


def test_a_task_with_broken_input() -> None:
    """It replaces that the task failed."""
    assert told_of(ERROR).rule == RULE


def test_a_task_whose_worker_nobody_names() -> None:
    """Its output alone may tell the kind."""
    assert told_of_output(RULE, ERROR).confidence is Confidence.CONFIRMED
