"""One sentence: what happened, at which step, how sure."""

from typing import Any

import pytest

from bot.domain.agent_names import BATCH_ABORTED, Lane
from bot.domain.file_queue import FileQueue
from bot.domain.findings import Confidence, Finding, Severity, Subject
from bot.domain.logs import LogLine
from bot.domain.tasks import Task
from bot.domain.verdicts import (
    gist,
    of_ended,
    of_failed,
    of_running,
    of_task,
    of_waiting,
    step,
    untold,
)
from bot.domain.workers import Worker
from bot.rules.book import book, judge
from tests.file_queues import FILE, a_file, a_queue, a_sidecar, an_agent, busy, of_queue
from tests.world import NOW, TASK, WORKER, a_case, a_line, a_task, a_worker, ago

NAME = "travel_segment 41345358"
GENERATES = a_line(f"QUEUE: {WORKER} executing generation for task {TASK}")
CAUSES = frozenset({"out-of-memory", "disk-full"})


def a_finding(rule: str, title: str, **given: Any) -> Finding:
    about = given.pop("about", TASK)
    values: dict[str, Any] = {
        "severity": Severity.CRITICAL,
        "confidence": Confidence.LIKELY,
        "evidence": ("a row says so",),
        "remedy": "look",
    }
    subject = Subject(kind="any", id=about)
    return Finding(rule=rule, title=title, subject=subject, **(values | given))


FAILED = a_finding("failed-task", "task 41345358 failed by itself")


@pytest.mark.parametrize(
    ("messages", "found"),
    [
        ((), None),
        (
            ("HEADLESS: Processing x task", "MODEL: 🔄 MODEL SWITCH: a to b"),
            "a model load",
        ),
        (
            ("MODEL: 🔄 MODEL SWITCH: a to b", "Model switch completed"),
            "the step after its model load",
        ),
        (
            ("[RAM] Before VLM loading", "After VLM cleanup"),
            "the step after the VLM phase",
        ),
        (("denoising step 1/6", "what is this"), "generation"),
        (("denoising step 1/6", "HEADLESS: Finished task"), None),
    ],
    ids=["silent", "loads", "loaded", "enhanced", "generates", "finished"],
)
def test_the_newest_telling_line_names_the_step(
    messages: tuple[str, ...], found: str | None
) -> None:
    """A line that ends a task leaves the worker between two."""
    assert step([a_line(message) for message in messages]) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", ""),
        (" no disk:\nTraceback", "no disk"),
        ("Short. And so.", "Short. And so."),
        ("CUDA out of memory. " + "x" * 60, "CUDA out of memory"),
        ("x" * 200, "x" * 139 + "…"),
    ],
)
def test_an_error_is_cut_to_its_gist(text: str, found: str) -> None:
    """Its first line, and of a long one the first sentence."""
    assert gist(text) == found


@pytest.mark.parametrize(
    ("given", "found", "lines", "said"),
    [
        ({"error": "no frames"}, FAILED, (), "failed: no frames (likely)"),
        ({"error": "no frames"}, None, (), "failed: no frames"),
        (
            {"error": "no frames", "worker_id": WORKER},
            FAILED,
            (GENERATES, a_line("HEADLESS: Finished task")),
            f"failed: no frames, at generation on {WORKER} (likely)",
        ),
        (
            {"error": "Upload failed: 503"},
            FAILED,
            (GENERATES,),
            "failed: Upload failed: 503, at upload (likely)",
        ),
        (
            {"error": "no frames"},
            a_finding("out-of-memory", "task 41345358 ran out of GPU memory"),
            (),
            "failed: no frames; it ran out of GPU memory (likely)",
        ),
        (
            {"error": "No suitable arm found"},
            a_finding("no-suitable-arm", "task 41345358 found no arm: none is well"),
            (),
            "failed: No suitable arm found; it found no arm: none is well (likely)",
        ),
        (
            {"error": "CUDA out of memory"},
            a_finding("out-of-memory", "task 41345358 ran out of GPU memory"),
            (),
            "failed: CUDA out of memory (likely)",
        ),
        (
            {"error": "no frames"},
            a_finding("disk-full", "a disk was full", about=WORKER),
            (),
            "failed: no frames; a disk was full (likely)",
        ),
        (
            {"error": None},
            a_finding("disk-full", "a disk was full", about=WORKER),
            (),
            "failed; a disk was full (likely)",
        ),
        (
            {"error": "no frames"},
            a_finding("crashed-worker", "it crashed", about=WORKER),
            (),
            "failed: no frames",
        ),
        (
            {"error": None},
            FAILED,
            (GENERATES,),
            "failed, at generation, and left no error text (likely)",
        ),
        (
            {"unread": True},
            FAILED,
            (GENERATES,),
            "failed, at generation, and its error could not be read (likely)",
        ),
    ],
)
def test_a_failure_is_told_by_its_error_and_its_cause(
    given: dict[str, Any],
    found: Finding | None,
    lines: tuple[LogLine, ...],
    said: str,
) -> None:
    """What befell the worker later is not why the task failed."""
    task = a_task(status="Failed", **given)
    findings = (found,) if found else ()

    told = of_failed(task, None, findings, lines, causes=CAUSES)

    assert told == f"{NAME} {said}"


