"""What is posted to us is checked before anybody reads it."""

import asyncio
import gzip
import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
from aiohttp.test_utils import TestServer
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse
from slack_sdk.signature import Clock, SignatureVerifier

from bot.slack.http import MOST_BYTES, NOTED_A_MINUTE, Site, well_formed
from bot.slack.metrics import Metrics
from tests.counterparts import patient

SECRET = "shh"  # noqa: S105  made up
NOW = 1_800_000_000.0
PATH = "/slack/events"
JSON = "application/json"
FORM = "application/x-www-form-urlencoded"


async def dispatch(request: AsyncBoltRequest) -> BoltResponse:
    """Take everything, as Bolt would."""
    return BoltResponse(status=200, body="")


async def confused(request: AsyncBoltRequest) -> BoltResponse:
    """Understand nothing, as Bolt says it."""
    return BoltResponse(status=500, body="")


async def raising(request: AsyncBoltRequest) -> BoltResponse:
    """Understand nothing, and raise."""
    raise AttributeError


class Stopped(Clock):
    """A clock that stands, so that a second more or less is told for certain."""

    def now(self) -> float:
        """Return always the same time."""
        return NOW


def a_site(metrics: Metrics | None = None, **given: object) -> Site:
    """Return a site that is ready."""
    verifier = SignatureVerifier(SECRET, clock=Stopped())
    about = {"missing": dict, "verifier": verifier, "dispatch": dispatch, **given}
    return Site(metrics=metrics or Metrics(), **about)  # type: ignore[arg-type]


@asynccontextmanager
async def visited(site: Site) -> AsyncIterator[httpx.AsyncClient]:
    """Return a client of the site."""
    async with TestServer(site.application()) as server:
        url = str(server.make_url(""))
        async with patient(url) as client:
            yield client


def signed(body: bytes, kind: str = JSON, *, skew: float = 0) -> dict[str, str]:
    """Return the headers with which Slack would send the body."""
    at = str(int(NOW + skew))
    made = hmac.new(SECRET.encode(), f"v0:{at}:".encode() + body, hashlib.sha256)
    return {
        "Content-Type": kind,
        "X-Slack-Request-Timestamp": at,
        "X-Slack-Signature": f"v0={made.hexdigest()}",
    }


async def status_of(
    body: bytes, headers: dict[str, str], site: Site | None = None
) -> int:
    """Return what posting it answers."""
    async with visited(site or a_site()) as client:
        return (await client.post(PATH, content=body, headers=headers)).status_code


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b'{"type": "event_callback"}', JSON),
        (b"command=%2Fdebug&text=health", FORM),
        (b"payload=%7B%22type%22%3A%22block_actions%22%7D", FORM),
        (b"ssl_check=1&token=x", FORM),
    ],
)
async def test_what_slack_signed_is_taken(body: bytes, kind: str) -> None:
    """Events, commands, interactions, and its check of the certificate."""
    assert await status_of(body, signed(body, kind)) == 200


PRESS = b"payload=%7B%22action_id%22%3A%22gate%3Aconfirm%22%7D"

GARBAGE = [
    b"",
    b"{",
    b"null",
    b"[]",
    b'"text"',
    b"payload={",
    b"payload=null",
    b"payload=",
    b"command",
    b"\xff\xfe\x00",
    b"[" * 50_000,
    b"a=1&" * 1000,
    b'{"type": NaN',
    b'{"type": "block_actions"}',
    b'{"type": ["block_actions"]}',
    b'{"type": "block_actions", "also": "&command=/x&"}',
    b"payload={}&payload={}",
]


@pytest.mark.parametrize("kind", [JSON, FORM, "text/plain", "a/b; charset=nonsense"])
@pytest.mark.parametrize("body", GARBAGE)
async def test_unsigned_garbage_is_refused(body: bytes, kind: str) -> None:
    """Unread."""
    assert await status_of(body, {"Content-Type": kind}) == 401


