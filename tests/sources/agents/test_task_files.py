from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bot.domain.agent_names import Lane
from bot.domain.file_queue import TaskFile
from bot.domain.tasks import TaskId, TaskPhase
from bot.sources.agents.clock import Clock
from bot.sources.agents.folder import Read
from bot.sources.agents.task_files import (
    sidecar,
    task,
    task_file,
    unread_file,
    unreadable,
)
from tests.sources.agents.files import NOW, ago, an_id, naive

CLOCK = Clock(ZoneInfo("UTC"))
THREE = ", ".join(an_id(n) for n in (1, 2, 3))


def a_file(lane: Lane = Lane.COMPLETE, **doc: Any) -> TaskFile:
    known = {"created_at": naive(ago(minutes=9))}
    return task_file(an_id(1), lane, Read(known | doc, NOW), CLOCK)


@pytest.mark.parametrize(
    ("lane", "doc", "status", "phase"),
    [
        (Lane.PRIVATE, {"status": "pending"}, "waiting", TaskPhase.WAITING),
        (Lane.QUEUE, {"status": "pending"}, "pending", TaskPhase.WAITING),
        (Lane.QUEUE, {"status": "processing"}, "pending", TaskPhase.WAITING),
        (Lane.PROCESSING, {"status": "processing"}, "processing", TaskPhase.RUNNING),
        (Lane.COMPLETE, {"status": "complete"}, "complete", TaskPhase.DONE),
        (Lane.COMPLETE, {"status": "failed"}, "failed", TaskPhase.FAILED),
        (
            Lane.COMPLETE,
            {"result": {"success": False}},
            "failed",
            TaskPhase.FAILED,
        ),
        (Lane.FAILED, {"status": "failed"}, "failed", TaskPhase.FAILED),
        (Lane.FAILED, {"status": "blocked_cloud"}, "blocked_cloud", TaskPhase.FAILED),
        (Lane.FAILED, {"status": "abandoned"}, "abandoned", TaskPhase.FAILED),
        (
            Lane.FAILED,
            {
                "status": "abandoned",
                "abandoned_reason": "batch_aborted_after_fatal_task",
            },
            "abandoned",
            TaskPhase.CANCELLED,
        ),
    ],
)
def test_the_lane_is_the_fact_and_the_status_refines_it(
    lane: Lane, doc: dict[str, Any], status: str, phase: TaskPhase
) -> None:
    """Only what others' failure took along is cancelled."""
    found = task(a_file(lane, **doc))

    assert (found.status, found.phase) == (status, phase)


@pytest.mark.parametrize(
    ("doc", "error"),
    [
        ({"result": {"success": False, "error": "a", "output": "b"}}, "a"),
        (
            {
                "result": {
                    "output": "x\n[stderr: Traceback:\n  File\nValueError: b\n\n]",
                    "success": False,
                }
            },
            "ValueError: b",
        ),
        (
            {"result": {"output": "out\n[stderr: \n]", "success": False}},
            "out\n[stderr: \n]",
        ),
        (
            {"result": {"action": "blocked", "reason": "not allowed", "output": "o"}},
            "not allowed",
        ),
        ({"result": {"action": "allowed", "reason": "r", "output": "o"}}, "o"),
        ({"definition_error": "d", "blocked_reason": "b"}, "d"),
        ({"env_blocked_reason": "e"}, "e"),
        ({}, None),
    ],
)
def test_the_first_text_that_tells_why_it_failed_counts(
    doc: dict[str, Any], error: str | None
) -> None:
    """In the order of systems/agents.md, 1A.3."""
    assert task(a_file(Lane.FAILED, **doc)).error == error


def test_a_success_has_no_error() -> None:
    """Whatever it wrote to stderr."""
    result = {"success": True, "output": "ok\n[stderr: warned\n]"}
    found = task(a_file(result=result), whole=True)

    assert found.error is None
    assert found.output == "ok\n[stderr: warned\n]"
    assert task(a_file(result=result)).output is None


@pytest.mark.parametrize(
    ("doc", "attempts"),
    [
        ({"attempts": 2, "retry_count": 0}, 2),
        ({"retry_count": 1, "started_at": "2026-11-23T08:00:00"}, 2),
        ({"retry_count": 0}, 0),
        ({}, None),
    ],
)
def test_attempts_are_counted_in_each_generation(
    doc: dict[str, Any], attempts: int | None
) -> None:
    """The older one counted only what came after the first."""
    assert a_file(**doc).attempts == attempts


