"""A channel is told of problems: once each, over restarts and changes of leader.

What was told is counted where it arrives: at the strict front, before the local Slack.
"""

import json
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import anyio
import pytest
import sqlalchemy as sa

from bot.demo.faults import Fault
from bot.demo.gateway import Gateway
from bot.demo.ground import Ground
from bot.demo.local_slack import LocalSlack, find_action
from bot.demo.postgres import Postgres
from bot.demo.slack_front import SlackFront
from bot.demo.stack import Stack
from bot.demo.workspace import ALERTS, ALICE, BOB
from tests.integration.replica import Replica

pytestmark = [pytest.mark.postgrest, pytest.mark.slack]

Sent = dict[str, Any]
PATIENCE = 60.0  # seconds; others use this machine as well
WORKER = "gpu-20260101_000000-ab000001"
TASK = "41345358-0000-4000-8000-000000000001"
POST = "POST /api/chat.postMessage"

_ILL = f"""
insert into workers (id, instance_type, status, created_at, last_heartbeat, metadata)
values ('{WORKER}', 'NVIDIA GeForce RTX 4090', 'terminated',
        now() - interval '2 hours', now() - interval '9 minutes', '{{}}');
insert into tasks (id, task_type, status, worker_id, created_at,
                   generation_started_at, attempts)
values ('{TASK}', 'travel_segment', 'In Progress', '{WORKER}',
        now() - interval '14 minutes', now() - interval '11 minutes', 0);
"""
_WORSE = f"update workers set status = 'crashed' where id = '{WORKER}'"
_WORSE_AGAIN = f"update workers set status = 'inactive' where id = '{WORKER}'"
_FIXED = f"update tasks set status = 'Complete' where id = '{TASK}'"


@dataclass(slots=True, kw_only=True)
class Floor:
    """A Slack, a queue, a state database, and the replicas that share it."""

    stack: Stack
    state: str
    folder: Path
    more: Mapping[str, str] = field(default_factory=dict)
    running: ExitStack = field(default_factory=ExitStack)
    replicas: list[Replica] = field(default_factory=list)

    @property
    def front(self) -> SlackFront:
        """Return where messages arrive."""
        assert self.stack.front is not None
        return self.stack.front

    @property
    def slack(self) -> LocalSlack:
        """Return where people are."""
        assert self.stack.slack is not None
        return self.stack.slack

    @property
    def queue(self) -> Postgres:
        """Return where workers and tasks are."""
        assert self.stack.postgres is not None
        return self.stack.postgres

    @property
    def gateway(self) -> Gateway:
        """Return what stands before the queue."""
        assert self.stack.gateway is not None
        return self.stack.gateway

    def start(self) -> Replica:
        """Start one more replica."""
        environment = {
            **self.stack.environment,
            "DEBUG_BOT_STATE_URL": self.state,
            "DEBUG_BOT_ALERTS_CHANNEL": ALERTS,
            "DEBUG_BOT_ALERTS_EVERY": "0.3",
            **self.more,
        }
        log = self.folder / f"replica-{len(self.replicas)}.log"
        replica = self.running.enter_context(Replica(environment, log))
        self.replicas.append(replica)
        return replica

    async def leader(self, *, but: Replica | None = None) -> Replica:
        """Return the one that leads, as soon as another one than *but* does."""

        def leading() -> list[Replica]:
            return [r for r in self.replicas if r is not but and r.lives and r.leads]

        await self.until(lambda: bool(leading()), "nobody leads")
        return leading()[0]

    # --- what is told -----------------------------------------------------------

    def posts(self, *, saying: str = "", thread: str | None = None) -> list[Sent]:
        """Return what was posted in the channel, or in a thread of it."""
        return [
            each
            for each in self.front.sent()
            if each["method"] == "chat.postMessage"
            and each["channel"] == ALERTS
            and each["payload"].get("thread_ts") == thread
            and saying in each["payload"]["text"]
        ]

    def alerts(self) -> list[Sent]:
        """Return the messages that the channel was sent about tasks."""
        told = self.posts(saying="orphaned")
        return [each for each in told if "🌅" not in each["payload"]["text"]]

    def shown(self, ts: str) -> Sent:
        """Return the message as it stands now."""
        stands: list[Sent] = [
            each["payload"]
            for each in self.front.sent()
            if each["ts"] == ts and not each["payload"].get("thread_ts")
        ]
        return stands[-1]

    async def told(self, words: str) -> str:
        """Wait for the only message of the channel, which says so; return its ts."""
        await self.until(lambda: bool(self.posts(saying=words)), "nobody is told")
        [post] = self.posts()
        ts: str = post["ts"]
        return ts

    async def shows(self, ts: str, words: str) -> None:
        """Wait until the message says so."""
        await self.until(
            lambda: words in self.shown(ts)["text"], f"it never shows {words!r}"
        )

    async def press(self, ts: str, button: str, *, by: str = ALICE) -> None:
        """Press a button of the message, as it stands."""
        await self.slack.press(by, ALERTS, ts, find_action(self.shown(ts), button))

    async def until(self, holds: Callable[[], bool], otherwise: str) -> None:
        """Wait until something holds, or fail and show what was sent."""
        deadline = time.monotonic() + PATIENCE
        while not holds():
            if time.monotonic() > deadline:
                texts = [it["payload"].get("text") for it in self.front.sent()]
                pytest.fail(f"{otherwise}; sent was {texts}; {self.front.notes()[-5:]}")
            await anyio.sleep(0.05)

    async def looks(self, number: int = 4) -> None:
        """Wait until the leader has looked so often again."""
        before = len(self._looks())
        await self.until(lambda: len(self._looks()) >= before + number, "nobody looks")

    def _looks(self) -> list[Sent]:
        asked = self.gateway.requests()
        return [each for each in asked if "system_logs" in each["path"]]

    # --- what is arranged -------------------------------------------------------

    def write(self, statement: str) -> None:
        """Change the state behind the bots' backs."""
        url = sa.make_url(self.state)
        if url.drivername == "postgresql":
            url = url.set(drivername="postgresql+psycopg")
        engine = sa.create_engine(url)
        with engine.begin() as connection:
            connection.exec_driver_sql(statement)
        engine.dispose()

    async def closed(self, ts: str) -> None:
        """Mend what is wrong; the message closes, and its thread is told once."""
        self.queue.sql(_FIXED)
        await self.shows(ts, "✅ over after")
        await self.until(lambda: bool(self.posts(thread=ts)), "no line in the thread")
        await self.looks()
        lines = [each["payload"]["text"] for each in self.posts(thread=ts)]
        assert [line for line in lines if "over after" in line] == lines[-1:]
        assert [each["ts"] for each in self.alerts()] == [ts]


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    """All counterparts, started once."""
    with Stack() as stack:
        if stack.missing:
            pytest.skip("; ".join(f"{m.part}: {m.reason}" for m in stack.missing))
        yield stack


