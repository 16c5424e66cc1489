"""A destructive action from the slash command to its outcome, in the real local Slack.

What was done is never believed from what the bot says: RunPod's double and the
database tell.
"""

import json
import sqlite3
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import anyio
import pytest

from bot.demo.faults import Fault
from bot.demo.ground import free_port
from bot.demo.local_slack import find_action
from bot.demo.pods import Pod
from bot.demo.workspace import (
    ALICE,
    BOB,
    HTTP_APP,
    ONCALL,
    OPS,
    RANDOM,
    SOCKET_APP,
    App,
)
from formatters.bare import UNPRESSABLE
from tests.counterparts import PATIENCE, Counterparts, at_rest, standing
from tests.integration.bot import serving

pytestmark = [pytest.mark.postgrest, pytest.mark.slack]

Sent = dict[str, Any]
BEGAN = datetime.now(UTC)

POLICY = """
[roles.operator]
users = ["U0ALICE"]
[roles.approver]
users = ["U0BOB"]
[[allow]]
role = "operator"
actions = ["runpod terminate", "worker terminate", "workers shutdown"]
[approval]
pods_over = 5
approvers = "approver"
"""


class Written(NamedTuple):
    """A line of the audit."""

    who: str
    channel: str
    action: str
    target: str
    decision: str
    outcome: str | None
    reason: str
    offer_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A message that shows an offer."""

    ts: str
    channel: str
    payload: Sent

    @property
    def offer(self) -> str:
        """Return the id that its buttons hold."""
        value: str = find_action(self.payload, "gate:confirm")["value"]
        return value

    @property
    def boxes(self) -> Sequence[dict[str, Any]]:
        """Return what can be ticked."""
        options: list[dict[str, Any]] = find_action(self.payload, "gate:tick:0")[
            "options"
        ]
        return options


@dataclass(slots=True, kw_only=True)
class Floor(Counterparts):
    """A running bot in one mode, the world that it can change, and its people."""

    app: App
    url: str
    policy: Path
    ledger: Path
    read: int = 0
    """So many lines of the audit are of earlier tests."""
    seen: list[Sent] = field(default_factory=list)

    # --- what people do ---------------------------------------------------------

    async def plan(
        self, words: str = "runpod terminate", *, by: str = ALICE, channel: str = OPS
    ) -> Shown:
        """Type the command; return the message that offers its plan."""
        before = len(self.front.sent())
        await self.slack.command(by, channel, words, app_id=self.app.app_id)
        return await self.offered(before)

    async def offered(self, before: int = 0) -> Shown:
        """Return the first offer that was shown after so many messages."""

        def offers() -> list[Sent]:
            later = self.front.sent()[before:]
            return [each for each in later if "gate:confirm" in json.dumps(each)]

        await self.until(lambda: bool(offers()), "no offer is shown")
        found = offers()[0]
        return Shown(ts=found["ts"], channel=found["channel"], payload=found["payload"])

    async def press(
        self, shown: Shown, *, by: str = ALICE, button: str = "gate:confirm"
    ) -> None:
        """Press a button of the message; returns when that is acknowledged."""
        action = find_action(shown.payload, button)
        await self.slack.press(by, shown.channel, shown.ts, action)

    async def tick(self, shown: Shown, *, only: Collection[int]) -> None:
        """Leave only these boxes ticked."""
        boxes = find_action(shown.payload, "gate:tick:0")
        ticked = [each for each in boxes["options"] if int(each["value"]) in only]
        action = {
            "type": "checkboxes",
            "action_id": boxes["action_id"],
            "block_id": boxes["block_id"],
            "selected_options": ticked,
        }
        await self.slack.press(ALICE, shown.channel, shown.ts, action)

    # --- what is seen -----------------------------------------------------------

    def said(self, shown: Shown) -> list[str]:
        """Return what the message showed since it was posted, oldest first."""
        return [
            each["payload"]["text"]
            for each in self.front.sent()
            if each["ts"] == shown.ts and "thread_ts" not in each["payload"]
        ][1:]

    def whispers(self) -> list[str]:
        """Return what was said to one person alone."""
        return [
            each["payload"]["text"]
            for each in self.front.sent()
            if each["method"] == "chat.postEphemeral"
            or (
                each["payload"].get("response_type") == "ephemeral"
                and not each["payload"].get("replace_original")
            )
        ]

    async def outcome(self, shown: Shown) -> str:
        """Return what the message says when all is over."""
        await self.until(
            lambda: any(map(_is_outcome, self.said(shown))), "no outcome is shown"
        )
        return next(text for text in self.said(shown) if _is_outcome(text))

    async def whispered(self, *words: str) -> str:
        """Return the private answer that holds all these words."""

        def found() -> list[str]:
            return [
                each for each in self.whispers() if all(word in each for word in words)
            ]

        await self.until(lambda: bool(found()), f"nobody was told {words}")
        return found()[0]

    async def until(self, holds: Callable[[], bool], otherwise: str) -> None:
        """Wait until something holds, or fail and show what was sent."""
        deadline = time.monotonic() + PATIENCE
        while not holds():
            if time.monotonic() > deadline:
                texts = [it["payload"].get("text") for it in self.front.sent()]
                pytest.fail(f"{otherwise}; sent was {texts}; {self.front.notes()[-5:]}")
            await anyio.sleep(0.05)

    # --- what is so -------------------------------------------------------------

    def terminations(self) -> list[str]:
        """Return the bodies in which RunPod was asked to end a pod."""
        every = self.runpod.requests()
        return [each["body"] for each in every if "podTerminate" in each["body"]]

    def terminated(self, *pods: str) -> list[int]:
        """Return how often each of the pods was to be ended."""
        return [sum(pod in body for body in self.terminations()) for pod in pods]

    def audit(self) -> list[Written]:
        """Return the audit's lines of this test, oldest first."""
        columns = ", ".join(Written._fields)
        with closing(sqlite3.connect(self.ledger)) as ledger:
            rows = ledger.execute(
                f"select {columns} from audit where id > ? order by id", (self.read,)
            )
            return [Written(*row) for row in rows]

    def refusals(self) -> list[Written]:
        """Return those lines of the audit that refuse something."""
        return [each for each in self.audit() if each.decision == "refused"]

    def fates(self) -> Mapping[str, str]:
        """Return what the audit says that became of each target."""
        return {each.target: each.outcome for each in self.audit() if each.outcome}

    def write(self, statement: str, *values: object) -> int:
        """Change the ledger behind the bot's back; return how many rows."""
        with closing(sqlite3.connect(self.ledger, timeout=PATIENCE)) as ledger, ledger:
            return ledger.execute(statement, values).rowcount

    def allow(self, policy: str) -> None:
        """Let this be the policy from now on."""
        new = self.policy.with_suffix(".new")
        new.write_text(policy)
        new.replace(self.policy)

    # --- how it is arranged -----------------------------------------------------

    @property
    def port(self) -> int:
        """Return where the bot listens."""
        return int(self.url.rpartition(":")[2])

    async def clear(self) -> None:
        """Make a world in which nothing is and nothing goes wrong."""
        at_rest(self.port)
        self.front.calm()
        self.gateway.calm()
        self.postgres.empty()
        self.runpod.load()
        self.runpod.calm()
        await self.slack.reset()
        self.front.forget()
        self.front.steer(rate=0, usergroups={ONCALL: [ALICE]})
        self.allow(POLICY)
        if self.ledger.exists():
            self.write("delete from freezes")
            with closing(sqlite3.connect(self.ledger)) as ledger:
                [[self.read]] = ledger.execute(
                    "select coalesce(max(id), 0) from audit"
                ).fetchall()


