"""How tasks and batches of a rig end badly: each function lets one of them fail."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from bot.demo.rig import Rig
from bot.demo.rig_parts import RigTask

TRACEBACK: Final = (
    'Traceback (most recent call last):\n  File "step.py", line 8, in <module>\n'
)
# systems/agents.md, 3A, 17: by the rule that is due, what stands in standard error.
ERRORS: Final[Mapping[str, tuple[str, ...]]] = {
    "out-of-memory": (
        "torch.cuda.OutOfMemoryError: CUDA out of memory. Tried to allocate 1.50 GiB",
        "RuntimeError: cuda out of memory",
    ),
    "missing-module": ("ModuleNotFoundError: No module named 'librosa'",),
    "permission-denied": ("PermissionError: [Errno 13] Permission denied: '/srv/out'",),
    "missing-path": (
        "python: can't open file 'nope.py': [Errno 2] No such file or directory",
        "FileNotFoundError: [Errno 2] No such file or directory: 'in.mp4'",
    ),
    "call-timeout": (
        "ReadTimeout: HTTPConnectionPool(host='127.0.0.1', port=21436): Read timed out",
        "TimeoutError: the read operation timed out",
    ),
    "bad-input": ("RuntimeError: ffmpeg exited with status 1: moov atom not found",),
    "failed-task": ("ValueError: cannot reshape array of size 12 into shape (5,)",),
}


def plant_failure(
    rig: Rig, *, rule: str, variant: int = 0, tries: int = 1, spread: bool = False
) -> RigTask:
    """Let a task fail so that *rule* is due; after three tries it is given up.

    *spread* lets each try be on another agent.
    """
    said = ERRORS[rule][variant]
    if rule != "missing-path":  # the interpreter itself writes no traceback
        said = TRACEBACK + said
    task = _failed(rig, tries, spread=spread, output=f"step\n\n[stderr: {said}\n]")
    if rule != "failed-task" or tries < 3:
        rig.owe(rule, task.id)
    return task


def plant_subprocess(rig: Rig) -> None:
    """Let a task's subprocess be killed, so that it answers nothing (3A, 17)."""
    said = "Worker output parse error: Expecting value: line 1 column 1 (char 0)"
    task = _failed(rig, 1, output="", error=said)
    rig.owe("subprocess-died", task.id)


def plant_not_allowed(rig: Rig, *, action: str = "blocked", tries: int = 1) -> None:
    """Let a command not be allowed, however often it is tried (3A, 15)."""
    reason = "Command not in allowed list"
    task = _failed(rig, tries, output="", action=action, reason=reason)
    rig.owe("permission-block", task.id)


def spare_deferred(rig: Rig) -> None:
    """Let a task end with 75: it waits for a model, and did not fail (3A, 17)."""
    task = _failed(rig, 1, output="", reason="deferred_model_load")
    rig.decide(
        rig.ago(seconds=100),
        "DEFERRED_MODEL_LOAD",
        f"Deferred {task.name}: model not loaded",
        task_id=task.short,
    )
    rig.spare(task.id)


def plant_failed_plan(rig: Rig) -> None:
    """Let a plan fail, which is kept among the complete tasks (1A.9, 1)."""
    batch = rig.batch(rig.ago(minutes=11), "resume_unknown")
    task = rig.task(
        *(batch, "execute_plan", "brain"),
        type="execute_plan",
        executor="brain",
        assigned_to="brain",
    )
    task.lane = "complete"
    at = rig.ago(minutes=10)
    id = f"{rig.stamped(at)}_{rig.random.getrandbits(32):08x}"
    task.fields |= {
        "status": "failed",
        "started_at": at,
        "completed_at": at + timedelta(seconds=1),
        "result": {
            "success": False,
            "error": "no batch 20260101_000000 to resume",
            "escalation_id": id,
        },
    }
    batch.active = False
    rig.owe("failed-task", task.id)


def plant_abandoned(rig: Rig) -> None:
    """Let a task fail for good, and another one of its batch be given up with it."""
    task = plant_failure(rig, rule="missing-path", tries=3)
    other = rig.task(task.batch, "after", "cpu", lane="failed", depends_on=[task.name])
    at = rig.ago(seconds=89)
    other.fields |= {
        "status": "abandoned",
        "completed_at": at,
        "abandoned_reason": "batch_aborted_after_fatal_task",
        "result": {
            "success": False,
            "error": "Batch aborted: can't open file 'nope.py'",
            "error_type": "batch_aborted",
            "handler": "brain",
        },
    }
    rig.owe("abandoned-with-batch", other.id)


def plant_false_completion(rig: Rig) -> None:
    """Let a batch be called complete while its only task awaits its retry (3A, 11)."""
    task = plant_failure(rig, rule="out-of-memory", tries=2)
    rig.complete(task.batch, rig.ago(seconds=91))
    _retry(rig, task, rig.ago(seconds=80))
    rig.owe("false-completion", task.batch.id)


