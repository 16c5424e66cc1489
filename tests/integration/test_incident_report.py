"""The report of an incident: counts past PostgREST's cap, and marks in a real Slack."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from bot.demo.local_slack import LocalSlack
from bot.demo.slack_front import SlackFront
from bot.demo.stack import Stack
from bot.demo.workspace import ALICE, BOB, OPS, RANDOM
from tests.counterparts import standing
from tests.demo.socket_bot import until
from tests.integration.conftest import Said, shell

pytestmark = [pytest.mark.postgrest, pytest.mark.slack]

ERRORS = 2_345
FAILED = 1_234
HOSTILE = "<!channel> rolled back, see <https://evil.example|the docs> `x` | y"

_WORLD = f"""
insert into workers (id, instance_type, status, created_at, last_heartbeat, metadata)
values ('gpu-20260101_000000-b0000001', 'RTX 4090', 'crashed',
        now() - interval '3 hours', now() - interval '40 minutes', null);
insert into system_logs (timestamp, source_type, source_id, log_level, message)
values (now() - interval '70 minutes', 'edge_function', 'complete-task', 'CRITICAL',
        'the very first'),
       (now() - interval '80 minutes', 'orchestrator_gpu', 'o', 'ERROR',
        'MARKING AS ERROR: Idle timeout (600s)'),
       (now() - interval '90 minutes', 'orchestrator_gpu', 'o', 'CRITICAL', 'routine');
insert into system_logs (timestamp, source_type, source_id, log_level, message)
select now() - interval '1 hour' + (i / 7) * interval '5 seconds', 'worker',
       'gpu-20260101_000000-b0000001', 'ERROR', 'request ' || i || ' failed'
from generate_series(1, {ERRORS}) i;
insert into tasks (task_type, status, created_at, output_location, updated_at)
select 'vace', 'Failed', now() - interval '5 hours', 'no such codec: ' || i,
       now() - interval '30 minutes' + i * interval '10 milliseconds'
