"""A Supabase project, over a network in memory."""

import asyncio
import contextlib
import re
import time
from typing import Any

import httpx
import pytest

from bot.domain.errors import NotConfigured, OutOfTime, SourceDown
from bot.sources import Listing
from bot.sources.reigh import project as module
from bot.sources.reigh.conditions import Key, Row
from bot.sources.reigh.project import Project
from bot.tracing import request
from tests.sources.reigh.rest import KEY, URL, Rest, a_key, counted, refused, rows

NEWEST = Key(column="created_at", field="created_at")
BY_ID = Key(column="id", field="id", descending=False)
JSON = "application/json"


async def _ask(project: Project, columns: str = "id") -> list[Row]:
    return await project.rows(lambda client: client.table("tasks").select(columns))


async def _all(project: Project, key: Key = NEWEST, **given: Any) -> Listing[Row]:
    return await project.all(
        lambda client: client.table("tasks").select("id,created_at"),
        key,
        read=list,
        **given,
    )


async def _refusal(rest: Rest) -> SourceDown:
    with pytest.raises(SourceDown) as raised:
        await _ask(rest.project())
    assert raised.value.source == "supabase"
    return raised.value


async def test_rows_are_read_with_the_key() -> None:
    """Both headers are what Supabase's gateway looks at."""
    rest = Rest(rows({"id": 1}))

    found = await _ask(rest.project())

    assert found == [{"id": 1}]
    [request] = rest.requests
    assert request.url.path == "/rest/v1/tasks"
    assert request.headers["apikey"] == KEY
    assert request.headers["authorization"] == f"Bearer {KEY}"
    assert rest.asked == [{"select": "id"}]


@pytest.mark.parametrize(
    ("url", "key", "setting"),
    [
        (None, KEY, "SUPABASE_URL"),
        (URL, None, "SUPABASE_SERVICE_ROLE_KEY"),
        (None, None, "SUPABASE_URL"),
    ],
)
async def test_without_address_or_key_it_is_not_configured(
    url: str | None, key: str | None, setting: str
) -> None:
    """Nothing is asked, and the setting is named."""
    rest = Rest(rows())

    with pytest.raises(NotConfigured, match=f"{setting} is not set"):
        await _ask(rest.project(url=url, key=key))

    assert rest.requests == []


@pytest.mark.parametrize(
    ("key", "role"),
    [
        (a_key("anon"), "anon"),
        (a_key("authenticated"), "authenticated"),
        ("sb_publishable_made_up", "anon"),
    ],
)
async def test_a_key_that_is_shown_nothing_is_refused_before_any_request(
    key: str, role: str
) -> None:
    """To it a full database looks empty (TESTBED, 1.4)."""
    rest = Rest(rows())

    with pytest.raises(SourceDown) as raised:
        await _ask(rest.project(key=key))

    assert f"holds a key of role {role}, which is shown no rows" in raised.value.message
    assert "use the service key" in raised.value.hint
    assert key not in repr(raised.value)
    assert rest.requests == []


@pytest.mark.parametrize(
    "key",
    [
        a_key("service_role"),
        "sb_secret_made_up",
        "a.b.c",
        "e30.WzFd.list-of-claims",
    ],
)
async def test_other_keys_are_tried(key: str) -> None:
    """Whether they are good is for the project to say."""
    rest = Rest(rows())

    assert await _ask(rest.project(key=key)) == []


@pytest.mark.parametrize("key", ["“quoted”", "two words", "two\nlines", "a,b"])
async def test_a_key_that_no_header_can_carry_is_refused(key: str) -> None:
    """Copied together with what stood around it."""
    rest = Rest(rows())

    with pytest.raises(SourceDown, match="ROLE_KEY is not of the right form") as raised:
        await _ask(rest.project(key=key))

    assert key not in raised.value.message
    assert rest.requests == []


