import asyncio
import socket
from collections.abc import Iterator
from datetime import timedelta

import httpx
import pytest

from bot.domain.errors import OutOfTime, SourceDown
from bot.domain.service_names import Outcome
from bot.sources.octollm import asking
from bot.sources.octollm.asking import Asker, Reply, down, said
from bot.sources.patience import answering
from bot.tracing import given_up, request
from tests.sources.octollm.replay import Given, Replay
from tests.sources.octollm.samples import rows


@pytest.fixture
def closed() -> Iterator[str]:
    """Return an address at which nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{taken.getsockname()[1]}"


async def test_the_replay_gives_what_was_recorded(replay: Replay, asker: Asker) -> None:
    """Every path that was got, its status and its body."""
    for row in rows("http_responses.jsonl")[::-1]:
        if row["method"] == "GET" and row["name"] not in (
            "ready_reflex_down",
            "debug_stats_after",
        ):
            reply = await asker.get(replay.url + row["path"])

            assert (reply.status, reply.body) == (row["status"], row["body"])


async def test_an_answer_is_read_whatever_its_status(
    replay: Replay, asker: Asker
) -> None:
    """Also that of a 500."""
    well = await asker.get(f"{replay.url}/health")
    bad = await asker.get(f"{replay.url}/tasks/23cb6baf-2b12-4c20-a00c-d443ca9174e7")

    assert (well.outcome, well.body["status"], well.why) == (Outcome.OK, "healthy", "")
    assert (bad.outcome, bad.status, said(bad)) == (
        Outcome.STATUS, 500, "answered 500: Internal server error"
    )  # fmt: skip
    assert well.took.total_seconds() > 0


async def test_it_is_known_when_an_answer_is_given_up(
    replay: Replay, asker: Asker
) -> None:
    """Unlike where a question's own time was up: that was said."""
    replay.answers["/slow"] = Given("late", seconds=0.5)
    with request():
        with answering(0.05):
            await asker.get(f"{replay.url}/slow")
        assert given_up() == ()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await asker.get(f"{replay.url}/slow")

        assert given_up() == ("octollm",)


async def test_a_refusal_is_told_from_silence(
    replay: Replay, asker: Asker, closed: str
) -> None:
    """Nobody listens, nobody answers, nobody is of that name."""
    replay.answers["/slow"] = Given("late", seconds=0.5)
    refused, nowhere, odd = await asyncio.gather(
        asker.get(closed),
        asker.get("http://nobody.invalid/"),
        asker.get("http://[::bad/"),
    )
    with answering(0.1):
        slow = await asker.get(f"{replay.url}/slow")

    assert (refused.outcome, refused.why) == (Outcome.REFUSED, "connection refused")
    assert (nowhere.outcome, nowhere.why) == (Outcome.UNREACHABLE, "no connection")
    assert odd.outcome is Outcome.UNREACHABLE
    assert (slow.outcome, slow.why) == (Outcome.TIMEOUT, "no answer within 0.1 s")
    assert isinstance(down(slow, "x"), OutOfTime)


async def test_an_answer_without_end_is_none(
    replay: Replay, asker: Asker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is not held in memory."""
    monkeypatch.setattr(asking, "LARGEST", 1000)
    replay.answers["/big"] = Given("x" * 2000)

    assert (await asker.get(f"{replay.url}/big")).outcome is Outcome.NONSENSE


async def test_no_proxy_of_the_environment_is_used(
    replay: Replay, monkeypatch: pytest.MonkeyPatch, closed: str
) -> None:
    """The services stand beside us."""
    monkeypatch.setenv("HTTP_PROXY", closed)
    monkeypatch.setenv("ALL_PROXY", closed)
    asker = Asker()

    assert (await asker.get(f"{replay.url}/health")).outcome is Outcome.OK
    await asker.close()
    await asker.close()


async def test_nothing_is_followed(asker: Asker) -> None:
    """A redirect leads who knows where."""

    def lead(request: httpx.Request) -> httpx.Response:
        return httpx.Response(302, headers={"location": "http://elsewhere/"})

    reply = await Asker(transport=httpx.MockTransport(lead)).get("http://here/")

    assert (reply.outcome, reply.status) == (Outcome.STATUS, 302)


async def test_a_broken_connection_is_no_answer() -> None:
    """The kind of break is told."""

    def broken(request: httpx.Request) -> httpx.Response:
        raise httpx.RemoteProtocolError("secret")

    reply = await Asker(transport=httpx.MockTransport(broken)).get("http://here/")

    assert reply.why == "the connection broke: RemoteProtocolError"
    assert reply.outcome is Outcome.UNREACHABLE


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"error": {"message": "no", "matched_text": "jo"}}, "answered 400: no"),
        ({"detail": "Not Found"}, "answered 400: Not Found"),
        ({"error": {"ready": False}}, "answered 400"),
        ({"error": "value='jo@x.org'"}, "answered 400: value=[hidden]"),
        ("text", "answered 400"),
    ],
)
def test_what_a_service_says_of_its_error_is_told(body: object, words: str) -> None:
    """Not what people wrote."""
    reply = Reply(
        outcome=Outcome.STATUS, took=timedelta(0), body=body, why="answered 400"
    )

    assert said(reply) == words
    assert isinstance(down(reply, "its counts"), SourceDown)
    assert down(reply, "its counts").message == "does not tell its counts: answered 400"
