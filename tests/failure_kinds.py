"""What is asked alike of each rule that tells of what a task's failure is a case."""

from bot.domain.agent_names import Lane
from bot.domain.findings import Finding
from bot.rules.book import judge
from tests.file_queues import a_file, a_folder, found, of_queue


def told_of(error: str) -> Finding:
    """Return the only thing that is said of a task which failed of the error."""
    task = a_file(lane=Lane.FAILED, error=error, vram_estimate_mb=3000)
    [one] = judge(a_folder(tasks=(task,)))

    assert one.evidence[0] == f"its error: {error}"
    assert one.ask == "worker gpu-1"
    return one


def told_of_output(rule: str, output: str) -> Finding:
    """Return the same for a task whose output alone tells it, and no worker."""
    task = a_file(lane=Lane.FAILED, output=output, worker=None)
    [one] = found(rule, a_folder(tasks=(task,)))

    assert one.ask == ""
    return one


def untold(rule: str, error: str, other: str) -> bool:
    """Tell whether tasks that failed of something else, or wait again, are left out."""
    tasks = (a_file(lane=Lane.FAILED, error=other), a_file(error=error))

    return not found(rule, a_folder(tasks=tasks)) and not found(rule, of_queue(None))
