"""What changes rows, over a network in memory: what is sent, what an end means."""

import asyncio
import json
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

from bot.domain.errors import NotConfigured, OutOfTime, SourceDown, Uncertain
from bot.domain.tasks import Task
from bot.domain.workers import Worker
from bot.sources.patience import answering
from bot.sources.reigh.conditions import Row
from bot.sources.reigh.powers import ReighTaskPower, ReighWorkerPower
from bot.sources.reigh.project import Project
from bot.sources.reigh.rows import tasks, workers
from tests.sources.reigh.rest import (
    KEY,
    URL,
    Answer,
    Rest,
    a_task_row,
    a_worker_row,
    refused,
    rows,
)
from tests.world import NOW, TASK, WORKER

HIDDEN = "made-up-password"
CHANGED = rows({"id": "it"})
RESET = "Reset - requeued through debug-bot"


def _seen_worker(**given: Any) -> Worker:
    return workers([a_worker_row(**given)])[0]


def _seen_task(**given: Any) -> Task:
    values = {
        "worker_id": WORKER,
        "attempts": 1,
        "generation_started_at": "2026-01-31T11:58:00.12+00:00",
    }
    return tasks([a_task_row(**(values | given))])[0]


def _sent(rest: Rest) -> dict[str, Any]:
    """Return what the last request writes."""
    assert rest.requests[-1].method == "PATCH"
    body: dict[str, Any] = json.loads(rest.requests[-1].content)
    return body


async def _end(rest: Rest, **seen: Any) -> bool:
    return await ReighWorkerPower(rest.project()).end(_seen_worker(**seen), now=NOW)


async def _requeue(rest: Rest, **seen: Any) -> bool:
    return await ReighTaskPower(rest.project()).requeue(_seen_task(**seen))


# --- a worker's row -----------------------------------------------------------------


async def test_a_worker_is_ended_with_who_did_it_and_when() -> None:
    """Its other metadata is written back as it was; nothing else is written."""
    rest = Rest(rows(a_worker_row(metadata={"runpod_id": "p1"})), CHANGED)

    assert await _end(rest)

    assert _sent(rest) == {
        "status": "terminated",
        "metadata": {
            "runpod_id": "p1",
            "orchestrator_status": "terminated",
            "terminated_at": "2026-01-31T12:00:00+00:00",
            "terminated_by": "debug-bot",
        },
    }


async def test_a_worker_is_ended_only_as_it_was_read() -> None:
    """Status, heartbeat and metadata are compared by what writes them."""
    rest = Rest(rows(a_worker_row(metadata={"b": "é&+", "a": [1.5]})), CHANGED)

    await _end(rest)

    assert [request.method for request in rest.requests] == ["GET", "PATCH"]
    assert rest.asked[1] == {
        "id": f"eq.{WORKER}",
        "status": "eq.active",
        "last_heartbeat": "eq.2026-01-31T11:59:50+00:00",
        "metadata": 'eq.{"b":"é&+","a":[1.5]}',
        "select": "id",
    }
    assert rest.requests[1].headers["prefer"] == "return=representation"


async def test_a_password_is_written_back_but_in_no_address() -> None:
    """Proxies log addresses; all else is compared, and how many keys there are."""
    details = {"ip": "1.2.3.4", "password": HIDDEN}
    metadata: Row = {"ssh_details": details, "error_reason": "a b", "1": [], "é": None}
    rest = Rest(rows(a_worker_row(metadata=metadata)), CHANGED)

    await _end(rest)

    assert _sent(rest)["metadata"]["ssh_details"] == details
    assert all(HIDDEN not in str(request.url) for request in rest.requests)
    asked = rest.asked[1]
    more = '{"":null,"0":0,"1":0,"2":0,"3":0}'
    assert asked["metadata"] == f'lt.{more} & cs.{{"1":[],"é":null}}'
    assert asked["metadata->error_reason"] == 'eq."a b"'
    more = '{"":null,"0":0,"1":0}'
    assert asked["metadata->ssh_details"] == f'lt.{more} & cs.{{"ip":"1.2.3.4"}}'
    assert asked["metadata->ssh_details->>password"] == "not.is.null"