def _is_outcome(text: str) -> bool:
    return "started by" in text and ": running, " not in text


def an_orphan(number: int, **given: Any) -> Pod:
    """Return a pod of ours that nobody has, hours old; the same for each number."""
    born = BEGAN - timedelta(hours=5, minutes=number)
    name = f"gpu-{born:%Y%m%d_%H%M%S}-aaaaaa{number:02d}"
    values: dict[str, Any] = {"name": name, "created_at": born}
    return Pod(id=f"orphan{number:02d}aaaaaa", **(values | given))


def failed_with(floor: Floor, pod: Pod, *, tasks: int = 1) -> None:
    """Let the pod be that of a worker that failed long ago, at work on tasks."""
    floor.postgres.sql(
        "insert into workers (id, instance_type, status, created_at, last_heartbeat,"
        " metadata) values (%s, 'RTX 4090', 'error', now() - interval '5 hours',"
        " now() - interval '3 hours', jsonb_build_object('runpod_id', %s::text,"
        " 'error_time', now() - interval '2 hours'))",
        (pod.name, pod.id),
    )
    floor.postgres.sql(
        "insert into tasks (task_type, status, worker_id, generation_started_at,"
        " created_at) select 'vace', 'In Progress', %s, now() - interval '4 hours',"
        " now() - interval '4 hours' from generate_series(1, %s)",
        (pod.name, tasks),
    )


