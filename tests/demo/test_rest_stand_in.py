"""The stand-in answers as the real PostgREST does, request by request."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from bot.demo import rest_stand_in as module
from bot.demo.gateway import SECRET, key
from bot.demo.ground import Ground, Unavailable
from bot.demo.postgres import Postgres
from bot.demo.postgrest import Postgrest
from bot.demo.rest_stand_in import RestStandIn

pytestmark = pytest.mark.postgrest

EXACT = {"Prefer": "count=exact"}
BACK = {"Prefer": "return=representation"}
ONE = {"Accept": "application/vnd.pgrst.object+json"}
FIRST = "00000000-0000-4000-8000-000000000001"
NOT_THERE = "00000000-0000-4000-8000-00000000ffff"
LINES = 1100  # a hundred more than PostgREST gives at a time
LAST_S = "2026-01-01T00:00:01%2B00:00"


@dataclass(frozen=True, slots=True)
class Ask:
    """One request that both are asked."""

    path: str
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Any = None
    role: str = "service_role"

    def __str__(self) -> str:
        marks = "".join(f" {value}" for value in self.headers.values())
        body = "" if self.body is None else f" {self.body}"
        return f"{self.method} {self.path}{marks}{body} {self.role}"


READS = [
    Ask("/system_logs?select=id&order=timestamp.desc,id.desc", headers=EXACT),
    Ask("/system_logs?select=id", "HEAD", EXACT),
    Ask("/system_logs?select=id&limit=5000&order=id"),
    Ask("/system_logs?select=id&limit=2&offset=1099&order=id", headers=EXACT),
    Ask("/system_logs?select=id&offset=5000", headers=EXACT),
    Ask("/system_logs?select=id&offset=5000"),
    Ask("/system_logs?select=id&limit=0"),
    Ask("/system_logs?select=id&order=id", headers={"Range": "10-12"}),
    Ask("/system_logs?select=id", headers={"Range": "12-10"}),
    Ask(
        f"/system_logs?select=id&order=id&or=(timestamp.lt.%22{LAST_S}%22,"
        f"and(timestamp.eq.%22{LAST_S}%22,id.lt.{NOT_THERE}))&limit=3"
    ),
    Ask("/system_logs?select=message&message=ilike.*M10*&order=message"),
    Ask("/system_logs?select=message&message=imatch.^M1[0]$"),
    Ask("/system_logs?select=message&message=match.["),
    Ask("/system_logs?select=message&message=eq.a,b"),
    Ask("/system_logs?select=message&not.or=(message.neq.m1,message.eq.m2)"),
    Ask("/tasks?order=id"),
    Ask("/tasks?select=id&status=eq.Failed&order=id", headers=EXACT),
    Ask("/tasks?select=id&status=in.(Failed,%22In%20Progress%22)&order=id"),
    Ask("/tasks?select=id&id=in.()"),
    Ask(
        "/tasks?select=id&created_at=gte.2026-01-01T00:00:02Z"
        "&created_at=lt.2026-01-01T00:00:04Z"
    ),
    Ask(f"/tasks?select=id&dependant_on=cs.{{{FIRST}}}"),
    Ask(f"/tasks?select=id&dependant_on=ov.{{{FIRST},{NOT_THERE}}}"),
    Ask("/tasks?select=id,workers(status,metadata->>ram_tier)&order=id"),
    Ask("/tasks?select=id,worker:workers!inner(id)&order=id"),
    Ask("/tasks?select=id,workers!inner(id)&workers.status=eq.error&order=id"),
    Ask("/workers?select=id,tasks(id,status)&order=id"),
    Ask("/workers?select=id,metadata->d->>e,tier:metadata->>ram_tier&order=id"),
    Ask("/workers?select=id,metadata->ram_tier,metadata->list->0&order=id"),
    Ask("/workers?select=id&metadata->>ram_tier=eq.72"),
    Ask("/workers?select=id&metadata->ram_tier=gt.60"),
    Ask("/workers?select=id&metadata=is.null"),
    Ask("/workers?select=id&metadata=not.is.null"),
    Ask("/workers?select=id&order=metadata->>ram_tier.desc.nullslast"),
    Ask("/workers?select=id&order=last_heartbeat.asc.nullsfirst,id.desc"),
    Ask("/orchestrator_status?select=queued_tasks,failed_tasks"),
    Ask(f"/tasks?select=*&id=eq.{FIRST}", headers=ONE),
    Ask("/tasks?select=id", headers=ONE),
    Ask(f"/tasks?select=id&id=eq.{NOT_THERE}", headers=ONE),
    Ask("/tasks?select=id&status=eq.Completed"),
    Ask("/tasks?select=id&id=eq.c0ffee"),
    Ask("/tasks?select=id&id=like.c0*"),
    Ask("/tasks?select=nope"),
    Ask("/tasks?nope=eq.1"),
    Ask("/tasks?order=nope"),
    Ask("/nope"),
    Ask("/tasks?status=foo.1"),
    Ask("/workers?metadata=is.foo"),
    Ask("/tasks?order=id.foo"),
    Ask("/tasks?limit=-1"),
    Ask("/tasks?select=id,count()"),
    Ask("/tasks?select=id,generations(id)"),
    Ask("/tasks?attempts=gt.x"),
    Ask("/rpc/nope", "POST", body={}),
    Ask("/tasks?select=id", role="anon"),
    Ask("/credits_ledger", role="anon"),
    Ask("/credits_ledger", role="authenticated"),
    Ask("/tasks", role="nobody"),
]
WRITES = [
    Ask(f"/tasks?id=eq.{FIRST}&select=id,status", "PATCH", BACK, {"status": "Queued"}),
    Ask(f"/tasks?id=eq.{NOT_THERE}", "PATCH", BACK, {"status": "Queued"}),
    Ask(f"/tasks?id=eq.{FIRST}", "PATCH", body={"worker_id": None, "attempts": 2}),
    Ask(f"/tasks?id=eq.{FIRST}", "PATCH", EXACT, {"attempts": 2}),
    Ask(f"/tasks?id=eq.{FIRST}", "PATCH", body={"status": "Bad"}),
    Ask(f"/tasks?id=eq.{FIRST}", "PATCH", body={"bad": 1}),
    Ask("/workers?id=eq.w1", "PATCH", BACK, {"metadata": {"a": [1, {"b": None}]}}),
    Ask("/workers?select=id,status", "POST", BACK, {"id": "w9", "status": "x"}),
    Ask("/workers", "POST", body=[{"id": "w8"}, {"id": "w7"}]),
    Ask("/workers", "POST", body={"id": "w1"}),
    Ask("/workers", "POST", body={"id": "w6", "bad": 1}),
    Ask("/workers", "POST", body=[{"id": "w6"}, {"id": "w5", "status": "x"}]),
    Ask("/tasks", "POST", body={"task_type": "x", "worker_id": "nope"}),
    Ask("/tasks?status=eq.Failed&select=id", "DELETE", BACK),
    Ask("/tasks?status=eq.Failed", "DELETE"),
    Ask("/tasks?status=eq.Failed", "DELETE", role="anon"),
]


def fill(postgres: Postgres) -> None:
    """Put the same few rows into an empty database."""
    postgres.empty()
    metadata = {"ram_tier": 72, "d": {"e": "x"}, "list": [1, 2]}
    postgres.copy(
        "workers",
        ["id", "status", "metadata", "created_at"],
        [
            ("w1", "active", metadata, "2026-01-01T00:00:00Z"),
            ("w2", "error", None, "2026-01-02T00:00:00Z"),
        ],
    )
    postgres.copy(
        "tasks",
        ["id", "task_type", "status", "worker_id", "created_at", "dependant_on"],
        [
            (
                f"00000000-0000-4000-8000-{number:012d}",
                "t2v",
                "Failed" if number % 2 else "Queued",
                {1: "w1", 2: "w2"}.get(number),
                f"2026-01-01T00:00:{number:02d}Z",
                [FIRST] if number == 4 else None,
            )
            for number in range(1, 6)
        ],
    )


@pytest.fixture
def logs(whole_postgres: Postgres) -> Postgres:
    """Return a database with more log lines than one answer holds."""
    if whole_postgres.sql("select count(*) from system_logs") == [(LINES,)]:
        return whole_postgres  # whoever changes anything empties it first
    fill(whole_postgres)
    whole_postgres.copy(
        "system_logs",
        ["id", "source_type", "source_id", "log_level", "message", "timestamp"],
        [
            (
                f"00000000-0000-4000-8000-{number:012d}",
                *("worker", "w", "INFO", f"m{number}"),
                f"2026-01-01T00:{number // 60:02d}:{number % 60:02d}Z",
            )
            for number in range(LINES)
        ],
    )
    return whole_postgres


def answer(web: httpx.Client, url: str, ask: Ask) -> dict[str, Any]:
    """Return what matters of an answer."""
    response = web.request(
        ask.method,
        url + ask.path,
        headers={"Authorization": f"Bearer {key(ask.role)}", **ask.headers},
        json=ask.body,
    )
    body = response.json() if response.content else None
    return {
        "status": response.status_code,
        "range": response.headers.get("Content-Range"),
        "applied": response.headers.get("Preference-Applied"),
        "body": body,
    }


@pytest.mark.parametrize("ask", READS, ids=str)
def test_it_reads_as_postgrest_does(
    web: httpx.Client,
    logs: Postgres,
    postgrest: Postgrest,
    stand_in: RestStandIn,
    ask: Ask,
) -> None:
    """Status, range and body are the same."""
    ours, theirs = (answer(web, it.url, ask) for it in (stand_in, postgrest))

    assert ours == theirs


@pytest.mark.parametrize("ask", WRITES, ids=str)
def test_it_writes_as_postgrest_does(
    web: httpx.Client,
    postgres: Postgres,
    postgrest: Postgrest,
    stand_in: RestStandIn,
    ask: Ask,
) -> None:
    """And leaves the same rows."""
    seen = []
    for url in (stand_in.url, postgrest.url):
        fill(postgres)
        said = answer(web, url, ask)
        tasks = postgres.sql("select id, status, attempts, worker_id from tasks")
        workers = postgres.sql("select id, status, metadata from workers")
        seen.append((said, sorted(map(str, tasks)), sorted(map(str, workers))))

    assert seen[0] == seen[1]


def test_an_unfinished_group_is_refused_with_the_same_code(
    web: httpx.Client, postgrest: Postgrest, stand_in: RestStandIn
) -> None:
    """The words about the place differ."""
    ask = Ask("/tasks?or=(status.eq.Failed")
    ours, theirs = (answer(web, it.url, ask) for it in (stand_in, postgrest))

    assert ours["status"] == theirs["status"] == 400
    assert ours["body"]["code"] == theirs["body"]["code"] == "PGRST100"


@pytest.mark.parametrize(
    "token", [key("anon", expires=1700000000), key("anon", secret=SECRET[::-1]), "x"]
)
def test_a_bad_token_is_refused_with_the_same_code(
    web: httpx.Client, postgrest: Postgrest, stand_in: RestStandIn, token: str
) -> None:
    """Expired, forged, or none at all."""
    found = [
        web.get(f"{it.url}/tasks", headers={"Authorization": f"Bearer {token}"})
        for it in (stand_in, postgrest)
    ]

    assert [it.status_code for it in found] == [401, 401]
    assert [it.json()["code"] for it in found] == ["PGRST301"] * 2


def test_a_slow_query_is_ended_by_the_roles_limit(
    web: httpx.Client, postgres: Postgres
) -> None:
    """As PostgREST, it sets the caller's own limit for the transaction."""
    postgres.execute(
        "create view slow with (security_invoker = true) as select pg_sleep(5)::text;"
        "grant select on slow to anon;"
        "alter role anon set statement_timeout = '50ms'"
    )
    with Ground() as ground:
        uri = postgres.uri_of("authenticator")
        fresh = RestStandIn.start(ground, uri=uri)
        said = answer(web, fresh.url, Ask("/slow", role="anon"))
    postgres.execute("drop view slow; alter role anon set statement_timeout = '3s'")

    assert (said["status"], said["body"]["code"]) == (500, "57014")


def test_what_it_lacks_is_refused(web: httpx.Client, stand_in: RestStandIn) -> None:
    """And never answered wrongly."""
    upsert = Ask("/workers", "POST", {"Prefer": "resolution=merge-duplicates"}, {})
    broken = web.post(
        f"{stand_in.url}/workers",
        content="{bad",
        headers={"Authorization": f"Bearer {key('service_role')}"},
    )

    assert answer(web, stand_in.url, upsert)["body"]["code"] == "PGRST100"
    assert broken.json()["code"] == "PGRST102"


def test_a_missing_package_is_said_with_its_cure(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The reason names what to install."""
    monkeypatch.setattr(module, "INSTALLED", False)

    with pytest.raises(Unavailable, match=r"pip install 'debug-bot\[demo\]'"):
        RestStandIn.start(ground, uri="")
