"""A channel that is told of problems, people who ask, and replicas that come and go.

What was told is counted where it arrives: at the strict front, before the local Slack.
"""

import json
import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import anyio
import pytest
import sqlalchemy as sa

from bot.demo.local_slack import find_action
from bot.demo.stack import Stack
from bot.demo.workspace import ALERTS, ALICE, OPS
from tests.counterparts import PATIENCE, Counterparts
from tests.integration.replica import Replica

Sent = dict[str, Any]
WORKER = "gpu-20260101_000000-ab000001"
TASK = "41345358-0000-4000-8000-000000000001"

ILL = f"""
insert into workers (id, instance_type, status, created_at, last_heartbeat, metadata)
values ('{WORKER}', 'NVIDIA GeForce RTX 4090', 'terminated',
        now() - interval '2 hours', now() - interval '9 minutes', '{{}}');
insert into tasks (id, task_type, status, worker_id, created_at,
                   generation_started_at, attempts)
values ('{TASK}', 'travel_segment', 'In Progress', '{WORKER}',
        now() - interval '14 minutes', now() - interval '11 minutes', 0);
"""
WORSE = f"update workers set status = 'crashed' where id = '{WORKER}'"
WORSE_AGAIN = f"update workers set status = 'inactive' where id = '{WORKER}'"
FIXED = f"update tasks set status = 'Complete' where id = '{TASK}'"

_FAR = timedelta(hours=12)  # no digest falls due unless a test wants it to


@dataclass(slots=True, kw_only=True)
class Floor(Counterparts):
    """A Slack, a queue, a state database, and the replicas that share it."""

    state: str
    folder: Path
    more: Mapping[str, str] = field(default_factory=dict)
    running: ExitStack = field(default_factory=ExitStack)
    replicas: list[Replica] = field(default_factory=list)

    def start(self) -> Replica:
        """Start one more replica."""
        environment = {
            **self.stack.environment,
            "DEBUG_BOT_STATE_URL": self.state,
            "DEBUG_BOT_ALERTS_CHANNEL": ALERTS,
            "DEBUG_BOT_ALERTS_EVERY": "0.3",
            "DEBUG_BOT_ALERTS_DIGEST": f"{datetime.now(UTC) + _FAR:%H:%M}",
            **self.more,
        }
        log = self.folder / f"replica-{len(self.replicas)}.log"
        replica = self.running.enter_context(Replica(environment, log))
        self.replicas.append(replica)
        return replica

    async def leader(self, *, but: Replica | None = None) -> Replica:
        """Return the one that leads, as soon as another one than *but* does."""

        def leading() -> list[Replica]:
            return [r for r in self.replicas if r is not but and r.lives and r.leads()]

        await self.until(lambda: bool(leading()), "nobody leads")
        return leading()[0]

    # --- what is told -----------------------------------------------------------

    def posts(
        self, *, saying: str = "", thread: str | None = None, channel: str = ALERTS
    ) -> list[Sent]:
        """Return what was posted in the channel, or in a thread of it."""
        return [
            each
            for each in self.front.sent()
            if each["method"] == "chat.postMessage"
            and each["channel"] == channel
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

    async def press(
        self, ts: str, button: str, *, by: str = ALICE, channel: str = ALERTS
    ) -> None:
        """Press a button of the message, as it stands."""
        await self.slack.press(by, channel, ts, find_action(self.shown(ts), button))

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

    # --- what is watched --------------------------------------------------------

    async def shown_after(self, words: str, *, holding: str, by: str = ALICE) -> str:
        """Have somebody type it; return the ts of the first new one that holds this."""
        known = {it["ts"] for it in self.front.sent()}
        await self.slack.command(by, OPS, words)

        def found() -> list[str]:
            # What was there before is edited meanwhile, and holds buttons as well.
            new = [it for it in self.front.sent() if it["ts"] not in known]
            return [it["ts"] for it in new if holding in json.dumps(it["payload"])]

        await self.until(lambda: bool(found()), f"{words!r} shows no {holding!r}")
        return found()[0]

    def edits(self, ts: str) -> list[str]:
        """Return what the message was made to say, in order."""
        return [
            each["payload"]["text"]
            for each in self.front.sent()
            if each["method"] == "chat.update" and each["ts"] == ts
        ]

    def editors(self, ts: str) -> list[Replica]:
        """Return which replica made each edit of a watch: it names its request."""
        by = {id: each for each in self.replicas for id in each.answers()}
        asked = [re.findall(r"request (\w+)", edit) for edit in self.edits(ts)]
        # The first shows the answer to whoever began it.
        return [by[id] for [id, *_] in asked if id in by]

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
        self.postgres.sql(FIXED)
        await self.shows(ts, "✅ over after")
        await self.until(lambda: bool(self.posts(thread=ts)), "no line in the thread")
        await self.looks()
        lines = [each["payload"]["text"] for each in self.posts(thread=ts)]
        assert [line for line in lines if "over after" in line] == lines[-1:]
        assert [each["ts"] for each in self.alerts()] == [ts]


@contextmanager
def a_floor(stack: Stack, folder: Path) -> Iterator[Floor]:
    """Make a Slack where nothing was said, a queue with one orphaned task, no pods."""
    state = f"sqlite:///{folder}/state.sqlite3"
    floor = Floor(stack=stack, state=state, folder=folder)
    floor.postgres.empty()
    floor.gateway.calm()
    floor.front.calm()
    floor.front.forget()
    floor.front.steer(rate=0, missing_scopes=())
    floor.runpod.load()
    floor.postgres.sql(ILL)
    with floor.running:
        yield floor