def test_what_waits_again_has_no_start_and_no_worker() -> None:
    """Its file keeps those of the attempt before."""
    doc = {
        "assigned_to": "gpu-1",
        "started_at": naive(ago(minutes=5)),
        "completed_at": naive(ago(minutes=4)),
        "requeue_reason": "worker_retry",
        "requeued_at": naive(ago(minutes=3)),
    }
    found = task(a_file(Lane.QUEUE, **doc))

    assert (found.worker_id, found.started_at, found.processed_at) == (None,) * 3
    assert found.updated_at == ago(minutes=3)
    assert found.note == "queued again: worker_retry"


def test_the_last_worker_is_told_where_none_is_assigned() -> None:
    """Of those that tried."""
    assert a_file(workers_attempted=["gpu-4", "gpu-1"]).worker == "gpu-1"


def test_what_tells_tasks_apart_is_kept_but_no_command() -> None:
    """That may hold anything."""
    found = task(
        a_file(
            name="render",
            command="curl --token abc",
            plan_path="shared/plans/long",
            depends_on=["a", "b"],
            vram_estimate_mb=4800,
        ),
        whole=True,
    )

    assert found.parameters == {
        "name": "render",
        "plan": "long",
        "depends on": "a, b",
        "VRAM estimate (MB)": 4800,
    }


@pytest.mark.parametrize("kind", ["meta", "resource"])
def test_a_meta_tasks_command_is_one_word_and_told(kind: str) -> None:
    """What is to be loaded, and who may; in February it was called a resource."""
    found = a_file(
        task_class=kind,
        command="load_llm",
        target_model="qwen2.5:7b",
        candidate_workers=["gpu-2"],
    )

    assert (found.command, found.model) == ("load_llm", "qwen2.5:7b")
    assert found.candidates == ("gpu-2",)


def test_long_texts_are_cut_in_lists() -> None:
    """There may be tens of thousands of tasks."""
    assert len(a_file(result={"output": "x" * 9999}).output or "") == 500


def test_a_task_whose_file_is_unreadable_counts_all_the_same() -> None:
    """By its lane, and it says so."""
    found = task(unread_file(TaskId("t"), Lane.QUEUE, NOW))

    assert (found.task_type, found.status) == ("unreadable", "pending")
    assert found.created_at == NOW
    assert "could not be read" in (found.note or "")


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (0, ""),
        (1, f"has 1 unreadable task file: {an_id(1)}"),
        (3, f"has 3 unreadable task files: {THREE}"),
        (5, f"has 5 unreadable task files: {THREE} and 2 more"),
    ],
)
def test_unreadable_files_are_named(number: int, said: str) -> None:
    """Three of them, and all are counted; others are not."""
    bad = [replace(a_file(), id=an_id(n + 1), read=False) for n in range(number)]

    assert unreadable([a_file(), *bad]) == said


def test_a_file_that_says_nothing_is_a_task_of_its_lane() -> None:
    """As old as its file."""
    found = task(task_file(TaskId("t"), Lane.QUEUE, Read({}, NOW), CLOCK))

    assert found.phase is TaskPhase.WAITING
    assert found.created_at == NOW


def test_a_sidecar_tells_when_its_agent_wrote_it() -> None:
    """Each kind of program names its subprocess otherwise."""
    doc = {"worker": "cpu-pi1", "updated_at": naive(NOW), "pid": 7, "peak_vram_mb": 0}
    found = sidecar(an_id(1), Read(doc, NOW), CLOCK)

    assert (found.worker, found.updated_at) == ("cpu-pi1", NOW)
    assert (found.pid, found.peak_vram_mb) == (7, 0)
    assert sidecar(an_id(1), None, CLOCK).updated_at is None


def test_what_was_put_off_until_a_model_is_loaded_tells_no_other_error() -> None:
    """Whatever it wrote before it ended with 75."""
    result = {
        "success": False,
        "output": "loading\n[stderr: other]",
        "action": "allowed",
        "reason": "deferred_model_load",
    }

    assert a_file(lane=Lane.FAILED, result=result).error == "deferred_model_load"
