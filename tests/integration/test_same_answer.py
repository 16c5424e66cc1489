"""The same question by every door, in both modes, gives the same answer."""

import re
from collections.abc import Awaitable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import anyio
import pytest

from bot.demo.ground import free_port
from bot.demo.pods import Pod
from bot.demo.stack import Stack
from bot.demo.workspace import ALICE, HTTP_APP, OPS, SOCKET_APP, App
from bot.queries import book
from bot.words import BARE_ID
from formatters.packing import Message
from tests.counterparts import standing
from tests.formatters.referee import violations
from tests.integration.bot import serving
from tests.integration.conftest import shell
from tests.witnesses.witnesses import witness_all

pytestmark = [pytest.mark.postgrest, pytest.mark.slack]

WORKER = "gpu-20260101_000000-a5000001"
TASK = "a5000000-0000-4000-8000-000000000001"

# Questions about this world; of every other command its first example is asked. The
# lines of this system bear no ids of requests, so that a trace is refused.
QUESTIONS = {
    each.name: each.examples[0] for each in book().values() if each.name != "trace"
} | {
    "task": f"task {TASK}",
    "worker": f"worker {WORKER}",
    "tasks": "tasks --status Failed",
    "logs": "logs --search unlucky",
    BARE_ID: TASK[:8],
}

_WORLD = f"""
insert into workers (id, instance_type, status, created_at, last_heartbeat, metadata)
values ('{WORKER}', 'RTX 4090', 'crashed', now() - interval '5 hours',
        now() - interval '3 hours', '{{"runpod_id": "podsame"}}');
insert into tasks (id, task_type, status, worker_id, output_location, created_at,
                   generation_started_at)
values ('{TASK}', 'vace', 'Failed', '{WORKER}', 'CUDA out of memory <!channel>',
        now() - interval '4 hours', now() - interval '4 hours');
insert into tasks (task_type, status, created_at)
select 'vace', 'Queued', now() - interval '4 hours' from generate_series(1, 7);
insert into system_logs (timestamp, source_type, source_id, log_level, message, task_id,
                         worker_id)
select now() - interval '4 hours' + i * interval '1 second', 'worker', '{WORKER}',
       case when i = 300 then 'ERROR' else 'INFO' end,
       'an unlucky line <@U0BOB> ' || i, '{TASK}', '{WORKER}'
from generate_series(1, 300) i;
"""


@dataclass(frozen=True, slots=True)
class Doors:
    """A running bot in one mode, and the people who ask it."""

    stack: Stack
    app: App

    async def slash(self, words: str, summary: str) -> bool:
        """Tell whether `/debug WORDS` brought the summary."""
        assert self.stack.slack is not None
        return await self._brings(
            summary,
            self.stack.slack.command(ALICE, OPS, words, app_id=self.app.app_id),
        )

    async def mention(self, words: str, summary: str) -> bool:
        """Tell whether `@debug WORDS` brought the summary."""
        assert self.stack.slack is not None
        text = f"<@{self.app.bot_user_id}> {words}"
        return await self._brings(summary, self.stack.slack.message(ALICE, OPS, text))

    async def direct(self, words: str, summary: str) -> bool:
        """Tell whether a direct message brought the summary."""
        assert self.stack.slack is not None
        channel = await self.stack.slack.direct(ALICE, bot_token=self.app.bot_token)
        return await self._brings(
            summary, self.stack.slack.message(ALICE, channel, words)
        )

    async def _brings(self, summary: str, act: Awaitable[object]) -> bool:
        """Do it, and wait until what the bot sent holds the summary.

        A channel takes a message a second, and other answers' may stand before it.
        """
        assert self.stack.front is not None
        self.stack.front.sent(clear=True)
        await act
        for _ in range(1200):
            if any(summary in steady(plain(each)) for each in self.payloads()):
                return True
            await anyio.sleep(0.05)
        texts = [each.get("text") for each in self.payloads()]
        pytest.fail(f"{summary!r} did not come, only {texts}")

    def payloads(self) -> list[dict[str, Any]]:
        """Return what the bot sent since the last question."""
        assert self.stack.front is not None
        sent = (each["payload"] for each in self.stack.front.sent())
        return [each for each in sent if each.get("text") or each.get("blocks")]


def plain(payload: dict[str, Any]) -> str:
    """Return a message's text as people read it."""
    text: str = payload.get("text", "")
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


@pytest.fixture(scope="module", params=["socket", "http"])
def doors(request: pytest.FixtureRequest) -> Iterator[Doors]:
    """A stack with a small world, and the bot connected in one of the modes."""
    port = free_port()
    with standing(request_url=f"http://127.0.0.1:{port}/slack/events") as stack:
        assert stack.postgres is not None
        assert stack.runpod is not None
        assert stack.front is not None
        stack.postgres.sql(_WORLD)
        old = datetime.now(UTC) - timedelta(hours=5)
        stack.runpod.load(Pod(id="podsame", name=WORKER, created_at=old))
        stack.front.steer(rate=0)
        http = request.param == "http"
        environment = stack.http_environment if http else stack.environment
        with serving(environment, port=port):
            yield Doors(stack=stack, app=HTTP_APP if http else SOCKET_APP)


def steady(text: str) -> str:
    """Return the text without what moves from second to second.

    A span as a whole: "4 h" is "4 h 1 min" a moment later.
    """
    return re.sub(r"[\d.]+ (?:d|h|min|s)\b(?: \d+ (?:h|min|s)\b)?", "N", text)


@pytest.mark.parametrize("name", sorted(QUESTIONS))
async def test_every_door_gives_the_same_answer(doors: Doors, name: str) -> None:
    """The shell's summary opens what Slack shows, whichever way it was asked."""
    words = QUESTIONS[name]
    said = shell(*words.split(), "--json", environment=doors.stack.environment)
    summary = steady(said.json["summary"])

    assert await doors.slash(words, summary)
    assert await doors.mention(words, summary)
    assert await doors.direct(words, summary)


async def test_all_that_was_sent_is_lawful(doors: Doors) -> None:
    """Every block of a long answer passes our referee and independent witnesses."""
    await doors.direct(f"worker {WORKER}", WORKER)

    sent = [
        Message(blocks=tuple(each.get("blocks", ())), text=each.get("text", ""))
        for each in doors.payloads()
    ]
    assert sent
    assert [
        fault for each in sent for fault in violations(each.blocks, each.text)
    ] == []
    assert witness_all(sent) == []


async def test_a_log_line_pings_nobody(doors: Doors) -> None:
    """Hostile text arrives as plain text: no mrkdwn holds it unescaped."""
    await doors.direct(f"task {TASK}", TASK[:8])

    held = [text for each in doors.payloads() for text in _mrkdwn(each)]
    assert held
    assert not any("<!channel>" in text or "<@U0BOB>" in text for text in held)


def _mrkdwn(value: Any) -> Iterator[str]:
    """Yield every text that Slack would read as markup."""
    if isinstance(value, list):
        for each in value:
            yield from _mrkdwn(each)
    elif isinstance(value, dict):
        posted = "channel" in value and isinstance(value.get("text"), str)
        if value.get("type") == "mrkdwn" or posted:
            yield value["text"]
        for each in value.values():
            yield from _mrkdwn(each)
