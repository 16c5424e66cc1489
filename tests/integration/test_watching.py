"""Messages that keep themselves current: real bots, in processes, on a local Slack."""

import json
import re
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import anyio
import pytest

from bot.demo.faults import Fault
from bot.demo.local_slack import LocalSlack, Message, find_action
from bot.demo.stack import Stack
from bot.demo.workspace import ALICE, BOB, OPS
from tests.counterparts import PATIENCE, standing
from tests.integration.replica import Replica

pytestmark = [pytest.mark.slack, pytest.mark.postgrest]

TASK = "41345358-0000-4000-8000-000000000001"
WORKER = "gpu-20260101_000000-ab000001"

_WORLD = f"""
truncate tasks, workers, system_logs cascade;
insert into workers (id, instance_type, status, created_at, last_heartbeat, metadata)
values ('{WORKER}', 'NVIDIA GeForce RTX 4090', 'active', now() - interval '2 hours',
        now() + interval '5 minutes', '{{"ram_tier": 72}}');
insert into tasks (id, task_type, status, worker_id, created_at,
                   generation_started_at, attempts)
values ('{TASK}', 'travel_segment', 'In Progress', '{WORKER}',
        now() - interval '4 minutes', now() - interval '1 minute', 0);
"""
_COMPLETE = f"""
update tasks set status = 'Complete', generation_processed_at = now()
where id = '{TASK}'
"""


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    """All counterparts."""
    with standing() as stack:
        yield stack


@dataclass
class Scene:
    """A local Slack, a queue, and bots that come and go."""

    stack: Stack
    slack: LocalSlack
    folder: Path
    replicas: list[Replica] = field(default_factory=list)

    async def start(self, *, lasts: float = 600.0) -> Replica:
        """Start a bot, and wait until questions can come."""
        log = self.folder / f"bot-{len(self.replicas)}.log"
        environment = {
            **self.stack.environment,
            "DEBUG_BOT_STATE_URL": f"sqlite:///{self.folder}/state.sqlite3",
        }
        replica = Replica(environment, log, lasts=lasts)
        self.replicas.append(replica)
        await soon(lambda: replica.has("ready: "), "a bot is ready")
        return replica

    async def watching(self, words: str, user: str = ALICE) -> str:
        """Have somebody watch; return the ts of the message once it is kept."""
        assert self.stack.front is not None
        front, before = self.stack.front, {each["ts"] for each in self.posts()}
        await self.slack.command(user, OPS, words)

        # Of what was sent, as a watch may be over before one has looked at it.
        def kept() -> set[str]:
            edits = [it for it in front.sent() if it["method"] == "chat.update"]
            return {it["ts"] for it in edits if ", every" in it["payload"]["text"]}

        await soon(lambda: kept() - before, f"{words} is kept")
        [ts] = kept() - before
        return ts

    async def until(self, holds: Callable[[list[Message]], bool]) -> list[Message]:
        """Wait until the channel's messages are so."""
        return await self.slack.until(OPS, holds, within=timedelta(seconds=PATIENCE))

    async def says(self, ts: str, words: str) -> str:
        """Wait until the message says so; return all it says."""
        messages = await self.until(lambda found: words in text_of(found, ts))
        return text_of(messages, ts)

    def edits(self, ts: str) -> list[str]:
        """Return what the message was made to say, in order."""
        assert self.stack.front is not None
        return [
            each["payload"]["text"]
            for each in self.stack.front.sent()
            if each["method"] == "chat.update" and each["ts"] == ts
        ]

    def posts(self) -> list[dict[str, Any]]:
        """Return what was posted as a message of its own, or in a thread."""
        assert self.stack.front is not None
        sent = self.stack.front.sent()
        return [each for each in sent if each["method"] == "chat.postMessage"]


def text_of(messages: list[Message], ts: str) -> str:
    """Return what the message says."""
    return next((str(each["text"]) for each in messages if each["ts"] == ts), "")


async def soon(holds: Callable[[], object], what: str) -> None:
    """Wait until it is so."""
    deadline = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < deadline, f"never: {what}"
        await anyio.sleep(0.05)


@pytest.fixture
async def scene(stack: Stack, tmp_path: Path) -> AsyncIterator[Scene]:
    """Return a Slack in which nobody said anything, and a task in progress."""
    assert stack.slack is not None
    assert stack.front is not None
    assert stack.postgres is not None
    await stack.slack.reset()
    stack.front.calm()
    stack.front.forget()
    stack.front.steer(rate=0)
    stack.postgres.execute(_WORLD)
    scene = Scene(stack, stack.slack, tmp_path)
    yield scene
    for replica in scene.replicas:
        replica.kill()


