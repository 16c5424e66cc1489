import json
from zoneinfo import ZoneInfo

import pytest

from bot.domain.logs import Level
from bot.sources.agents.clock import Clock
from bot.sources.agents.decisions import (
    json_line,
    level_of,
    said_at,
    seem_well,
    telling,
)
from tests.sources.agents.files import NOW, a_decision, naive

CLOCK = Clock(ZoneInfo("UTC"))


@pytest.mark.parametrize(
    ("kind", "level"),
    [
        ("ABANDON", Level.ERROR),
        ("BLOCKED_CLOUD_BATCH_TERMINAL", Level.ERROR),
        ("ESCALATION", Level.ERROR),
        ("RETRY", Level.WARNING),
        ("GPU_MISSING", Level.WARNING),
        ("WORKER_MISSING", Level.WARNING),
        ("THERMAL_FULL_RESET_TRIGGERED", Level.WARNING),
        ("RESOURCE_COOLDOWN", Level.DEBUG),
        ("MONITOR", Level.INFO),
        ("NEWER_THAN_THIS", Level.INFO),
    ],
)
def test_a_decisions_level_follows_from_its_kind(kind: str, level: Level) -> None:
    """It is not written (systems/agents.md, 4)."""
    assert level_of(kind) is level


def test_a_decision_is_a_line() -> None:
    """With whom it is about."""
    raw = a_decision(
        "RETRY_RESET", "Hard-reset", NOW, task_id="3a333f8c", worker="gpu-4", more=[1]
    )
    line = json_line(raw.encode(), CLOCK, near=None, id="1")

    assert line is not None
    assert (line.at, line.level) == (NOW, "WARNING")
    assert (line.source, line.source_id) == ("decision", "RETRY_RESET")
    assert line.message == "[RETRY_RESET] Hard-reset (task 3a333f8c)"
    assert (line.task_id, line.worker_id) == ("3a333f8c", "gpu-4")
    assert line.fields == {"task_id": "3a333f8c", "worker": "gpu-4"}


@pytest.mark.parametrize(
    ("said", "details", "told"),
    [
        ("Recovered", {"task_id": "3a333f8c", "batch_id": "20261123_085219"}, True),
        ("Requeued task 3a333f8c", {"task_id": "3a333f8c-8470-4efc"}, False),
        ("Aborted batch 20261123_085219", {"batch_id": "20261123_085219"}, False),
        ("Look", {"queue": 5, "task_id": 7}, False),
    ],
)
def test_a_decision_names_what_it_is_about_once(
    said: str, details: dict[str, object], told: bool
) -> None:
    """Task and batch as its details carry them, if the message does not."""
    line = json_line(
        a_decision("X", said, NOW, **details).encode(), CLOCK, near=None, id="1"
    )
    about = " (task 3a333f8c, batch 20261123_085219)" if told else ""

    assert line is not None
    assert line.message == f"[X] {said}{about}"


@pytest.mark.parametrize(
    ("kind", "details", "message"),
    [
        (
            "ESCALATION",
            {"escalation_id": "20261123_084828_279e461d"},
            "[ESCALATION] Done (escalation 20261123_084828_279e461d)",
        ),
        (
            "BATCH_ABORTED",
            {"source_task_id": "cb999d6e", "batch_id": "b" * 99},
            f"[BATCH_ABORTED] Done (task cb999d6e, batch {'b' * 60})",
        ),
        ("PLAN_CLEANUP", {}, "[PLAN_CLEANUP] Done"),
    ],
)
def test_a_decision_tells_whose_fault_and_what_file(
    kind: str, details: dict[str, object], message: str
) -> None:
    """An escalation names no task: its file does."""
    raw = a_decision(kind, "Done", NOW, **details).encode()
    line = json_line(raw, CLOCK, near=None, id="1")

    assert line is not None
    assert line.message == message


def test_a_batchs_event_is_a_line() -> None:
    """With the whole id of its task."""
    doc = {
        "event": "task_failed",
        "batch_id": "b",
        "recorded_at": naive(NOW),
        "task_id": "3a333f8c-8470-4efc-81da-07a9419aa14b",
        "task_name": "render",
        "worker": "gpu-4",
        "error": "x" * 9999,
    }
    line = json_line(json.dumps(doc).encode(), CLOCK, near=None, id="1")

    assert line is not None
    assert (line.level, line.source, line.source_id) == ("ERROR", "batch", "b")
    assert line.message.startswith("task failed render on gpu-4: xxx")
    assert len(line.message) < 600
    assert (line.task_id or "").startswith("3a333f8c-")


@pytest.mark.parametrize(
    "raw",
    ["", "{", "[]", '{"type": "A"}', '{"timestamp": "x", "type": "A"}', "[" * 99_999],
)
def test_a_torn_line_is_none(raw: str) -> None:
    """It may be written just now."""
    assert json_line(raw.encode(), CLOCK, near=None, id="1") is None
    assert said_at(raw.encode(), CLOCK, near=None) is None


def test_a_decision_is_told_as_far_as_it_can_be() -> None:
    """With bytes that are no text, and without a kind."""
    raw = a_decision("RETRY", "bad", NOW).encode().replace(b"bad", b"bad \xff")
    odd = json_line(raw, CLOCK, near=None, id="1")
    doc = {"timestamp": naive(NOW), "type": None, "message": "m"}
    bare = json_line(json.dumps(doc).encode(), CLOCK, near=None, id="1")

    assert odd is not None
    assert (odd.message, odd.source_id) == (
        "[RETRY] bad \N{REPLACEMENT CHARACTER}",
        "RETRY",
    )
    assert bare is not None
    assert (bare.message, bare.source_id, bare.level) == ("m", "", Level.INFO)


GOOD = a_decision("RETRY", "m", NOW) + "\n"


@pytest.mark.parametrize(
    ("text", "well"),
    [
        (GOOD * 3, True),
        (GOOD + GOOD[:60] + "\n" + GOOD, False),
        (GOOD + GOOD[:60] + GOOD, False),
        (GOOD * 2 + GOOD[:60] + "\n", False),
        (GOOD * 2 + GOOD[:-1], False),
        (GOOD + "\n" + GOOD, False),
        (GOOD + GOOD.replace('"2026-', 'null, "x": "') + GOOD, False),
        (GOOD + GOOD.replace("2026-", "2027-") + GOOD, False),
        ("", False),
    ],
    ids=[
        *("all well", "torn", "torn and joined", "torn at the end", "half written"),
        *("blank", "timeless", "later", "nothing"),
    ],
)
def test_it_is_seen_at_a_glance_that_all_lines_are_well(text: str, well: bool) -> None:
    """Of the form in which the program writes them."""
    assert seem_well(text.encode(), naive(NOW)) is well


def test_an_object_that_is_neither_is_no_line() -> None:
    """Though it tells its time."""
    raw = json.dumps({"timestamp": naive(NOW)}).encode()

    assert json_line(raw, CLOCK, near=None, id="1") is None
    assert said_at(raw, CLOCK, near=None) == NOW


def test_a_cheap_look_lets_pass_what_is_worth_a_look() -> None:
    """Warnings, faults and the monitor's looks, whatever the line is about."""
    kinds = ("MONITOR", "RETRY", "THERMAL_PAUSE_ENTER", "BLOCKED_CLOUD_TASK", "ABANDON")

    assert all(telling(a_decision(kind, "", NOW).encode()) for kind in kinds)
    assert not telling(a_decision("TASK_RELEASED", "a retry", NOW).encode())