def spare_completion(rig: Rig) -> None:
    """Let a task be retried, end well, and its batch be called complete then."""
    agent = rig.gpu()
    batch = rig.batch(rig.ago(minutes=12), "second_try")
    task = rig.task(batch, "upscale")
    task.fields["workers_attempted"] = [agent.name]
    _retry(rig, task, rig.ago(minutes=10))
    rig.claim(agent, task, rig.ago(minutes=9))
    rig.end(agent, task, rig.ago(minutes=8))
    rig.complete(batch, rig.ago(minutes=7, seconds=50))
    rig.spare(task.id, batch.id)


def plant_shared_id(rig: Rig) -> None:
    """Let two plans be submitted within one second: they have one id (3A, 11)."""
    first = rig.batch(rig.ago(minutes=13), "broken_media")
    second = rig.batch(rig.ago(minutes=13), "missing_class")
    second.id = first.id
    agent, at = rig.gpu(), rig.ago(minutes=12)
    for batch in (first, second):
        task = rig.task(batch, f"step_of_{batch.plan}")
        rig.claim(agent, task, at)
        rig.end(agent, task, at + timedelta(seconds=30))
        at += timedelta(seconds=40)
    rig.owe("shared-batch-id", first.id)


def _failed(rig: Rig, tries: int, *, spread: bool = False, **result: Any) -> RigTask:
    """Return a task that failed so often, as of the last time; three are the most."""
    agents = [*rig.living(hot=False)]
    batch = rig.batch(rig.ago(seconds=180 + 60 * tries), "gpu_work")
    task = rig.task(batch, f"upscale_{batch.id[-4:]}")
    chosen = rig.random.randrange(len(agents))
    for number in range(tries):
        agent = agents[(chosen + number * spread) % len(agents)]
        at = rig.ago(seconds=60 * (tries - number) + 60)
        if number:
            _retry(rig, task, at - timedelta(seconds=9))
        rig.claim(agent, task, at)
        rig.end(agent, task, at + timedelta(seconds=20), well=False, **result)
    if tries >= 3:
        _give_up(rig, task)
    return task


def _retry(rig: Rig, task: RigTask, at: Any) -> None:
    tried = task.fields.get("workers_attempted", [])
    workers = ", ".join(tried)
    rig.decide(
        at,
        "RETRY",
        f"Retrying task (attempt {len(tried)}/3) - previous workers: {workers}",
        task_id=task.short,
        name=task.name,
        workers_attempted=[*tried],
    )
    task.fields |= {"requeued_at": at, "requeue_reason": "worker_retry"}


def _give_up(rig: Rig, task: RigTask) -> None:
    """Let the brain ask the cloud, and abort the batch (3A, 16)."""
    at = rig.ago(seconds=90)
    tried = task.fields["workers_attempted"]
    incident = f"inc_{rig.stamped(at)}_{rig.random.getrandbits(32):08x}"
    asked = f"{rig.stamped(at)}_{rig.random.getrandbits(32):08x}"
    task.fields |= {
        "status": "blocked_cloud",
        "cloud_escalated": True,
        "incident_id": incident,
        "blocked_reason": "awaiting_cloud_review",
    }
    rig.incidents[f"{task.batch.id}/{task.name}/shell"] = {
        "incident_id": incident,
        "created_at": at,
        "updated_at": at,
        "task_name": task.name,
        "task_type": "shell",
        "task_class": task.task_class,
        "batch_id": task.batch.id,
        "worker_cycles": 1,
        "brain_fix_attempts": 1,
        "cloud_escalated": True,
        "cloud_escalation_id": asked,
        "history": [{"at": at, "event": "worker_cycle_exhausted", "attempts": 3}],
    }
    rig.escalations[asked] = {
        "escalation_id": asked,
        "created_at": at,
        "status": "pending",
        "type": "verification_failure",
        "title": "Task exhausted worker+brain retries; needs cloud verification",
        "recommended_action": "diagnose_and_resubmit_plan",
        "details": {"task_id": task.id},
    }
    rig.decide(
        at,
        "ABANDON",
        f"Task abandoned after 3 attempts by workers [{', '.join(tried)}]",
        task_id=task.short,
        name=task.name,
        workers_attempted=[*tried],
        attempts=3,
        incident_id=incident,
    )
    rig.decide(
        at,
        "BATCH_ABORTED",
        f"Aborted batch {task.batch.id} due to fatal task failure",
        batch_id=task.batch.id,
        source_task=task.name,
        source_task_id=task.short,
    )
    task.batch.active = False
    rig.owe("retries-exhausted", task.id)
