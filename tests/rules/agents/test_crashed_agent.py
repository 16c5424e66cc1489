from bot.domain.findings import Confidence, Severity
from tests.file_queues import a_file, a_folder, a_life, an_agent, found, of_queue
from tests.world import ago

RULE = "crashed-agent"
AT = ago(minutes=5)


def test_an_agent_that_lives_or_was_stopped() -> None:
    """It may have crashed in an earlier life."""
    old = a_life(crashed_at=ago(hours=2))

    assert not found(RULE, a_folder(lives=old))
    assert not found(RULE, a_folder(lives=a_life(stopped_at=ago(seconds=2))))
    assert not found(RULE, of_queue(None))


def test_a_crashed_agent_with_a_task() -> None:
    """Named by its exception."""
    lives = a_life(crashed_at=AT, stopped_at=AT, exception="[Errno 2] No such file")
    agent = an_agent(beat_at=AT)

    [one] = found(RULE, a_folder(lives=lives, agents=(agent,), tasks=(a_file(),)))

    assert one.title == "gpu-1 crashed: [Errno 2] No such file"
    assert one.severity is Severity.CRITICAL
    assert one.ask == "logs --worker gpu-1 --level ERROR"


def test_a_crash_long_ago_is_still_a_fault() -> None:
    """Though nothing waits; its exception may be lost."""
    at = ago(hours=1)
    lives = a_life(crashed_at=at, started_at=None)

    [one] = found(RULE, a_folder(lives=lives, agents=(an_agent(beat_at=at),)))

    assert one.title == "gpu-1 crashed"
    assert one.severity is Severity.CRITICAL


def test_a_day_that_is_a_guess_is_told_as_one() -> None:
    """And what would tell it: the time of the file, which a plain copy loses."""
    lives = a_life(crashed_at=ago(minutes=5), guessed=True)
    agent = an_agent(beat_at=ago(minutes=5))

    [one] = found(RULE, a_folder(lives=lives, agents=(agent,)))

    assert one.confidence is Confidence.POSSIBLE
    assert any("cp -p" in each for each in one.evidence)
