from dataclasses import replace
from typing import Any

import pytest

from bot.domain.agent_claims import claims
from bot.domain.agent_facts import AgentFacts, Pause, agent_facts
from bot.domain.agent_limits import BeatAge
from bot.domain.agent_lives import Way
from bot.domain.agent_names import AgentKind
from bot.domain.agent_telling import (
    claims_told,
    of_claims,
    of_log,
    of_start,
    quiet,
    sections,
    standing,
)
from bot.domain.findings import Status
from bot.domain.workers import WorkerId, WorkerPhase
from tests.file_queues import FILE, a_life, a_queue, busy
from tests.world import NOW, a_line, a_task, a_worker, ago

WORKER = replace(
    a_worker("gpu-1", status="cold", last_heartbeat_at=ago(seconds=5)),
    phase=WorkerPhase.ACTIVE,
)
AT = "2026-01-31"


def facts(**given: Any) -> AgentFacts:
    """Return what an agent tells that began an hour ago and runs a task."""
    life = a_life(ready_at=ago(hours=1))
    queue = a_queue(agents=(busy(FILE),), lives=life, window=a_queue().window)
    found = agent_facts(queue, WorkerId("gpu-1"), (), NOW)
    assert found is not None
    return replace(found, **given)


def rows(found: AgentFacts) -> dict[str, Any]:
    return dict(sections(found)[0].rows)


def test_what_nobody_tells_is_left_out() -> None:
    """What is told has its limits beside it."""
    told = rows(facts(idle_because=None))

    assert told == {
        "kind": "gpu",
        "heartbeat": "well: it would be late past 1 min",
        "began": ago(hours=1),
        "ready": ago(hours=1),
        "model": "none loaded: it is cold",
        "runtime": "cold",
        "thermal pause": "none",
        "runs": "22d25838 for 2 min",
    }


@pytest.mark.parametrize(
    ("given", "label", "value"),
    [
        (
            {"heartbeat": BeatAge.AGEING},
            "heartbeat",
            "late: past 1 min, and lost past 2 min",
        ),
        ({"heartbeat": BeatAge.STALE}, "heartbeat", "lost: past 2 min"),
        ({"heartbeat": BeatAge.GONE}, "heartbeat", "gone: past 10 min"),
        (
            {"heartbeat": BeatAge.AHEAD},
            "heartbeat",
            "ahead of the clock here: see AGENTS_TZ",
        ),
        ({"ready_at": None}, "ready", "not since"),
        ({"exception": "KeyError: 'x'\nmore"}, "by", "KeyError: 'x'"),
        ({"hot": True, "model": "qwen"}, "model", "qwen loaded: it is hot"),
        ({"hot": True}, "model", "one loaded: it is hot"),
        ({"budget_mb": 115}, "VRAM budget", "115 MB left"),
        (
            {"budget_mb": 115, "claimed_vram_mb": 4800},
            "VRAM budget",
            "4,800 MB claimed, 115 MB left",
        ),
        ({"temperature_c": 49.5}, "temperature", "49.5 °C"),
        (
            {"constrained": ("cpu 90C",)},
            "thermal pause",
            "none, but held back: cpu 90C",
        ),
        ({"constrained": ()}, "thermal pause", "none, but held back: hot"),
        (
            {"pause": Pause(reasons=("82C >= 75C",), until=NOW, attempts=3)},
            "thermal pause",
            "until 2026-01-31 12:00:00Z, the third in a row: 82C >= 75C",
        ),
        (
            {"pause": Pause(reasons=(), until=None, attempts=4)},
            "thermal pause",
            "for a while, the 4th in a row",
        ),
        (
            {"pause": Pause(reasons=(), until=None, attempts=1)},
            "thermal pause",
            "for a while",
        ),
        ({"reserved_for": ""}, "reserved for", "somebody"),
        ({"reserved_for": "bench"}, "reserved for", "bench"),
        ({"signals": ("abort", "kill")}, "signals", "abort, kill"),
        ({"idle_because": "gpu-1 crashed"}, "takes no more because", "gpu-1 crashed"),
        ({"should_claim": FILE}, "should claim", "22d25838 within 5 s"),
        (
            {"undated": True},
            "heartbeat",
            "well: it would be late past 1 min; it tells no time, its file does",
        ),
    ],
)
def test_each_fact_is_told_in_words(
    given: dict[str, Any], label: str, value: str
) -> None:
    """Whichever it is."""
    assert rows(facts(**given))[label] == value


