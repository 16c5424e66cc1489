"""Who somebody in Slack is, and who is in a group: asked afresh each time.

Rights that were taken away a minute ago must be gone now, so nothing is kept.
"""

import asyncio
import re
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass
from typing import Final, TypeVar

import aiohttp
from pydantic import BaseModel, ConfigDict
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.domain.access import USER_ID, USERGROUP_ID
from bot.domain.errors import NotAsked, OutOfTime, SourceDown
from bot.domain.excerpts import start_of
from bot.domain.policy import People, Person
from bot.slack.client import answered

SOURCE: Final = "slack"
SECONDS: Final = 3.0
"""How long one answer may take, repetitions of the SDK included."""
NAMING_SECONDS: Final = 1.0
"""How long an answer may wait for the name of its asker."""

_LONGEST_NAME: Final = 40
_SLACKBOT: Final = "USLACKBOT"  # of which `users.info` says that it is no bot
_WORD: Final = re.compile(r"[a-z_]{1,60}")
_REINSTALL: Final = (
    "paste `debug-bot manifest` into the app's settings, and reinstall it"
)


class _Payload(BaseModel):
    # Slack adds keys at will; those that we read must be what they were.
    model_config = ConfigDict(strict=True, frozen=True)


class _Member(_Payload):
    teams: list[str] | None = None


class _User(_Payload):
    """A key that Slack leaves out is not so; a team that it leaves out is not known."""

    id: str
    team_id: str | None = None
    name: str | None = None
    real_name: str | None = None
    enterprise_user: _Member | None = None
    is_bot: bool | None = None
    is_workflow_bot: bool | None = None
    is_connector_bot: bool | None = None
    is_stranger: bool | None = None
    is_restricted: bool | None = None
    is_ultra_restricted: bool | None = None
    deleted: bool | None = None


class _Info(_Payload):
    user: _User


class _Members(_Payload):
    users: list[str]


_Shape = TypeVar("_Shape", bound=_Payload)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kind:
    """What is asked for, in words; *unknown* holds Slack's words for there is none."""

    many: str
    odd: str
    scope: str
    unknown: Mapping[str, str]


_USERS: Final = _Kind(
    many="users",
    odd="answered something that is not a user",
    scope="users:read",
    unknown={
        "user_not_found": "knows no such user",
        "user_not_visible": "does not show that user to the bot",
        "users_not_found": "knows no such user",
    },
)
_GROUPS: Final = _Kind(
    many="user groups",
    odd="answered something that is not a user group",
    scope="usergroups:read",
    unknown={
        "no_such_subteam": "knows no such user group, or it is disabled",
        "plan_upgrade_required": "has no user groups in this workspace's plan",
    },
)


def _shown(name: str) -> str:
    """Return the name as a line may hold it; people can call themselves anything."""
    return start_of(" ".join(name.split()), _LONGEST_NAME)


class Names:
    """What people are called, for others to read; kept, for no right rests on it."""

    def __init__(self, people: People) -> None:
        """Ask *people* once for each."""
        self._people = people
        self._known: dict[str, str] = {}

    async def of(self, user_id: str) -> str:
        """Return the name; empty where Slack does not tell it at once."""
        if user_id not in self._known:
            try:
                async with asyncio.timeout(NAMING_SECONDS):
                    person = await self._people.person(user_id)
            except (SourceDown, TimeoutError):
                return ""
            self._known[user_id] = person.name
        return self._known[user_id]


class SlackPeople:
    """Slack's members and user groups, as the domain's `People`."""

    def __init__(self, client: AsyncWebClient, *, seconds: float = SECONDS) -> None:
        """Ask through this client, and wait so long for each answer."""
        self._client = client
        self._seconds = seconds

    async def person(self, user_id: str) -> Person:
        """Return who that is.

        Raises:
            SourceDown: Slack does not tell, or tells what makes no sense.
        """
        if not USER_ID.fullmatch(user_id):
            raise NotAsked(SOURCE, "was not asked: that is no id of a user")
        question = self._client.users_info(user=user_id)
        user = (await self._told(question, _Info, _USERS)).user
        if user.id != user_id:
            raise SourceDown(SOURCE, "answered with another user than asked for")
        bot = user.is_bot or user.is_workflow_bot or user.is_connector_bot
        member = user.enterprise_user or _Member()
        return Person(
            user_id=user_id,
            team_id=user.team_id or None,
            name=_shown(user.real_name or user.name or ""),
            teams=frozenset(member.teams or ()),
            bot=bool(bot) or user_id == _SLACKBOT,
            stranger=bool(user.is_stranger),
            deleted=bool(user.deleted),
            guest=bool(user.is_restricted or user.is_ultra_restricted),
        )

    async def members(self, usergroup_id: str) -> frozenset[str]:
        """Return the user ids of a group's members; a disabled group has none.

        Raises:
            SourceDown: Slack does not tell, or tells what makes no sense.
        """
        if not USERGROUP_ID.fullmatch(usergroup_id):
            raise NotAsked(SOURCE, "was not asked: that is no id of a user group")
        question = self._client.usergroups_users_list(
            usergroup=usergroup_id, include_disabled=False
        )
        users = (await self._told(question, _Members, _GROUPS)).users
        if not all(USER_ID.fullmatch(each) for each in users):
            raise SourceDown(SOURCE, _GROUPS.odd)
        return frozenset(users)

    async def _told(
        self, question: Awaitable[AsyncSlackResponse], shape: type[_Shape], kind: _Kind
    ) -> _Shape:
        try:
            async with asyncio.timeout(self._seconds):
                answer = await question
            return shape.model_validate(answer.data)
        except SlackApiError as error:
            raise _refused(error, kind) from error
        except TimeoutError as error:
            msg = f"did not answer within {self._seconds:.2g} s"
            raise OutOfTime(SOURCE, msg) from error
        except (aiohttp.ClientError, OSError) as error:
            raise SourceDown(SOURCE, "cannot be reached") from error
        except Exception as error:  # the SDK's, or the shape's, at an odd answer
            raise SourceDown(SOURCE, kind.odd) from error


def _refused(error: SlackApiError, kind: _Kind) -> SourceDown:
    word = str(answered(error).get("error") or "")
    if word == "missing_scope":
        msg = (
            f"does not let the bot read {kind.many}: the scope {kind.scope} is missing"
        )
        return SourceDown(SOURCE, msg, hint=_REINSTALL)
    if word in kind.unknown:
        return SourceDown(SOURCE, kind.unknown[word])
    if word == "ratelimited":
        return SourceDown(SOURCE, f"is asked for {kind.many} too often just now")
    if _WORD.fullmatch(word):
        return SourceDown(SOURCE, f"refused to tell of {kind.many}: {word}")
    return SourceDown(SOURCE, kind.odd)
