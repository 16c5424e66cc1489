import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable
from typing import Any, Final

import httpx
import pytest

from bot.demo.faults import Fault
from bot.domain.errors import OutOfTime, SourceDown
from bot.settings import ClickHouse
from bot.sources.clickhouse import engine as module
from bot.sources.clickhouse.engine import Engine
from bot.sources.patience import answering
from tests.engines import Kept, settings_of

SETTINGS: Final = ClickHouse(
    url="http://clickhouse.example:8123",
    user="me",
    password="made up",
    systems=("octollm",),
)
QUESTION: Final = "SELECT id FROM logs"
ROW: Final = b'{"id":"a"}\n'
BROKE: Final = (
    b"Code: 395. DB::Exception: Value passed to 'throwIf' function is non-zero: while"
    b" executing 'FUNCTION throwIf(...)'. (FUNCTION_THROW_IF_VALUE_IS_NON_ZERO)"
    b" (version 24.8.4.13 (official build))\n"
)


class Parts(httpx.AsyncByteStream):
    """An answer in parts, which may end in an error."""

    def __init__(self, *parts: bytes, error: Exception | None = None) -> None:
        self._parts = parts
        self._error = error

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for part in self._parts:
            yield part
        if self._error is not None:
            raise self._error


def answering_with(
    *parts: bytes,
    status: int = 200,
    error: Exception | None = None,
    headers: dict[str, str] | None = None,
) -> Engine:
    """Return an engine that gets this answer to everything."""

    def answer(request: httpx.Request) -> httpx.Response:
        stream = Parts(*parts, error=error)
        return httpx.Response(status, stream=stream, headers=headers)

    return Engine(SETTINGS, transport=httpx.MockTransport(answer))


async def asked(engine: Engine, **given: Any) -> list[Any]:
    """Return what a question brings."""
    try:
        return [*await engine.rows(QUESTION, given, most=10)]
    finally:
        await engine.close()


async def down(engine: Engine) -> SourceDown:
    """Return how a question fails."""
    with pytest.raises(SourceDown) as caught:
        await asked(engine)
    assert caught.value.source == "clickhouse"
    return caught.value


# --- what is sent -------------------------------------------------------------------


async def test_values_and_keys_are_sent_apart_from_the_question() -> None:
    """Neither is in it, nor is the password in the address."""
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, content=ROW)

    rows = await asked(
        Engine(SETTINGS, transport=httpx.MockTransport(answer)), text="it's \\"
    )

    [request] = seen
    assert rows == [{"id": "a"}]
    assert request.content.decode() == QUESTION
    assert dict(request.url.params) == {
        "default_format": "JSONEachRow",
        "readonly": "2",
        "max_execution_time": "6",
        "max_result_rows": "10",
        "cancel_http_readonly_queries_on_client_close": "1",
        "param_text": r"it's \\",
    }
    assert request.headers["X-ClickHouse-User"] == "me"
    assert request.headers["X-ClickHouse-Key"] == "made up"
    assert "made" not in str(request.url)


async def test_without_a_user_none_is_named() -> None:
    """Then ClickHouse takes its default user, or the one in the address."""
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200)

    settings = ClickHouse(url="http://ch.example:8123", systems=("octollm",))
    engine = Engine(settings, transport=httpx.MockTransport(answer))

    assert await asked(engine) == []
    assert not {"x-clickhouse-user", "x-clickhouse-key"} & set(seen[0].headers)


async def test_the_engine_has_no_longer_than_the_answer_has() -> None:
    """It gives up when we do, or before."""
    seen: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request.url.params["max_execution_time"])
        return httpx.Response(200)

    for seconds in (0.2, 1.5, 4.0, 60.0):
        with answering(seconds):
            await asked(Engine(SETTINGS, transport=httpx.MockTransport(answer)))

    assert seen == ["1", "1", "3", "6"]


def test_a_table_may_be_of_another_database() -> None:
    """Both names are quoted."""
    engine = Engine(ClickHouse(url="http://x", systems=(), table="observed.logs"))

    assert engine.table == "`observed`.`logs`"


# --- what comes back ----------------------------------------------------------------


async def test_rows_are_read_as_they_come() -> None:
    """Wherever the network cuts them."""
    assert await asked(answering_with(b'{"id":', b'"a"}\n{"id":"b"}', b"\n")) == [
        {"id": "a"},
        {"id": "b"},
    ]