@pytest.mark.parametrize("kind", [JSON, FORM, "text/plain", "a/b; charset=nonsense"])
@pytest.mark.parametrize("body", GARBAGE)
async def test_signed_garbage_is_refused(body: bytes, kind: str) -> None:
    """As the sender's fault; what is no text can't be checked at all."""
    assert await status_of(body, signed(body, kind)) in (400, 401)


@pytest.mark.parametrize("skew", [-301.0, 301.0])
async def test_an_old_or_early_request_is_refused(skew: float) -> None:
    """It may be a replay."""
    assert await status_of(b"{}", signed(b"{}", skew=skew)) == 401


@pytest.mark.parametrize("skew", [-300.0, 300.0])
async def test_a_clock_may_be_off_by_minutes(skew: float) -> None:
    """Five of them."""
    assert await status_of(b"{}", signed(b"{}", skew=skew)) == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Slack-Signature": "v0=00"},
        {"X-Slack-Signature": "v0=é"},
        {"X-Slack-Signature": ""},
        {"X-Slack-Request-Timestamp": "yesterday"},
        {"X-Slack-Request-Timestamp": "1e3"},
        {"X-Slack-Request-Timestamp": "9" * 5000},
    ],
)
async def test_a_forged_request_is_refused(headers: dict[str, str]) -> None:
    """Whatever stands where the signature or the time should."""
    given = httpx.Headers({**signed(b"{}"), **headers}, encoding="utf-8")
    async with visited(a_site()) as client:
        answer = await client.post(PATH, content=b"{}", headers=given)

    assert answer.status_code == 401


async def test_a_signature_covers_the_body() -> None:
    """Another body under it is a forgery."""
    assert await status_of(b'{"a": 1}', signed(b"{}")) == 401


async def test_a_huge_body_is_refused() -> None:
    """Before it is all read."""
    body = b" " * (MOST_BYTES + 1)

    assert await status_of(body, signed(body)) == 413


async def test_a_small_body_that_unpacks_to_a_huge_one_is_refused() -> None:
    """The bound holds after unpacking."""
    body = gzip.compress(b" " * (MOST_BYTES * 8))

    assert await status_of(body, {**signed(body), "Content-Encoding": "gzip"}) == 413


async def test_a_body_that_does_not_unpack_is_refused() -> None:
    """As the sender's fault."""
    headers = {**signed(b"{}"), "Content-Encoding": "gzip"}

    assert await status_of(b"{}", headers) in (400, 401)


@pytest.mark.parametrize("reading", [confused, raising])
async def test_what_bolt_cannot_read_is_the_senders_fault(reading: object) -> None:
    """We never say that it is ours."""
    assert await status_of(b"{}", signed(b"{}"), a_site(dispatch=reading)) == 400


