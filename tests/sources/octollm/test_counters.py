from datetime import timedelta

import pytest

from bot.sources.octollm import metrics
from bot.sources.octollm.counters import counted
from tests.sources.octollm.samples import METRICS
from tests.sources.octollm.told import START, after

GUIDE = """
octollm_tasks_total{status="completed",priority="high"} 6
octollm_tasks_total{status="failed",priority="low"} 2
octollm_task_duration_seconds_count{arm_type="coder"} 4
octollm_task_duration_seconds_sum{arm_type="coder"} 10
octollm_task_duration_seconds_count{arm_type="judge"} 0
octollm_arm_failures_total{arm_id="coder-001",error_type="Timeout"} 1
octollm_arm_failures_total{arm_id="coder-001",error_type="Crash"} 2
octollm_active_tasks 3
octollm_task_queue_size NaN
"""


def test_the_real_metrics_tell_what_was_submitted() -> None:
    """No task ever ended, so there is no rate, and no time was observed."""
    told = counted(metrics.samples(METRICS.read_text()), "orchestrator", at=START)

    assert (told.submitted, told.by_status) == (10, {"pending": 10})
    assert told.reflex_calls == {"Success": 10, "Blocked": 2}
    assert (told.took, told.failure_rate, told.active) == ({}, None, None)
    assert (told.per_minute, told.over) == (None, None)


def test_the_guide_s_names_are_understood_as_well() -> None:
    """A mean for each kind of arm, and failures for each arm."""
    told = counted(metrics.samples(GUIDE), "orchestrator", at=START)

    assert (told.submitted, told.failure_rate) == (8, 0.25)
    assert told.took == {"coder": timedelta(seconds=2.5)}
    assert told.arm_failures == {"coder-001": 3}
    assert (told.active, told.waiting) == (3, None)


@pytest.mark.parametrize(
    ("before", "rate"),
    [
        ((after(-120), 4), 2.0),
        ((after(-120), 9), None),  # it began anew
        ((START, 4), None),  # no time has passed
    ],
)
def test_two_looks_tell_how_fast_tasks_come_in(
    before: tuple[object, int], rate: float | None
) -> None:
    """Unless it began anew between them."""
    told = counted(metrics.samples(GUIDE), "o", at=START, before=before)  # type: ignore[arg-type]

    assert told.per_minute == rate


def test_a_histogram_without_a_sum_has_no_mean() -> None:
    """Nor metrics without tasks a number of them."""
    text = 'octollm_task_duration_seconds_count{arm_type="coder"} 4'
    told = counted(metrics.samples(text), "o", at=START, before=(START, 1))

    assert (told.took, told.submitted, told.per_minute) == ({}, None, None)