def test_a_running_task_is_told_as_far_as_it_is_known() -> None:
    """Name, time and process."""
    [task] = facts().running
    named = replace(task, name="render", pid=13089)
    bare = replace(task, running_seconds=None)

    assert (
        rows(facts(running=(named,)))["runs"] == "22d25838 render for 2 min, PID 13089"
    )
    assert rows(facts(running=(bare,)))["runs"] == "22d25838"


def test_of_a_brain_neither_heat_nor_claims_are_told() -> None:
    """Its heartbeat has limits of its own."""
    told = facts(kind=AgentKind.BRAIN, heartbeat=None, hot=None, claims=None)
    [section] = sections(replace(told, heartbeat=BeatAge.STALE))

    assert dict(section.rows)["heartbeat"] == "lost: past 2 min"
    assert "thermal pause" not in dict(section.rows)
    assert "heartbeat" not in rows(told)
    assert "VRAM budget" not in rows(told)


def test_claims_are_told_with_their_last_look() -> None:
    """Numbers that no line tells are left out, and what would tell them is said."""
    lines = [
        a_line("Attempting claim: 3a333f8c"),
        a_line("Claimed script task: 3a333f8c"),
        a_line("No tasks claimed - Queue: [script:4], budget: 115MB"),
    ]
    told = dict(claims_told(claims(lines), "GPU_LOG_LEVEL", {"gpu-2": 1}).rows)
    quiet = dict(claims_told(claims(lines[1:2]), "GPU_LOG_LEVEL", {}).rows)
    none = dict(claims_told(claims([]), None, {}).rows)

    assert (told["tried"], told["claimed"]) == ("1, 100% won", "1: script 1")
    assert told["looks without a claim"] == 1
    assert told["it said"] == lines[2].message
    assert told["lost to"] == "gpu-2 1"
    assert "more is told" not in told
    assert quiet["more is told"] == "with GPU_LOG_LEVEL=DEBUG where it runs"
    assert "lost races" not in quiet
    assert (none["tried"], none["claimed"]) == ("0", "0")
    assert none["last claim"] == "none in the window"
    assert none["more is told"] == "by its lines"


def test_claims_fit_into_a_sentence() -> None:
    """With the reason why it takes no more."""
    lost = claims(
        [
            a_line("Attempting claim: 1"),
            a_line("Lost race: 1"),
            a_line("Claimed script task: 2"),
        ]
    )
    why = facts(idle_because="gpu-1 is hot: it takes only meta and llm", claims=lost)
    info = facts(claims=claims([a_line("Claimed script task: 2")]), idle_because=None)

    assert of_claims(WORKER, why) == (
        "gpu-1 claimed 1 of 2 tasks that it tried (50%), lost 1 race and waited 0 times"
        " in vain for a lock; it takes no more now because it is hot: it takes only"
        " meta and llm"
    )
    assert of_claims(WORKER, info) == "gpu-1 claimed 1 of 1 task that it tried (100%)"
    assert of_claims(WORKER, replace(info, should_claim=FILE)).endswith(
        "; it should claim 22d25838 within 5 s: nothing known holds it back"
    )
    assert of_claims(WORKER, facts(idle_because=None)) == (
        "gpu-1 tried to claim nothing in the window"
    )
    assert of_claims(WORKER, facts(claims=None)).startswith("cannot tell what gpu-1")
    assert "hands out" in of_claims(WORKER, facts(kind=AgentKind.BRAIN))


def test_where_it_stands_is_told_with_what_it_did() -> None:
    """One that ended does not stand anywhere."""
    task = a_task(FILE)
    done = facts(tasks_completed=4)
    failed = facts(tasks_completed=4, tasks_failed=1)

    assert standing(WORKER, facts(), [task], NOW) == (
        "gpu-1 is cold, last heartbeat 5 s ago, working on 22d25838"
    )
    assert standing(WORKER, done, [], NOW).endswith("; 4 completed since it began")
    assert standing(WORKER, failed, [], NOW).endswith(
        "4 completed and 1 failed since it began"
    )
    unready = standing(WORKER, facts(ready_at=None), [], NOW)
    assert unready.endswith(f"; it began at {AT} 11:00:00Z and was never ready since")
    stopped = facts(ended=Way.STOPPED, stopped_at=ago(minutes=1))
    assert standing(WORKER, stopped, [], NOW) == (
        f"gpu-1 was stopped at {AT} 11:59:00Z"
    )
    crashed = facts(ended=Way.CRASHED, crashed_at=ago(minutes=1))
    assert standing(WORKER, crashed, [], NOW) == f"gpu-1 crashed at {AT} 11:59:00Z"