async def test_ssh_details_of_another_form_are_compared_whole() -> None:
    """Only an object has a password of its own."""
    rest = Rest(rows(a_worker_row(metadata={"ssh_details": None})), CHANGED)

    await _end(rest)

    assert rest.asked[1]["metadata"] == 'eq.{"ssh_details":null}'


async def test_metadata_that_is_null_becomes_what_we_write() -> None:
    """A heartbeat of an unknown worker leaves it so (systems/reigh.md, 0.12)."""
    rest = Rest(rows(a_worker_row(metadata=None)), CHANGED)

    assert await _end(rest)

    assert rest.asked[1]["metadata"] == "is.null"
    assert set(_sent(rest)["metadata"]) == {
        "orchestrator_status",
        "terminated_at",
        "terminated_by",
    }


@pytest.mark.parametrize(
    "metadata",
    [
        {"diagnostics": "x" * 6000},
        {"diagnostics": "é" * 1000},
        {"diagnostics": "x" * 5900, "ssh_details": {"password": HIDDEN}},
        ["a"],
        "a",
    ],
    ids=["long", "long when encoded", "long with a password", "list", "text"],
)
async def test_metadata_that_no_address_can_hold_stays_as_it_is(
    metadata: object,
) -> None:
    """The status alone is written, as long as status and heartbeat are the same."""
    rest = Rest(rows(a_worker_row(metadata=metadata)), CHANGED)

    assert await _end(rest)

    assert _sent(rest) == {"status": "terminated"}
    assert set(rest.asked[1]) == {"id", "status", "last_heartbeat", "select"}


async def test_long_metadata_that_an_address_can_hold_is_compared() -> None:
    """Up to a bound that proxies bear."""
    rest = Rest(rows(a_worker_row(metadata={"a": "x" * 5900})), CHANGED)

    await _end(rest)

    assert "metadata" in rest.asked[1]
    assert len(str(rest.requests[1].url)) < 8000


@pytest.mark.parametrize("details", ['{"ip":"1"}', '{"password":null}'])
async def test_ssh_details_without_a_password_hide_nothing(details: str) -> None:
    """All is compared at once."""
    metadata = {"ssh_details": json.loads(details)}
    rest = Rest(rows(a_worker_row(metadata=metadata)), CHANGED)

    await _end(rest)

    assert rest.asked[1]["metadata"] == f'eq.{{"ssh_details":{details}}}'


@pytest.mark.parametrize(
    ("now", "seen"),
    [
        ({"status": "terminated"}, {}),
        ({"last_heartbeat": "2026-01-31T11:59:50.000001+00:00"}, {}),
        ({"last_heartbeat": None}, {}),
        ({}, {"last_heartbeat": None}),
    ],
    ids=["status", "heartbeat", "heartbeat gone", "first heartbeat"],
)
async def test_a_worker_that_changed_since_is_not_written(
    now: dict[str, Any], seen: dict[str, Any]
) -> None:
    """It was looked at again, and that was all."""
    rest = Rest(rows(a_worker_row(metadata={}, **now)), CHANGED)

    assert not await _end(rest, **seen)
    assert len(rest.requests) == 1


async def test_a_worker_that_is_gone_is_not_written() -> None:
    """Nobody is there to be ended."""
    rest = Rest(rows(), CHANGED)

    assert not await _end(rest)
    assert len(rest.requests) == 1


async def test_a_worker_that_changes_meanwhile_is_not_ended() -> None:
    """The database found no row that was still the same."""
    assert not await _end(Rest(rows(a_worker_row(metadata={})), rows()))


async def test_a_heartbeat_written_at_creation_is_none() -> None:
    """As long as the row holds that very time (systems/reigh.md, 1.3)."""
    born = "2026-01-31T11:00:00.5+00:00"
    rest = Rest(rows(a_worker_row(metadata={}, last_heartbeat=born)), CHANGED)

    assert await _end(rest, last_heartbeat=born)
    assert rest.asked[1]["last_heartbeat"] == f"eq.{born}"


async def test_a_worker_that_never_beat_is_ended_while_it_never_does() -> None:
    """Nothing equals null, so it is asked for by its own word."""
    rest = Rest(rows(a_worker_row(metadata={}, last_heartbeat=None)), CHANGED)

    assert await _end(rest, last_heartbeat=None)
    assert rest.asked[1]["last_heartbeat"] == "is.null"


