from bot.domain.findings import Confidence
from tests.failure_kinds import told_of, told_of_output, untold

RULE = "call-timeout"
ERROR = "HTTPConnectionPool(host='127.0.0.1'): Read timed out."


def test_tasks_that_failed_of_something_else() -> None:
    """Or are tried again by now, or never failed."""
    assert untold(RULE, ERROR, "slow")


def test_a_task_that_waited_in_vain() -> None:
    """It replaces that the task failed."""
    assert told_of(ERROR).rule == RULE


def test_a_task_whose_worker_nobody_names() -> None:
    """Its output alone may tell the kind."""
    assert told_of_output(RULE, ERROR).confidence is Confidence.LIKELY
