"""Why a waiting task is passed over, over a network in memory."""

from typing import Any

import httpx
import pytest

from bot.domain.errors import SourceDown
from bot.domain.report import Gap
from bot.domain.tasks import TaskId
from bot.sources import Queue
from bot.sources.reigh.tasks import ReighTasks
from tests.sources.reigh.rest import (
    Rest,
    a_log_row,
    a_task_row,
    refused,
    rows,
)
from tests.world import NOW, TASK

OTHER = TaskId("52345358-0000-4000-8000-000000000002")


def _project_of(
    tables: dict[str, list[dict[str, Any]]], **broken: httpx.Response
) -> Rest:
    """Return a project with the rows of each table; *broken* tables refuse."""

    def answer(request: httpx.Request) -> httpx.Response:
        table = request.url.path.rsplit("/", 1)[-1]
        if table in broken:
            return broken[table]
        if table != "tasks":
            return rows(*tables.get(table, ()))
        query = request.url.params
        if "status" in query:
            status = query["status"].removeprefix("eq.")
            those = [row for row in tables["tasks"] if row["status"] == status]
            if "owner:projects(user_id)" not in query["select"]:
                return rows(*those)
            if "projects" in broken:
                return broken["projects"]
            owners = {each["id"]: each for each in tables.get("projects", ())}
            return rows(
                *(row | {"owner": owners.get(row["project_id"])} for row in those)
            )
        return rows(*(row for row in tables["tasks"] if row["id"] in query["id"]))

    return Rest(answer)


def _waiting(**given: Any) -> dict[str, Any]:
    return a_task_row(**({"status": "Queued", "project_id": "p1"} | given))


OWNER: dict[str, list[dict[str, Any]]] = {
    "projects": [{"id": "p1", "user_id": "u1"}],
    "users": [{"id": "u1", "credits": 5.0, "in_cloud": None}],
    "task_types": [{"id": "t", "name": "travel_segment", "is_active": True}],
}


async def _queue(rest: Rest) -> Queue:
    return await ReighTasks(rest.project()).queue(NOW)


async def test_a_task_that_anybody_could_take_has_no_reason_to_wait() -> None:
    """It is claimable."""
    queue = await _queue(_project_of({**OWNER, "tasks": [_waiting()]}))

    [entry] = queue.entries.rows
    assert (entry.task.id, entry.reason, entry.detail) == (TASK, None, "")
    assert queue.untold == ()
    assert queue.entries.whole


@pytest.mark.parametrize(
    ("status", "reason", "detail"),
    [
        ("Complete", None, ""),
        ("In Progress", "waits for dependency", f"{OTHER} is In Progress"),
        ("Failed", "dependency failed", f"{OTHER} is Failed, so it never runs"),
        ("Cancelled", "dependency failed", f"{OTHER} is Cancelled, so it never runs"),
        (None, "dependency gone", f"{OTHER} no longer exists, so it never runs"),
    ],
)
async def test_a_dependency_decides_first(
    status: str | None, reason: str | None, detail: str
) -> None:
    """One that failed never lets it run."""
    tasks = [_waiting(dependant_on=[OTHER])]
    if status is not None:
        tasks.append(a_task_row(id=OTHER, status=status))

    queue = await _queue(_project_of({**OWNER, "tasks": tasks}))

    [entry] = [each for each in queue.entries.rows if each.task.id == TASK]
    assert (entry.reason, entry.detail) == (reason, detail)


def _running(number: int, **given: Any) -> list[dict[str, Any]]:
    return [
        a_task_row(
            id=f"6{n}345358-0000-4000-8000-000000000002",
            **({"project_id": "p1"} | given),
        )
        for n in range(number)
    ]


@pytest.mark.parametrize(
    ("running", "reason"),
    [
        (_running(5), "user at capacity"),
        (_running(4), None),
        (_running(5, project_id="p2"), None),
        (_running(5, task_type="travel_orchestrator"), None),
    ],
    ids=["five", "four", "another's", "coordinators"],
)
async def test_one_person_has_five_tasks_at_once(
    running: list[dict[str, Any]], reason: str | None
) -> None:
    """Coordinators do not count (systems/reigh.md, 1.6)."""
    tables = {**OWNER, "tasks": [_waiting(), *running]}

    [entry] = (await _queue(_project_of(tables))).entries.rows

    assert entry.reason == reason
    assert entry.detail == ("5 of 5 running" if reason else "")