@pytest.fixture
async def floor(stack: Stack, tmp_path: Path) -> AsyncIterator[Floor]:
    """A Slack in which nothing was said, a queue in which one task is orphaned."""
    assert stack.postgres is not None
    assert stack.slack is not None
    assert stack.front is not None
    assert stack.gateway is not None
    stack.postgres.empty()
    stack.gateway.calm()
    await stack.slack.reset()
    stack.front.calm()
    stack.front.forget()
    stack.front.steer(rate=0, missing_scopes=())
    stack.postgres.sql(_ILL)
    state = f"sqlite:///{tmp_path}/state.sqlite3"
    floor = Floor(stack=stack, state=state, folder=tmp_path)
    with floor.running:
        yield floor


@pytest.fixture(scope="module")
def server() -> Iterator[Postgres]:
    """A PostgreSQL for the state that replicas share."""
    with Ground() as ground:
        yield Postgres.start(ground, schema=None)


async def test_an_incident_is_told_once_changes_and_closes(floor: Floor) -> None:
    """One message from its beginning to its end, whatever looks see meanwhile."""
    floor.start()
    ts = await floor.told("task 41345358 is orphaned: its worker is terminated")
    await floor.looks()
    floor.queue.sql(_WORSE)
    await floor.shows(ts, "its worker is crashed")

    await floor.closed(ts)
    assert len(floor.posts()) == 1


async def test_a_queue_that_is_down_closes_nothing(floor: Floor) -> None:
    """And that looks fail is told in a message of its own, which closes as well."""
    floor.start()
    ts = await floor.told("orphaned")
    floor.gateway.faults(Fault(times=100_000, status=503))
    await floor.until(
        lambda: bool(floor.posts(saying="nobody can tell")), "it is not told"
    )
    [blind] = floor.posts(saying="nobody can tell")
    assert floor.shown(ts)["text"].startswith("🔴")

    floor.gateway.faults()
    await floor.shows(blind["ts"], "✅ over after")
    assert floor.shown(ts)["text"].startswith("🔴")
    await floor.closed(ts)


