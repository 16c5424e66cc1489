"""How long a task may wait."""

from datetime import timedelta

import pytest

from bot.domain.cases import Thresholds
from bot.domain.waits import normal, overdue
from tests.world import NOW, a_task, ago


def test_what_could_be_claimed_is_taken_once_a_task_must_end() -> None:
    """The limit is the system's own, and may be set."""
    quick = Thresholds(stuck=timedelta(minutes=5))

    assert normal(None, Thresholds()) == timedelta(minutes=20)
    assert normal(None, quick) == timedelta(minutes=5)
    assert normal("no credits", quick) == timedelta(hours=1)


@pytest.mark.parametrize(
    ("reason", "minutes", "late"),
    [
        (None, 20, False),
        (None, 21, True),
        ("user at capacity", 60, False),
        ("user at capacity", 61, True),
    ],
)
def test_beyond_its_limit_a_wait_is_overdue(
    reason: str | None, minutes: int, *, late: bool
) -> None:
    """Exactly at it, it is not yet."""
    task = a_task(status="Queued", created_at=ago(minutes=minutes))

    assert overdue(task, reason, Thresholds(), NOW) is late