from generate_series(1, {FAILED}) i;
insert into tasks (task_type, status, created_at, output_location, updated_at)
select 'vace', 'Failed', now() - interval '5 hours', 'of before', now() - interval '4 h'
from generate_series(1, 9) i;
"""


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    """A queue with an incident in it, and a Slack."""
    with standing(runpod=False) as stack:
        assert stack.postgres is not None
        stack.postgres.execute(_WORLD)
        yield stack


@pytest.fixture(scope="module")
def asked(stack: Stack) -> Said:
    """What a shell is told as JSON of two hours."""
    return shell("report", "--hours", "2", "--json", environment=stack.environment)


def test_errors_are_counted_to_the_last(asked: Said) -> None:
    """PostgREST gives a thousand rows at a time, and says nothing of the rest."""
    errors = asked.json["data"]["errors"]

    assert errors["total"] == errors["read"] == ERRORS + 2
    assert errors["whole"] is True
    assert errors["by_source"] == {
        "worker": ERRORS,
        "edge_function complete-task": 1,
        "orchestrator_gpu o": 1,
    }
    kinds = {each["kind"]: each["total"] for each in errors["by_kind"]}
    assert kinds["request # failed"] == ERRORS
    assert asked.json["truncated"] is False


def test_the_first_error_is_the_first(asked: Said) -> None:
    """Neither a scale-down nor what is routine."""
    assert asked.json["data"]["first_error"]["message"] == "the very first"


def test_tasks_that_failed_are_counted_to_the_last(asked: Said) -> None:
    """Those made before the window as well; those that failed before it are not."""
    data = asked.json["data"]

    assert len(data["tasks"]) == FAILED
    [told] = [each for each in data["timeline"] if each["kind"] == "failure"]
    assert told["alike"] == FAILED - 1


def test_a_shell_prints_what_can_be_read(stack: Stack) -> None:
    """Thousands of failures stay one document of a few pages."""
    said = shell("report", "--hours", "2", environment=stack.environment)

    assert said.out.startswith("# Incident Report: ")
    assert f"{FAILED:,} tasks failed, {ERRORS + 2:,} errors" in said.out
    assert "The first 100 of 1,234 rows" in said.out
    assert said.out.count("\n") < 250


def _files(front: SlackFront) -> list[str]:
    return [it["payload"]["content"] for it in front.sent() if it["method"] == "upload"]


async def _reported(slack: LocalSlack, front: SlackFront, channel: str) -> str:
    """Return the file that a report in the channel gives.

    Where the bot may not attach, it is sent again, to the asker.
    """
    front.forget()
    await slack.command(ALICE, channel, "report --hours 2")
    await until(lambda: "completeUpload" in json.dumps(front.sent()))
    [content] = set(_files(front))
    return content


async def _marked(stack: Stack, number: int) -> list[dict[str, Any]]:
    """Return the marks once they are so many, as the database holds them."""
    path = stack.environment["DEBUG_BOT_STATE_URL"].removeprefix("sqlite:///")

    def found() -> list[dict[str, Any]]:
        with closing(sqlite3.connect(path)) as base:
            base.row_factory = sqlite3.Row
            try:
                return [dict(row) for row in base.execute("select * from pins")]
            except sqlite3.OperationalError:  # the bot has not made its tables yet
                return []

    await until(lambda: len(found()) == number)
    return found()


async def test_a_marked_message_joins_the_reports_of_its_channel(
    stack: Stack, slack: LocalSlack, front: SlackFront
) -> None:
    """As text and nothing else; other channels never see it, a shell does."""
    said = await slack.message(BOB, OPS, HOSTILE)
    other = await slack.message(BOB, OPS, "not marked so")
    await slack.react(ALICE, OPS, said["ts"], "pushpin")
    await slack.react(ALICE, OPS, other["ts"], "eyes")
    [kept] = await _marked(stack, 1)
    shown = shell("report", "--hours", "1", "--json", environment=stack.environment)

    here = await _reported(slack, front, OPS)
    elsewhere = await _reported(slack, front, RANDOM)

    assert (kept["channel"], kept["pinned_by"]) == (OPS, ALICE)
    assert kept["author"] == "Bob Brown"
    assert [each["text"] for each in shown.json["data"]["pinned"]] == [HOSTILE]
    assert "**pinned** Bob Brown in C0OPS: `@channel` rolled back" in here
    assert "<https" not in here
    assert "not marked so" not in here
    assert "rolled back" not in elsewhere

    await slack.react(ALICE, OPS, said["ts"], "pushpin", present=False)
    assert await _marked(stack, 0) == []


async def test_a_reply_in_a_thread_can_be_marked(
    stack: Stack, slack: LocalSlack, front: SlackFront
) -> None:
    """By two people it stands once, until both take their mark away."""
    head = await slack.message(BOB, OPS, "what now?")
    reply = await slack.message(BOB, OPS, "restarted it", thread_ts=head["ts"])
    for user in (ALICE, BOB):
        await slack.react(user, OPS, reply["ts"], "pushpin")

    kept = await _marked(stack, 2)
    content = await _reported(slack, front, OPS)

    assert {each["text"] for each in kept} == {"restarted it"}
    assert content.count("restarted it") == 1
    for user in (ALICE, BOB):
        await slack.react(user, OPS, reply["ts"], "pushpin", present=False)
    await _marked(stack, 0)


async def test_the_verdict_stands_in_the_channel_and_the_file_in_its_thread(
    slack: LocalSlack, front: SlackFront
) -> None:
    """People see one compact message, and what is behind it."""
    content = await _reported(slack, front, OPS)
    await until(lambda: "completeUpload" in json.dumps(front.sent()))

    verdict, *_ = [it for it in front.sent() if it["method"] == "chat.postMessage"]
    [share] = [it for it in front.sent() if "completeUpload" in it["method"]]
    assert "thread_ts" not in verdict["payload"]
    assert share["payload"]["thread_ts"] == verdict["ts"]
    assert share["payload"]["files"][0]["title"].startswith("Incident Report: ")
    assert content.startswith("# Incident Report: ")
