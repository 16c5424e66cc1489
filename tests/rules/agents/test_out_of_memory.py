from bot.domain.findings import Confidence
from tests.failure_kinds import told_of, told_of_output, untold

RULE = "out-of-memory"
ERROR = "torch.cuda.OutOfMemoryError: CUDA out of memory."


def test_tasks_that_failed_of_something_else() -> None:
    """Or are tried again by now, or never failed."""
    assert untold(RULE, ERROR, "MemoryError")


def test_a_task_without_enough_gpu_memory() -> None:
    """It replaces that the task failed."""
    assert told_of(ERROR).rule == RULE


def test_a_task_whose_worker_nobody_names() -> None:
    """Its output alone may tell the kind."""
    assert told_of_output(RULE, ERROR).confidence is Confidence.CONFIRMED
