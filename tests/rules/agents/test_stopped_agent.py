from bot.domain.agent_names import Lane
from bot.domain.findings import Confidence
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


def test_a_day_that_is_a_guess_is_told_as_one() -> None:
    """And what would tell it: the time of the file, which a plain copy loses."""
    lives = a_life(stopped_at=ago(minutes=5), guessed=True)
    agent = an_agent(beat_at=ago(minutes=5))

    [one] = found(RULE, a_folder(lives=lives, agents=(agent,), tasks=(a_file(),)))

    assert one.confidence is Confidence.POSSIBLE
    assert any("cp -p" in each for each in one.evidence)
