"""What a forged, replayed or edited press can do: nothing, and the audit knows of it.

All of it is posted to the bot over HTTP, signed as Slack signs it unless the attempt
is about the signature. After each, RunPod's double, the database and the ledger are
asked whether anything was done.
"""

import hashlib
import hmac
import itertools
import json
import re
import sqlite3
import ssl
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import closing
from copy import deepcopy
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias
from urllib.parse import urlencode

import anyio
import httpx
import pytest

from bot.demo.faults import Fault
from bot.demo.ground import free_port
from bot.demo.workspace import ALICE, BOB, HTTP_APP, OPS, RANDOM
from tests.counterparts import PATIENCE, at_rest, standing
from tests.integration.bot import serving
from tests.integration.test_gate_in_slack import (
    POLICY,
    Floor,
    Shown,
    Written,
    an_orphan,
    failed_with,
)

pytestmark = [pytest.mark.postgrest, pytest.mark.slack]

Body: TypeAlias = dict[str, Any]
FORM = "application/x-www-form-urlencoded"
JSON = "application/json"
TEAM = "T0TESTBED"
# So long that no offer of this file expires unless a test wants it to.
LONG = "[limits]\nexpires_seconds = 3600\n"
# httpx would read all certificates of this machine for every test.
NO_CERTIFICATES = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
PODS = [an_orphan(number) for number in range(2)]
_TRIGGERS = itertools.count()


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What is posted to the bot, and how it is signed."""

    body: bytes
    kind: str = FORM
    secret: str = HTTP_APP.signing_secret
    skew: int = 0
    at: int | None = None
    """When it was sent; None is now."""
    headers: Mapping[str, str | None] = field(default_factory=dict)
    """Instead of the right ones; None leaves one out."""
    signs: bytes | None = None
    """What is signed instead of the body."""

    def lines(self) -> dict[str, str]:
        """Return the headers."""
        at = str((int(time.time()) if self.at is None else self.at) + self.skew)
        signed = self.body if self.signs is None else self.signs
        base = b"v0:" + at.encode() + b":" + signed
        made = hmac.new(self.secret.encode(), base, hashlib.sha256).hexdigest()
        every = {
            "Content-Type": self.kind,
            "X-Slack-Request-Timestamp": at,
            "X-Slack-Signature": f"v0={made}",
            **self.headers,
        }
        return {name: value for name, value in every.items() if value is not None}


def a_press(offer: str, ts: str) -> Body:
    """Return a press of alice on the offer, right in every respect."""
    options = [
        {"text": {"type": "plain_text", "text": pod.id}, "value": str(position)}
        for position, pod in enumerate(PODS)
    ]
    boxes = {
        "type": "checkboxes",
        "action_id": "gate:tick:0",
        "options": options,
        "initial_options": options,
    }
    button = {"type": "button", "action_id": "gate:confirm", "value": offer}
    blocks = [
        {"type": "actions", "block_id": "gate:items:0", "elements": [boxes]},
        {"type": "actions", "block_id": "gate", "elements": [button]},
    ]
    held = {"type": "checkboxes", "selected_options": options}
    return {
        "type": "block_actions",
        "user": {"id": ALICE, "username": "alice", "team_id": TEAM},
        "api_app_id": HTTP_APP.app_id,
        "container": {"type": "message", "message_ts": ts, "channel_id": OPS},
        "trigger_id": f"1.{next(_TRIGGERS)}",
        "team": {"id": TEAM, "domain": "testbed"},
        "channel": {"id": OPS, "name": "ops"},
        "message": {"type": "message", "ts": ts, "blocks": blocks},
        "state": {"values": {"gate:items:0": {"gate:tick:0": held}}},
        "response_url": "http://127.0.0.1:9/hook",
        "actions": [{**button, "block_id": "gate", "action_ts": ts}],
    }


def a_form(body: Any, **about: Any) -> Request:
    """Return the payload as Slack posts it."""
    text = body if isinstance(body, str) else json.dumps(body)
    return Request(body=urlencode({"payload": text}).encode(), **about)


@dataclass(slots=True, kw_only=True)
class Scene:
    """The bot over HTTP, an offer of its that is open, and what the world was like."""

    floor: Floor
    offer: Shown
    client: httpx.AsyncClient

    @property
    def press(self) -> Body:
        """Return a new press that is right in every respect."""
        return a_press(self.offer.offer, self.offer.ts)

    async def post(self, request: Request) -> int:
        """Post it; return the status."""
        answer = await self.client.post(
            "/slack/events", content=request.body, headers=request.lines()
        )
        return answer.status_code

    def world(self) -> object:
        """Return all that a press could change."""
        postgres, tables = self.floor.postgres, ("workers", "tasks")
        rows = [postgres.sql(f"select * from {it} order by id") for it in tables]
        with closing(sqlite3.connect(self.floor.ledger)) as ledger:
            offers = ledger.execute("select * from offers order by id").fetchall()
            items = ledger.execute("select * from items order by 1, 2").fetchall()
        return self.floor.runpod.left(), rows, offers, items

    async def written(self) -> Written:
        """Return the only line that the audit has got, which must refuse something."""
        await self.floor.until(
            lambda: bool(self.floor.audit()), "the audit knows nothing of it"
        )
        # A second line, of a second decision, would come at once.
        await anyio.sleep(0.02)
        [line] = self.floor.audit()
        return line


@pytest.fixture(scope="module")
def floor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Floor]:
    """The bot over HTTP, before a Slack that does not call it."""
    folder = tmp_path_factory.mktemp("hostile")
    port = free_port()
    with standing(request_url=f"http://127.0.0.1:{port}/slack/events") as stack:
        found = Floor(
            stack=stack,
            app=HTTP_APP,
            url=f"http://127.0.0.1:{port}",
            policy=folder / "policy.toml",
            ledger=folder / "ledger.sqlite3",
        )
        found.allow(POLICY + LONG)
        environment = {
            **stack.http_environment,
            "DEBUG_BOT_POLICY": str(found.policy),
            "DEBUG_BOT_STATE_URL": f"sqlite:///{found.ledger}",
        }
        with serving(environment, port=port):
            yield found


@pytest.fixture(scope="module")
def offers() -> dict[str, Shown]:
    """The offer that stays open as long as nobody succeeds."""
    return {}


@pytest.fixture
async def scene(floor: Floor, offers: dict[str, Shown]) -> AsyncIterator[Scene]:
    """An open offer of two orphans in a calm world."""
    floor.front.faults()
    if "open" not in offers or not _is_open(floor, offers["open"]):
        offers["open"] = await a_new_offer(floor)
    _mark(floor)
    async with httpx.AsyncClient(
        base_url=floor.url, trust_env=False, timeout=PATIENCE, verify=NO_CERTIFICATES
    ) as client:
        yield Scene(floor=floor, offer=offers["open"], client=client)


async def a_new_offer(floor: Floor) -> Shown:
    """Return an offer of two orphans, one of which has a worker with a task."""
    await floor.clear()
    floor.allow(POLICY + LONG)
    floor.runpod.load(*PODS)
    failed_with(floor, PODS[0])
    shown = await floor.plan()
    at_rest(floor.port)  # where it stands is written down when it has been posted
    return shown


def _is_open(floor: Floor, shown: Shown) -> bool:
    """Tell whether the offer still waits: an attempt that succeeds spoils no other."""
    question = "select state from offers where id = ?"
    with closing(sqlite3.connect(floor.ledger)) as ledger:
        rows = ledger.execute(question, (shown.offer,)).fetchall()
    return bool(rows == [("open",)])


def _mark(floor: Floor) -> None:
    """Let all that stands in the audit now be of earlier attempts."""
    with closing(sqlite3.connect(floor.ledger)) as ledger:
        [[floor.read]] = ledger.execute("select max(id) from audit").fetchall()
    floor.runpod.requests(clear=True)


# --- the attempts -------------------------------------------------------------------

Attempt: TypeAlias = Callable[[Scene], Request]


def edited(**fields: Any) -> Attempt:
    """Return an attempt with other fields in the payload; None leaves one out."""

    def attempt(scene: Scene) -> Request:
        every = {**scene.press, **fields}
        return a_form({name: it for name, it in every.items() if it is not None})

    return attempt


def acted(*actions: Any) -> Attempt:
    """Return an attempt with other actions; those that are mappings are merged."""

    def attempt(scene: Scene) -> Request:
        body = scene.press
        [right] = body["actions"]
        body["actions"] = [
            {**right, **each} if isinstance(each, dict) else each for each in actions
        ]
        return a_form(body)

    return attempt


def valued(value: Callable[[str], Any]) -> Attempt:
    """Return an attempt with another value in the button."""
    return lambda scene: acted({"value": value(scene.offer.offer)})(scene)


def ticking(*positions: Any) -> Attempt:
    """Return an attempt with other positions ticked."""
    options = [{"value": position} for position in positions]
    return chosen(options)


def chosen(options: Any) -> Attempt:
    """Return an attempt with something else where the ticked boxes stand."""
    held = {"type": "checkboxes", "selected_options": options}
    return edited(state={"values": {"gate:items:0": {"gate:tick:0": held}}})


def sent(**about: Any) -> Attempt:
    """Return an attempt that is wrong in how it is sent."""
    return lambda scene: a_form(scene.press, **about)


def raw(make: Callable[[Body], bytes], **about: Any) -> Attempt:
    """Return an attempt whose body is made otherwise, and signed rightly."""
    return lambda scene: Request(body=make(scene.press), **about)


def _with_targets(id: str) -> str:
    pods = [pod.id for pod in PODS]
    return json.dumps({"offer": id, "targets": [*pods, "another0pod0id"]})


def _cyrillic(id: str) -> str:
    return "\N{CYRILLIC SMALL LETTER A}" + id[1:]


def _another_press(body: Body) -> bytes:
    other = deepcopy(body)
    other["actions"][0]["value"] = "x" * 22
    both = [("payload", json.dumps(other)), ("payload", json.dumps(body))]
    return urlencode(both).encode()


def _deep(body: Body) -> bytes:
    nested = "[" * 20_000 + "]" * 20_000
    text = json.dumps(body)[:-1] + ', "deep": ' + nested + "}"
    return urlencode({"payload": text}).encode()


def _json_as_a_form(body: Body) -> bytes:
    return json.dumps({**body, "also": "&command=/x&"}).encode()


ASK = {"type": "button", "action_id": "ask:1", "value": "queue"}

ATTEMPTS: Mapping[str, Attempt] = {
    # ids
    "a forged id": valued(lambda it: "A" * len(it)),
    "an empty id": valued(lambda _: ""),
    "an id cut short": valued(lambda it: it[:-1]),
    "an id made longer": valued(lambda it: it + "A"),
    "an id of 64 signs": valued(lambda it: it.ljust(64, "A")),
    "an id of 65 signs": valued(lambda it: it.ljust(65, "A")),
    "an id with a line end": valued(lambda it: it + "\n"),
    "an id with a blank": valued(lambda it: " " + it),
    "an id with a NUL": valued(lambda it: it + "\0"),
    "an id with half a sign": valued(lambda it: it + "\ud800"),
    "an id in other capitals": valued(str.swapcase),
    "an id in Cyrillic": valued(_cyrillic),
    "an id with a sign nobody sees": valued(lambda it: it + "\N{ZERO WIDTH SPACE}"),
    "SQL that is always true": valued(lambda _: "' or 1=1 --"),
    "SQL behind the id": valued(lambda it: f"{it}' or '1'='1"),
    "SQL that drops": valued(lambda it: f"{it}'; drop table audit; --"),
    "SQL wildcards": valued(lambda _: "%" * 22),
    "GraphQL": valued(lambda _: 'x"}){id}podTerminate(input:{podId:"orphan00aaaaaa"'),
    "a pod's id": valued(lambda _: PODS[0].id),
    "a value that holds targets": valued(_with_targets),
    "a huge value": valued(lambda it: it + "A" * 300_000),
    # types
    "a value in a list": valued(lambda it: [it]),
    "a value in a mapping": valued(lambda it: {"id": it}),
    "a number for a value": valued(lambda _: 7),
    "no value": valued(lambda _: None),
    "a user that is a text": edited(user=ALICE),
    "a user in a list": edited(user=[{"id": ALICE}]),
    "a number for a user id": edited(user={"id": 7, "team_id": TEAM}),
    "a channel that is a number": edited(channel=7, container={"type": "message"}),
    "a channel in a list": edited(channel=[OPS], container=[OPS]),
    "actions in a mapping": edited(actions={"action_id": "gate:confirm"}),
    "actions that are a text": edited(actions="gate:confirm"),
    "an action that is null": acted(None),
    "an action in a list": acted([{"action_id": "gate:confirm"}]),
    "a number for an action id": acted({"action_id": 7}),
    "a message in a list": edited(message=["gate:confirm"]),
    "a message that is a text": edited(message="1.5"),
    "a state in a list": edited(state=["gate:items:0"]),
    "values in a list": edited(state={"values": ["gate:items:0"]}),
    "a container that is a text": edited(container="message", channel=None),
    "a team that is a text": edited(team="T9", user={"id": ALICE, "team_id": "T9"}),
    "a payload type in a list": edited(type=["block_actions"]),
    # missing
    "no user": edited(user=None),
    "an empty user": edited(user={}),
    "no channel": edited(channel=None, container=None),
    "no actions": edited(actions=None),
    "actions without any": edited(actions=[]),
    "no message": edited(message=None),
    "no state": edited(state=None),
    "no type": edited(type=None),
    # places
    "another channel": edited(
        channel={"id": RANDOM}, container={"type": "message", "channel_id": RANDOM}
    ),
    "a direct message": edited(
        channel={"id": "D0ALICE"}, container={"type": "message"}
    ),
    "two channels": edited(container={"type": "message", "channel_id": RANDOM}),
    # actions
    "two presses": acted({}, {}),
    "a box before the press": acted({"action_id": "gate:tick:0"}, {}),
    "a question before the press": acted(ASK, {}),
    "an old button before the press": acted({"action_id": "old"}, {}),
    "an action id with more": acted({"action_id": "gate:confirm:extra"}),
    "an action id with a line end": acted({"action_id": "gate:confirm\n"}),
    "an action id without a name": acted({"action_id": "gate:"}),
    "an attachment's button": edited(
        type="interactive_message", callback_id="gate:confirm"
    ),
    "a dialog": edited(type="dialog_submission", callback_id="gate:confirm"),
    "a position that does not exist": ticking("99"),
    "a negative position": ticking("-1"),
    "a position in words": ticking("0 or 1"),
    "a number for a position": ticking(0),
    "nothing ticked": ticking(),
    "boxes in a mapping": chosen({"0": True}),
    "boxes that are texts": chosen(["0", "1"]),
    # people
    "another team's user": edited(user={"id": ALICE, "team_id": "T9OTHER"}),
    "another team's payload": edited(
        user={"id": ALICE}, team={"id": "T9OTHER", "domain": "other"}
    ),
    "somebody without a role": edited(user={"id": BOB, "team_id": TEAM}),
    "somebody unknown": edited(user={"id": "U0NOBODY", "team_id": TEAM}),
    "a name for a user id": edited(user={"id": "alice", "team_id": TEAM}),
    "two user ids": edited(user={"id": f"{ALICE},{BOB}", "team_id": TEAM}),
    "a path for a user id": edited(user={"id": f"{BOB}&user={ALICE}", "team_id": TEAM}),
    "half a sign in a user id": edited(user={"id": f"{ALICE}\ud800", "team_id": TEAM}),
    "half a sign in a channel": edited(channel={"id": f"{OPS}\ud800"}, container={}),
    "a NUL in a user id": edited(user={"id": f"{ALICE}\0", "team_id": TEAM}),
    "the bot itself": edited(user={"id": HTTP_APP.bot_user_id, "team_id": TEAM}),
    # signatures
    "a wrong signature": sent(headers={"X-Slack-Signature": "v0=" + "0" * 64}),
    "no signature": sent(headers={"X-Slack-Signature": None}),
    "an empty signature": sent(headers={"X-Slack-Signature": ""}),
    "no time": sent(headers={"X-Slack-Request-Timestamp": None}),
    "a time in words": sent(headers={"X-Slack-Request-Timestamp": "now"}),
    "the signature of another secret": sent(secret="guessed"),
    "the signature of no secret": sent(secret=""),
    "the signature of another body": sent(signs=b"payload=%7B%7D"),
    "a clock that is late": sent(skew=-301),
    "a clock that is early": sent(skew=330),  # may have run on until it is read
    # bodies
    "JSON instead of a form": raw(lambda it: json.dumps(it).encode(), kind=JSON),
    "JSON that is called a form": raw(_json_as_a_form),
    "no UTF-8": raw(lambda it: a_form(it).body + b"\xff"),
    "another charset": raw(lambda it: json.dumps(it).encode("utf-16"), kind=JSON),
    "half of a payload": raw(
        lambda it: urlencode({"payload": json.dumps(it)[:-2]}).encode()
    ),
    "a payload in a list": raw(
        lambda it: urlencode({"payload": json.dumps([it])}).encode()
    ),
    "a payload in a payload": raw(
        lambda it: urlencode({"payload": json.dumps(json.dumps(it))}).encode()
    ),
    "two payloads": raw(_another_press),
    "a payload of great depth": raw(_deep),
    "a body that is not packed": sent(headers={"Content-Encoding": "gzip"}),
}

# Neither is read to its end, so nobody knows whether it is about an offer.
UNREAD = frozenset({"another charset", "a body that is not packed"})


async def judged(scene: Scene, request: Request) -> Written:
    """Post it; return the audit's line, having seen that nothing else was done."""
    before = scene.world()
    status = await scene.post(request)
    line = await scene.written()

    assert status == 200 or 400 <= status < 500
    assert line.decision == "refused"
    assert scene.floor.terminations() == []
    assert scene.world() == before
    return line