def test_a_failure_of_which_nothing_tells_has_no_verdict() -> None:
    """No error text and no line."""
    task = a_task(status="Failed", error=None)

    assert of_failed(task, None, (FAILED,), (), causes=CAUSES) is None


@pytest.mark.parametrize(
    ("error", "why"), [("no disk", "no disk"), (None, "no error text")]
)
def test_a_cascade_is_told_by_its_root(error: str | None, why: str) -> None:
    """The one that failed by itself, and its error."""
    root = a_task("5" + TASK[1:], status="Failed", error=error)

    told = of_failed(a_task(status="Failed"), root, (FAILED,), (), causes=CAUSES)

    assert told == f"{NAME} failed because 51345358 did: {why} (likely)"


CRASHED = a_finding("crashed-worker", f"{WORKER} crashed", about=WORKER)
LOADING = a_finding(
    "model-load-death", f"{WORKER} died while it loaded b", about=WORKER
)
ORPHAN = a_finding("orphaned-task", "task 41345358 is orphaned: no worker")
DEAD = a_worker(status="crashed")


@pytest.mark.parametrize(
    ("worker", "found", "said"),
    [
        (
            DEAD,
            CRASHED,
            f"is left in progress: {WORKER} crashed, at generation (likely)",
        ),
        (
            DEAD,
            LOADING,
            f"is left in progress: {WORKER} died while it loaded b (likely)",
        ),
        (
            a_worker(),
            LOADING,
            f"has been in progress for 2 min; {WORKER} died while it loaded b (likely)",
        ),
        (
            DEAD,
            ORPHAN,
            f"is orphaned: no worker, at generation (likely); held by {WORKER}",
        ),
        (
            DEAD,
            a_finding("parent-stuck", "coordinator 41345358 waits"),
            f"waits (likely); held by {WORKER}",
        ),
    ],
)
def test_a_running_task_is_told_by_what_is_wrong(
    worker: Worker, found: Finding, said: str
) -> None:
    """With the step, where the finding does not name one."""
    task = a_task(worker_id=WORKER)

    told = of_running(task, worker, (found,), (GENERATES,), NOW)

    assert told == f"{NAME} {said}"


def test_a_running_task_may_have_no_worker_and_no_start() -> None:
    """Then neither is named."""
    task = a_task(started_at=None)

    assert of_running(task, None, (ORPHAN,), (), NOW) == (
        f"{NAME} is orphaned: no worker (likely)"
    )
    assert of_running(task, None, (LOADING,), (), NOW) == (
        f"{NAME} has been in progress; {WORKER} died while it loaded b (likely)"
    )


def test_a_remark_is_no_verdict() -> None:
    """Severity info is worth a finding, not the sentence."""
    remark = a_finding("reset-loop", "task 41345358 was reset", severity=Severity.INFO)

    assert of_running(a_task(), a_worker(), (remark,), (), NOW) is None
    assert of_waiting(a_task(status="Queued"), (remark,), NOW) is None
    assert of_ended(a_task(status="Complete"), (remark,)) is None


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (
            a_finding(
                "waiting-task",
                "task 41345358 waits: no credits",
                severity=Severity.INFO,
                evidence=("credits 0",),
            ),
            "has been waiting for 10 min: no credits, credits 0 (likely)",
        ),
        (
            a_finding(
                "waiting-task",
                "task 41345358 waits: no credits",
                evidence=("no credits",),
            ),
            "has been waiting for 10 min: no credits (likely)",
        ),
        (
            a_finding("blocked-task", "task 41345358 never runs: x is Failed"),
            "has been waiting for 10 min and never runs: x is Failed (likely)",
        ),
        (
            a_finding("reset-loop", "task 41345358 was claimed 3 times"),
            "was claimed 3 times (likely); it has been waiting for 10 min",
        ),
    ],
)
def test_a_waiting_task_is_told_by_its_first_true_reason(
    found: Finding, said: str
) -> None:
    """With its numbers."""
    assert of_waiting(a_task(status="Queued"), (found,), NOW) == f"{NAME} {said}"