async def test_an_address_that_is_none_is_refused() -> None:
    """With the settings that may be at fault."""
    rest = Rest(rows())

    with pytest.raises(SourceDown, match="SUPABASE_URL or SUPABASE_SERVICE_ROLE_KEY"):
        await _ask(rest.project(url="project.example.test"))

    assert rest.requests == []


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(200, html="<html>Please log in</html>"),
        httpx.Response(200, json={"message": "hello"}),
        httpx.Response(200, json=["a", "b"]),
    ],
    ids=["html", "object", "texts"],
)
async def test_an_answer_that_is_no_list_of_rows_is_an_error(
    answer: httpx.Response,
) -> None:
    """The library hands it on as if all were well (TESTBED, 1.4)."""
    error = await _refusal(Rest(answer))

    assert error.message == "answered something that is not a list of rows"
    assert "SUPABASE_URL" in error.hint


KEY_REFUSED = "refused the key in SUPABASE_SERVICE_ROLE_KEY"


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        pytest.param(
            refused(None, "Invalid API key", status=401), KEY_REFUSED, id="bad key"
        ),
        pytest.param(
            refused(None, "No API key found in request", status=401),
            KEY_REFUSED,
            id="no key",
        ),
        pytest.param(
            httpx.Response(401, text="Unauthorized"), KEY_REFUSED, id="401 in text"
        ),
        pytest.param(
            httpx.Response(401, json={"error": "nope"}), KEY_REFUSED, id="odd 401"
        ),
        pytest.param(
            refused("22023", 'role "nobody" does not exist', status=400),
            KEY_REFUSED,
            id="unknown role",
        ),
        pytest.param(
            refused(
                "PGRST200",
                "Could not find a relationship between 'tasks' and 'workers' in the"
                " schema cache",
                status=400,
            ),
            "cannot join tasks and workers: a table, or their relation, is missing",
            id="no relation",
        ),
        pytest.param(
            refused("PGRST301", "JWT expired", status=401),
            f"{KEY_REFUSED}, which has expired",
            id="expired",
        ),
        pytest.param(
            refused("PGRST303", "JWT expired", status=401),
            f"{KEY_REFUSED}, which has expired",
            id="expired, newer",
        ),
        pytest.param(
            refused("PGRST301", "JWSError JWSInvalidSignature", status=401),
            KEY_REFUSED,
            id="foreign key",
        ),
        pytest.param(
            refused("PGRST302", "Anonymous access is disabled", status=401),
            KEY_REFUSED,
            id="nobody",
        ),
        pytest.param(
            refused("42P01", 'relation "public.tasks" does not exist', status=404),
            "has no table tasks",
            id="no table",
        ),
        pytest.param(
            refused(
                "PGRST205",
                "Could not find the table 'public.tasks' in the schema cache",
                status=404,
            ),
            "has no table tasks",
            id="no table, newer",
        ),
        pytest.param(
            refused("42703", "column tasks.colour does not exist"),
            "has no column tasks.colour",
            id="no column",
        ),
        pytest.param(
            refused("42703", "strange words"), "has no column that", id="no name"
        ),
        pytest.param(
            refused("42501", "permission denied for table tasks", status=403),
            "does not let this key read tasks",
            id="no grant",
        ),
        pytest.param(
            refused(
                "57014", "canceling statement due to statement timeout", status=500
            ),
            "cancelled the query: it took too long",
            id="cancelled",
        ),
        pytest.param(
            refused("PGRST002", "Could not query the database", status=503),
            "has lost its database for the moment",
            id="no database",
        ),
        pytest.param(
            refused("PGRST003", "Timed out acquiring connection", status=504),
            "has no free connection to its database",
            id="no connection",
        ),
        pytest.param(
            refused(None, "Too many requests", status=429),
            "asks to be asked less often (429)",
            id="429",
        ),
        pytest.param(
            httpx.Response(429, html="<html>"),
            "asks to be asked less often (429)",
            id="429 in HTML",
        ),
        pytest.param(
            httpx.Response(503, html="<html>"),
            "answered with HTTP status 503",
            id="503 in HTML",
        ),
        pytest.param(
            refused(None, "An invalid response was received", status=502),
            "answered with HTTP status 502",
            id="502 of the gateway",
        ),
        pytest.param(
            refused("PGRST100", "failed to parse", status=400),
            "refused the request (PGRST100)",
            id="malformed",
        ),
        pytest.param(
            refused("22P02", "invalid input value: sb_secret_made_up", status=400),
            "refused the request (22P02)",
            id="bad value",
        ),
        pytest.param(httpx.ReadTimeout("slow"), "did not answer within 6 s", id="slow"),
        pytest.param(
            httpx.ConnectTimeout("slow"), "did not answer within 6 s", id="no answer"
        ),
        pytest.param(
            httpx.ConnectError("no"),
            "cannot be reached at the address in SUPABASE_URL",
            id="closed",
        ),
        pytest.param(
            httpx.ReadError("reset"),
            "broke the connection before its answer was whole",
            id="reset",
        ),
        pytest.param(
            httpx.RemoteProtocolError("cut"),
            "broke the connection before its answer was whole",
            id="cut short",
        ),
        pytest.param(
            httpx.InvalidURL("too long"),
            "could not be asked (InvalidURL)",
            id="too long",
        ),
    ],
)
async def test_every_failure_is_one_calm_line(
    answer: httpx.Response | Exception, message: str
) -> None:
    """It quotes no row and no key; the cause is kept for the log."""
    rest = Rest(answer)

    error = await _refusal(rest)

    assert error.message == message
    assert error.__cause__ is not None
    assert len(rest.requests) == 1