@pytest.mark.parametrize("sign", ["\u2028", "\u0085", "\x0b", "\x1c", "\r"])
async def test_only_a_line_feed_ends_a_row(sign: str) -> None:
    """Whatever else ends a line elsewhere stands in texts as it is."""
    row = json.dumps({"id": f"a{sign}b"}, ensure_ascii=False).encode() + b"\n"

    assert await asked(answering_with(row)) == [{"id": f"a{sign}b"}]


@pytest.mark.parametrize(
    ("parts", "headers"),
    [
        ((ROW, BROKE), {}),
        ((ROW, b'{"exception": "Code: 395. DB::Exception: Value passed"}\n'), {}),
        (
            (
                ROW,
                b"\r\n__exception__\r\nabcdefghijklmnop\r\n" + BROKE,
                b"\r\n123 abcdefghijklmnop\r\n__exception__\r\n",
            ),
            {"X-ClickHouse-Exception-Tag": "abcdefghijklmnop"},
        ),
    ],
    ids=["old", "as a row", "new"],
)
async def test_an_error_in_the_middle_of_a_good_answer_is_one(
    parts: tuple[bytes, ...], headers: dict[str, str]
) -> None:
    """In each of the three forms in which versions write it."""
    error = await down(answering_with(*parts, headers=headers))

    assert error.message == "refused the question (code 395)"


async def test_too_long_is_too_long_in_the_middle_too() -> None:
    """As at the beginning."""
    error = await down(
        answering_with(ROW, b"Code: 159. DB::Exception: Timeout exceeded: elapsed 6 s")
    )

    assert isinstance(error, OutOfTime)


@pytest.mark.parametrize("end", [b'{"id":"b', b'{"id":"b"}'])
async def test_half_an_answer_is_none(end: bytes) -> None:
    """A row that has no end was cut, though it looks whole."""
    error = await down(answering_with(ROW, end))

    assert error.message == "broke off in the middle of its answer"


@pytest.mark.parametrize(
    "body", [b"<html>login</html>", b"[1]\n", b"Ok.\n", b"\x00\xff\n", b"[" * 99_999]
)
async def test_nonsense_is_said_to_be_some(body: bytes) -> None:
    """A proxy's page, say; none of it is repeated."""
    error = await down(answering_with(body))

    assert error.message == "answered what it should not: see CLICKHOUSE_URL"