@pytest.mark.parametrize(
    ("user", "reason"),
    [
        ({"credits": 0}, "no credits"),
        ({"credits": "-1.5"}, "no credits"),
        ({"credits": 0.001}, None),
        ({"credits": None}, None),
        ({"in_cloud": False}, "cloud disabled"),
        ({"in_cloud": True}, None),
        ({"in_cloud": "no"}, None),
        ({"in_cloud": None}, None),
    ],
)
async def test_a_persons_credits_and_settings_decide_next(
    user: dict[str, Any], reason: str | None
) -> None:
    """What is not said forbids nothing."""
    users = [{"id": "u1", "credits": 5, "in_cloud": None} | user]
    tables = {**OWNER, "users": users, "tasks": [_waiting()]}

    [entry] = (await _queue(_project_of(tables))).entries.rows

    assert entry.reason == reason


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ({"is_active": False}, "type switched off"),
        ({"is_active": None}, None),
        ({"name": "another", "is_active": False}, None),
    ],
)
async def test_a_type_may_be_switched_off(
    kind: dict[str, Any], reason: str | None
) -> None:
    """A type that is not known may run."""
    types = [{"id": "t", "name": "travel_segment"} | kind]
    tables = {**OWNER, "task_types": types, "tasks": [_waiting()]}

    [entry] = (await _queue(_project_of(tables))).entries.rows

    assert entry.reason == reason


def _by_api(**given: Any) -> list[dict[str, Any]]:
    kind = {"id": "t", "name": "travel_segment", "is_active": True, "run_type": "api"}
    return [kind | given]


@pytest.mark.parametrize(
    ("lines", "reason", "detail"),
    [
        ([], None, "the API orchestrator left no line in the log"),
        ([a_log_row(at="2026-01-31T11:55:00+00:00")], None, ""),
        (
            [a_log_row(at="2026-01-31T11:54:59+00:00")],
            "API orchestrator silent",
            "its newest line is of 2026-01-31 11:54:59Z, 5 min 1 s ago",
        ),
    ],
    ids=["never wrote", "writes", "silent"],
)
async def test_what_runs_by_an_api_waits_for_its_orchestrator(
    lines: list[dict[str, Any]], reason: str | None, detail: str
) -> None:
    """No line at all proves nothing, for it writes only when told to."""
    tables = {**OWNER, "task_types": _by_api(), "system_logs": lines}

    queue = await _queue(_project_of({**tables, "tasks": [_waiting()]}))

    [entry] = queue.entries.rows
    assert (entry.reason, entry.detail, entry.by_api) == (reason, detail, True)
    assert queue.for_workers == 0


async def test_the_api_orchestrator_is_looked_for_when_a_task_waits_for_it() -> None:
    """Its newest line, and that alone."""
    ours = _project_of({**OWNER, "tasks": [_waiting()]})
    of_api = _project_of({**OWNER, "task_types": _by_api(), "tasks": [_waiting()]})

    await _queue(ours)
    await _queue(of_api)

    assert not [each for each in ours.asked if "source_type" in each]
    [asked] = [each for each in of_api.asked if "source_type" in each]
    assert asked["source_type"] == "eq.orchestrator_api"
    assert (asked["order"], asked["limit"]) == ("timestamp.desc,id.desc", "1")


async def test_a_log_that_cannot_be_read_leaves_the_api_unjudged() -> None:
    """And it is said."""
    answer = refused("42501", "permission denied for table system_logs", status=403)
    tables = {**OWNER, "task_types": _by_api(), "tasks": [_waiting()]}

    queue = await _queue(_project_of(tables, system_logs=answer))

    [gap] = queue.untold
    assert gap.reason.endswith("API orchestrator silent is not judged")
    [entry] = queue.entries.rows
    assert (entry.reason, entry.detail) == (None, "")


