from typing import Any

import pytest

from bot.domain.findings import Confidence, Finding, Severity
from bot.domain.workers import Worker
from bot.rules.book import judge
from bot.rules.reigh.gpu_driver import FATAL, gpu_driver
from tests.world import WORKER, a_case, a_line, a_worker, ago

NVML = "RuntimeError: Failed to initialize NVML: Unknown Error"


def told(*lines: Any, worker: Worker | None = None) -> list[Finding]:
    case = a_case(workers=(worker or a_worker(),), lines=lines)
    return [*judge(case, using={"gpu-driver": gpu_driver})]


def test_a_worker_whose_gpu_answers_is_well() -> None:
    """Nothing says otherwise, or it is said of another."""
    assert not told(a_line("[CUDA_DEBUG] torch.cuda.is_available(): True"))
    assert not told(a_line(NVML, worker_id="gpu-other"))
    assert not told(a_line(NVML, source="orchestrator_gpu", worker_id=None))


@pytest.mark.parametrize(
    "worker",
    [
        a_worker(runs_on_gpu=False, vram_total_mb=0),
        a_worker(vram_total_mb=0, last_heartbeat_at=ago(minutes=9)),
        a_worker(status="terminated", vram_total_mb=0),
        a_worker(status="error", error_reason="Idle timeout (601s)"),
        a_worker(status="error", error_reason="Stuck task"),
    ],
    ids=["no GPU", "silent", "scaled down", "idle", "another reason"],
)
def test_rows_that_tell_of_other_things(worker: Worker) -> None:
    """0 MB of a worker that is gone is no fault of its GPU."""
    assert not told(worker=worker)


def test_its_lines_are_quoted() -> None:
    """How many there are as well; an orchestrator's dump names the worker."""
    dump = f"Startup logs for {WORKER}:\nbegin\n{NVML}"

    [found] = told(
        a_line("GPU is_available() returned False", level="WARNING", at=ago(minutes=5)),
        a_line(dump, source="orchestrator_gpu", worker_id=None),
        worker=a_worker(storage_volume="EUR-IS-1"),
    )

    assert (found.severity, found.confidence) == (
        Severity.CRITICAL,
        Confidence.CONFIRMED,
    )
    assert found.evidence == (
        "at 2026-01-31 11:55:00Z: GPU is_available() returned False, 2 such lines",
        "its volume is EUR-IS-1",
    )


def test_a_fatal_pattern_alone_is_likely() -> None:
    """The first of two ends nothing yet; a surer line is quoted before it."""
    warned = a_line(f"QUEUE: {FATAL} (1/2): nvml", at=ago(seconds=30))
    sure = a_line("GPU is_available() returned False", at=ago(minutes=5))

    [alone] = told(warned)
    [both] = told(warned, sure)

    assert (alone.severity, alone.confidence) == (Severity.WARNING, Confidence.LIKELY)
    assert (both.severity, both.confidence) == (
        Severity.CRITICAL,
        Confidence.CONFIRMED,
    )
    assert "returned False" in both.evidence[0]


def test_its_row_alone_makes_it_likely() -> None:
    """Given up for it, or beating without memory."""
    [fatal] = told(worker=a_worker(status="error", error_reason="FATAL nvml: x"))
    [blind] = told(worker=a_worker(vram_total_mb=0))

    assert fatal.evidence == ("its row says: FATAL nvml: x",)
    assert blind.evidence == ("its heartbeat is fresh and tells of 0 MB of VRAM",)
    assert blind.severity is Severity.WARNING
    assert blind.confidence is Confidence.LIKELY


def test_one_line_is_not_counted() -> None:
    """It is quoted, which is enough."""
    [found] = told(a_line("Fatal-pattern error detected (1/2): cuda_driver"))

    assert found.evidence == (
        "at 2026-01-31 11:59:00Z: Fatal-pattern error detected (1/2): cuda_driver",
    )
