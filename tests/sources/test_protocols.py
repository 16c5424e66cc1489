"""What a system promises, and who keeps it."""

from bot.sources import UNREAD, Listing, Logs, Pods, Tasks, Workers
from bot.sources.reigh.logs import ReighLogs
from bot.sources.reigh.project import Project
from bot.sources.reigh.tasks import ReighTasks
from bot.sources.reigh.workers import ReighWorkers
from bot.sources.runpod import RunPod
from tests.world import FakeLogs, FakePods, FakeTasks, FakeWorkers

PROJECT = Project(None, None)

# mypy compares them; what they answer is compared by test_contract.py.
TASKS: tuple[Tasks, ...] = (FakeTasks(), ReighTasks(PROJECT))
WORKERS: tuple[Workers, ...] = (FakeWorkers(), ReighWorkers(PROJECT))
LOGS: tuple[Logs, ...] = (FakeLogs(), ReighLogs(PROJECT))
PODS: tuple[Pods, ...] = (FakePods(), RunPod(None))


def test_a_whole_listing_was_not_cut() -> None:
    """It holds all there is."""
    assert not Listing((1, 2)).cut


def test_a_listing_that_a_bound_ended_was_cut() -> None:
    """Though it may be empty."""
    assert Listing((), whole=False).cut


def test_what_was_not_read_was_not_cut() -> None:
    """A source that is down is a gap, and no limit of ours."""
    assert not UNREAD.whole
    assert not UNREAD.cut


def test_every_fake_promises_what_its_adapter_does() -> None:
    """One of each for every protocol."""
    assert all(len(both) == 2 for both in (TASKS, WORKERS, LOGS, PODS))
