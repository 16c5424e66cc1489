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


async def test_what_is_on_its_way_is_not_sent_again(
    replay: Replay, asker: Asker
) -> None:
    """Whoever asks the same meanwhile has the same answer; later it is asked anew."""
    replay.answers["/slow"] = Given("late", seconds=0.1)
    one, same, other = await asyncio.gather(
        asker.get(f"{replay.url}/slow"),
        asker.get(f"{replay.url}/slow"),
        asker.get(f"{replay.url}/slow", query="x"),
    )
    again = await asker.get(f"{replay.url}/slow")

    assert (one is same, one is other, one is again) == (True, False, False)
    assert sorted(replay.asked) == ["/slow", "/slow", "/slow?query=x"]


async def test_who_gives_up_takes_no_answer_from_another(
    replay: Replay, asker: Asker
) -> None:
    """Neither who is cancelled nor whose time is up, though it was the first to ask."""
    replay.answers["/slow"] = Given("late", seconds=0.3)
    async with asyncio.TaskGroup() as group:
        cancelled = group.create_task(asker.get(f"{replay.url}/slow"))
        with answering(0.1):
            hasty = group.create_task(asker.get(f"{replay.url}/slow"))
        patient = group.create_task(asker.get(f"{replay.url}/slow"))
        await asyncio.sleep(0.05)
        cancelled.cancel()

    assert cancelled.cancelled()
    assert hasty.result().outcome is Outcome.TIMEOUT
    assert (patient.result().outcome, patient.result().text) == (Outcome.OK, "late")
    assert replay.asked == ["/slow"]


async def test_what_nobody_waits_for_is_given_up() -> None:
    """And who asks it then, asks anew."""
    began, ended = list[str](), list[str]()

    class Slow(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            began.append(str(request.url))
            try:
                if len(began) == 1:
                    await asyncio.sleep(30)
            except asyncio.CancelledError:
                ended.append(str(request.url))
                raise
            return httpx.Response(200, text="OK")

    asker = Asker(transport=Slow())
    with answering(0.05):
        late = await asker.get("http://here/")
    reply = await asker.get("http://here/")

    assert (late.outcome, reply.outcome) == (Outcome.TIMEOUT, Outcome.OK)
    assert (len(began), len(ended)) == (2, 1)
    await asker.close()


async def test_a_refusal_is_told_from_silence(
    replay: Replay, asker: Asker, closed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody listens, nobody answers, nobody is of that name."""
    replay.answers["/slow"] = Given("late", seconds=0.5)
    refused, nowhere, odd = await asyncio.gather(
        asker.get(closed),
        asker.get("http://nobody.invalid/"),
        asker.get("http://[::bad/"),
    )
    monkeypatch.setattr(asking, "SECONDS", 0.1)
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
