from typing import Any

import pytest

from bot.domain.file_queue import BrainState, Incident
from bot.domain.ladder import incident, next_step
from tests.file_queues import FILE, OTHER, a_file, a_queue
from tests.world import NOW, ago


@pytest.mark.parametrize(
    ("known", "step"),
    [
        (None, "the brain aborts it at its next cycle, within 30 s"),
        ({}, "the brain aborts it at its next cycle, within 30 s"),
        ({"aborts": 1}, "the brain aborts it again at its next cycle, within 30 s"),
        ({"aborts": 2}, "the brain kills it at its next cycle, within 30 s"),
        (
            {"aborts": 2, "killed_at": ago(seconds=20)},
            "the brain queues it again at 2026-01-31 12:00:40Z, in 40 s",
        ),
        (
            {"aborts": 2, "killed_at": ago(seconds=90)},
            (
                "the brain was due to queue it again at 2026-01-31 11:59:30Z, 30 s ago:"
                " see whether it lives"
            ),
        ),
    ],
)
def test_each_step_follows_the_one_before(
    known: dict[str, Any] | None, step: str
) -> None:
    """Abort, abort, kill, and 60 s later the queue."""
    found = None if known is None else Incident(id="inc_1", **known)

    assert next_step(found, NOW) == step


@pytest.mark.parametrize("seconds", [None, 90, 91])
def test_a_step_that_does_not_come_is_told_as_late(seconds: int | None) -> None:
    """Past 90 s the monitor stalls; what has no time is not judged."""
    at = None if seconds is None else ago(seconds=seconds)
    late = ", and has not for 1 min 1 s: see whether it still looks"

    told = {
        "abort it": next_step(None, NOW, past=at),
        "abort it again": next_step(
            Incident(id="inc_1", aborts=1, aborted_at=at), NOW, past=ago(hours=1)
        ),
        "kill it": next_step(Incident(id="inc_1", aborts=3, aborted_at=at), NOW),
    }

    for step, said in told.items():
        if seconds == 91:
            assert said == (
                f"the brain was due to {step} by 2026-01-31 11:58:59Z{late}:"
                " orchestrator"
            )
        else:
            assert said.endswith("at its next cycle, within 30 s")


def test_an_incident_is_found_by_its_id_or_by_the_task() -> None:
    """Those of other tasks are not."""
    mine = Incident(id="inc_1", task_ids=(FILE,))
    state = BrainState(incidents=(Incident(id="inc_0", task_ids=(OTHER,)), mine))
    queue = a_queue(state=state)

    assert incident(queue, a_file()) is mine
    assert incident(queue, a_file("x", incident="inc_1")) is mine
    assert incident(queue, a_file("x")) is None
    assert incident(a_queue(state=None), a_file()) is None
