from typing import Any

import pytest

from bot.domain.agent_names import Lane
from bot.domain.findings import Severity
from bot.rules.book import judge
from tests.file_queues import a_file, a_folder, a_life, an_agent, found, of_queue
from tests.world import a_line, ago

RULE = "killed-agent"
LATE = an_agent(beat_at=ago(seconds=175))
LINE = a_line("Cycle: active 1", at=ago(seconds=121), worker_id="gpu-1")
LIVES = a_life(last_line=LINE)


@pytest.mark.parametrize(
    "given",
    [
        {"agents": (an_agent(beat_at=ago(seconds=120)),)},
        {"agents": (an_agent(beat_at=None),)},
        {"lives": None},
        {"lives": a_life(last_line=None)},
        {"lives": a_life(last_line=a_line(at=ago(seconds=120)))},
        {"lives": a_life(crashed_at=ago(seconds=180))},
    ],
    ids=["late at most", "never beat", "log unread", "no line", "writes", "crashed"],
)
def test_a_kill_needs_a_log_without_an_end(given: dict[str, Any]) -> None:
    """And a heartbeat that is lost."""
    case = a_folder(**({"agents": (LATE,), "lives": LIVES} | given))

    assert not found(RULE, case)
    assert not found(RULE, of_queue(None))


def test_a_killed_agent_with_a_task_is_told_once() -> None:
    """It says all that the stale heartbeat would, and stands before its orphan."""
    case = a_folder(agents=(LATE,), lives=LIVES, tasks=(a_file(sidecar=None),))

    [one] = found(RULE, case)

    assert one.severity is Severity.CRITICAL
    assert "silent for 2 min 55 s, and no exit line" in one.title
    assert [each.rule for each in judge(case)] == ["killed-agent", "orphaned-task"]


def test_one_that_left_work_waiting() -> None:
    """The newest line is a proof."""
    case = a_folder(agents=(LATE,), lives=LIVES, tasks=(a_file(lane=Lane.QUEUE),))

    [one] = found(RULE, case)

    assert one.evidence[1].endswith("Cycle: active 1")