@pytest.mark.parametrize("name", [it for it in ATTEMPTS if it not in UNREAD])
async def test_an_attempt_changes_nothing_and_is_written_down(
    scene: Scene, name: str
) -> None:
    """Each differs from a right press in one respect; the last test presses that."""
    await judged(scene, ATTEMPTS[name](scene))


@pytest.mark.parametrize("name", sorted(UNREAD))
async def test_what_cannot_be_read_changes_nothing(scene: Scene, name: str) -> None:
    """It is refused before anybody knows what it is about."""
    before = scene.world()
    status = await scene.post(ATTEMPTS[name](scene))

    assert 400 <= status < 500
    assert scene.floor.terminations() == []
    assert scene.world() == before


# --- who alice is not any more -------------------------------------------------------


@pytest.mark.parametrize(
    ("about", "why"),
    [
        ({"is_bot": True}, "bots and workflows"),
        ({"is_workflow_bot": True}, "bots and workflows"),
        ({"is_stranger": True}, "other workspaces"),
        ({"team_id": "T9OTHER"}, "another workspace|other workspaces"),
        ({"team_id": None}, "workspace"),
        ({"is_ultra_restricted": True}, "guests"),
        ({"deleted": True}, "deactivated"),
        ({"id": BOB}, "another user than asked for"),
        ({"is_bot": "no"}, "not a user"),
    ],
)
async def test_who_is_no_member_any_more_changes_nothing(
    scene: Scene, about: Body, why: str
) -> None:
    """The payload is right; Slack says something else of its user."""
    user = {"id": ALICE, "team_id": TEAM, "real_name": "Alice", **about}
    body = json.dumps({"ok": True, "user": user})
    scene.floor.front.faults(Fault(match="users.info", status=200, body=body, times=99))
    line = await judged(scene, a_form(scene.press))

    assert re.search(why, line.reason)