async def test_too_large_an_answer_is_not_read_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It would fill the memory."""
    monkeypatch.setattr(module, "LARGEST", 2 << 20)

    error = await down(answering_with(*[b" " * (1 << 20)] * 3))

    assert error.message == "answered with more than 2 MB: use a shorter window"


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (httpx.ConnectError("no"), "cannot be reached at the address in CLICKHOUSE"),
        (httpx.RemoteProtocolError("cut"), "broke the connection before its answer"),
        (httpx.ReadError("reset"), "broke the connection before its answer was whole"),
    ],
)
async def test_a_broken_connection_is_told(error: Exception, said: str) -> None:
    """Before the first row and after it."""
    for parts in ((), (ROW,)):
        found = await down(answering_with(*parts, error=error))

        assert found.message.startswith(said)


async def test_a_late_answer_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """After our own time, whatever the engine was told."""
    monkeypatch.setattr(module, "REQUEST_SECONDS", 0.05)

    async def answer(request: httpx.Request) -> httpx.Response:
        await asyncio.sleep(60)
        return httpx.Response(200)

    error = await down(Engine(SETTINGS, transport=httpx.MockTransport(answer)))

    assert isinstance(error, OutOfTime)
    assert error.message == "did not answer within 0.05 s"


async def test_no_redirection_is_followed() -> None:
    """It would carry the password elsewhere."""
    error = await down(
        answering_with(status=302, headers={"location": "http://evil.example/"})
    )

    assert error.message == "answered with HTTP status 302"


async def test_a_long_refusal_is_read_no_further_than_its_code() -> None:
    """Whatever a gateway sends."""
    found = await down(answering_with(*[b"x" * 4096] * 9, status=502))

    assert found.message == "answered with HTTP status 502"


async def test_how_it_went_is_observed() -> None:
    """As of every source."""
    seen: list[tuple[str, str]] = []
    for code in (200, 500):
        engine = Engine(
            SETTINGS,
            transport=httpx.MockTransport(lambda _, code=code: httpx.Response(code)),
            observe=lambda source, outcome, _: seen.append((source, outcome)),
        )
        with contextlib.suppress(SourceDown):
            await engine.rows(QUESTION, {}, most=1)
        await engine.close()

    assert seen == [("clickhouse", "answered"), ("clickhouse", "failed")]


# --- the real engine ----------------------------------------------------------------

real = pytest.mark.clickhouse
HOSTILE: Final = (
    *("it's", '"', "\\", r"\N", "\\'", "a\tb\nc\rd", "\0", "{x:String}", "`;--", "%_"),
    *("') OR 1=1 --", "grün ✓ 🚀", "", " ", "[]", "['a','b']", "\u2028", "\udcff"),
)


@real
@pytest.mark.parametrize("text", HOSTILE, ids=ascii)
async def test_any_text_is_sent_as_it_is(kept: Kept, text: str) -> None:
    """Alone and in a list; what nobody can send is a question mark."""
    [row] = await kept.engine.rows(
        "SELECT {a:String} AS one, {b:Array(String)} AS more",
        {"a": text, "b": [text, "x", text]},
        most=1,
    )

    sent = text.replace("\udcff", "?")
    assert row == {"one": sent, "more": [sent, "x", sent]}


@real
async def test_nothing_can_be_written(kept: Kept) -> None:
    """Also by a user who could otherwise."""
    admin = Engine(settings_of(kept.server, user="default", password=""))
    for engine in (kept.engine, admin):
        with pytest.raises(SourceDown, match="give it readonly = 2"):
            await engine.rows(
                f"INSERT INTO {kept.table} (system) VALUES ('x')", {}, most=1
            )
    await admin.close()

    assert kept.server.execute(f"SELECT count() FROM {kept.table}") == "0\n"


@real
async def test_more_rows_than_wanted_are_refused(kept: Kept) -> None:
    """By the engine itself."""
    with pytest.raises(SourceDown, match="answered more lines than it was asked for"):
        await kept.engine.rows("SELECT number FROM numbers(100)", {}, most=10)


@real
async def test_a_question_that_takes_too_long_is_ended_by_the_engine(
    kept: Kept,
) -> None:
    """At its own limit, before ours."""
    long = "SELECT sum(sipHash64(number)) AS s FROM numbers(100000000000)"

    with pytest.raises(OutOfTime, match="gave up the question: it took too long"):
        await kept.engine.rows(long, {}, most=1, seconds=1.9)


@real
@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"password": "wrong"}, "refused the user or the password"),
        ({"user": "nobody"}, "refused the user or the password"),
        ({"table": "nothing"}, "has no table nothing: see CLICKHOUSE_TABLE"),
        ({"table": "nowhere.logs"}, "has no database of nowhere.logs"),
    ],
)
async def test_a_wrong_setting_is_named(
    kept: Kept, given: dict[str, str], said: str
) -> None:
    """In the engine's own terms, turned into ours."""
    engine = Engine(settings_of(kept.server, **given))
    try:
        with pytest.raises(SourceDown, match=said):
            await engine.rows(f"SELECT id FROM {engine.table}", {}, most=1)
    finally:
        await engine.close()


@real
async def test_another_table_is_told_by_the_column_it_lacks(kept: Kept) -> None:
    """With where to read about the right one."""
    with pytest.raises(SourceDown, match=f"has no column worker in {kept.table}: see"):
        await kept.engine.rows(f"SELECT worker FROM {kept.table}", {}, most=1)


@real
@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (Fault(status=401, body="who?"), "refused the user or the password"),
        (Fault(status=503, body="<html>"), "answered with HTTP status 503"),
        (Fault(reset=True), "broke the connection before its answer was whole"),
        (Fault(truncate=9), "broke the connection before its answer was whole"),
    ],
)
async def test_what_stands_between_may_fail(
    kept: Kept, fault: Fault, said: str
) -> None:
    """And the next question is answered again."""
    kept.server.faults(fault)
    question = "SELECT 'a' AS id FROM numbers(3)"

    with pytest.raises(SourceDown, match=said):
        await kept.engine.rows(question, {}, most=3)

    assert len(await kept.engine.rows(question, {}, most=3)) == 3


def test_secrets_are_not_shown() -> None:
    """Where settings are printed."""
    shown: Callable[[object], str] = repr

    assert "made up" not in shown(SETTINGS)
    assert "example" not in shown(SETTINGS)