@pytest.mark.parametrize("answer", [httpx.Response(503), httpx.ReadError("reset")])
async def test_the_librarys_own_retry_is_off(
    answer: httpx.Response | Exception,
) -> None:
    """It would be silent for seven seconds (TESTBED, 1.4)."""
    rest = Rest(answer)
    started = time.monotonic()

    await _refusal(rest)

    assert time.monotonic() - started < 0.9
    assert len(rest.requests) == 1


async def test_an_answer_that_does_not_come_is_not_waited_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The deadline is ours: no transport has to keep one."""

    async def sleep(request: httpx.Request) -> httpx.Response:
        await asyncio.sleep(60)
        return rows()

    monkeypatch.setattr(module, "REQUEST_SECONDS", 0.05)
    project = Project(URL, KEY, transport=httpx.MockTransport(sleep))

    with pytest.raises(SourceDown, match=r"did not answer within 0\.05 s"):
        await _ask(project)


async def test_a_count_is_read_from_its_header() -> None:
    """Which the client library reads only when a count was asked for."""
    rest = Rest(counted(4200))
    project = rest.project()

    number = await project.count(
        lambda client: client.table("tasks").select("id", count="exact")  # type: ignore[arg-type]
    )

    assert number == 4200
    [request] = rest.requests
    assert request.headers["prefer"] == "count=exact"


async def test_a_count_that_is_missing_is_an_error() -> None:
    """Zero would be a lie."""
    project = Rest(rows()).project()

    with pytest.raises(SourceDown, match="without the count"):
        await project.count(
            lambda client: client.table("tasks").select("id", count="exact")  # type: ignore[arg-type]
        )


# --- columns that a project may lack ------------------------------------------------

NO_ATTEMPTS = refused("42703", "column tasks.attempts does not exist")


async def _with_optional(project: Project) -> list[Row]:
    return await project.rows(
        lambda client: client.table("tasks").select(
            project.columns("tasks", ("id", "attempts", "made:created_at"))
        )
    )


async def test_an_optional_column_that_is_missing_is_left_out_from_then_on() -> None:
    """Once asked again without it, the project is remembered to lack it."""
    rest = Rest(NO_ATTEMPTS, rows({"id": 1}))
    project = rest.project()

    assert await _with_optional(project) == [{"id": 1}]
    await _with_optional(project)

    assert [asked["select"] for asked in rest.asked] == [
        "id,attempts,made:created_at",
        "id,made:created_at",
        "id,made:created_at",
    ]
    assert project.lacks("tasks", "attempts")
    assert not project.lacks("workers", "attempts")


async def test_two_questions_at_once_may_learn_of_the_same_column() -> None:
    """The second one's failure is no news, and still to be asked again."""

    def answer(request: httpx.Request) -> httpx.Response:
        return NO_ATTEMPTS if b"attempts" in request.url.query else rows({"id": 1})

    project = Rest(answer).project()

    first, second = await asyncio.gather(
        _with_optional(project), _with_optional(project)
    )

    assert first == second == [{"id": 1}]