# --- too late ------------------------------------------------------------------------


@pytest.fixture
async def late(scene: Scene, offers: dict[str, Shown]) -> Scene:
    """An offer of its own, which the test brings to its end."""
    offers.clear()
    scene.offer = await a_new_offer(scene.floor)
    return scene


async def cancelled(scene: Scene) -> None:
    """Let alice cancel it."""
    await scene.post(acted({"action_id": "gate:cancel"})(scene))
    await scene.floor.until(
        lambda: any(it.decision == "cancelled" for it in scene.floor.audit()),
        "it is not cancelled",
    )


async def expired(scene: Scene) -> None:
    """Let its time be over."""
    statement = "update offers set expires_at = '2026-01-31 12:00:00' where id = ?"
    scene.floor.write(statement, scene.offer.offer)
    # The bot takes note of that by itself, in the offer's row as well.
    await scene.floor.until(
        lambda: bool(scene.floor.said(scene.offer)), "it never says that it expired"
    )


async def finished(scene: Scene) -> None:
    """Let alice have it carried out."""
    await scene.post(a_form(scene.press))
    await scene.floor.outcome(scene.offer)


@pytest.mark.parametrize(
    ("ending", "action_id", "said"),
    [
        (cancelled, "gate:confirm", "was cancelled by"),
        (cancelled, "gate:cancel", "was cancelled by"),
        (expired, "gate:confirm", "expired at"),
        (expired, "gate:cancel", "expired at"),
        (finished, "gate:confirm", "was done already"),
        (finished, "gate:cancel", "was done already"),
    ],
)
async def test_what_comes_too_late_changes_nothing(
    late: Scene,
    ending: Callable[[Scene], Awaitable[None]],
    action_id: str,
    said: str,
) -> None:
    """Pressed or cancelled by somebody who may do both."""
    await ending(late)
    _mark(late.floor)
    line = await judged(late, acted({"action_id": action_id})(late))

    assert said in line.reason