@pytest.mark.parametrize(
    "failure", [httpx.ReadTimeout("late"), refused("500", "oh", status=500)]
)
async def test_a_look_that_fails_leaves_no_doubt(failure: Answer) -> None:
    """Nothing was written yet."""
    with pytest.raises(SourceDown) as raised:
        await _end(Rest(failure))

    assert not isinstance(raised.value, Uncertain)


# --- a task's row -------------------------------------------------------------------


async def test_a_task_is_requeued_as_the_orchestrator_does_it() -> None:
    """Without its worker and times, with one more attempt and a word about why."""
    rest = Rest(CHANGED)

    assert await _requeue(rest)

    assert _sent(rest) == {
        "status": "Queued",
        "worker_id": None,
        "generation_started_at": None,
        "generation_processed_at": None,
        "attempts": 2,
        "error_message": RESET,
    }


async def test_a_task_is_requeued_only_as_it_was_seen() -> None:
    """In one request, and not when its result exists."""
    rest = Rest(CHANGED)

    await _requeue(rest)

    assert rest.asked == [
        {
            "id": f"eq.{TASK}",
            "status": "eq.In Progress",
            "worker_id": f"eq.{WORKER}",
            "generation_started_at": "eq.2026-01-31T11:58:00.120000+00:00",
            "generation_created": "eq.false",
            "attempts": "eq.1",
            "select": "id",
        }
    ]


async def test_a_failed_task_loses_the_error_that_stands_for_its_result() -> None:
    """It would be taken for the place of the result (systems/reigh.md, 0.4)."""
    rest = Rest(CHANGED)

    await _requeue(rest, status="Failed", output_location="CUDA out of memory")

    assert _sent(rest)["output_location"] is None


async def test_a_task_that_nobody_holds_is_requeued_while_nobody_does() -> None:
    """Nothing equals null, so it is asked for by its own word."""
    rest = Rest(CHANGED)

    await _requeue(rest, worker_id=None, generation_started_at=None)

    assert rest.asked[0]["worker_id"] == "is.null"
    assert rest.asked[0]["generation_started_at"] == "is.null"


async def test_attempts_that_are_not_known_are_left_alone() -> None:
    """They could only be guessed."""
    rest = Rest(CHANGED)

    await _requeue(rest, attempts=None)

    assert "attempts" not in {*_sent(rest), *rest.asked[0]}


async def test_a_task_that_changed_since_is_not_requeued() -> None:
    """The database found no row that was still the same."""
    assert not await _requeue(Rest(rows()))


@pytest.mark.parametrize("column", ["attempts", "error_message", "generation_created"])
@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("42703", "column tasks.{} does not exist"),
        ("42703", 'column "{}" of relation "tasks" does not exist'),
        ("PGRST204", "Column '{}' of relation 'tasks' does not exist"),
        ("PGRST204", "Could not find the '{}' column of 'tasks' in the schema cache"),
    ],
    ids=["compared", "written", "unknown", "unknown to a newer PostgREST"],
)
async def test_a_project_without_a_newer_column_is_written_without_it(
    code: str, words: str, column: str
) -> None:
    """It was refused for that, so nothing was done the first time."""
    rest = Rest(refused(code, words.format(column)), CHANGED)

    assert await _requeue(rest)

    assert len(rest.requests) == 2
    assert column not in {*_sent(rest), *rest.asked[1]}
    assert {"id", "status", "worker_id"} <= set(rest.asked[1])


async def test_a_column_that_every_project_has_is_not_done_without() -> None:
    """Its absence is named, and nothing is sent again."""
    words = "Could not find the 'worker_id' column of 'tasks' in the schema cache"
    rest = Rest(refused("PGRST204", words))

    with pytest.raises(SourceDown, match=r"has no column tasks\.worker_id") as raised:
        await _requeue(rest)

    assert not isinstance(raised.value, Uncertain)
    assert len(rest.requests) == 1


# --- what a failure means -----------------------------------------------------------


