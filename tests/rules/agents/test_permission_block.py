from bot.domain.agent_names import Lane
from bot.rules.book import judge
from tests.file_queues import a_file, a_folder, found, of_queue

RULE = "permission-block"


def test_a_task_that_was_allowed() -> None:
    """Whatever it failed of then."""
    task = a_file(lane=Lane.FAILED, action="allowed", error="Permission denied")

    assert not found(RULE, a_folder(tasks=(task,)))
    assert not found(RULE, of_queue(None))


def test_a_task_that_was_blocked() -> None:
    """It never ran, so it replaces that it failed."""
    task = a_file(
        lane=Lane.FAILED, action="blocked", error="Command not in allowed list"
    )

    [one] = judge(a_folder(tasks=(task,)))

    assert one.title == "task 22d25838 was blocked: Command not in allowed list"
    assert "bash.allowed_commands" in one.remedy


def test_a_task_that_needs_an_approval() -> None:
    """By somebody whom it does not name."""
    task = a_file(lane=Lane.FAILED, action="needs_approval", worker=None)

    [one] = found(RULE, a_folder(tasks=(task,)))

    assert one.title.endswith("needs an approval: no reason was written")
    assert one.ask == ""