@pytest.mark.parametrize("times", [1, 5])
async def test_a_replayed_request_changes_nothing(late: Scene, times: int) -> None:
    """The same body with the same time and signature, within its five minutes."""
    request = replace(a_form(late.press), at=int(time.time()))
    await late.post(request)
    await late.floor.outcome(late.offer)
    _mark(late.floor)
    before = late.world()
    statuses = {await late.post(request) for _ in range(times)}
    await late.floor.until(
        lambda: len(late.floor.audit()) == times, "not each is written down"
    )

    assert statuses == {200}
    assert late.floor.terminations() == []
    assert late.world() == before
    assert {it.decision for it in late.floor.audit()} == {"refused"}


async def test_a_request_replayed_at_once_is_carried_out_once(late: Scene) -> None:
    """Twenty of them, while the first is still at work."""
    request = replace(a_form(late.press), at=int(time.time()))

    async def post() -> None:
        assert await late.post(request) == 200

    async with anyio.create_task_group() as senders:
        for _ in range(20):
            senders.start_soon(post)
    await late.floor.outcome(late.offer)
    await late.floor.until(
        lambda: len(late.floor.refusals()) == 19, "not each is written down"
    )

    assert late.floor.terminated(*(pod.id for pod in PODS)) == [1, 1]


async def test_a_right_press_is_carried_out(late: Scene) -> None:
    """Or all that was refused above would prove nothing."""
    status = await late.post(a_form(late.press))
    outcome = await late.floor.outcome(late.offer)

    assert status == 200
    assert "2 done" in outcome
    assert late.floor.terminated(*(pod.id for pod in PODS)) == [1, 1]
    assert late.floor.refusals() == []