async def test_a_restart_in_the_middle_tells_nothing_anew(floor: Floor) -> None:
    """The message goes on, and its buttons work."""
    first = floor.start()
    ts = await floor.told("orphaned")
    await floor.press(ts, "alert:ack")
    await floor.shows(ts, "👀 taken up by @U0ALICE")
    first.end()
    floor.start()
    await floor.leader(but=first)
    await floor.looks()

    await floor.press(ts, "alert:mute", by=BOB)
    await floor.shows(ts, "🔕 muted until")
    await floor.press(ts, "alert:unmute", by=BOB)
    await floor.press(ts, "ask:1")
    await floor.until(
        lambda: bool(floor.posts(thread=ts, saying="41345358")), "no answer"
    )
    assert "👀 taken up by @U0ALICE" in floor.shown(ts)["text"]
    assert len(floor.posts()) == 1


async def test_replicas_tell_once_whoever_leads(floor: Floor, server: Postgres) -> None:
    """One is killed, one frozen past its lease until it wakes, one killed again."""
    floor.state = server.uri
    floor.start()
    floor.start()
    ts = await floor.told("its worker is terminated")

    killed = await floor.leader()
    floor.queue.sql(_WORSE)
    killed.kill()
    floor.start()
    frozen = await floor.leader(but=killed)
    await floor.shows(ts, "its worker is crashed")

    frozen.freeze()
    third = await floor.leader(but=frozen)
    floor.queue.sql(_WORSE_AGAIN)
    await floor.shows(ts, "its worker is inactive")
    frozen.wake()
    await floor.looks()

    floor.write("update digests set due_at = now() - interval '1 minute'")
    await floor.until(lambda: bool(floor.posts(saying="🌅")), "no digest")
    third.kill()
    await floor.leader(but=third)
    await floor.looks()
    assert len(floor.posts(saying="🌅")) == 1

    await floor.closed(ts)


async def test_one_killed_while_it_posts_leaves_one_message(floor: Floor) -> None:
    """The next leader finds it in the channel's history."""
    ts = await _killed_while_posting(floor)

    await floor.looks()
    assert [each["ts"] for each in floor.posts()] == [ts]
    assert "twice" not in floor.shown(ts)["text"]
    await floor.closed(ts)


async def test_who_may_not_read_the_channel_says_that_it_may_stand_twice(
    floor: Floor,
) -> None:
    """An alert that stands twice does less harm than one that is lost."""
    floor.front.steer(missing_scopes=["channels:history"])
    await _killed_while_posting(floor)
    await floor.until(lambda: len(floor.posts()) > 1, "it is not told again")
    await floor.looks()

    first, second = floor.posts()
    assert "twice" not in first["payload"]["text"]
    assert "it may stand here twice" in second["payload"]["text"]


async def test_a_slack_that_puts_everything_off_loses_nothing(floor: Floor) -> None:
    """429 upon 429: the message comes, changes and closes, each once."""
    wait = {"Retry-After": "1", "Content-Type": "application/json"}
    busy = Fault(
        match="chat[.](postMessage|update)",
        times=6,
        status=429,
        headers=wait,
        body=json.dumps({"ok": False, "error": "ratelimited"}),
    )
    floor.front.faults(busy)
    floor.start()
    ts = await floor.told("its worker is terminated")
    floor.front.faults(busy)
    floor.queue.sql(_WORSE)
    await floor.shows(ts, "its worker is crashed")
    floor.front.faults(busy)

    await floor.closed(ts)
    assert len(floor.posts()) == 1


async def test_a_flood_is_one_message(floor: Floor) -> None:
    """Five hundred dead workers wake people once."""
    floor.queue.sql(
        "insert into tasks (task_type, status, worker_id, created_at,"
        " generation_started_at, attempts) select 'travel_segment', 'In Progress',"
        f" '{WORKER}', now() - interval '14 minutes', now() - interval '11 minutes', 0"
        " from generate_series(1, 499)"
    )
    floor.start()
    ts = await floor.told("500 tasks are orphaned")
    await floor.looks()
    floor.queue.sql("update tasks set status = 'Complete'")
    await floor.shows(ts, "✅ over after")

    assert len(floor.posts()) == 1


async def _killed_while_posting(floor: Floor) -> str:
    """Have the leader post and die before it hears of it; return the post's ts."""
    # Its answer is lost, and it looks after two seconds whether the message stands.
    floor.front.faults(Fault(match=POST, status=500, late=True))
    first = floor.start()
    ts = await floor.told("orphaned")
    first.kill()
    floor.start()
    await floor.leader(but=first)
    return ts