def test_a_waiting_task_of_a_clock_ahead_has_not_waited_for_no_time() -> None:
    """It is told how far ahead it was made."""
    task = a_task(status="Queued", created_at=ago(hours=-2))
    found = a_finding("waiting-task", "waits: its turn has not come", evidence=("x",))

    said = of_waiting(task, (found,), NOW)

    assert said == (
        f"{NAME} waits, made 2 h ahead of the clock here: its turn has not come, x"
        " (likely)"
    )


def test_a_complete_task_may_lack_something() -> None:
    """Of itself: what befell its worker since is no matter."""
    bare = a_finding("missing-generation", "task 41345358 is complete and bare")
    task = a_task(status="Complete")

    assert of_ended(task, (CRASHED, bare)) == f"{NAME} is complete and bare (likely)"
    assert of_ended(task, (CRASHED,)) is None


def test_a_task_that_goes_well_is_told_by_its_state() -> None:
    """What holds it, or how long it took; a strange status is quoted."""
    causes: frozenset[str] = frozenset()

    def said(task: Task) -> str | None:
        case = a_case(tasks=(task,))
        return of_task(task, (), worker=None, root=None, case=case, causes=causes)

    assert said(a_task()) == f"{NAME} has been in progress for 2 min, on no worker"
    assert said(a_task(status="Complete", processed_at=NOW)) == (
        f"{NAME} is complete, in 2 min"
    )
    assert said(a_task(status="Paused")) == (
        f"{NAME} has the status 'Paused', which is not known here"
    )


def test_a_task_that_is_tried_again_says_so() -> None:
    """That an attempt failed before may be all there is to know of it."""
    causes: frozenset[str] = frozenset()

    def said(attempts: int | None, started: int) -> str:
        task = a_task(
            attempts=attempts,
            first_started_at=ago(minutes=9),
            started_at=ago(minutes=started),
        )
        case = a_case(tasks=(task,))
        told = of_task(task, (), worker=None, root=None, case=case, causes=causes)
        return told or ""

    assert said(2, 2).endswith("; it is attempt 2, the first began 9 min ago")
    assert said(None, 2).endswith(
        "; it is attempt two or more, the first began 9 min ago"
    )
    assert "attempt" not in said(1, 9)


@pytest.mark.parametrize(
    ("hours", "more"), [(24, ": task 41345358 --hours 72"), (72, "")]
)
def test_a_failure_that_nothing_explains_says_where_to_look(
    hours: float, more: str
) -> None:
    """Unless no older line is kept."""
    task = a_task(status="Failed")
    case = a_case(tasks=(task,), task_logs_read=frozenset({task.id}))

    assert untold(task, case, hours=hours).endswith(
        f"and no line of the last {hours} h tells of it{more}"
    )


@pytest.mark.parametrize(
    ("unread", "said"),
    [(False, "it left no error text"), (True, "its error could not be read")],
)
def test_of_an_error_that_was_not_read_nothing_is_claimed(
    unread: bool, said: str
) -> None:
    """It may have left one."""
    task = a_task(status="Failed", unread=unread)
    case = a_case(tasks=(task,), task_logs_read=frozenset({task.id}))

    assert f"because {said} and no line" in untold(task, case, hours=24)


def test_a_cancelled_task_is_told_by_what_it_fell_with() -> None:
    """Where its own error does not say so."""
    found = a_finding(
        "abandoned-with-batch",
        "task 41345358 was given up with batch 1: probe failed",
        severity=Severity.INFO,
    )
    task = a_task(status="Cancelled")
    given: dict[str, Any] = {
        "worker": None,
        "root": None,
        "case": a_case(),
        "causes": (),
    }

    assert of_task(task, (found,), **given) == (
        f"{NAME} was given up with batch 1: probe failed (likely)"
    )
    assert of_task(task, (FAILED,), **given) != f"{NAME} was cancelled"
    assert of_task(task, (a_finding("x", "y", about="z"),), **given) == (
        f"{NAME} was cancelled"
    )


