"""Asks the demo's bot questions at every door, and looks at the answers."""

import asyncio
import subprocess
import sys
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, Final

from bot.demo.local_slack import LocalSlack, Message
from bot.demo.slack_front import SlackFront
from bot.demo.workspace import ALICE, OPS, SOCKET_APP

PATIENCE: Final = timedelta(seconds=60)
SHELL_SECONDS: Final = 60.0


def check(
    slack: LocalSlack | None,
    front: SlackFront | None,
    environment: Mapping[str, str],
    questions: Mapping[str, str],
    secrets: Sequence[str] = (),
) -> bool:
    """Ask in Slack, unless there is none, and in a shell; return whether all is well.

    Of the *questions* each value is due in the answer. The answers are printed.
    """
    well = True
    for words, due in questions.items():
        if slack is not None:
            well &= asyncio.run(_in_slack(slack, front, words, due))
        well &= _in_shell(words, due, environment, secrets)
    return well


async def _in_slack(
    slack: LocalSlack, front: SlackFront | None, words: str, due: str
) -> bool:
    """Type a slash command; its answer is due in the channel and in its thread."""
    before = {message["ts"] for message in await slack.messages(OPS)}

    def answers(messages: list[Message]) -> list[Message]:
        return [
            message
            for message in messages
            if message["ts"] not in before
            and message.get("user") == SOCKET_APP.bot_user_id
        ]

    def complete(messages: list[Message]) -> bool:
        found = answers(messages)
        heads = {each["ts"] for each in found if not _is_reply(each)}
        replies = [each for each in found if each.get("thread_ts") in heads]
        said = " ".join(words_of(each) for each in found)
        return bool(replies) and due in said

    await slack.command(ALICE, OPS, words)
    _title(f"Slack, #ops: /debug {words}")
    try:
        messages = await slack.until(OPS, complete, within=PATIENCE)
    except TimeoutError as error:
        print(f"no whole answer: {error}")
        return False
    for message in answers(messages):
        where = "  in the thread: " if _is_reply(message) else "in the channel: "
        print(where + words_of(message)[:700].replace("\n", "\n    "))
    notes = [] if front is None else front.notes()
    # Being asked to slow down is part of the trade: the bot waits, and says it again.
    refused = [each for each in notes if each.get("error") != "ratelimited"]
    for note in refused:
        print(f"Slack would have objected: {note}")
    return not refused


def _in_shell(
    words: str, due: str, environment: Mapping[str, str], secrets: Sequence[str]
) -> bool:
    """Run the command line program; no secret may be in what it prints."""
    _title(f"shell: debug-bot {words}")
    try:
        done = subprocess.run(
            [sys.executable, "-m", "bot", *words.split()],
            env=dict(environment),
            capture_output=True,
            text=True,
            timeout=SHELL_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        print(f"no answer within {SHELL_SECONDS:g} s")
        return False
    print(done.stdout.rstrip())
    if done.stderr:
        print(done.stderr.rstrip())
    shown = [secret for secret in secrets if secret in done.stdout]
    if shown:
        print(f"{len(shown)} secrets are shown")
    told = " ".join(done.stdout.split())  # a terminal breaks lines anywhere
    return done.returncode == 0 and due in told and not shown


def _is_reply(message: Message) -> bool:
    return message.get("thread_ts") not in (None, message["ts"])


def words_of(value: Any) -> str:
    """Return every text of a message, whatever it stands in."""
    if isinstance(value, Mapping):
        own = value.get("text")
        rest = [words_of(it) for key, it in value.items() if key in _HOLDING]
        return " ".join(part for part in (own, *rest) if isinstance(part, str) and part)
    if isinstance(value, list):
        return " ".join(filter(None, map(words_of, value)))
    return ""


_HOLDING: Final = ("blocks", "text", "fields", "elements", "rows", "accessory")


def _title(text: str) -> None:
    print(f"\n== {text}", flush=True)