async def test_a_watch_follows_a_task_to_its_end(scene: Scene) -> None:
    """One message is kept current; its end is told in its thread, once."""
    await scene.start()
    ts = await scene.watching(f"watch task {TASK[:8]}")
    assert "has been in progress" in await scene.says(ts, ", every")
    assert scene.stack.postgres is not None
    scene.stack.postgres.execute(_COMPLETE)

    said = await scene.says(ts, "it has ended, so this is no longer kept current")
    assert "is complete" in said
    await soon(lambda: len(scene.posts()) == 2, "the end is told")
    message, end = scene.posts()
    assert message["ts"] == ts
    assert end["payload"]["thread_ts"] == ts
    assert "travel_segment 41345358 is complete" in end["payload"]["text"]
    edits = scene.edits(ts)
    await anyio.sleep(2)
    assert scene.edits(ts) == edits
    assert len(scene.posts()) == 2


async def test_a_watch_can_be_stopped(scene: Scene) -> None:
    """By the words, which mean all of one's own here, and by anybody's press."""
    await scene.start()
    first = await scene.watching("watch health")
    second = await scene.watching(f"watch worker {WORKER}")
    others = await scene.watching("watch health", BOB)
    await scene.slack.command(ALICE, OPS, "watch stop")
    for ts in (first, second):
        await scene.says(ts, "no longer kept current")
    await scene.until(
        lambda found: any("1 other here goes on" in each["text"] for each in found)
    )
    message = next(m for m in await scene.slack.messages(OPS) if m["ts"] == others)
    await scene.slack.press(ALICE, OPS, others, find_action(message, "Stop"))

    said = await scene.says(others, "no longer kept current")
    assert "stopped at" in said
    messages = await scene.slack.messages(OPS)
    shown = next(each for each in messages if each["ts"] == others)
    with pytest.raises(LookupError):
        find_action(shown, "Stop")
    assert find_action(shown, "Watch on")["value"] == "watch health"


async def test_a_watch_ends_when_its_time_is_over(scene: Scene) -> None:
    """It says so, and how to go on."""
    await scene.start(lasts=3.0)
    ts = await scene.watching("watch health")

    assert "watched for 3 s" in await scene.says(ts, "no longer kept current")


async def test_a_killed_bot_goes_on_when_it_is_back(scene: Scene) -> None:
    """With the same message, and without a second one."""
    first = await scene.start()
    ts = await scene.watching(f"watch task {TASK[:8]}")
    first.kill()
    await anyio.sleep(1)
    before = len(scene.edits(ts))
    second = await scene.start()
    await soon(lambda: len(scene.edits(ts)) > before + 1, "it is kept again")

    said = text_of(await scene.slack.messages(OPS), ts)
    assert re.findall(r"request (\w+)", said)[0] in second.answers()
    assert [each["ts"] for each in scene.posts()] == [ts]


async def test_a_bot_that_is_stopped_says_so(scene: Scene) -> None:
    """Until it runs again."""
    first = await scene.start()
    ts = await scene.watching(f"watch task {TASK[:8]}")
    first.end()
    said = text_of(await scene.slack.messages(OPS), ts)
    assert "debug-bot was stopped at" in said
    assert "has been in progress" in said
    await scene.start()

    assert "debug-bot was stopped" not in await scene.says(ts, ", every")
    assert [each["ts"] for each in scene.posts()] == [ts]


async def test_a_queue_that_is_down_is_said(scene: Scene) -> None:
    """What is shown is called old, since when, and why; then it is current again."""
    await scene.start()
    ts = await scene.watching(f"watch task {TASK[:8]}")
    gateway = scene.stack.gateway
    assert gateway is not None
    gateway.faults(Fault(match="/rest/", times=10_000, status=503))
    said = await scene.says(ts, "old: since")
    assert "has been in progress" in said
    gateway.calm()

    await until_not(scene, ts, "old: since")


async def until_not(scene: Scene, ts: str, words: str) -> None:
    """Wait until the message does not say so any more."""
    await scene.until(lambda found: words not in text_of(found, ts))


async def test_a_message_that_is_gone_ends_its_watch(scene: Scene) -> None:
    """Calmly: nothing is posted in its place."""
    replica = await scene.start()
    ts = await scene.watching("watch health")
    front = scene.stack.front
    assert front is not None
    gone = json.dumps({"ok": False, "error": "message_not_found"})
    front.faults(Fault(match="/api/chat.update", times=9, status=200, body=gone))
    await soon(lambda: replica.has("its message is gone"), "the watch ends")
    front.calm()
    edits = scene.edits(ts)
    await anyio.sleep(2)

    assert scene.edits(ts) == edits
    assert [each["ts"] for each in scene.posts()] == [ts]