OLD = a_sidecar(updated_at=ago(minutes=11))
LONG = ago(minutes=55)
SCRIPT: dict[str, Any] = {"task_type": "script", "worker_id": "gpu-1"}


@pytest.mark.parametrize(
    ("status", "given", "folder", "told"),
    [
        (
            "In Progress",
            {"started_at": LONG},
            a_queue(agents=(busy(FILE),), tasks=(a_file(sidecar=OLD),)),
            "script 22d25838 has been in progress for 55 min on gpu-1 (active)",
        ),
        (
            "In Progress",
            {},
            a_queue(
                agents=(busy(FILE),), tasks=(a_file(started_at=LONG, sidecar=OLD),)
            ),
            (
                "script 22d25838 is stuck on gpu-1: no progress for 11 min (confirmed);"
                " held by gpu-1"
            ),
        ),
        (
            "In Progress",
            {},
            a_queue(tasks=(a_file(started_at=LONG, sidecar=OLD),)),
            (
                "script 22d25838 is orphaned: gpu-1 does not list it among its tasks"
                " (confirmed); held by gpu-1"
            ),
        ),
        (
            "In Progress",
            {"started_at": LONG},
            a_queue(
                agents=(an_agent(beat_at=ago(minutes=11)),),
                tasks=(a_file(started_at=LONG, sidecar=OLD),),
            ),
            (
                "script 22d25838 has been in progress for 55 min; gpu-1 is gone:"
                " it has not written a heartbeat for 11 min (confirmed)"
            ),
        ),
        (
            "Failed",
            {"error": "torch.cuda.OutOfMemoryError: CUDA out of memory"},
            a_queue(
                tasks=(a_file(lane=Lane.FAILED, error="CUDA out of memory"),),
            ),
            (
                "script 22d25838 failed: torch.cuda.OutOfMemoryError: CUDA out of"
                " memory (confirmed)"
            ),
        ),
        (
            "Failed",
            {"error": "No module named 'cv2'"},
            a_queue(tasks=(a_file(lane=Lane.FAILED, error="No module named 'cv2'"),)),
            (
                "script 22d25838 failed: No module named 'cv2'; it lacks a Python"
                " module (confirmed)"
            ),
        ),
        (
            "Queued",
            {"worker_id": None},
            a_queue(
                tasks=(a_file(lane=Lane.PRIVATE, depends_on=("x_{ITEM.id}",)),),
            ),
            (
                "script 22d25838 has been waiting for 10 min and never runs: no task"
                " is ever called x_{ITEM.id} (confirmed)"
            ),
        ),
        (
            "Cancelled",
            {},
            a_queue(
                tasks=(
                    a_file(lane=Lane.FAILED, ended_because=BATCH_ABORTED, batch="1"),
                )
            ),
            "script 22d25838 was given up with batch 1 (confirmed)",
        ),
    ],
    ids=[
        *("begun again", "stuck", "unlisted", "lost", "memory", "module", "blocked"),
        "fell",
    ],
)
def test_the_sentences_hold_for_tasks_of_files(
    status: str, given: dict[str, Any], folder: FileQueue, told: str
) -> None:
    """As the agents' own rules conclude, and in the same words."""
    task = a_task(FILE, status=status, **(SCRIPT | given))
    worker = a_worker("gpu-1")
    case = of_queue(folder, tasks=(task,))
    about = (FILE, "gpu-1")
    found = [each for each in judge(case) if each.subject.id in about]

    assert (
        of_task(
            task,
            found,
            worker=worker,
            root=None,
            case=case,
            causes=book("agents").explained["failed-task"],
        )
        == told
    )


def test_a_task_that_waits_for_a_model_did_not_fail() -> None:
    """It ended with 75, and lies among the failed ones until it is tried again."""
    task = a_task(status="Failed", error="deferred_model_load")
    case = of_queue(a_queue())

    assert of_task(task, (), worker=None, root=None, case=case, causes=()) == (
        f"{NAME} did not fail: it was put off until a model is loaded"
    )
