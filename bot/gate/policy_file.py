"""The policy file: read strictly, so that a slip of the pen opens nothing."""

import re
import tomllib
from collections.abc import Collection, Iterable, Mapping
from datetime import timedelta
from pathlib import Path
from stat import S_ISREG
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails

from bot.domain.access import CHANNEL_ID, USER_ID, USERGROUP_ID
from bot.domain.errors import Misread
from bot.domain.excerpts import cut
from bot.domain.policy import BRAKES, CLOSED, Allow, Approval, Limits, Policy, Role
from bot.domain.spelling import did_you_mean

SETTING: Final = "DEBUG_BOT_POLICY"
LARGEST: Final = 1_000_000  # bytes; ours has a few hundred
_MOST: Final = 1_000_000
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}")


class PolicyFile:
    """The policy as its file has it at this moment: closing one needs no restart."""

    def __init__(self, path: Path | None, actions: Collection[str]) -> None:
        """Take the file, and the names of all actions that there are."""
        self._path = path
        self._actions = actions
        self._known: tuple[bytes, Policy] | None = None

    def read(self) -> Policy:
        """Return what the file says now; a few hundred bytes are read each time.

        They are compared whole: a date and a size may stay while the text changes.

        Raises:
            Misread: it makes no sense, or cannot be read; what it said before is void.
        """
        if self._path is None:
            return CLOSED
        raw = _bytes(self._path)
        if self._known is None or self._known[0] != raw:
            self._known = (raw, _policy(raw, self._path, self._actions))
        return self._known[1]


# --- the file's own shape: `description` is what a message says that a key wants -----


