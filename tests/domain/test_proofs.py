from datetime import datetime, timedelta
from typing import Any

import pytest

from bot.domain.proofs import ending, last_beat, reason, said_at
from tests.world import NOW, WORKER, a_line, a_task, a_worker, ago


@pytest.mark.parametrize(
    ("at", "told"),
    [
        (None, "it never beat"),
        (ago(minutes=3), "last heartbeat at 2026-01-31 11:57:00Z, 3 min ago"),
        (
            NOW + timedelta(seconds=5),
            "last heartbeat at 2026-01-31 12:00:05Z, 0 s ago",
        ),
        (
            NOW + timedelta(seconds=20),
            "last heartbeat at 2026-01-31 12:00:20Z, 20 s ahead of the clock here",
        ),
    ],
)
def test_a_heartbeat_is_told_with_its_age(at: datetime | None, told: str) -> None:
    """A clock that is ahead makes no negative one."""
    assert last_beat(a_worker(last_heartbeat_at=at), NOW) == told


def test_a_reason_is_quoted_where_there_is_one() -> None:
    """As the row has it."""
    assert reason(a_worker()) == ()
    assert reason(a_worker(error_reason="Pod failed")) == ("its row says: Pod failed",)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({}, ()),
        ({"worker_id": WORKER}, (f"it ran on {WORKER}",)),
        (
            {"updated_at": ago(minutes=1)},
            ("its row last changed at 2026-01-31 11:59:00Z",),
        ),
        (
            {"processed_at": ago(minutes=2), "updated_at": ago(minutes=1)},
            ("it ended at 2026-01-31 11:58:00Z",),
        ),
        (
            {"processed_at": ago(minutes=2), "worker_id": WORKER},
            (f"it ended at 2026-01-31 11:58:00Z, on {WORKER}",),
        ),
    ],
)
def test_an_end_is_told_as_well_as_the_row_knows_it(
    given: dict[str, Any], told: tuple[str, ...]
) -> None:
    """A task that failed has no end in its row; its last change stands for that."""
    assert ending(a_task(status="Failed", **given)) == told


def test_a_line_is_quoted_with_its_time() -> None:
    """Cut where it is long, without what stands around it."""
    assert said_at(a_line(" it ended\n")) == "at 2026-01-31 11:59:00Z: it ended"