# --- words that reach for more -------------------------------------------------------

CRAFTED = [
    'runpod terminate abc"){id}podTerminate(input:{podId:"orphan00aaaaaa',
    "runpod terminate 'abc\"}) { id } }'",
    'runpod --terminate abc"){id}',
    'runpod terminate orphan00aaaaaa"',
    "runpod terminate orphan00aaaaaa\\",
    "runpod terminate orphan00aaaaaa/../orphan01aaaaaa",
    "runpod terminate orphan00aaaaaa#",
    "runpod terminate *",
    "runpod terminate %",
    "runpod terminate ORPHAN00AAAAAA",
    "runpod terminate \N{FULLWIDTH LATIN SMALL LETTER O}rphan00aaaaaa",
    "runpod terminate orphan00aaaaaa --yes 1",
    "runpod terminate orphan00aaaaaa and all others",
    "worker terminate gpu-20260101_000000-x,or=(id.neq.0)",
    "worker terminate gpu-%",
    "worker forget gpu-20260101_000000-x&status=neq.x",
    "task requeue 41345358' or 1=1 --",
    "task requeue *",
]


def a_command(words: str) -> Request:
    """Return alice's slash command as Slack posts it."""
    form = {
        "command": "/debug",
        "text": words,
        "user_id": ALICE,
        "team_id": TEAM,
        "channel_id": OPS,
        "trigger_id": f"2.{next(_TRIGGERS)}",
    }
    return Request(body=urlencode(form).encode())


