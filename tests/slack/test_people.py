"""Who is who, as Slack tells it at the moment of asking."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from aiohttp import web

from bot.domain.errors import NotAsked, OutOfTime, SourceDown
from bot.domain.policy import People, Person
from bot.slack.client import slack_client
from bot.slack.people import Names, SlackPeople
from tests.slack.little_slack import TOKEN, LittleSlack

ALICE = "U01ALICE"
ONCALL = "S01ONCALL"
A_MEMBER = {
    "team_id": "T01HOME",
    "deleted": False,
    "is_bot": False,
    "is_restricted": False,
    "is_ultra_restricted": False,
    "profile": {"real_name": "Alice"},
}


def people(slack: LittleSlack, *, seconds: float = 3.0) -> SlackPeople:
    client = slack_client(TOKEN, f"{slack.url}/api", retries=0)
    return SlackPeople(client, seconds=seconds)


async def told(slack: LittleSlack, **more: Any) -> Person:
    slack.users[ALICE] = {**A_MEMBER, **more}
    return await people(slack).person(ALICE)


Ask = Callable[[People], Awaitable[object]]


async def the_user(of: People) -> object:
    return await of.person(ALICE)


async def the_group(of: People) -> object:
    return await of.members(ONCALL)


BOTH = pytest.mark.parametrize(
    ("ask", "method"),
    [(the_user, "users.info"), (the_group, "usergroups.users.list")],
)


async def test_a_name_is_asked_once(little: LittleSlack) -> None:
    """Where none is told there is none, and the next answer asks again."""
    names = Names(people(little))
    assert await names.of(ALICE) == ""

    little.users[ALICE] = {**A_MEMBER, "real_name": "Alice Anderson"}
    found = [await names.of(ALICE) for _ in range(3)]

    assert found == ["Alice Anderson"] * 3
    assert little.methods == ["users.info"] * 2


async def test_a_name_is_not_waited_for_long(
    little: LittleSlack, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The answer matters more."""
    monkeypatch.setattr("bot.slack.people.NAMING_SECONDS", 0.05)
    little.delay = 0.5

    assert await Names(people(little)).of(ALICE) == ""


async def test_a_member_is_somebody_of_a_workspace(little: LittleSlack) -> None:
    """And nothing that would shut them out."""
    person = await told(little)

    assert person == Person(user_id=ALICE, team_id="T01HOME")
    assert little.sent == [("users.info", {"user": ALICE})]


async def test_keys_may_be_missing_or_null(little: LittleSlack) -> None:
    """Slack leaves many out; a missing team stays unknown."""
    little.users[ALICE] = {"is_bot": None, "enterprise_user": None}
    person = await people(little).person(ALICE)

    assert person == Person(user_id=ALICE, team_id=None)


@pytest.mark.parametrize(
    ("key", "field"),
    [
        ("is_bot", "bot"),
        ("is_workflow_bot", "bot"),
        ("is_connector_bot", "bot"),
        ("is_stranger", "stranger"),
        ("deleted", "deleted"),
        ("is_restricted", "guest"),
        ("is_ultra_restricted", "guest"),
    ],
)
async def test_what_shuts_somebody_out_is_read(
    little: LittleSlack, key: str, field: str
) -> None:
    """Each by its own key."""
    person = await told(little, **{key: True})
    outs = ("bot", "stranger", "deleted", "guest")

    assert [out for out in outs if getattr(person, out)] == [field]


async def test_slackbot_is_a_bot_though_slack_denies_it(little: LittleSlack) -> None:
    """Its `is_bot` is false."""
    little.users["USLACKBOT"] = A_MEMBER

    assert (await people(little).person("USLACKBOT")).bot


async def test_a_member_of_an_organisation_has_several_workspaces(
    little: LittleSlack,
) -> None:
    """The first is not always the one they ask from; none may be listed."""
    several = await told(little, enterprise_user={"teams": ["T01HOME", "T02"]})
    none = await told(little, enterprise_user={"id": "W1"})

    assert several.teams == {"T01HOME", "T02"}
    assert none.teams == frozenset()


async def test_a_group_is_its_members(little: LittleSlack) -> None:
    """Slack is told to leave out those of a disabled group."""
    little.usergroups[ONCALL] = [ALICE, "W02BOB"]

    assert await people(little).members(ONCALL) == {ALICE, "W02BOB"}
    assert little.sent == [
        ("usergroups.users.list", {"usergroup": ONCALL, "include_disabled": "0"})
    ]


async def test_an_empty_group_holds_nobody(little: LittleSlack) -> None:
    """That is an answer."""
    little.usergroups[ONCALL] = []

    assert await people(little).members(ONCALL) == frozenset()


async def test_nothing_is_remembered(little: LittleSlack) -> None:
    """Who left, or was shut out, is so at once."""
    asked = people(little)
    little.users[ALICE], little.usergroups[ONCALL] = A_MEMBER, [ALICE]
    before = (await asked.person(ALICE), await asked.members(ONCALL))
    little.users[ALICE], little.usergroups[ONCALL] = {"deleted": True}, []
    after = (await asked.person(ALICE), await asked.members(ONCALL))

    assert [before[0].deleted, after[0].deleted] == [False, True]
    assert [before[1], after[1]] == [{ALICE}, frozenset()]