async def test_a_refused_body_is_written_nowhere(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """It is counted instead."""
    caplog.set_level(0)
    metrics = Metrics()
    await status_of(b'{"s": "confidential"}', {}, a_site(metrics))

    assert "confidential" not in caplog.text
    assert 'bad_requests_total{status="401"} 1' in metrics.text()


async def test_other_ways_to_ask_are_refused() -> None:
    """Slack posts, and to one path."""
    async with visited(a_site()) as client:
        statuses = [
            (await client.get(PATH)).status_code,
            (await client.put(PATH, content=b"{}")).status_code,
            (await client.post("/", content=b"{}")).status_code,
        ]

    assert statuses == [405, 405, 404]


async def test_what_is_no_http_is_refused(caplog: pytest.LogCaptureFixture) -> None:
    """Without a trace in the log."""
    async with TestServer(a_site().application()) as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(b"\x16\x03\x01 nonsense\r\n\r\n")
        line = await reader.readline()
        writer.close()
        await writer.wait_closed()

    assert b" 400 " in line
    assert "Traceback" not in caplog.text


async def test_without_slack_there_is_no_such_path() -> None:
    """In Socket Mode the listener knows only health, readiness, metrics."""
    assert await status_of(b"{}", signed(b"{}"), a_site(dispatch=None)) == 404


async def test_health_readiness_and_metrics_are_told() -> None:
    """To whoever asks."""
    async with visited(a_site()) as client:
        answers = [
            await client.get(path) for path in ("/healthz", "/readyz", "/metrics")
        ]

    assert [it.status_code for it in answers] == [200, 200, 200]
    assert answers[0].text == "ok\n"
    assert answers[2].text.startswith("# HELP debug_bot_")


async def test_what_is_missing_is_named() -> None:
    """With the reason, and a status that a balancer understands."""
    site = a_site(missing=lambda: {"slack": "refused: invalid_auth"})
    async with visited(site) as client:
        answer = await client.get("/readyz")

    assert answer.status_code == 503
    assert answer.text == "slack: refused: invalid_auth\n"


async def test_a_site_listens_and_ends() -> None:
    """On the host and port it is told."""
    site = a_site()
    await site.open("127.0.0.1", 0)
    assert site._runner is not None
    [address] = site._runner.addresses
    await site.close()

    assert address[0] == "127.0.0.1"


def test_a_form_may_hold_a_payload_or_a_command() -> None:
    """Nothing else."""
    assert well_formed("payload={}", FORM)
    assert not well_formed("hello=1", FORM)
    assert not well_formed(json.dumps([]), JSON)


async def not_found(request: AsyncBoltRequest) -> BoltResponse:
    """Know nobody who would take it."""
    return BoltResponse(status=404, body="")


@pytest.mark.parametrize(
    ("headers", "body", "reading"),
    [
        ({}, PRESS, dispatch),
        ({"X-Slack-Signature": "v0=00"}, PRESS, dispatch),
        (signed(PRESS, FORM, skew=301), PRESS, dispatch),
        ({}, PRESS.lower(), dispatch),
        ({}, b'{"action_id": "gate:confirm"}', dispatch),
        ({}, b"gate:\xff", dispatch),
        (signed(PRESS + b"&payload={}", FORM), PRESS + b"&payload={}", dispatch),
        (signed(PRESS, FORM), PRESS, confused),
        (signed(PRESS, FORM), PRESS, raising),
        (signed(PRESS, FORM), PRESS, not_found),
    ],
)
async def test_a_press_that_is_not_let_in_is_told(
    headers: dict[str, str], body: bytes, reading: object
) -> None:
    """So that the audit knows that somebody tried; nothing of it is repeated."""
    told: list[str] = []
    site = a_site(refused=told.append, dispatch=reading)

    assert 400 <= await status_of(body, headers, site) < 500
    assert len(told) == 1
    assert "gate" not in told[0]


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ({}, b"payload=%7B%22action_id%22%3A%22ask%3A1%22%7D"),
        ({}, b'{"text": "the gate is open"}'),
        (signed(PRESS, FORM), PRESS),
    ],
)
async def test_what_is_let_in_or_no_press_is_not_told(
    headers: dict[str, str], body: bytes
) -> None:
    """What was let in is the gate's to judge."""
    told: list[str] = []
    await status_of(body, headers, a_site(refused=told.append))

    assert told == []


async def test_nobody_can_fill_the_audit() -> None:
    """Sixty presses a minute are told, and all are counted."""
    told: list[str] = []
    metrics = Metrics()
    async with visited(a_site(metrics, refused=told.append)) as client:
        for _ in range(NOTED_A_MINUTE + 5):
            await client.post(PATH, content=PRESS)

    assert len(told) == NOTED_A_MINUTE == 60
    assert 'bad_requests_total{status="401"} 65' in metrics.text()


async def test_a_minute_later_presses_are_told_again() -> None:
    """The oldest counts no more then."""
    told: list[str] = []
    site = a_site(refused=told.append)
    async with visited(site) as client:
        for _ in range(NOTED_A_MINUTE):
            await client.post(PATH, content=PRESS)
        site._noted[0] -= 60
        for _ in range(2):
            await client.post(PATH, content=PRESS)

    assert len(told) == NOTED_A_MINUTE + 1
