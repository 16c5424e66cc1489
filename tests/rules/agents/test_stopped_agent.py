from bot.domain.file_queue import Lane
from tests.file_queues import a_file, a_folder, a_life, an_agent, found, of_queue
from tests.world import ago

RULE = "stopped-agent"
AT = ago(minutes=5)
STOPPED = {"lives": a_life(stopped_at=AT), "agents": (an_agent(beat_at=AT),)}


def test_an_agent_stopped_with_nothing_to_do() -> None:
    """Is well; so is one that was started again, or crashed, which is told apart."""
    crashed = STOPPED | {"lives": a_life(crashed_at=AT)}

    assert not found(RULE, a_folder(**STOPPED))
    assert not found(RULE, a_folder(**crashed, tasks=(a_file(),)))
    assert not found(RULE, a_folder(tasks=(a_file(),)))
    assert not found(RULE, of_queue(None))


def test_an_agent_stopped_with_its_task() -> None:
    """A shutdown kills what it runs."""
    [one] = found(RULE, a_folder(**STOPPED, tasks=(a_file(),)))

    assert one.title.endswith("11:55:00Z, with its tasks in progress")


def test_an_agent_stopped_while_work_waits() -> None:
    """Nobody may have thought of that."""
    [one] = found(RULE, a_folder(**STOPPED, tasks=(a_file(lane=Lane.QUEUE),)))

    assert one.title.endswith("with work waiting")
    assert one.evidence[-1] == "1 task waits"
