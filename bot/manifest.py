"""Commands to `manifest.yml`: what Slack has to know of this app.

Paste it at api.slack.com/apps, "From a manifest". Socket Mode unless `--http URL`.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, TextIO, TypeAlias

from bot.command import Command
from bot.domain.errors import Misread
from bot.domain.spelling import clipped
from bot.wiring import commands

Manifest: TypeAlias = dict[str, Any]

SLASH: Final = "/debug"
EVENTS_PATH: Final = "/slack/events"
# Each is used; what is not used is not asked for.
SCOPES: Final = (
    "app_mentions:read",  # mentions reach us
    "chat:write",  # answers
    "chat:write.public",  # answers in public channels without an invitation
    "channels:history",  # a message that was marked for `report`
    "commands",  # the slash command
    "files:write",  # long answers, attached whole
    "groups:history",  # the same in private channels that the bot is in
    "im:history",  # direct messages reach us
    "reactions:read",  # that a message was marked
    "usergroups:read",  # who is in a group that the policy names
    "users:read",  # who pressed: a person, and of which workspace
)
EVENTS: Final = (
    "app_home_opened",
    "app_mention",
    "message.im",
    "reaction_added",
    "reaction_removed",
)
SHORTCUT: Final = "debug_this"

_HEADER: Final = (
    "# Generated from the commands by `make manifest`; a test fails when it is stale.\n"
)
_HINT: Final = 100  # more is cut off in Slack's own clients
_DESCRIPTION: Final = 3_500  # Slack takes 4,000
_PLAIN: Final = re.compile(r"[A-Za-z/][\w./:-]*(?: [\w./:()-]+)*")
_RESERVED: Final = frozenset({"true", "false", "yes", "no", "on", "off", "null"})
_USAGE: Final = "usage: debug-bot manifest [--http URL] [--command /NAME]"


def print_manifest(words: Sequence[str], out: TextIO) -> int:
    """Write the manifest as YAML; return the exit code.

    Raises:
        Misread: a flag or its value is wrong.
    """
    given = _flags(words)
    built = manifest(
        commands(), command=given.get("--command", SLASH), url=given.get("--http")
    )
    out.write(_HEADER)
    out.writelines(f"{line}\n" for line in yaml(built))
    return 0


def manifest(
    commands: Mapping[str, Command], *, command: str = SLASH, url: str | None = None
) -> Manifest:
    """Return the manifest; with a *url* Slack posts there instead of Socket Mode.

    Raises:
        Misread: Slack would refuse the command's name or the URL.
    """
    if not re.fullmatch(r"/[a-z0-9_-]{1,31}", command):
        msg = f"'{clipped(command)}' can't be a slash command"
        raise Misread(msg, hint="one like /debug: lower case, at most 32 characters")
    request_url = {} if url is None else {"request_url": _events_url(url)}
    # Over HTTP the lists of forms are asked for at an address of their own.
    options_url = {} if url is None else {"message_menu_options_url": _events_url(url)}
    shown = [each for each in commands.values() if not each.hidden]
    slash = {
        "command": command,
        **({} if url is None else {"url": _events_url(url)}),
        "description": "Why did it fail, what is it doing, what does it cost",
        "usage_hint": _hint([each.name for each in shown]),
        "should_escape": False,
    }
    return {
        "display_information": {
            "name": "debug",
            "description": "Says what is wrong with tasks, workers and pods",
            "long_description": _long(shown, command),
            "background_color": "#1f2a37",
        },
        "features": {
            "app_home": {
                "home_tab_enabled": True,
                "messages_tab_enabled": True,
                "messages_tab_read_only_enabled": False,
            },
            "bot_user": {"display_name": "debug", "always_online": True},
            "shortcuts": [
                {
                    "name": "Debug this",
                    "type": "message",
                    "callback_id": SHORTCUT,
                    "description": "Explain the tasks and workers that a message names",
                }
            ],
            "slash_commands": [slash],
        },
        "oauth_config": {"scopes": {"bot": list(SCOPES)}},
        "settings": {
            "event_subscriptions": {**request_url, "bot_events": list(EVENTS)},
            "interactivity": {"is_enabled": True, **request_url, **options_url},
            "org_deploy_enabled": False,
            "socket_mode_enabled": url is None,
            "token_rotation_enabled": False,
        },
    }


def yaml(value: Manifest, indent: int = 0) -> Iterator[str]:
    """Yield the lines of mappings, lists, texts and booleans as YAML."""
    lead = " " * indent
    for name, item in value.items():
        if isinstance(item, dict):
            yield f"{lead}{name}:"
            yield from yaml(item, indent + 2)
        elif isinstance(item, list):
            yield f"{lead}{name}:"
            for each in item:
                lines = list(yaml(each)) if isinstance(each, dict) else [_scalar(each)]
                first, *rest = lines
                yield f"{lead}  - {first}"
                yield from (f"{lead}    {line}" for line in rest)
        else:
            yield f"{lead}{name}: {_scalar(item)}"


def _scalar(value: object) -> str:
    """Return the value; JSON's way to quote is YAML's, too."""
    plain = isinstance(value, str) and _PLAIN.fullmatch(value)
    if plain and str(value).lower() not in _RESERVED and ": " not in str(value):
        return str(value)
    return json.dumps(value, ensure_ascii=False)


def _hint(names: Sequence[str]) -> str:
    """Return as many names as a line of Slack shows, with help at the end."""
    shown, rest = "", [name for name in names if name != "help"]
    for name in rest:
        if len(f"{shown}{name} | help") > _HINT:
            break
        shown += f"{name} | "
    return f"{shown}help"


def _long(shown: Sequence[Command], command: str) -> str:
    text = (
        f"Type {command}, mention the bot in a thread, or write to it directly."
        " Every answer names its evidence, its window and the age of its data.\n"
    )
    for each in shown:
        line = f"\n{command} {each.usage}: {each.answers}"
        if len(text) + len(line) > _DESCRIPTION:
            return f"{text}\nMore: {command} help"
        text += line
    return text


def _events_url(url: str) -> str:
    if not re.fullmatch(r"https://[^\s/?#]+(/[^\s?#]*)?", url):
        msg = f"--http wants an address that begins with https://, not '{clipped(url)}'"
        raise Misread(msg, hint=_USAGE)
    base = url.rstrip("/")
    return base if base.endswith(EVENTS_PATH) else base + EVENTS_PATH


def _flags(words: Sequence[str]) -> dict[str, str]:
    given: dict[str, str] = {}
    left = list(words)
    while left:
        flag, equals, value = left.pop(0).partition("=")
        if flag not in ("--http", "--command"):
            msg = f"manifest has no use for '{clipped(flag)}'"
            raise Misread(msg, hint=_USAGE)
        if not equals:
            if not left:
                msg = f"{flag} wants a value"
                raise Misread(msg, hint=_USAGE)
            value = left.pop(0)
        given[flag] = value
    return given