class _Table(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


_UserId = Annotated[str, Field(pattern=f"^(?:{USER_ID.pattern})$")]
_UsergroupId = Annotated[str, Field(pattern=f"^(?:{USERGROUP_ID.pattern})$")]
_ChannelId = Annotated[str, Field(pattern=f"^(?:{CHANNEL_ID.pattern})$")]
# A blank at an end, or a sign that nobody sees, would quietly protect nothing.
_Pattern = Annotated[
    str, Field(pattern=r"^[^\s\p{C}](?:[^\p{C}]*[^\s\p{C}])?$", max_length=200)
]


class _Role(_Table):
    users: list[_UserId] = Field(
        default=[], description="a list of Slack user ids such as U01ALICE"
    )
    usergroups: list[_UsergroupId] = Field(
        default=[], description="a list of Slack user group ids such as S01ONCALL"
    )


class _Allow(_Table):
    role: str = Field(description="the name of a role")
    actions: list[str] = Field(
        min_length=1, description="a list of actions such as runpod terminate"
    )
    channels: list[_ChannelId] | None = Field(
        default=None,
        min_length=1,
        description="a list of Slack channel ids such as C01INCIDENT",
    )


class _Approval(_Table):
    pods_over: int | None = Field(
        default=None,
        ge=0,
        le=_MOST,
        description=f"a whole number from 0 to {_MOST:,}",
    )
    hourly_usd_over: float | None = Field(
        default=None,
        ge=0,
        le=_MOST,
        allow_inf_nan=False,
        description=f"a number of US dollars from 0 to {_MOST:,}",
    )
    approvers: str | None = Field(default=None, description="the name of a role")


class _Limits(_Table):
    expires_seconds: float = Field(
        default=120,
        ge=10,
        le=3600,
        allow_inf_nan=False,
        description="a number from 10 to 3600",
    )
    items_per_confirmation: int = Field(
        default=10, ge=1, le=50, description="a whole number from 1 to 50"
    )
    minimum_pod_age_minutes: float = Field(
        default=10,
        ge=0,
        le=1440,
        allow_inf_nan=False,
        description="a number from 0 to 1440",
    )
    protected: list[_Pattern] = Field(
        default=[],
        description="a list of pod names or patterns such as keep-*, no blanks around",
    )


class _Audit(_Table):
    channel: _ChannelId | None = Field(
        default=None, description="a Slack channel id such as C01AUDIT"
    )


class _File(_Table):
    roles: dict[str, _Role] = Field(
        default={}, description="a table of tables such as [roles.operator]"
    )
    allow: list[_Allow] = Field(
        default=[], description="a list of tables, each below [[allow]]"
    )
    approval: _Approval = Field(default=_Approval(), description="a table")
    limits: _Limits = Field(default=_Limits(), description="a table")
    audit: _Audit = Field(default=_Audit(), description="a table")


_TABLES: Final[Mapping[str, type[_Table]]] = {
    "roles": _Role,
    "allow": _Allow,
    "approval": _Approval,
    "limits": _Limits,
    "audit": _Audit,
}


# --- reading it ----------------------------------------------------------------------


def _bytes(path: Path) -> bytes:
    where = _plain(str(path), most=200)
    try:
        # A pipe or a device might never end.
        regular = S_ISREG(path.stat().st_mode)
        raw = _beginning(path) if regular else b""
    except FileNotFoundError as error:
        msg = f"there is no file {where}"
        raise _misread(msg) from error
    except OSError as error:
        why = error.strerror or type(error).__name__
        msg = f"{where} cannot be read: {why.lower()}"
        raise _misread(msg) from error
    if not regular:
        msg = f"{where} is not a file"
        raise _misread(msg)
    if len(raw) > LARGEST:
        msg = f"{where} has more than {LARGEST:,} bytes: it is no policy"
        raise _misread(msg)
    return raw


def _beginning(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(LARGEST + 1)


def _policy(raw: bytes, path: Path, actions: Collection[str]) -> Policy:
    where = _plain(str(path), most=200)
    try:
        text = raw.decode("utf-8-sig")  # some editors begin a file with a mark
    except UnicodeDecodeError as error:
        msg = f"{where} is not text in UTF-8"
        raise _misread(msg) from error
    try:
        file = _File.model_validate(tomllib.loads(text))
    except ValidationError as error:
        raise _at_fault(error.errors(include_url=False)[0]) from error
    except (ValueError, RecursionError) as error:
        why = _plain(str(error), most=200)
        msg = f"{where} is not TOML: {why}"
        raise _misread(msg) from error
    _check_roles(file)
    _check_actions(file, {*actions, *BRAKES})
    expires = timedelta(seconds=file.limits.expires_seconds)
    return Policy(
        roles={
            name: Role(
                name=name,
                users=frozenset(role.users),
                usergroups=frozenset(role.usergroups),
            )
            for name, role in file.roles.items()
        },
        allows=tuple(
            Allow(
                role=each.role,
                actions=frozenset(each.actions),
                channels=None if each.channels is None else frozenset(each.channels),
            )
            for each in file.allow
        ),
        approval=Approval(
            pods_over=file.approval.pods_over,
            hourly_usd_over=file.approval.hourly_usd_over,
            approvers=file.approval.approvers,
        ),
        limits=Limits(
            expires=expires,
            expires_with_second=max(timedelta(seconds=600), expires),
            items_per_confirmation=file.limits.items_per_confirmation,
            minimum_pod_age=timedelta(minutes=file.limits.minimum_pod_age_minutes),
            protected=tuple(file.limits.protected),
        ),
        audit_channel=file.audit.channel,
        source=str(path),
    )


def _check_roles(file: _File) -> None:
    for name, role in file.roles.items():
        if not _NAME.fullmatch(name):
            wanted = "wants a name of at most 40 letters, digits, - and _"
            msg = f"[roles.…] {wanted}, not {_shown(name)}"
            raise _misread(msg)
        if not role.users and not role.usergroups:
            wanted = "wants users, usergroups or both: an empty role holds nobody"
            msg = f"[roles.{name}] {wanted}"
            raise _misread(msg)
    for number, each in enumerate(file.allow, start=1):
        _check_role(file, each.role, f"[[allow]] #{number} role")
    approval = file.approval
    if approval.approvers is not None:
        _check_role(file, approval.approvers, "[approval] approvers")
    elif (approval.pods_over, approval.hourly_usd_over) != (None, None):
        wanted = "the name of a role: without one nobody could be the second person"
        msg = f"[approval] lacks approvers: it wants {wanted}"
        raise _misread(msg)


def _check_role(file: _File, role: str, place: str) -> None:
    if role not in file.roles:
        msg = f"{place} wants a role of this file, not {_shown(role)}"
        raise _misread(msg, hint=_hint(role, file.roles))


def _check_actions(file: _File, known: Collection[str]) -> None:
    for number, each in enumerate(file.allow, start=1):
        for action in each.actions:
            if action not in known:
                place = f"[[allow]] #{number} actions"
                msg = f"{place} wants names of actions, not {_shown(action)}"
                raise _misread(msg, hint=_hint(action, sorted(known)))


# --- saying what is wrong ------------------------------------------------------------


def _misread(what: str, *, hint: str = "") -> Misread:
    return Misread(f"{SETTING}: {what}", hint=hint)


def _at_fault(error: ErrorDetails) -> Misread:
    """Return the line for what pydantic found at one place."""
    head, *rest = error["loc"]
    if (model := _TABLES.get(str(head))) is None:
        what = f"no table is called {_shown(head)}"
        return _misread(what, hint=_hint(str(head), _TABLES))
    table, wanted = f"[{head}]", _File.model_fields[str(head)].description
    if head == "roles" and rest:
        table, wanted = f"[roles.{_plain(str(rest.pop(0)))}]", "a table"
    elif head == "allow" and rest:
        table, wanted = f"[[allow]] #{int(rest.pop(0)) + 1}", "a table"
    if not rest:
        return _misread(f"{table} wants {wanted}, not {_shown(error['input'])}")
    key = str(rest[0])
    if error["type"] == "extra_forbidden":
        what = f"{table} knows no key {_shown(key)}"
        return _misread(what, hint=_hint(key, model.model_fields))
    wanted = model.model_fields[key].description
    if error["type"] == "missing":
        return _misread(f"{table} lacks {key}: it wants {wanted}")
    return _misread(f"{table} {key} wants {wanted}, not {_shown(error['input'])}")


def _shown(value: object) -> str:
    """Return a value of the file as one short line can hold it."""
    if isinstance(value, str):
        return f"'{_plain(value)}'"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Mapping):
        return "a table"
    if isinstance(value, list):
        return "a list" if value else "an empty list"
    if isinstance(value, float):
        return f"{value}"
    if isinstance(value, int):  # of a huge one Python writes no digits
        return f"{value}" if abs(value) < 10**15 else "such a number"
    return "a date or a time"


def _plain(text: str, *, most: int = 40) -> str:
    shown = cut(text, most)
    return "".join(each if each.isprintable() else ascii(each)[1:-1] for each in shown)


def _hint(word: str, known: Iterable[str]) -> str:
    known = tuple(known)
    return f"{did_you_mean(word[:60], known)}known: {', '.join(known) or 'none'}"
