"""A fleet behind PostgREST's words."""

from typing import Any

import httpx
import pytest

from bot.demo.fleets import make_fleet
from bot.domain.pods import PodId
from tests.demo.times import NOON
from tests.tools.memory import Memory, MemoryPods, task_types

FLEET = make_fleet(NOON, 1, workers=9, tasks=30, failures=["crash", "unlisted"])


async def _answer(query: str, **headers: str) -> httpx.Response:
    async with httpx.AsyncClient(transport=Memory(FLEET)) as client:
        return await client.get(f"http://m.test/rest/v1/{query}", headers=headers)


async def _rows(query: str) -> list[dict[str, Any]]:
    found = (await _answer(query)).json()
    assert isinstance(found, list)
    return found


@pytest.mark.parametrize(
    ("where", "true"),
    [
        ("status=eq.active", lambda it: it.status == "active"),
        ("status=neq.active", lambda it: it.status != "active"),
        ("status=not.eq.active", lambda it: it.status != "active"),
        ("status=in.(active,crashed)", lambda it: it.status in ("active", "crashed")),
        ("or=(status.eq.crashed,status.eq.error)", lambda it: it.status == "crashed"),
        ("not.or=(status.eq.active)", lambda it: it.status != "active"),
        ("current_model=is.null", lambda it: True),
        ("current_model=eq.x", lambda it: False),
        ("id=like.gpu-2026*", lambda it: it.id.startswith("gpu-2026")),
        ("id=ilike.*GPU*", lambda it: "gpu" in it.id),
        ("id=match.^gpu", lambda it: it.id.startswith("gpu")),
        (
            "metadata->>ram_tier=eq.72",
            lambda it: (it.metadata or {}).get("ram_tier") == 72,
        ),
        (
            "created_at=gt.2026-01-31T11:00:00%2B00:00",
            lambda it: it.created_at > FLEET.ago(hours=1),
        ),
    ],
)
async def test_filters_mean_what_they_mean_there(where: str, true: Any) -> None:
    """Over columns, JSON paths, times and trees."""
    found = {row["id"] for row in await _rows(f"workers?select=id&{where}")}

    assert found == {it.id for it in FLEET.workers.values() if true(it)}


async def test_rows_come_in_order_and_pages_of_a_thousand() -> None:
    """Whatever limit was asked for."""
    query = "system_logs?select=id,at:timestamp&order=timestamp.desc,id.desc&limit=5000"
    rows = await _rows(query)

    newest = FLEET.lines()[::-1][:1000]
    assert [row["id"] for row in rows] == [each.id for each in newest]
    rows = await _rows("tasks?select=id&order=id.asc&limit=5&offset=2")
    assert [row["id"] for row in rows] == sorted(FLEET.tasks)[2:7]


async def test_counts_are_exact_when_asked_for() -> None:
    """In the header, whatever the page holds."""
    query = "tasks?select=id&status=eq.Complete&limit=1"
    answer = await _answer(query, Prefer="count=exact")

    complete = FLEET.tasks_by_status()["Complete"]
    assert answer.headers["content-range"] == f"0-0/{complete}"
    assert len(answer.json()) == 1
    assert (await _answer(query)).headers["content-range"] == "0-0/*"


async def test_workers_come_with_their_tasks() -> None:
    """As one row in the other; None where there is none."""
    rows = await _rows("tasks?select=id,worker:workers(id,tier:metadata->>ram_tier)")

    for row in rows:
        worker = FLEET.workers.get(str(FLEET.tasks[row["id"]].worker_id))
        assert (row["worker"] or {}).get("id") == (worker and worker.id)
    assert {type(row["worker"]["tier"]) for row in rows if row["worker"]} <= {
        str,
        type(None),
    }


async def test_unknown_tables_and_columns_are_refused() -> None:
    """In PostgREST's words."""
    table, column = await _answer("nothing"), await _answer("tasks?select=nothing")

    assert (table.status_code, table.json()["code"]) == (404, "PGRST205")
    assert (column.status_code, column.json()["code"]) == (400, "42703")


async def test_types_and_people_are_there() -> None:
    """With what the schema says of them, and what the fleet does."""
    [person] = await _rows(
        f"users?select=credits,in_cloud:settings->ui->generationMethods->inCloud"
        f"&id=eq.{FLEET.people[3].id}"
    )
    [kind] = await _rows("task_types?select=*&name=eq.extract_frame")

    assert person == {"credits": 500, "in_cloud": False}
    assert (kind["category"], kind["is_active"]) == ("processing", True)
    assert len(task_types()) > 30


async def test_a_list_of_pods_may_leave_one_out() -> None:
    """It is there when asked for by its id."""
    pods = MemoryPods(FLEET)
    [hidden] = FLEET.unlisted

    listed = {pod.id for pod in await pods.all()}
    pod = await pods.get(PodId(hidden))

    assert listed == set(FLEET.pods) - {hidden}
    assert pod is not None
    assert pod.running
    assert await pods.get(PodId("nothing")) is None


async def test_a_window_has_both_its_ends() -> None:
    """Whoever wrote in it, and for one task alone."""
    since, until = FLEET.ago(minutes=20), FLEET.ago(minutes=10)
    task = next(it for it in FLEET.tasks.values() if it.status == "In Progress")
    for where, true in (
        ("", lambda row: True),
        (f"&task_id=eq.{task.id}", lambda row: row.task_id == task.id),
    ):
        window = f"timestamp=gte.{since:%FT%TZ}&timestamp=lte.{until:%FT%TZ}"
        rows = await _rows(f"system_logs?select=id&{window}{where}")

        due = {it.id for it in FLEET.lines() if since <= it.timestamp <= until}
        due &= {it.id for it in FLEET.lines() if true(it)}
        assert {row["id"] for row in rows} == due