@pytest.fixture(scope="module")
def floors(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, Floor]]:
    """One stack, and before it the bot in both modes, each with its own ledger."""
    folder = tmp_path_factory.mktemp("gate")
    port = free_port()
    with standing(request_url=f"http://127.0.0.1:{port}/slack/events") as stack:
        modes = {
            "http": (HTTP_APP, stack.http_environment, port),
            "socket": (SOCKET_APP, stack.environment, None),
        }
        found: dict[str, Floor] = {}
        with ExitStack() as running:
            for mode, (app, environment, its_port) in modes.items():
                floor = Floor(
                    stack=stack,
                    app=app,
                    url="",
                    policy=folder / f"{mode}.toml",
                    ledger=folder / f"{mode}.sqlite3",
                )
                floor.allow(POLICY)
                of = {
                    **environment,
                    "DEBUG_BOT_POLICY": str(floor.policy),
                    "DEBUG_BOT_STATE_URL": f"sqlite:///{floor.ledger}",
                }
                floor.url = running.enter_context(serving(of, port=its_port))
                found[mode] = floor
            yield found


@pytest.fixture
async def floor(floors: Mapping[str, Floor]) -> Floor:
    """The bot in Socket Mode in an empty world."""
    await floors["socket"].clear()
    return floors["socket"]


@pytest.fixture(params=["socket", "http"])
async def either(request: pytest.FixtureRequest, floors: Mapping[str, Floor]) -> Floor:
    """The bot in one of its modes in an empty world."""
    found: Floor = floors[request.param]
    await found.clear()
    return found


# --- from the command to the outcome ------------------------------------------------


async def test_what_is_ticked_is_ended_and_nothing_else(either: Floor) -> None:
    """Cloud, database, message and audit agree afterwards."""
    pods = [an_orphan(number) for number in range(3)]
    either.runpod.load(*pods)
    failed_with(either, pods[0])
    shown = await either.plan()
    unticked = next(
        int(box["value"]) for box in shown.boxes if pods[1].id in box["text"]["text"]
    )
    await either.tick(shown, only={0, 1, 2} - {unticked})
    await either.press(shown)
    outcome = await either.outcome(shown)

    assert "running, started by Alice Anderson (U0ALICE) at" in either.said(shown)[0]
    assert "2 done, 1 unticked, started by Alice Anderson (U0ALICE)" in outcome
    assert either.terminated(*(pod.id for pod in pods)) == [1, 0, 1]
    assert either.runpod.left() == {pods[1].id}
    assert either.postgres.sql("select status from workers") == [("terminated",)]
    assert either.postgres.sql("select status, attempts, worker_id from tasks") == [
        ("Queued", 1, None)
    ]
    assert either.fates() == {pods[0].id: "done", pods[2].id: "done"}
    assert either.refusals() == []


async def test_a_finished_message_has_no_buttons_left(either: Floor) -> None:
    """It says what became of every item instead."""
    either.runpod.load(an_orphan(1))
    shown = await either.plan()
    await either.press(shown)
    await either.outcome(shown)
    [message] = [it for it in await either.slack.messages(OPS) if it["ts"] == shown.ts]

    assert "gate:" not in json.dumps(message)
    assert an_orphan(1).id in json.dumps(message)


async def test_a_cancelled_plan_cannot_be_pressed(either: Floor) -> None:
    """Everybody sees who cancelled it, and a late presser is told."""
    either.runpod.load(an_orphan(1))
    shown = await either.plan()
    await either.press(shown, button="gate:cancel")
    await either.until(lambda: bool(either.said(shown)), "the message stays")
    await either.press(shown)
    calm = await either.whispered("was cancelled by", "your press changed nothing")

    assert "cancelled by" in either.said(shown)[0]
    assert "U0ALICE" in calm
    assert either.terminations() == []


async def test_a_second_presser_reads_who_was_first_and_when(either: Floor) -> None:
    """Calmly, alone, and nothing happens twice."""
    either.runpod.load(an_orphan(1))
    shown = await either.plan()
    await either.press(shown)
    await either.outcome(shown)
    await either.press(shown, by=BOB)
    calm = await either.whispered("your press changed nothing")

    assert "was done already: Alice Anderson (U0ALICE) started it at" in calm
    assert either.terminated(an_orphan(1).id) == [1]
    assert len([it for it in either.said(shown) if _is_outcome(it)]) == 1


