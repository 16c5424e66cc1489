"""A channel is told of problems: once each, over restarts and changes of leader."""

import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from bot.demo.faults import Fault
from bot.demo.stack import Stack
from bot.demo.workspace import BOB
from tests.counterparts import standing
from tests.integration.floor import WORKER, WORSE, Floor, a_floor

pytestmark = [pytest.mark.postgrest, pytest.mark.slack]

POST = "POST /api/chat.postMessage"


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    """All counterparts, started once."""
    with standing() as stack:
        yield stack


@pytest.fixture
async def floor(stack: Stack, tmp_path: Path) -> AsyncIterator[Floor]:
    """A Slack in which nothing was said, a queue in which one task is orphaned."""
    assert stack.slack is not None
    await stack.slack.reset()
    with a_floor(stack, tmp_path) as floor:
        yield floor


async def test_an_incident_is_told_once_changes_and_closes(floor: Floor) -> None:
    """One message from its beginning to its end, whatever looks see meanwhile."""
    floor.start()
    ts = await floor.told("task 41345358 is orphaned: its worker is terminated")
    await floor.looks()
    floor.postgres.sql(WORSE)
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
    floor.postgres.sql(WORSE)
    await floor.shows(ts, "its worker is crashed")
    floor.front.faults(busy)

    await floor.closed(ts)
    assert len(floor.posts()) == 1


async def test_a_flood_is_one_message(floor: Floor) -> None:
    """Five hundred dead workers wake people once."""
    floor.postgres.sql(
        "insert into tasks (task_type, status, worker_id, created_at,"
        " generation_started_at, attempts) select 'travel_segment', 'In Progress',"
        f" '{WORKER}', now() - interval '14 minutes', now() - interval '11 minutes', 0"
        " from generate_series(1, 499)"
    )
    floor.start()
    ts = await floor.told("500 tasks are orphaned")
    await floor.looks()
    floor.postgres.sql("update tasks set status = 'Complete'")
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