@pytest.mark.parametrize("words", CRAFTED)
async def test_crafted_words_offer_nothing_and_reach_nobody(
    scene: Scene, words: str
) -> None:
    """Typed by alice, who may do all of it; no sign of them gets into a query.

    What can't be read is no wish, so the audit has no line of it.
    """
    before = scene.world()
    sent_before = len(scene.floor.front.sent())
    status = await scene.post(a_command(words))
    await scene.floor.until(
        lambda: len(scene.floor.front.sent()) > sent_before, "nobody is told"
    )
    asked = json.dumps([it["body"] for it in scene.floor.runpod.requests()])

    assert status == 200
    assert scene.world() == before
    assert scene.floor.terminations() == []
    assert "abc" not in asked
    assert "rphan0" not in asked.lower()


async def test_a_pod_of_a_crafted_id_is_never_asked_for(late: Scene) -> None:
    """RunPod's own list is no more to be trusted than what people type."""
    evil = 'abc"}){id}p:podTerminate(input:{podId:"orphan00aaaaaa'
    late.floor.runpod.load(*PODS, replace(PODS[0], id=evil, name=f"{PODS[1].name}0"))
    shown = await late.floor.plan(f"runpod terminate {PODS[1].name}0")
    _mark(late.floor)
    await late.floor.press(shown)
    outcome = await late.floor.outcome(shown)

    assert "1 failed" in outcome
    assert late.floor.terminations() == []
    assert evil in late.floor.runpod.left()
    assert {PODS[0].id, PODS[1].id} <= late.floor.runpod.left()