async def test_who_has_no_role_is_refused_in_private(either: Floor) -> None:
    """It stands in the audit, and the offer stays open for those who may."""
    either.runpod.load(an_orphan(1))
    shown = await either.plan()
    await either.press(shown, by=BOB)
    await either.whispered("only role operator may")

    assert either.said(shown) == []
    assert either.terminations() == []
    [refusal] = either.refusals()
    assert (refusal.who, refusal.action, refusal.channel, refusal.offer_id) == (
        BOB,
        "runpod terminate",
        OPS,
        shown.offer,
    )

    await either.press(shown)
    await either.outcome(shown)

    assert either.runpod.left() == frozenset()


async def test_who_may_not_is_not_even_offered_a_plan(floor: Floor) -> None:
    """Refused in private, and written down."""
    floor.runpod.load(an_orphan(1))
    await floor.slack.command(BOB, OPS, "runpod terminate", app_id=floor.app.app_id)
    await floor.whispered("was refused", "only role operator may")

    assert [each.who for each in floor.refusals()] == [BOB]
    assert "gate:" not in json.dumps(floor.front.sent())


async def test_a_private_plan_stays_private(either: Floor) -> None:
    """Its message is replaced through its response_url; nothing else reaches it."""
    either.runpod.load(an_orphan(1))
    shown = await either.plan("runpod terminate --private")
    await either.press(shown)
    await either.outcome(shown)

    methods = {each["method"] for each in either.front.sent()}
    assert methods == {"response_url"}
    assert either.runpod.left() == frozenset()


async def test_a_plan_in_a_thread_ends_in_that_thread(floor: Floor) -> None:
    """It was asked for by a mention there."""
    floor.runpod.load(an_orphan(1))
    head = await floor.slack.message(BOB, OPS, "what costs so much?")
    words = f"<@{floor.app.bot_user_id}> runpod terminate"
    await floor.slack.message(ALICE, OPS, words, thread_ts=head["ts"])
    shown = await floor.offered()
    await floor.press(shown)

    assert shown.payload["thread_ts"] == head["ts"]
    await floor.until(
        lambda: any(
            _is_outcome(each["payload"]["text"])
            for each in floor.front.sent()
            if each["method"] == "chat.update" and each["ts"] == shown.ts
        ),
        "no outcome is shown",
    )
    assert floor.runpod.left() == frozenset()


async def test_of_many_presses_at_once_one_is_carried_out(floor: Floor) -> None:
    """People click twice, and two people click at once."""
    floor.allow(POLICY.replace('["U0ALICE"]', '["U0ALICE", "U0BOB"]'))
    pods = [an_orphan(number) for number in range(3)]
    floor.runpod.load(*pods)
    shown = await floor.plan()

    async def press(by: str) -> None:
        await floor.press(shown, by=by)

    async with anyio.create_task_group() as people:
        for by in (ALICE, BOB, ALICE, BOB, ALICE, BOB):
            people.start_soon(press, by)
    await floor.outcome(shown)
    await floor.until(lambda: len(floor.refusals()) == 5, "five came too late")

    assert floor.terminated(*(pod.id for pod in pods)) == [1, 1, 1]
    assert len([it for it in floor.said(shown) if _is_outcome(it)]) == 1


# --- who may ------------------------------------------------------------------------


def a_user(floor: Floor, user: str, **about: Any) -> None:
    """Let Slack tell this of somebody from now on."""
    known = {"id": user, "team_id": "T0TESTBED", "real_name": "Mallory", **about}
    body = json.dumps({"ok": True, "user": known})
    floor.front.faults(
        Fault(match=f"users.info.*{user}", status=200, body=body, times=99)
    )


@pytest.mark.parametrize(
    ("about", "why"),
    [
        ({"team_id": "T9STRANGER"}, "people of other workspaces"),
        ({"is_stranger": True}, "people of other workspaces"),
        ({"is_bot": True}, "bots and workflows"),
        ({"is_restricted": True}, "guests"),
        ({"deleted": True}, "a deactivated account"),
    ],
)
async def test_an_outsider_with_a_role_is_refused(
    floor: Floor, about: dict[str, Any], why: str
) -> None:
    """Whatever the policy says of the user id."""
    floor.allow(POLICY.replace('["U0ALICE"]', '["U0ALICE", "U0BOB"]'))
    floor.runpod.load(an_orphan(1))
    shown = await floor.plan()
    a_user(floor, BOB, **about)
    await floor.press(shown, by=BOB)
    await floor.whispered("was refused", why)

    assert floor.terminations() == []
    assert [each.who for each in floor.refusals()] == [BOB]


