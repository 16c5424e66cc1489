from typing import Any

from bot.domain.findings import Confidence, Finding, Severity
from bot.domain.logs import LogLine
from bot.rules.book import judge
from bot.rules.reigh.no_capacity import no_capacity
from tests.world import a_case, a_line, a_worker, ago

REFUSED = "Error creating pod: There are no longer any instances available"
TIER = "72GB RAM not available in any storage"


def said(message: str, **given: Any) -> LogLine:
    values: dict[str, Any] = {"source": "orchestrator_gpu", "worker_id": None}
    return a_line(message, **(values | given))


def told(*lines: LogLine, **given: Any) -> list[Finding]:
    case = a_case(lines=lines, **given)
    return [*judge(case, using={"no-capacity": no_capacity})]


def test_other_troubles_are_not_a_want_of_machines() -> None:
    """Nor are those of long ago."""
    assert not told(said("Error creating pod: unauthorized"))
    assert not told(said(REFUSED, at=ago(minutes=15, seconds=1)))


def test_a_refusal_is_quoted() -> None:
    """With what was given up for it in the same time."""
    workers = (
        a_worker("1", status="error", error_reason="Failed to spawn", error_at=ago()),
        a_worker("2", status="error", error_reason="Failed to spawn"),
        a_worker(
            "3", status="error", error_reason="Failed to spawn", error_at=ago(hours=1)
        ),
        a_worker("4", status="error", error_reason="Stuck", error_at=ago()),
    )
    lines = (
        said(TIER, at=ago(minutes=3)),
        said(REFUSED),
        said("SUCCESS: ", at=ago(minutes=5)),
    )

    [found] = told(*lines, workers=workers)

    assert (found.severity, found.confidence) == (
        Severity.WARNING,
        Confidence.CONFIRMED,
    )
    assert found.evidence == (
        f"2 lines in 15 min, the last at 2026-01-31 11:59:00Z: {REFUSED}",
        "1 worker given up as 'Failed to spawn Runpod instance'",
    )


def test_a_machine_that_was_rented_since_takes_the_weight_off() -> None:
    """The orchestrator tries other tiers by itself; a worker's line is no rent."""
    rented = said("✅ SUCCESS: gpu-1 -> pod1", at=ago(seconds=30))
    other = a_line("SUCCESS: generated", at=ago(seconds=40))

    [found] = told(said(TIER), other, rented)

    assert found.severity is Severity.INFO
    assert found.evidence[1] == "one was rented at 2026-01-31 11:59:30Z"


def test_rows_alone_tell_of_it_where_no_line_is_written() -> None:
    """The orchestrator logs only when told to; another reason in a line is another."""
    unmade = a_worker(
        status="error",
        error_reason="Failed to spawn Runpod instance",
        error_at=ago(minutes=15),
    )

    [found] = told(workers=(unmade,))

    assert (found.severity, found.confidence) == (Severity.WARNING, Confidence.LIKELY)
    assert found.title.endswith("last at 2026-01-31 11:45:00Z")
    assert found.evidence == ("1 worker given up as 'Failed to spawn Runpod instance'",)
    assert not told(said("Error creating pod: unauthorized"), workers=(unmade,))