@pytest.mark.parametrize(
    "tables",
    [{"projects": []}, {"users": []}],
)
async def test_a_person_who_is_not_known_keeps_nothing_back(
    tables: dict[str, list[dict[str, Any]]],
) -> None:
    """Nothing is made up."""
    rest = _project_of({**OWNER, **tables, "tasks": [_waiting()]})

    [entry] = (await _queue(rest)).entries.rows

    assert entry.reason is None


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (
            refused("42P01", 'relation "public.users" does not exist', status=404),
            "has no table users",
        ),
        (
            refused("42703", "column users.credits does not exist"),
            "has no column users.credits",
        ),
        (
            refused("42501", "permission denied for table users", status=403),
            "does not let this key read users",
        ),
    ],
)
async def test_what_the_project_keeps_no_table_for_is_not_judged(
    answer: httpx.Response, why: str
) -> None:
    """And it is said; all else is judged."""
    rest = _project_of({**OWNER, "tasks": [_waiting()]}, users=answer)

    queue = await _queue(rest)

    reason = f"{why}: credits and cloud setting is not judged"
    assert queue.untold == (Gap(source="supabase", reason=reason, failed=False),)
    assert queue.entries.rows[0].reason is None


async def test_a_table_that_cannot_be_read_now_is_a_gap() -> None:
    """What waits is told all the same; a reason does not vanish unseen."""
    answer = refused("57014", "canceling", status=500)
    rest = _project_of({**OWNER, "tasks": [_waiting()]}, users=answer)

    queue = await _queue(rest)

    [gap] = queue.untold
    assert (len(queue.entries.rows), gap.failed) == (1, True)
    assert gap.reason.startswith("cancelled the query: it took too long")


async def test_without_the_running_tasks_nobody_is_at_capacity() -> None:
    """And it is said."""

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.params.get("status") == "eq.In Progress":
            return refused("57014", "canceling", status=500)
        return rows(_waiting()) if request.url.path.endswith("tasks") else rows()

    queue = await _queue(Rest(answer))

    [gap] = queue.untold
    assert (queue.running, gap.failed) == (None, True)
    assert gap.reason.endswith("who is at capacity is not judged")


async def test_only_the_rows_that_matter_are_read() -> None:
    """The owner's and the type's, by their ids, once it is known what waits."""
    rest = _project_of({**OWNER, "tasks": [_waiting()]})

    await _queue(rest)

    assert rest.tables == ["tasks", "tasks", "users", "task_types"]
    keys = dict(zip(rest.tables, rest.asked, strict=True))
    assert keys["users"]["id"] == "in.(u1)"
    assert keys["task_types"]["name"] == "in.(travel_segment)"


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (
            refused(
                "PGRST200",
                "Could not find a relationship between 'tasks' and 'projects' in the"
                " schema cache",
            ),
            "cannot join tasks and projects: a table, or their relation, is missing",
        ),
        (
            refused("42501", "permission denied for table projects", status=403),
            "does not let this key read projects",
        ),
    ],
)
async def test_without_projects_nobody_knows_whose_a_task_is(
    answer: httpx.Response, why: str
) -> None:
    """What waits and runs is told all the same, and it is said once."""
    tables = {**OWNER, "tasks": [_waiting(), *_running(5)]}

    queue = await _queue(_project_of(tables, projects=answer))

    reason = f"{why}: whose task it is is not judged"
    assert queue.untold == (Gap(source="supabase", reason=reason, failed=False),)
    assert [entry.reason for entry in queue.entries.rows] == [None]
    assert len(queue.running or ()) == 5


async def test_tasks_that_cannot_be_read_are_not_asked_for_twice() -> None:
    """A database that took too long is not lacking anything."""
    rest = Rest(lambda _: refused("57014", "canceling", status=500))

    with pytest.raises(SourceDown, match="it took too long"):
        await _queue(rest)

    assert rest.tables == ["tasks", "tasks"]


@pytest.mark.parametrize("waiting", [0, 1])
async def test_a_project_without_dependencies_does_not_tell_who_waits_for_others(
    waiting: int,
) -> None:
    """It is said, unless nothing waits."""

    def answer(request: httpx.Request) -> httpx.Response:
        if "dependant_on" in request.url.params.get("select", ""):
            return refused("42703", "column tasks.dependant_on does not exist")
        mine = request.url.params.get("status") == "eq.Queued"
        return rows(*([_waiting()] * waiting if mine else []))

    queue = await _queue(Rest(answer))

    reason = "has no column tasks.dependant_on: who waits for others is not judged"
    gap = Gap(source="supabase", reason=reason, failed=False)
    assert queue.untold == (gap,) * waiting
    assert len(queue.entries.rows) == waiting