async def test_a_column_of_an_embedded_table_is_understood() -> None:
    """PostgREST numbers the aliases of embedded tables."""
    rest = Rest(
        refused("42703", "column workers_1.current_model does not exist"), rows()
    )
    project = rest.project()

    await _ask(project)

    assert project.lacks("workers", "current_model")


async def test_a_column_that_is_asked_for_all_the_same_is_an_error() -> None:
    """A filter on it cannot be left out; the question must not go round for ever."""
    rest = Rest(NO_ATTEMPTS)

    error = await _refusal(rest)

    assert error.message == "has no column tasks.attempts"
    assert len(rest.requests) == 2


async def test_columns_behind_an_alias_and_a_path_are_known() -> None:
    """What is selected may be a part of the column."""
    rest = Rest(refused("42703", "column tasks.params does not exist"), rows())
    project = rest.project()
    await _ask(project)

    columns = project.columns("tasks", ("id", "ref:params->>orchestrator_task_id_ref"))

    assert columns == "id"


# --- paging -------------------------------------------------------------------------


class Table:
    """Answers pages as PostgREST does: at most *cap* rows, in order, after a bound."""

    def __init__(self, found: list[Row], *, cap: int = 1000) -> None:
        self._found = found
        self._cap = cap

    def __call__(self, request: httpx.Request) -> httpx.Response:
        """Return the page that the request asks for."""
        query = request.url.params
        order = query["order"]
        names = [part.split(".")[0] for part in order.split(",")]
        descending = order.split(",")[0].endswith(".desc")
        found = sorted(
            self._found,
            key=lambda row: tuple(row[name] for name in names),
            reverse=descending,
        )
        if "or" in query:
            at, same, id = re.findall(r'"([^"]*)"', query["or"])
            assert same == at
            bound = (at, id)
            found = [
                row
                for row in found
                if ((row["created_at"], row["id"]) < bound) is descending
                and (row["created_at"], row["id"]) != bound
            ]
        elif "id" in query:
            id = query["id"].removeprefix("gt.")
            found = [row for row in found if row["id"] > id]
        return rows(*found[: min(self._cap, int(query["limit"]))])


def _found(number: int, *, each_time: int = 1) -> list[Row]:
    return [
        {"id": f"{n:06d}", "created_at": f"2026-01-31T{n // each_time:06d}"}
        for n in range(number)
    ]


@pytest.mark.parametrize("number", [0, 1, 999, 1000, 1001, 2500])
async def test_every_row_is_read_once_in_order(number: int) -> None:
    """Page by page, however many there are."""
    rest = Rest(Table(_found(number)))

    listing = await _all(rest.project())

    assert [row["id"] for row in listing.rows] == [
        f"{n:06d}" for n in reversed(range(number))
    ]
    assert listing.whole


async def test_rows_of_the_same_time_are_not_lost_between_pages() -> None:
    """Times repeat: the id breaks the tie."""
    rest = Rest(Table(_found(2500, each_time=700)))

    listing = await _all(rest.project())

    assert len({row["id"] for row in listing.rows}) == 2500


async def test_pages_go_forward_as_well() -> None:
    """Oldest first."""
    key = Key(column="created_at", field="created_at", descending=False)
    rest = Rest(Table(_found(1500, each_time=700)))

    listing = await _all(rest.project(), key)

    assert [row["id"] for row in listing.rows] == [f"{n:06d}" for n in range(1500)]


async def test_pages_may_go_along_the_id_alone() -> None:
    """Where nothing else is unique."""
    rest = Rest(Table(_found(1550)))

    listing = await _all(rest.project(), BY_ID)

    assert [row["id"] for row in listing.rows] == [f"{n:06d}" for n in range(1550)]
    assert [asked["order"] for asked in rest.asked] == ["id.asc", "id.asc"]