async def test_rights_end_when_slack_says_that_they_end(floor: Floor) -> None:
    """Even between a plan and its press."""
    floor.allow(POLICY.replace('users = ["U0ALICE"]', f'usergroups = ["{ONCALL}"]'))
    floor.runpod.load(an_orphan(1))
    shown = await floor.plan()
    floor.front.steer(usergroups={ONCALL: [BOB]})
    await floor.press(shown)
    await floor.whispered("only role operator may")

    assert floor.terminations() == []


async def test_nobody_may_while_slack_does_not_tell_who_is_who(floor: Floor) -> None:
    """A look-up that fails gives no rights."""
    floor.runpod.load(an_orphan(1))
    shown = await floor.plan()
    floor.front.faults(Fault(match="users.info", status=500, body="oops", times=99))
    await floor.press(shown)
    await floor.whispered("nobody can tell what you may do")

    assert floor.terminations() == []
    assert len(floor.refusals()) == 1


async def test_six_pods_want_a_second_person(floor: Floor) -> None:
    """Who asked can press as often as they like."""
    pods = [an_orphan(number) for number in range(6)]
    floor.runpod.load(*pods)
    shown = await floor.plan()
    await floor.press(shown)
    await floor.until(lambda: len(floor.said(shown)) == 1, "nobody is waited for")
    await floor.press(shown)
    await floor.whispered("you confirmed already; somebody else of role approver")

    assert "more than 5 need a second person" in shown.payload["text"]
    assert "somebody else of role approver" in floor.said(shown)[-1]
    assert floor.terminations() == []

    await floor.press(shown, by=BOB)
    outcome = await floor.outcome(shown)

    assert "6 done, started by Bob Brown (U0BOB)" in outcome
    assert floor.terminated(*(pod.id for pod in pods)) == [1] * 6
    confirmed = [it.who for it in floor.audit() if it.decision == "confirmed"]
    assert confirmed == ["Alice Anderson (U0ALICE)", "Bob Brown (U0BOB)"]


async def test_a_second_person_cannot_tick_what_the_first_unticked(
    floor: Floor,
) -> None:
    """What two people confirm is what both have seen."""
    pods = [an_orphan(number) for number in range(6)]
    floor.runpod.load(*pods)
    shown = await floor.plan()
    await floor.tick(shown, only={0, 1, 2, 3, 4})
    await floor.press(shown)
    await floor.until(lambda: len(floor.said(shown)) == 1, "nobody is waited for")
    await floor.tick(shown, only={0, 1, 2, 3, 4, 5})
    await floor.press(shown, by=BOB)
    outcome = await floor.outcome(shown)

    assert "5 done, 1 unticked" in outcome
    assert len(floor.runpod.left()) == 1


async def test_the_emergency_is_never_one_persons(floor: Floor) -> None:
    """However small it is."""
    floor.runpod.load(an_orphan(1))
    floor.postgres.sql(
        "insert into workers (id, instance_type, status, last_heartbeat, metadata)"
        " values (%s, 'RTX 4090', 'active', now(),"
        " jsonb_build_object('runpod_id', %s::text))",
        (an_orphan(1).name, an_orphan(1).id),
    )
    shown = await floor.plan("workers shutdown")
    await floor.press(shown)
    await floor.until(lambda: len(floor.said(shown)) == 1, "nobody is waited for")
    again = "you confirmed already; somebody else of role approver"
    for times in (1, 2):
        await floor.press(shown)
        await floor.until(
            lambda times=times: sum(again in it for it in floor.whispers()) == times,  # type: ignore[misc]
            "nobody is told again",
        )

    assert len(floor.said(shown)) == 1
    assert "always needs a second person" in shown.payload["text"]
    assert floor.terminations() == []
    assert floor.postgres.sql("select status from workers") == [("active",)]


async def test_a_freeze_stops_a_press(floor: Floor) -> None:
    """Also of a plan that was made before it."""
    floor.runpod.load(an_orphan(1))
    shown = await floor.plan()
    await floor.slack.command(BOB, OPS, "freeze", app_id=floor.app.app_id)
    await floor.until(
        lambda: any("frozen now" in str(each) for each in floor.front.sent()),
        "nothing is frozen",
    )
    await floor.press(shown)
    await floor.whispered("everything is frozen, by Bob Brown (U0BOB) at")

    assert floor.terminations() == []

    await floor.slack.command(ALICE, OPS, "unfreeze", app_id=floor.app.app_id)
    await floor.until(
        lambda: any("may run again" in str(each) for each in floor.front.sent()),
        "it stays frozen",
    )
    await floor.press(shown)
    await floor.outcome(shown)

    assert floor.runpod.left() == frozenset()


