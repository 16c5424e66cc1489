"""An alert, a digest, a watch and a plan at once, while bots die and come back."""

from collections.abc import AsyncIterator, Iterator
from itertools import cycle, groupby
from pathlib import Path

import pytest

from bot.demo.ground import Ground
from bot.demo.local_slack import find_action
from bot.demo.postgres import Postgres
from bot.demo.stack import Stack
from bot.demo.workspace import ALERTS, ALICE, BOB, OPS
from tests.counterparts import standing
from tests.integration.floor import FIXED, TASK, WORKER, WORSE, Floor, a_floor
from tests.integration.replica import Replica
from tests.integration.test_gate_in_slack import POLICY, an_orphan

pytestmark = [pytest.mark.postgrest, pytest.mark.slack]

LEASES = ("alerts", "watches")
KILLED = (3, 7)  # of ten; to start another takes long
PODS = [an_orphan(number) for number in range(2)]


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


@pytest.fixture(scope="module")
def server() -> Iterator[Postgres]:
    """A PostgreSQL for the state that replicas share."""
    with Ground() as ground:
        yield Postgres.start(ground, schema=None)


async def test_ten_changes_of_leader_tell_everything_once(
    floor: Floor, server: Postgres
) -> None:
    """The leader is killed, or frozen past its lease until it wakes, ten times."""
    floor.state = server.uri
    leaders = [floor.start()]
    await _leads(floor, leaders[0])
    alert = await floor.told("its worker is terminated")
    spare = floor.start()
    await floor.until(lambda: spare.has("ready: "), "no second replica")
    watch = await floor.shown_after(f"watch task {TASK[:8]}", holding=", every")
    states = cycle(("crashed", "inactive", "terminated"))
    for change in range(10):
        leader, state = leaders[-1], next(states)
        await _edits(floor, watch, leader)
        if change in KILLED:
            leader.kill()
        else:
            leader.freeze()
        if change == 5:
            floor.write("update digests set due_at = now() - interval '1 minute'")
        floor.postgres.sql(
            f"update workers set status = '{state}' where id = '{WORKER}'"
        )
        await _leads(floor, spare)
        await _edits(floor, watch, spare)
        await floor.shows(alert, f"its worker is {state}")
        leaders.append(spare)
        if change in KILLED:
            spare = floor.start()
            await floor.until(lambda: floor.replicas[-1].has("ready: "), "none is back")
        else:
            leader.wake()
            spare = leader
    await floor.closed(alert)
    await floor.shows(watch, "it has ended")
    await floor.until(lambda: bool(floor.posts(thread=watch, channel=OPS)), "no end")
    await floor.looks()

    posted = [it for it in floor.front.sent() if it["method"] == "chat.postMessage"]
    where = [(it["channel"], it["payload"].get("thread_ts")) for it in posted]
    in_alerts = [(ALERTS, None), (ALERTS, None), (ALERTS, alert)]
    assert sorted(where, key=str) == sorted(
        [*in_alerts, (OPS, None), (OPS, watch)], key=str
    )
    assert len(floor.posts(saying="🌅")) == 1
    assert sum("✅ over after" in edit for edit in floor.edits(alert)) == 1
    assert [each for each, _ in groupby(floor.editors(watch))] == leaders
    assert len(leaders) == 11
    for lease in LEASES:
        # Whom a busy machine let stand still takes its own lease anew.
        assert [each for each, _ in groupby(_terms(floor, lease))] == leaders


async def test_a_killed_bot_goes_on_with_everything(
    floor: Floor, tmp_path: Path
) -> None:
    """Mute, mark, watch, plans and old buttons are what they were."""
    policy = tmp_path / "policy.toml"
    policy.write_text(POLICY)
    floor.more = {
        "DEBUG_BOT_POLICY": str(policy),
        "DEBUG_BOT_ALERTS_PODS_USD": "1000",
    }
    floor.runpod.load(*PODS)
    first = floor.start()
    alert = await floor.told("its worker is terminated")
    await floor.press(alert, "alert:ack")
    await floor.press(alert, "alert:mute", by=BOB)
    await floor.shows(alert, "🔕 muted until")
    watch = await floor.shown_after("watch health", holding=", every")
    answer = await floor.shown_after(f"task {TASK[:8]}", holding="ask:1")
    stale, plan = [
        await floor.shown_after("runpod terminate", holding="gate:confirm")
        for _ in range(2)
    ]
    old = find_action(floor.shown(stale), "gate:confirm")
    first.kill()
    floor.write(
        "update offers set expires_at = '2026-01-31 12:00:00'"
        f" where id = '{old['value']}'"
    )
    seen = len(floor.edits(watch))
    second = floor.start()
    await _leads(floor, second)
    floor.postgres.sql(WORSE)

    await floor.shows(alert, "its worker is crashed")
    assert "🔕 muted until" in floor.shown(alert)["text"]
    assert "👀 taken up by @U0ALICE" in floor.shown(alert)["text"]

    await _edits(floor, watch, second)
    assert len(floor.edits(watch)) > seen
    await floor.press(watch, "Stop", channel=OPS)
    await floor.shows(watch, "stopped at")

    told = len(floor.posts(thread=answer, channel=OPS))
    for _ in range(2):
        await floor.press(answer, "ask:1", channel=OPS)
    await floor.until(
        lambda: len(floor.posts(thread=answer, channel=OPS)) > told, "silence"
    )

    # The second bot may have shown it already; who has not looked since presses.
    await floor.slack.press(ALICE, OPS, stale, old)
    await floor.shows(stale, " expired at 2026-01-31 12:00:00Z; nothing was done")
    confirm = find_action(floor.shown(plan), "gate:confirm")
    for _ in range(2):
        await floor.slack.press(ALICE, OPS, plan, confirm)
    await floor.shows(plan, "2 done, started by Alice Anderson (U0ALICE)")

    floor.postgres.sql(FIXED)
    await floor.shows(alert, "✅ over after")
    await floor.looks()
    ended = [it["body"] for it in floor.runpod.requests()]
    ended = [body for body in ended if "podTerminate" in body]
    assert [sum(pod.id in body for body in ended) for pod in PODS] == [1, 1]
    assert len(floor.posts(thread=answer, channel=OPS)) == told + 1
    assert [each["ts"] for each in floor.posts()] == [alert]
    assert floor.posts(thread=alert) == []
    assert "stopped at" in floor.shown(watch)["text"]


async def _leads(floor: Floor, replica: Replica) -> None:
    """Wait until it has all that one replica has for all."""
    await floor.until(
        lambda: all(map(replica.leads, LEASES)), f"{replica.name} does not lead"
    )


async def _edits(floor: Floor, watch: str, replica: Replica) -> None:
    """Wait until it is the one that edits the watch."""
    await floor.until(
        lambda: floor.editors(watch)[-1:] == [replica], f"{replica.name} edits nothing"
    )


def _terms(floor: Floor, lease: str) -> list[Replica]:
    """Return who had the lease, term by term."""
    held = [(token, each) for each in floor.replicas for token in each.terms(lease)]
    return [each for _, each in sorted(held, key=lambda it: it[0])]
