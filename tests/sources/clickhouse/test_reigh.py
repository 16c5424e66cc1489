"""What Reigh's rows say is asked of both tables in tests/sources/test_contract.py."""

import pytest

from bot.domain.times import Window
from bot.sources.clickhouse import reigh_logs
from tests.engines import Kept
from tests.world import NOW, TASK, WORKER, a_line, ago

pytestmark = pytest.mark.clickhouse
HOUR = Window(since=ago(hours=1), until=NOW)


async def test_the_orchestrator_s_life_is_told_by_its_lines(kept: Kept) -> None:
    """Its cycles, what rules look for, and its newest line, however old."""
    said = [
        ("Starting orchestrator cycle", 7, 40),
        ("SCALING DECISION: x Current=1+0, Desired=2", 7, 39),
        ("Orchestrator cycle completed in 1.5s", 7, 38),
        ("of no interest", None, 30),
    ]
    lines = [
        a_line(
            text,
            id=str(n),
            at=ago(minutes=minutes),
            cycle=cycle,
            source="orchestrator_gpu",
            source_id="main",
            worker_id=None,
        )
        for n, (text, cycle, minutes) in enumerate(said)
    ]
    kept.insert("reigh", lines)
    logs = reigh_logs(kept.engine)

    life = await logs.orchestration(HOUR)
    later = await logs.orchestration(Window(since=ago(minutes=5), until=NOW))

    assert [cycle.number for cycle in life.cycles] == [7]
    assert life.cycles[0].decision is not None
    assert (life.last_line, life.whole) == (lines[-1], True)
    assert (later.last_line, later.cycles) == (lines[-1], ())


async def test_a_longer_id_is_another(kept: Kept) -> None:
    """It only begins alike."""
    given = {"source": "orchestrator_gpu", "worker_id": None}
    kept.insert(
        "reigh",
        [
            a_line(f"made {WORKER}-second", id="a", **given),
            a_line(f"ends {WORKER}.", id="b", **given),
        ],
    )

    found = await reigh_logs(kept.engine).naming(WORKER, HOUR)

    assert [line.id for line in found.rows] == ["b"]


async def test_a_line_tells_why_it_was_written_and_of_whom(kept: Kept) -> None:
    """Its metadata stands in its fields."""
    given = {"source": "edge_function", "worker_id": None, "task_id": TASK}
    kept.insert(
        "reigh",
        [
            a_line("failed", id="a", fields={"error": "duplicate key"}, **given),
            a_line(
                "claimed",
                id="b",
                source_id="claim-next-task",
                fields={"worker_id": WORKER},
                **given,
            ),
        ],
    )
    logs = reigh_logs(kept.engine)

    found = await logs.of_task(TASK, HOUR)
    named = await logs.of_worker(WORKER, HOUR)

    assert [(line.message, line.worker_id) for line in found.rows] == [
        ("failed: duplicate key", None),
        ("claimed", WORKER),
    ]
    assert [line.id for line in named.rows] == ["b"]