async def test_an_expired_plan_cannot_be_pressed(floor: Floor) -> None:
    """The world has moved on since, and the message no longer offers it."""
    floor.runpod.load(an_orphan(1))
    shown = await floor.plan()
    floor.write(
        "update offers set expires_at = '2026-01-31 12:00:00' where id = ?", shown.offer
    )
    await floor.press(shown)
    # That the message says so may be by itself, before the press is looked at.
    await floor.until(lambda: bool(floor.refusals()), "the press is not refused")
    await floor.until(lambda: bool(floor.said(shown)), "the message stays")

    assert " expired at 2026-01-31 12:00:00Z; nothing was done" in floor.said(shown)[0]
    assert "gate:" not in json.dumps(floor.front.sent()[-1]["payload"])
    assert floor.terminations() == []
    assert len(floor.refusals()) == 1


async def test_an_expired_plan_says_so_by_itself(either: Floor) -> None:
    """Nobody needs to press; and it is said once."""
    either.runpod.load(an_orphan(1))
    shown = await either.plan()
    # The bot writes down where it stands when it has posted it.
    past = (
        "update offers set expires_at = '2026-01-31 12:00:00'"
        " where id = ? and place is not null"
    )
    await either.until(lambda: either.write(past, shown.offer) > 0, "it is not kept")
    await either.until(lambda: bool(either.said(shown)), "the message stays")
    await either.press(shown)
    await either.until(lambda: len(either.said(shown)) > 1, "the press is not answered")

    over = " expired at 2026-01-31 12:00:00Z; nothing was done"
    assert [over in each for each in either.said(shown)] == [True, True]
    assert "gate:" not in json.dumps(either.front.sent()[-1]["payload"])
    assert either.terminations() == []


# --- the world changes between the plan and its press -------------------------------


def adopted(floor: Floor, pod: Pod, other: Pod) -> None:
    """Let a worker register that has the pod."""
    floor.postgres.sql(
        "insert into workers (id, instance_type, status, last_heartbeat, metadata)"
        " values ('gpu-20260101_000000-newcomer', 'RTX 4090', 'active', now(),"
        " jsonb_build_object('runpod_id', %s::text))",
        (pod.id,),
    )


def vanished(floor: Floor, pod: Pod, other: Pod) -> None:
    """Let somebody else have ended it."""
    floor.runpod.load(other)


def restarted(floor: Floor, pod: Pod, other: Pod) -> None:
    """Let its container be started anew."""
    # Not this very second: RunPod tells no uptime then.
    now = datetime.now(UTC)
    floor.runpod.load(replace(pod, started_at=now - timedelta(seconds=3)), other)


def renamed(floor: Floor, pod: Pod, other: Pod) -> None:
    """Let it be somebody's for another purpose."""
    floor.runpod.load(replace(pod, name="notebook"), other)


def locked(floor: Floor, pod: Pod, other: Pod) -> None:
    """Let somebody lock it."""
    floor.runpod.load(replace(pod, locked=True), other)


def beats(floor: Floor, pod: Pod, other: Pod) -> None:
    """Let the worker that was given up beat again."""
    floor.postgres.sql("update workers set last_heartbeat = now()")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (adopted, "is active"),
        (vanished, "it is gone already"),
        (restarted, "it was started anew"),
        (renamed, "it has another name now"),
        (locked, "is locked"),
        (beats, "beat since the plan"),
    ],
)
async def test_what_changed_since_the_plan_is_left_alone_and_said(
    floor: Floor, change: Callable[[Floor, Pod, Pod], None], said: str
) -> None:
    """The other pod of the plan is ended."""
    pod, other = an_orphan(1), an_orphan(2)
    floor.runpod.load(pod, other)
    if change is beats:
        failed_with(floor, pod, tasks=0)
    shown = await floor.plan()
    change(floor, pod, other)
    await floor.press(shown)
    outcome = await floor.outcome(shown)

    assert "1 done, 1 left alone" in outcome
    assert said in outcome
    assert floor.terminated(pod.id, other.id) == [0, 1]
    assert floor.fates() == {pod.id: "left alone", other.id: "done"}


# --- RunPod, the database and Slack fail --------------------------------------------

ANSWERED = '{"data": {"podTerminate": null}}'
REFUSED = '{"errors": [{"message": "not today"}]}'


