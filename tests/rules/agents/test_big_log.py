from bot.domain.file_queue import LogSize
from tests.file_queues import a_folder, found, of_queue

RULE = "big-log"
MB = 1024 * 1024


def test_a_log_of_at_most_100_mb() -> None:
    """Exactly that is well."""
    assert not found(RULE, a_folder(logs=(LogSize(path="a", size=100 * MB),)))
    assert not found(RULE, a_folder(logs=None))
    assert not found(RULE, of_queue(None))


def test_a_log_that_nobody_rotates() -> None:
    """By its path and size."""
    log = LogSize(path="logs/brain_decisions.log", size=212 * MB)

    [one] = found(RULE, a_folder(logs=(log,)))

    assert one.title == "logs/brain_decisions.log has grown to 212 MB"
