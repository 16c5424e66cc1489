from typing import Any

import pytest

from bot.domain.findings import Confidence, Finding
from bot.domain.tasks import Task, TaskId
from bot.rules.book import judge
from bot.rules.reigh.out_of_memory import out_of_memory
from tests.world import TASK, WORKER, a_case, a_line, a_task, a_worker

TEXT = (
    "CUDA out of memory. Tried to allocate 1.53 GiB. GPU 0 has a total capacity of"
    " 23.65 GiB of which 812.69 MiB is free."
)


def failed(error: str | None = TEXT, **given: Any) -> Task:
    return a_task(**({"status": "Failed", "error": error} | given))


def told(*tasks: Task, **given: Any) -> list[Finding]:
    case = a_case(tasks=tasks, **given)
    return [*judge(case, using={"out-of-memory": out_of_memory})]


@pytest.mark.parametrize(
    "task",
    [
        failed("Generation failed: no frames"),
        failed(None),
        failed("Upload failed: 503"),
        failed(status="Complete"),
        failed(cascaded_from=TaskId("2")),
    ],
    ids=["other", "no text", "upload", "complete", "fell with another"],
)
def test_other_tasks_have_memory_enough(task: Task) -> None:
    """Only a task that failed by itself, for memory, is one."""
    assert not told(task)


def test_the_numbers_are_told() -> None:
    """What it wanted, what there is, and what it was asked for."""
    parameters = {"num_frames": 121, "parsed_resolution_wh": "1280x720", "seed": 1}
    task = failed(worker_id=WORKER, parameters=parameters)

    [found] = told(task, holders=(a_worker(vram_total_mb=24564),))

    assert found.confidence is Confidence.CONFIRMED
    assert found.title == "task 41345358 ran out of GPU memory"
    assert found.evidence == (
        (
            "its row says: it wanted 1.53 GiB more, the GPU has 23.65 GiB,"
            " 812.69 MiB were free"
        ),
        "it was asked for with parsed_resolution_wh 1280x720, num_frames 121",
        f"it ran on {WORKER}",
    )
    assert found.ask == f"worker {WORKER}"


def test_a_cuda_error_need_not_be_about_memory() -> None:
    """It mostly is."""
    [found] = told(failed("CUDA error: device-side assert triggered"))

    assert found.confidence is Confidence.LIKELY
    assert found.title == "task 41345358 was stopped by a CUDA error"
    assert found.evidence == ("its row says: CUDA error: device-side assert triggered",)
    assert found.ask == f"task {TASK}"


def test_an_error_line_tells_what_the_row_does_not() -> None:
    """The row may hold a general text only."""
    lines = (
        a_line("QUEUE: Task failed: CUDA out of memory", level="ERROR", task_id=TASK),
        a_line("out of memory is what a prompt says", task_id=TASK),
        a_line("CUDA out of memory", level="ERROR"),
        a_line("ZOOM failed", level="ERROR", task_id=TASK),
    )

    [found] = told(failed("Generation failed"), lines=lines)

    assert found.confidence is Confidence.LIKELY
    assert found.evidence == (
        "its line of 2026-01-31 11:59:00Z says: QUEUE: Task failed: CUDA out of memory",
        "its row says: Generation failed",
    )


def test_what_the_gpu_has_is_told_once() -> None:
    """By the text, or else by the worker's row; a row may hold no text."""
    worker = a_worker(vram_total_mb=24564)
    line = a_line("CUDA out of memory", level="ERROR", task_id=TASK)

    [plain] = told(failed("OOM", worker_id=WORKER), holders=(worker,))
    [bare] = told(failed(None), lines=(line,))

    assert plain.evidence[1:] == (
        "its worker's GPU has 24564 MB",
        f"it ran on {WORKER}",
    )
    assert len(bare.evidence) == 1


@pytest.mark.parametrize("text", ["oom in VAE", "torch.OutOfMemoryError", "OOM"])
def test_memory_is_named_in_many_ways(text: str) -> None:
    """None of them is an error of CUDA."""
    [found] = told(failed(text))

    assert found.title == "task 41345358 ran out of GPU memory"