class Case(NamedTuple):
    """What RunPod does when it is asked to end a pod, and what is true afterwards."""

    fault: dict[str, Any]
    fate: str
    gone: bool


RUNPOD: Mapping[str, Case] = {
    "the key is refused": Case({"status": 401, "body": REFUSED}, "failed", False),
    "it says no": Case({"status": 200, "body": REFUSED}, "failed", False),
    "too many requests": Case({"status": 429, "body": "{}"}, "unknown", False),
    "a fault of its own": Case({"status": 500, "body": "oops"}, "unknown", False),
    "garbage": Case({"status": 200, "body": "<html>"}, "unknown", False),
    "it says yes and does nothing": Case(
        {"status": 200, "body": ANSWERED}, "unknown", False
    ),
    "the connection ends": Case({"reset": True}, "unknown", False),
    "slow": Case({"delay": 7.3}, "done", True),
    "done, and the connection ends": Case({"late": True, "reset": True}, "done", True),
    "done, and a fault": Case(
        {"late": True, "status": 500, "body": "oops"}, "done", True
    ),
    "done, and the answer cut short": Case({"truncate": 5}, "done", True),
}


async def test_outcomes_stay_true_whatever_runpod_answers(floor: Floor) -> None:
    """Each pod has its own trouble, and all are pressed at once."""
    pods = {name: an_orphan(number) for number, name in enumerate(RUNPOD)}
    floor.runpod.load(*pods.values())
    shown = {
        name: await floor.plan(f"runpod terminate {pod.id}")
        for name, pod in pods.items()
    }
    floor.runpod.faults(
        *(
            Fault(match=f"podTerminate.*{pods[name].id}", **case.fault)
            for name, case in RUNPOD.items()
        )
    )
    async with anyio.create_task_group() as people:
        for each in shown.values():
            people.start_soon(floor.press, each)
    outcomes = {name: await floor.outcome(each) for name, each in shown.items()}
    fates, left = floor.fates(), floor.runpod.left()

    assert {name: fates[pod.id] for name, pod in pods.items()} == {
        name: case.fate for name, case in RUNPOD.items()
    }
    assert {name: pod.id not in left for name, pod in pods.items()} == {
        name: case.gone for name, case in RUNPOD.items()
    }
    for name, case in RUNPOD.items():
        assert f": 1 {case.fate}, started by" in outcomes[name]
    assert floor.terminated(*(pod.id for pod in pods.values())) == [1] * len(pods)


async def test_what_cannot_be_looked_at_again_is_not_done(floor: Floor) -> None:
    """A plan alone is no reason to end anything."""
    floor.runpod.load(an_orphan(1))
    shown = await floor.plan()
    floor.runpod.faults(Fault(match="graphql", status=503, body="{}", times=99))
    await floor.press(shown)
    outcome = await floor.outcome(shown)

    assert "1 failed" in outcome
    assert "could not be looked at again" in outcome
    assert floor.terminations() == []


async def test_a_database_that_fails_after_the_pod_is_said(floor: Floor) -> None:
    """The pod is gone, the row is not marked, and the outcome says what finishes it."""
    pod = an_orphan(1)
    floor.runpod.load(pod)
    failed_with(floor, pod)
    shown = await floor.plan()
    floor.gateway.faults(Fault(match="^PATCH ", status=503, body="{}", times=99))
    await floor.press(shown)
    outcome = await floor.outcome(shown)

    assert floor.runpod.left() == frozenset()
    assert floor.postgres.sql("select status from workers") == [("error",)]
    assert floor.postgres.sql("select status, attempts from tasks") == [
        ("In Progress", 0)
    ]
    assert "1 failed" in outcome
    assert "the pod is gone" in outcome
    assert f"row {pod.name} still" in outcome
    # A table's cell in Slack is too short for all of it; the audit has it whole.
    [ended] = [each.reason for each in floor.audit() if each.outcome]
    assert f"worker forget {pod.name} finishes it" in ended


async def test_a_message_that_cannot_be_updated_is_replaced(floor: Floor) -> None:
    """By the response_url of the press."""
    floor.runpod.load(an_orphan(1))
    shown = await floor.plan()
    floor.front.faults(_refuses("chat.update"))
    await floor.press(shown)
    await floor.outcome(shown)

    [last] = [
        it for it in floor.front.sent() if _is_outcome(str(it["payload"].get("text")))
    ]
    assert last["method"] == "response_url"
    assert last["ts"] == shown.ts
    assert floor.runpod.left() == frozenset()