@pytest.mark.parametrize("odd", ["", "alice", "U01&token=x", "S01ONCALL", "U01\n"])
async def test_what_is_no_user_s_id_is_not_sent(little: LittleSlack, odd: str) -> None:
    """Slack is well for all we know."""
    with pytest.raises(NotAsked, match="was not asked: that is no id of a user"):
        await people(little).person(odd)

    assert not little.sent


@pytest.mark.parametrize("odd", ["", "oncall", "U01ALICE", "S01,S02"])
async def test_what_is_no_group_s_id_is_not_sent(little: LittleSlack, odd: str) -> None:
    """The same for groups."""
    with pytest.raises(NotAsked, match="that is no id of a user group"):
        await people(little).members(odd)

    assert not little.sent


@pytest.mark.parametrize(
    ("ask", "method", "word", "reason"),
    [
        (the_user, "users.info", "missing_scope", "the scope users:read is missing"),
        (
            the_group,
            "usergroups.users.list",
            "missing_scope",
            "let the bot read user groups: the scope usergroups:read is missing",
        ),
        (the_user, "users.info", "user_not_found", "knows no such user"),
        (the_user, "users.info", "user_not_visible", "does not show that user"),
        (
            the_group,
            "usergroups.users.list",
            "no_such_subteam",
            "knows no such user group, or it is disabled",
        ),
        (
            the_group,
            "usergroups.users.list",
            "plan_upgrade_required",
            "has no user groups in this workspace's plan",
        ),
        (
            the_user,
            "users.info",
            "token_revoked",
            "refused to tell of users: token_revoked",
        ),
        (the_group, "usergroups.users.list", "ratelimited", "too often just now"),
        (the_user, "users.info", "<!channel>\n", "answered something that is not a"),
        (the_user, "users.info", "", "answered something that is not a user"),
    ],
)
async def test_a_refusal_says_what_is_amiss(
    little: LittleSlack, ask: Ask, method: str, word: str, reason: str
) -> None:
    """In one line that repeats nothing odd."""
    little.refuse(method, word)
    with pytest.raises(SourceDown) as raised:
        await ask(people(little))

    assert raised.value.source == "slack"
    assert reason in raised.value.message
    assert raised.value.message.isprintable()


async def test_a_missing_scope_can_be_mended(little: LittleSlack) -> None:
    """The hint says how."""
    little.refuse("users.info", "missing_scope", needed="users:read")
    with pytest.raises(SourceDown) as raised:
        await people(little).person(ALICE)

    assert "debug-bot manifest" in raised.value.hint


@BOTH
@pytest.mark.parametrize(
    "body",
    [
        {"ok": True},
        {"ok": True, "user": None, "users": None},
        {"ok": True, "user": "U01ALICE", "users": "U01ALICE"},
        {"ok": True, "user": {"id": "U02BOB"}, "users": ["bob"]},
        {"ok": True, "user": {"id": ALICE, "deleted": "no"}, "users": [1]},
        {"ok": True, "user": {"id": ALICE, "team_id": 1}, "users": [None]},
        {"ok": True, "user": {"id": ALICE, "enterprise_user": []}, "users": {}},
        ["ok"],
        "ok",
    ],
)
async def test_an_odd_answer_is_no_answer(
    little: LittleSlack, ask: Ask, method: str, body: object
) -> None:
    """Rights are not guessed from it."""
    little.answer(method, web.json_response(body))

    with pytest.raises(SourceDown, match=r"answered (something|with another)"):
        await ask(people(little))


@BOTH
async def test_a_page_instead_of_json_is_no_answer(
    little: LittleSlack, ask: Ask, method: str
) -> None:
    """Proxies send them."""
    page = web.Response(text="<html>", content_type="text/html", status=502)
    little.answer(method, page)

    with pytest.raises(SourceDown, match="answered something that is not a user"):
        await ask(people(little))


@BOTH
async def test_who_is_slow_has_not_answered(
    little: LittleSlack, ask: Ask, method: str
) -> None:
    """A button's answer is due in seconds."""
    little.delay = 0.3

    with pytest.raises(OutOfTime, match=r"did not answer within 0\.05 s"):
        await ask(people(little, seconds=0.05))


@BOTH
async def test_being_asked_to_wait_does_not_take_longer(
    little: LittleSlack, ask: Ask, method: str
) -> None:
    """The SDK would wait as long as Slack says."""
    later = web.json_response({"ok": False, "error": "ratelimited"}, status=429)
    later.headers["Retry-After"] = "30"
    little.answer(method, later)
    client = slack_client(TOKEN, f"{little.url}/api", retries=1)
    patient = SlackPeople(client, seconds=0.2)

    with pytest.raises(OutOfTime):
        await ask(patient)


@BOTH
async def test_a_dead_network_is_said(ask: Ask, method: str) -> None:
    """Nobody listens there."""
    client = slack_client(TOKEN, "http://127.0.0.1:1/api", retries=0)

    with pytest.raises(SourceDown, match="cannot be reached"):
        await ask(SlackPeople(client))
