"""Real counterparts, started once for all tests here; absent ones skip their tests."""

from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import TypeVar

import httpx
import pytest

from bot.demo.gateway import Gateway
from bot.demo.ground import Ground, Unavailable, free_port
from bot.demo.local_slack import LocalSlack
from bot.demo.postgres import Postgres
from bot.demo.postgrest import Postgrest
from bot.demo.rest_stand_in import RestStandIn
from bot.demo.runpod_double import RunpodDouble
from bot.demo.slack_front import SlackFront
from tests.demo.socket_bot import SocketBot

T = TypeVar("T")
OPENAPI = Path(__file__).parents[1] / "data" / "runpod-rest-v2.openapi.json"


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """Run asynchronous tests on asyncio alone."""
    return "asyncio"


@pytest.fixture(scope="session")
def ground() -> Iterator[Ground]:
    """Return a ground that all tests share."""
    with Ground() as ground:
        yield ground


@pytest.fixture(scope="session")
def web() -> Iterator[httpx.Client]:
    """Return a client that knows no proxies; making one takes 20 ms."""
    with httpx.Client(trust_env=False, timeout=60) as client:
        yield client


@pytest.fixture(scope="session")
def whole_postgres(ground: Ground) -> Postgres:
    """Return a database that other tests have used."""
    return _or_skip(lambda: Postgres.start(ground))


@pytest.fixture
def postgres(whole_postgres: Postgres) -> Postgres:
    """Return an empty database."""
    whole_postgres.empty()
    return whole_postgres


@pytest.fixture(scope="session")
def postgrest(ground: Ground, whole_postgres: Postgres) -> Postgrest:
    """Return the real PostgREST."""
    uri = whole_postgres.uri_of("authenticator")
    return _or_skip(lambda: Postgrest.start(ground, uri=uri))


@pytest.fixture(scope="session")
def stand_in(ground: Ground, whole_postgres: Postgres) -> RestStandIn:
    """Return our stand-in for PostgREST on the same database."""
    uri = whole_postgres.uri_of("authenticator")
    return _or_skip(lambda: RestStandIn.start(ground, uri=uri))


@pytest.fixture(scope="session")
def any_gateway(ground: Ground, stand_in: RestStandIn) -> Gateway:
    """Return a gateway that other tests have used."""
    return _or_skip(lambda: Gateway.start(ground, upstream=stand_in.url))


@pytest.fixture
def gateway(any_gateway: Gateway) -> Gateway:
    """Return a gateway without faults, before the stand-in."""
    any_gateway.calm()
    return any_gateway


@pytest.fixture(scope="session")
def any_runpod(ground: Ground) -> RunpodDouble:
    """Return a double that other tests have used."""
    return _or_skip(lambda: RunpodDouble.start(ground, openapi=OPENAPI))


@pytest.fixture
def runpod(any_runpod: RunpodDouble) -> RunpodDouble:
    """Return a double of RunPod without pods and faults."""
    any_runpod.calm()
    any_runpod.load()
    return any_runpod


@pytest.fixture(scope="session")
def workspace(ground: Ground) -> tuple[LocalSlack, SlackFront]:
    """Return local-slack and the front before it; others have used them."""
    number = free_port()
    front = SlackFront.start(ground, upstream=f"http://127.0.0.1:{number}")
    url = f"{front.url}/_deliver"
    slack = _or_skip(lambda: LocalSlack.start(ground, request_url=url, port=number))
    return slack, front


@pytest.fixture
async def slack(workspace: tuple[LocalSlack, SlackFront]) -> LocalSlack:
    """Return a local-slack with empty channels."""
    await workspace[0].reset()
    return workspace[0]


@pytest.fixture
def front(workspace: tuple[LocalSlack, SlackFront], slack: LocalSlack) -> SlackFront:
    """Return a front without memories; it does not slow messages down."""
    front = workspace[1]
    front.calm()
    front.forget()
    front.steer(
        rate=0,
        ack_seconds=3,
        retry_seconds=[0, 0, 0],
        public=False,
        missing_scopes=[],
        request_url="",
        ratelimited={},
    )
    return front


@pytest.fixture
async def bot(front: SlackFront) -> AsyncIterator[SocketBot]:
    """Return a bot with one Socket Mode connection that acknowledges all."""
    async with SocketBot(front) as bot:
        await bot.connect()
        yield bot


def _or_skip(start: Callable[[], T]) -> T:
    try:
        return start()
    except Unavailable as error:
        pytest.skip(str(error))
