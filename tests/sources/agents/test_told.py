import json
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.domain.file_queue import Told
from bot.domain.logs import LogLine
from bot.sources.agents.clock import Clock
from bot.sources.agents.decisions import json_line
from bot.sources.agents.told import telling, told
from tests.sources.agents.files import NOW, a_decision, ago


def a_line(kind: str, message: str, at: datetime = NOW, **details: object) -> LogLine:
    raw = a_decision(kind, message, at, **details)
    line = json_line(raw.encode(), Clock(ZoneInfo("UTC")), near=None, id="1")
    assert line is not None
    return line


def test_a_decision_that_repeats_itself_is_one() -> None:
    """Since when, until when, and how often; the newest text is kept."""
    lines = [
        a_line("ABANDON", f"after {n}", ago(seconds=n), task_id="3a333f8c")
        for n in range(120)
    ]

    assert told(lines) == (
        Told(
            kind="ABANDON",
            subject="3a333f8c",
            message="after 0 (task 3a333f8c)",
            first_at=ago(seconds=119),
            last_at=NOW,
            times=120,
        ),
    )


def test_each_decision_is_about_something() -> None:
    """A task before an agent, but of a batch the batch; routine is left out."""
    found = told(
        [
            a_line("RETRY_RESET", "a", task_id="3a333f8c", worker="gpu-4"),
            a_line("GPU_RECOVERED", "b", gpu="gpu-4"),
            a_line("BATCH_COMPLETE", "c", batch_id="b1", plan="p"),
            a_line("BATCH_ABORTED", "d", batch_id="b1", reason="r", task_id="x"),
            a_line("ESCALATION", "e", escalation_id="e1"),
            a_line("RESOURCE_COOLDOWN", "f"),
            a_line("MONITOR", "g"),
            a_line("TASK_RELEASED", "h", task_id="3a333f8c"),
        ]
    )

    assert {(each.kind, each.subject) for each in found} == {
        ("RETRY_RESET", "3a333f8c"),
        ("GPU_RECOVERED", "gpu-4"),
        ("BATCH_COMPLETE", "b1"),
        ("BATCH_ABORTED", "b1"),
        ("ESCALATION", "e1"),
        ("RESOURCE_COOLDOWN", ""),
    }
    [done] = [each for each in found if each.kind == "BATCH_COMPLETE"]
    assert (done.batch, done.plan, done.worker) == ("b1", "p", None)
    [aborted] = [each for each in found if each.kind == "BATCH_ABORTED"]
    assert aborted.reason == "r"


def test_each_missed_agent_is_told() -> None:
    """However many are missed at once."""
    found = told(
        [
            a_line("GPU_MISSING", "x", NOW, missing=["gpu-1", "gpu-4"]),
            a_line("GPU_MISSING", "x", ago(seconds=30), missing=["gpu-4"]),
        ]
    )

    assert {(each.subject, each.worker, each.times) for each in found} == {
        ("gpu-1", "gpu-1", 1),
        ("gpu-4", "gpu-4", 2),
    }
    assert json.dumps(found[0].kind) == '"GPU_MISSING"'


def test_a_cheap_look_passes_over_what_every_task_brings() -> None:
    """Before a line is read; a stretch that holds one more telling line is read."""
    routine = a_decision("TASK_RELEASED", "a", NOW, task_id="1").encode()
    retry = a_decision("RETRY", "b", NOW, task_id="1").encode()

    assert not telling(routine)
    assert telling(retry)
    assert telling(routine + b"\n" + retry)