class Never(httpx.AsyncBaseTransport):
    """A network that takes what is sent, and never answers."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await asyncio.sleep(60)
        raise AssertionError


DOUBT = " after the change was sent"
HTML = httpx.Response(502, content=b"<html>Bad gateway</html>")


@pytest.mark.parametrize(
    ("failure", "message"),
    [
        (httpx.ReadTimeout(""), "did not answer within 6 s"),
        (httpx.WriteTimeout(""), "did not answer within 6 s"),
        (httpx.ReadError(""), "broke the connection before its answer was whole"),
        (httpx.WriteError(""), "broke the connection before its answer was whole"),
        (
            httpx.RemoteProtocolError(""),
            "broke the connection before its answer was whole",
        ),
        (refused(None, "oh", status=500), "answered with HTTP status 500"),
        (HTML, "answered with HTTP status 502"),
        (
            refused("57014", "statement timeout", status=500),
            "cancelled the query: it took too long",
        ),
        (
            refused("PGRST003", "no connection", status=504),
            "has no free connection to its database",
        ),
        (httpx.Response(204), "answered with nothing at all"),
        (
            httpx.Response(200, json={"id": "it"}),
            "answered something that is not a list of rows",
        ),
        (
            httpx.Response(200, content=b"<html>"),
            "answered something that is not a list of rows",
        ),
    ],
)
async def test_a_change_that_may_have_been_made_is_uncertain(
    failure: Answer, message: str
) -> None:
    """It left, and no answer says that it was refused."""
    rest = Rest(failure)

    with pytest.raises(Uncertain) as raised:
        await _requeue(rest)

    assert raised.value.message == message + DOUBT
    assert raised.value.source == "supabase"
    assert len(rest.requests) == 1


@pytest.mark.parametrize(
    ("failure", "message"),
    [
        (httpx.ConnectError(""), "cannot be reached at the address in SUPABASE_URL"),
        (httpx.ConnectTimeout(""), "did not answer within 6 s"),
        (httpx.PoolTimeout(""), "did not answer within 6 s"),
        (httpx.Response(302), "refused the request (302)"),
        (refused("22P02", "invalid input value"), "refused the request (22P02)"),
        (
            refused("PGRST301", "JWT expired", status=401),
            "refused the key in SUPABASE_SERVICE_ROLE_KEY, which has expired",
        ),
        (
            refused("42501", "permission denied for table tasks", status=403),
            "does not let this key change tasks",
        ),
        (
            refused("429", "slow down", status=429),
            "asks to be asked less often (429)",
        ),
    ],
)
async def test_a_change_that_cannot_have_been_made_is_not(
    failure: Answer, message: str
) -> None:
    """It never left, or was refused."""
    rest = Rest(failure)

    with pytest.raises(SourceDown) as raised:
        await _requeue(rest)

    assert not isinstance(raised.value, Uncertain)
    assert raised.value.message == message
    assert len(rest.requests) == 1


async def test_a_change_that_we_no_longer_wait_for_is_uncertain() -> None:
    """It was on its way."""

    project = Project(URL, KEY, transport=Never())

    with answering(0.05), pytest.raises(Uncertain, match="did not answer within"):
        await ReighTaskPower(project).requeue(_seen_task())


async def test_a_doubtful_worker_is_told_as_a_doubtful_task() -> None:
    """The look before went well, which says nothing of the change."""
    rest = Rest(rows(a_worker_row(metadata={})), httpx.ReadTimeout(""))

    with pytest.raises(Uncertain):
        await _end(rest)


async def test_a_good_look_makes_no_doubt_of_a_connection_that_never_opened() -> None:
    """The status of the answer before is not taken for this one's."""
    rest = Rest(rows(a_worker_row(metadata={})), httpx.ConnectTimeout(""))

    with pytest.raises(OutOfTime):
        await _end(rest)


async def test_without_a_key_it_is_not_configured_whatever_was_asked_before() -> None:
    """Nothing was sent, which leaves no doubt."""
    await _requeue(Rest(CHANGED))

    with pytest.raises(NotConfigured, match="SUPABASE_SERVICE_ROLE_KEY"):
        await ReighTaskPower(Rest(CHANGED).project(key=None)).requeue(_seen_task())


def test_times_are_told_to_the_microsecond() -> None:
    """What is compared with a column must be all of it."""
    seen = _seen_task(generation_started_at="2026-01-31T11:58:00.123456+00:00")

    assert seen.started_at == datetime.fromisoformat(
        "2026-01-31T11:58:00+00:00"
    ) + timedelta(microseconds=123456)