@pytest.mark.parametrize(
    ("given", "told", "status", "up"),
    [
        (
            {},
            f"gpu-1 was ready at {AT} 11:00:00Z, 0 s after it began",
            Status.OK,
            True,
        ),
        (
            {"started_at": None},
            f"gpu-1 was ready at {AT} 11:00:00Z",
            Status.OK,
            True,
        ),
        (
            {"stopped_at": ago(minutes=9)},
            (
                f"gpu-1 was ready at {AT} 11:00:00Z, 0 s after it began; it was stopped"
                f" at {AT} 11:51:00Z"
            ),
            Status.OK,
            True,
        ),
        (
            {"ready_at": None},
            f"gpu-1 began at {AT} 11:00:00Z, 1 h ago, and was never ready since",
            Status.WARNING,
            False,
        ),
        (
            {"ready_at": None, "started_at": ago(minutes=5)},
            f"gpu-1 began at {AT} 11:55:00Z, 5 min ago, and is not ready yet",
            Status.UNKNOWN,
            False,
        ),
        (
            {"ready_at": None, "started_at": None},
            "no line of the last day before the window tells how gpu-1 began",
            Status.UNKNOWN,
            False,
        ),
    ],
)
def test_a_start_is_told_as_far_as_it_came(
    given: dict[str, Any], told: str, status: Status, up: bool
) -> None:
    """One that began and was never ready is worth a warning after 300 s."""
    assert of_start(WORKER, facts(**given), NOW) == (told, status, up)


def test_a_log_is_told_with_what_would_show_more() -> None:
    """Nothing would where it tells all, or has no levels."""
    last = a_line("x", at=ago(minutes=3))
    quiet = dict(of_log(WORKER, facts(levels={"INFO": 3}), last, NOW).rows)
    loud = dict(of_log(WORKER, facts(levels={"DEBUG": 3}), None, NOW).rows)
    cpu = of_log(replace(WORKER, last_heartbeat_at=None), facts(louder=None), None, NOW)

    more = "GPU_LOG_LEVEL=DEBUG where it runs: what it passes over, and why"
    assert quiet == {
        "newest line": f"{AT} 11:57:00Z, 3 min ago",
        "last heartbeat": "5 s ago",
        "levels seen": "INFO 3",
        "would show more": more,
    }
    assert loud["newest line"] == "none in the window"
    assert loud["would show more"] == (
        "GPU_LOG_LEVEL is DEBUG already: its claims and looks are told"
    )
    assert dict(cpu.rows)["last heartbeat"] == "never"
    assert dict(cpu.rows)["levels seen"] == "none"
    assert dict(cpu.rows)["would show more"] == "nothing: its lines have no level"


def test_a_quiet_log_of_a_living_agent_is_no_loss() -> None:
    """One that does not beat is not merely quiet."""
    last = a_line("x", at=ago(minutes=30))

    assert quiet(WORKER, last, NOW) == (
        "gpu-1 is quiet and alive: its newest line is 30 min old, its heartbeat is 5 s"
        " old"
    )
    assert "no line of the window" in (quiet(WORKER, None, NOW) or "")
    lost = replace(WORKER, last_heartbeat_at=ago(hours=1))
    assert quiet(lost, last, NOW) is None


def test_one_that_never_started_stands_nowhere() -> None:
    """Without a brain much stands still."""
    row = replace(WORKER, status="never started", phase=WorkerPhase.UNKNOWN)
    none = facts(heartbeat=None, running=())
    brain = replace(none, kind=AgentKind.BRAIN)

    assert standing(row, none, (), NOW) == "gpu-1 never started"
    assert standing(row, brain, (), NOW) == (
        "gpu-1 never started, as far as its folder tells: until it does, no dependency"
        " is released, nothing is retried, and no orphan is recovered"
    )
    assert "thermal pause" not in rows(none)