@pytest.mark.parametrize("cap", [100, 500])
async def test_a_lower_cap_is_noticed(cap: int) -> None:
    """Whoever runs the project may have set one; answers say nothing of it."""
    rest = Rest(Table(_found(1234), cap=cap))

    listing = await _all(rest.project())

    assert len(listing.rows) == 1234
    assert listing.whole


async def test_a_bound_ends_the_reading_and_says_so() -> None:
    """The newest are kept."""
    rest = Rest(Table(_found(2500)))

    listing = await _all(rest.project(), bound=1200)

    assert len(listing.rows) == 1200
    assert listing.rows[0]["id"] == "002499"
    assert not listing.whole
    assert [asked["limit"] for asked in rest.asked] == ["1000", "200"]


async def test_time_for_one_list_ends_the_reading_and_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What was read by then is kept."""
    monkeypatch.setattr(module, "LISTING_SECONDS", -1.0)
    rest = Rest(Table(_found(2500)))

    listing = await _all(rest.project())

    assert len(listing.rows) == 1000
    assert not listing.whole


async def test_a_later_page_that_takes_too_long_ends_the_reading_too() -> None:
    """A slow source must not cost what it did answer."""
    rest = Rest(rows(*_found(1000)), httpx.ReadTimeout("slow"))

    listing = await _all(rest.project())

    assert len(listing.rows) == 1000
    assert not listing.whole


async def test_a_first_page_that_takes_too_long_is_a_failure() -> None:
    """Nothing is known then."""
    with pytest.raises(OutOfTime):
        await _all(Rest(httpx.ReadTimeout("slow")).project())


async def test_a_failure_on_a_later_page_is_a_failure() -> None:
    """Half a list must not pass for a whole one."""
    rest = Rest(rows(*_found(1000)), refused("57014", "canceling"))

    with pytest.raises(SourceDown, match="took too long"):
        await _all(rest.project())


# --- connections --------------------------------------------------------------------


async def test_the_first_questions_share_one_connection() -> None:
    """However many are put at once."""
    rest = Rest(rows())
    project = rest.project()

    await asyncio.gather(*(_ask(project) for _ in range(5)))

    assert len(rest.requests) == 5
    assert project._client is not None


async def test_it_can_be_closed_at_any_time_and_used_again() -> None:
    """Closing what was never opened is fine."""
    project = Rest(rows()).project()
    await project.close()
    await _ask(project)
    await project.close()

    assert await _ask(project) == []


async def test_a_hosted_project_is_asked_over_http_2() -> None:
    """Over TLS fifty questions share one connection."""
    rest = Rest(rows())

    assert await _ask(rest.project(url="https://project.example.test")) == []


@pytest.mark.parametrize(
    "answer", [httpx.Response(200, content=b""), httpx.Response(204)]
)
async def test_an_answer_without_a_body_is_no_empty_list(
    answer: httpx.Response,
) -> None:
    """The library would take it for one."""
    with pytest.raises(SourceDown, match="answered with nothing at all"):
        await _all(Rest(answer).project())


async def test_a_request_is_named_to_the_project() -> None:
    """Its own logs then tell for whom they were written; the shell's start has none."""
    rest = Rest(rows())
    project = rest.project()

    await _ask(project)
    with request() as id:
        await _ask(project)

    assert [each.headers.get("X-Request-ID") for each in rest.requests] == [None, id]


async def test_each_question_is_measured() -> None:
    """What came of it, and how long it took."""
    heard: list[tuple[str, str]] = []

    def observe(source: str, outcome: str, seconds: float) -> None:
        assert seconds >= 0
        heard.append((source, outcome))

    answers = (rows(), refused("42501", "words"), httpx.ReadTimeout("late"))
    rest = Rest(*answers)
    project = rest.project(observe=observe)

    for _ in answers:
        with contextlib.suppress(SourceDown):
            await _ask(project)

    assert heard == [
        ("supabase", "answered"),
        ("supabase", "failed"),
        ("supabase", "late"),
    ]
