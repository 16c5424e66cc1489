from bot.domain.findings import Confidence, Severity
from tests.file_queues import a_file, a_folder, a_life, an_agent, found, of_queue
from tests.world import ago

RULE = "restarted-agent"
AT = ago(minutes=5)


def test_an_agent_that_never_crashed_or_did_so_long_ago() -> None:
    """What the window does not hold was told before."""
    old = a_life(crashed_at=ago(hours=30), started_at=ago(hours=29))

    assert not found(RULE, a_folder(lives=a_life()))
    assert not found(RULE, a_folder(lives=old))
    assert not found(RULE, a_folder(lives=None))
    assert not found(RULE, of_queue(None))


def test_one_that_was_not_started_again_is_another_finding() -> None:
    """Its end is what matters."""
    lives = a_life(crashed_at=AT, stopped_at=AT)

    assert not found(RULE, a_folder(lives=lives, agents=(an_agent(beat_at=AT),)))


def test_a_crash_is_told_though_the_agent_lives_again() -> None:
    """With its exception, and the task that was taken from it."""
    lives = a_life(crashed_at=AT, started_at=ago(minutes=4), exception="[Errno 2] gone")
    task = a_file(orphan_of="gpu-1", requeued_at=ago(minutes=3))

    [one] = found(RULE, a_folder(lives=lives, tasks=(task, a_file(orphan_of="gpu-2"))))

    assert one.severity is Severity.WARNING
    assert one.title == (
        "gpu-1 crashed at 2026-01-31 11:55:00Z, and began again at 2026-01-31 11:56:00Z"
    )
    assert one.evidence[0].endswith(": [Errno 2] gone")
    assert one.evidence[2:] == (
        "task 22d25838 was recovered from it at 2026-01-31 11:57:00Z",
    )


def test_one_whose_start_no_line_tells_beats_again() -> None:
    """A heartbeat of later proves it; the task may not say when it was taken."""
    lives = a_life(crashed_at=AT, started_at=None)
    task = a_file(orphan_of="gpu-1-w0-22d25838")

    [one] = found(RULE, a_folder(lives=lives, tasks=(task,)))

    assert one.title == "gpu-1 crashed at 2026-01-31 11:55:00Z, and beats again"
    assert one.evidence[2:] == ("task 22d25838 was recovered from it",)


def test_a_day_that_is_a_guess_is_told_as_one() -> None:
    """It is not sure that it crashed then."""
    lives = a_life(crashed_at=AT, started_at=ago(minutes=4), guessed=True)

    [one] = found(RULE, a_folder(lives=lives))

    assert one.confidence is Confidence.POSSIBLE
    assert any("cp -p" in each for each in one.evidence)