async def test_a_message_that_cannot_be_changed_has_its_outcome_in_the_thread(
    floor: Floor,
) -> None:
    """And what was to be done is done."""
    floor.runpod.load(an_orphan(1))
    shown = await floor.plan()
    floor.front.faults(
        _refuses("chat.update"),
        Fault(match="^POST /hooks/", status=404, body="expired_url", times=99),
    )
    await floor.press(shown)
    await floor.until(
        lambda: any(
            each["payload"].get("thread_ts") == shown.ts
            and _is_outcome(each["payload"]["text"])
            for each in floor.front.sent()
        ),
        "no outcome is in the thread",
    )

    assert floor.said(shown) == []
    assert floor.runpod.left() == frozenset()


async def test_a_plan_without_its_buttons_is_withdrawn(floor: Floor) -> None:
    """Nothing live is left that nobody can press."""
    refusal = {"ok": False, "error": "invalid_blocks"}
    floor.front.faults(
        Fault(match="chat.postMessage", status=200, body=json.dumps(refusal))
    )
    floor.runpod.load(an_orphan(1))
    await floor.slack.command(ALICE, OPS, "runpod terminate", app_id=floor.app.app_id)
    await floor.until(
        lambda: "cancelled" in [each.decision for each in floor.audit()],
        "the plan stays open",
    )

    text = floor.front.sent()[0]["payload"]["text"]
    assert text.splitlines()[1] == UNPRESSABLE
    assert [(each.who, each.decision, each.reason) for each in floor.audit()] == [
        (ALICE, "offered", ""),
        ("debug-bot", "cancelled", "Slack did not take its buttons"),
    ]


async def test_every_outcome_stands_in_the_audits_channel(floor: Floor) -> None:
    """In a message of its own."""
    floor.allow(f'{POLICY}[audit]\nchannel = "{OPS}"')
    floor.runpod.load(an_orphan(1))
    shown = await floor.plan()
    await floor.press(shown)
    await floor.outcome(shown)
    await floor.until(
        lambda: any(
            each["method"] == "chat.postMessage"
            and _is_outcome(each["payload"]["text"])
            for each in floor.front.sent()
        ),
        "nothing is copied",
    )


async def test_an_audits_channel_out_of_reach_changes_nothing(floor: Floor) -> None:
    """The bot is no member of it."""
    floor.allow(f'{POLICY}[audit]\nchannel = "{RANDOM}"')
    floor.runpod.load(an_orphan(1))
    shown = await floor.plan()
    await floor.press(shown)
    outcome = await floor.outcome(shown)
    await floor.until(
        lambda: any(it.get("error") == "not_in_channel" for it in floor.front.notes()),
        "nothing was tried",
    )

    assert "1 done" in outcome


async def test_what_a_dead_process_left_is_settled_and_said(floor: Floor) -> None:
    """It had ended one pod, and not begun with the other."""
    pods = [an_orphan(1), an_orphan(2)]
    floor.runpod.load(*pods)
    failed_with(floor, pods[0])
    shown = await floor.plan()
    [begun] = [
        int(box["value"]) for box in shown.boxes if pods[0].id in box["text"]["text"]
    ]
    floor.runpod.load(pods[1])
    floor.write(
        "update items set step = 'begun' where offer_id = ? and position = ?",
        shown.offer,
        begun,
    )
    floor.write(
        "update offers set state = 'taken', runner = 'dead', ended_by = 'Alice',"
        " ended_at = created_at, alive_at = '2026-01-31 12:00:00', place = ?"
        " where id = ?",
        json.dumps({"channel": OPS, "message_ts": shown.ts, "thread_ts": ""}),
        shown.offer,
    )
    outcome = await floor.outcome(shown)
    await floor.until(
        lambda: any(
            each["payload"].get("thread_ts") == shown.ts
            and "debug-bot was stopped" in each["payload"]["text"]
            for each in floor.front.sent()
        ),
        "nothing is said in the thread",
    )

    assert "1 done, 1 left alone" in outcome
    assert floor.fates() == {pods[0].id: "done", pods[1].id: "left alone"}
    assert floor.terminations() == []
    assert floor.postgres.sql("select status from workers") == [("terminated",)]
    assert floor.postgres.sql("select status, attempts from tasks") == [("Queued", 1)]


def _refuses(method: str) -> Fault:
    body = json.dumps({"ok": False, "error": "cant_update_message"})
    return Fault(match=method, status=200, body=body, times=99)
