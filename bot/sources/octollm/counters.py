"""What the orchestrator's metrics count, by the names of the code and of the guide."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from bot.domain.services import Metered
from bot.sources.octollm.metrics import MOST, Sample, total

# systems/octollm.md, 1B.6: names of the guide, then of the code.
_BY_STATUS: Final = ("octollm_tasks_total", "orchestrator_task_status_total")
_SUBMITTED: Final = ("orchestrator_tasks_submitted_total", "octollm_tasks_total")
_TOOK: Final = ("octollm_task_duration_seconds", "orchestrator_task_processing_seconds")
_FAILURES: Final = "octollm_arm_failures_total"
_REFLEX: Final = "orchestrator_reflex_calls_total"
_ACTIVE: Final = "octollm_active_tasks"
_WAITING: Final = "octollm_task_queue_size"


def counted(
    found: Sequence[Sample],
    service: str,
    *,
    at: datetime,
    before: tuple[datetime, int] | None = None,
) -> Metered:
    """Return what the metrics of *at* count; *before* is how many had come in once."""
    submitted = _first(found, _SUBMITTED)
    rate, over = None, None
    if before is not None and submitted is not None:
        over = at - before[0]
        came = submitted - before[1]
        # Fewer than before: it began anew, and counts from nothing.
        rate = came / (over / timedelta(minutes=1)) if over and came >= 0 else None
    statuses = (_by(found, name, "status") for name in _BY_STATUS)
    means = (_means(found, name) for name in _TOOK)
    return Metered(
        service=service,
        submitted=submitted,
        by_status=next(filter(None, statuses), {}),
        active=_whole(total(found, _ACTIVE)),
        waiting=_whole(total(found, _WAITING)),
        took=next(filter(None, means), {}),
        arm_failures=_by(found, _FAILURES, "arm_id"),
        reflex_calls=_by(found, _REFLEX, "status"),
        per_minute=rate,
        over=over,
    )


def _first(found: Sequence[Sample], names: Sequence[str]) -> int | None:
    told = (_whole(total(found, name)) for name in names)
    return next((each for each in told if each is not None), None)


def _by(found: Sequence[Sample], name: str, label: str) -> Mapping[str, int]:
    """Return the samples of that name, summed up by a label; none that is 0."""
    sums: Counter[str] = Counter()
    for each in found:
        if each.name == name and (value := _whole(each.value)):
            sums[each.labels.get(label, "")] += value
    return dict(sums)


def _means(found: Sequence[Sample], name: str) -> Mapping[str, timedelta]:
    """Return the mean of a histogram by the kind of arm; none that counted nothing."""
    kinds = {
        each.labels.get("arm_type", "")
        for each in found
        if each.name == f"{name}_count" and each.value
    }
    means = {}
    for kind in sorted(kinds):
        labels = {"arm_type": kind} if kind else {}
        number = total(found, f"{name}_count", **labels)
        spent = total(found, f"{name}_sum", **labels)
        if number and spent is not None and 0 <= spent / number < 1e9:
            means[kind] = timedelta(seconds=spent / number)
    return means


def _whole(value: float | None) -> int | None:
    """Return a count; None where there is none, or no number that one can be."""
    return int(value) if value is not None and 0 <= value < MOST else None
