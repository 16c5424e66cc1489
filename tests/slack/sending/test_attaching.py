"""The whole of a long answer reaches whoever may see it, as a file."""

import json
from dataclasses import replace

import pytest
from aiohttp import web

from bot.domain.access import Door
from bot.domain.report import Report, Table
from bot.domain.times import Window
from bot.slack.doors.answers import Answers
from bot.slack.metrics import Metrics
from bot.slack.sending.attaching import (
    ASIDE,
    ELSEWHERE,
    PRIVATE,
    STRANGER,
    UNINVITED,
    whole,
)
from bot.slack.sending.sender import Sender
from tests.slack.doors.test_answers import FakeDesk, a_question, ask
from tests.slack.little_slack import LittleSlack
from tests.world import NOW

ROWS = Table(
    title="Tasks", header=("id",), rows=tuple((f"task-{n}",) for n in range(46))
)
LONG = Report(
    summary="46 tasks",
    command="tasks",
    words="tasks --limit 46",
    request_id="ab12",
    sections=(ROWS,),
)
SHORT = replace(LONG, sections=(replace(ROWS, rows=ROWS.rows[:45]),))
UPLOAD = ("files.getUploadURLExternal", "upload", "files.completeUploadExternal")


@pytest.fixture
def answers(sender: Sender, metrics: Metrics) -> Answers:
    """Return what answers everything with the long report."""
    return Answers(FakeDesk(LONG), sender, metrics)


def shown(little: LittleSlack) -> dict[str, str]:
    """Return where the file was shown, and with which words."""
    [found] = [it for method, it in little.sent if method == UPLOAD[2]]
    return found


async def test_an_answer_of_three_pages_is_posted_alone(
    little: LittleSlack, sender: Sender, metrics: Metrics
) -> None:
    """Most are."""
    await ask(a_question(little), Answers(FakeDesk(SHORT), sender, metrics))

    assert little.methods == ["chat.postMessage"] * 2


async def test_a_commands_long_answer_is_attached_in_its_thread(
    little: LittleSlack, answers: Answers
) -> None:
    """All of it, while what is posted is short and says so."""
    await ask(a_question(little), answers)

    assert little.methods == ["chat.postMessage", "chat.postMessage", *UPLOAD]
    assert "The attached file has all of it." in little.payloads[1]["text"]
    assert shown(little)["channel_id"] == "C1"
    assert shown(little)["thread_ts"] == "1.0"
    assert shown(little)["initial_comment"] == "the whole answer to tasks --limit 46"
    assert b"task-45" in little.payloads[3]["content"]
    assert b"task-45" not in json.dumps(little.payloads[:2]).encode()


@pytest.mark.parametrize("door", [Door.MENTION, Door.BUTTON])
async def test_a_thread_gets_it_too(
    little: LittleSlack, answers: Answers, door: Door
) -> None:
    """Where the question stands."""
    await ask(a_question(little, door, thread_ts="1.5"), answers)

    assert little.methods == ["chat.postMessage", *UPLOAD]
    assert shown(little)["thread_ts"] == "1.5"


async def test_a_direct_message_gets_it_in_place(
    little: LittleSlack, answers: Answers
) -> None:
    """Nobody else is there."""
    await ask(a_question(little, Door.DIRECT, direct=True, channel="D1"), answers)

    assert shown(little)["channel_id"] == "D1"
    assert "thread_ts" not in shown(little)


async def test_a_private_one_is_attached_in_the_direct_messages(
    little: LittleSlack, sender: Sender, metrics: Metrics
) -> None:
    """Which is said in both places."""
    direct = web.json_response({"ok": True, "ts": "2.0", "channel": "D1"})
    little.answer("chat.postMessage", direct)
    private = Answers(FakeDesk(LONG), sender, metrics, private=True)
    await ask(a_question(little), private)

    _, _, _, words, _, aside = little.payloads
    assert little.methods[0] == "hook"
    assert (words["channel"], PRIVATE in words["text"]) == ("U1", True)
    assert shown(little)["channel_id"] == "D1"
    assert (aside["user"], aside["text"]) == ("U1", ASIDE)


async def test_where_we_are_no_member_the_asker_gets_it(
    little: LittleSlack, answers: Answers
) -> None:
    """We may post in public channels, and attach only where we are."""
    little.refuse(UPLOAD[2], "not_in_channel")
    await ask(a_question(little), answers)

    texts = [it.get("text", "") for it in little.payloads]
    assert any(STRANGER in text for text in texts)
    assert texts[-1] == f"{ELSEWHERE}: {UNINVITED}"
    assert little.methods[-1] == "chat.postMessage"
    assert little.payloads[-1]["thread_ts"] == "1.0"


async def test_only_a_stranger_is_called_one(
    little: LittleSlack, answers: Answers
) -> None:
    """Any other refusal is told by Slack's own word, in both places."""
    little.refuse(UPLOAD[2], "restricted_action")
    await ask(a_question(little), answers)

    texts = [it.get("text", "") for it in little.payloads]
    there, here = (each for each in texts if "restricted_action" in each)
    assert there.endswith(
        "did not take it there (restricted_action), so it stands here"
    )
    assert here == f"{ELSEWHERE}: Slack did not take it here (restricted_action)"


async def test_no_words_stay_without_their_file(
    little: LittleSlack, answers: Answers
) -> None:
    """Where the direct message took the words and not the file, they are taken back."""
    little.answer(UPLOAD[2], *(web.Response(status=500) for _ in range(2)))
    await ask(a_question(little), answers)

    [[words, at]] = [
        (it["text"], f"{number}.0")
        for number, it in enumerate(little.payloads, start=1)
        if it.get("channel") == "U1" and "text" in it
    ]
    last = little.payloads[-1]
    assert STRANGER not in words
    assert ("chat.delete", {"channel": "U1", "ts": at}) in little.sent
    assert last["text"] == "the whole answer could not be attached (status 500)"
    assert (last["channel"], last["thread_ts"]) == ("C1", "1.0")


async def test_where_we_can_not_even_post_the_asker_gets_it(
    little: LittleSlack, answers: Answers
) -> None:
    """The response_url knows no files, but says to all where the file is."""
    little.refuse("chat.postMessage", "channel_not_found")
    little.refuse(UPLOAD[2], "channel_not_found")
    direct = web.json_response({"ok": True, "ts": "2.0", "channel": "D1"})
    little.answer("chat.postMessage", direct)
    little.refuse("chat.postMessage", "channel_not_found")
    await ask(a_question(little), answers)

    files = [it for method, it in little.sent if method == UPLOAD[2]]
    assert little.methods[:2] == ["chat.postMessage", "hook"]
    assert [it["channel_id"] for it in files] == ["C1", "D1"]
    assert little.methods[-1] == "hook"
    assert little.payloads[-1]["response_type"] == "in_channel"
    assert little.payloads[-1]["text"] == f"{ELSEWHERE}: {UNINVITED}"


async def test_where_we_may_say_nothing_the_response_url_says_it(
    little: LittleSlack, sender: Sender, metrics: Metrics
) -> None:
    """As privately as the answer was."""
    little.refuse("chat.postMessage", "missing_scope")
    little.refuse("chat.postEphemeral", "missing_scope")
    private = Answers(FakeDesk(LONG), sender, metrics, private=True)
    await ask(a_question(little), private)

    last = little.payloads[-1]
    assert little.methods[-1] == "hook"
    assert last["response_type"] == "ephemeral"
    assert last["text"] == "the whole answer could not be attached (missing_scope)"


async def test_in_our_direct_messages_nobody_is_sent_to_them(
    little: LittleSlack, sender: Sender, metrics: Metrics
) -> None:
    """A private answer asked for there has its file right below it."""
    direct = web.json_response({"ok": True, "ts": "2.0", "channel": "D1"})
    little.answer("chat.postMessage", direct)
    private = Answers(FakeDesk(LONG), sender, metrics, private=True)
    await ask(a_question(little, channel="D1"), private)

    assert shown(little)["channel_id"] == "D1"
    assert ASIDE not in [it.get("text") for it in little.payloads]


@pytest.mark.parametrize("direct", [False, True])
async def test_a_file_that_reaches_nobody_is_said_and_logged(
    little: LittleSlack,
    answers: Answers,
    caplog: pytest.LogCaptureFixture,
    direct: bool,
) -> None:
    """The answer itself stands there."""
    little.refuse(UPLOAD[0], *["missing_scope"] * 2)
    door = Door.DIRECT if direct else Door.SLASH
    await ask(a_question(little, door, direct=direct), answers)

    last = little.payloads[-1]["text"]
    assert last == "the whole answer could not be attached (missing_scope)"
    assert "a whole answer was not attached" in caplog.messages


def test_a_file_is_text_with_a_name_that_says_what_it_is() -> None:
    """And which request it is of."""
    file = whole(LONG)

    assert file.name == "tasks-ab12.txt"
    assert file.title == "tasks --limit 46, whole"
    assert file.alt.startswith("the whole answer to tasks --limit 46, as text: ")
    assert file.content.decode().splitlines()[0].endswith("46 tasks")


def test_json_that_was_asked_for_is_whole() -> None:
    """A program can read it."""
    file = whole(replace(LONG, as_json=True))

    assert file.name == "tasks-ab12.json"
    assert json.loads(file.content)["summary"] == "46 tasks"


def test_a_file_has_a_name_whatever_was_asked() -> None:
    """Nothing of it can lead anywhere."""
    odd = Report(summary="x", command="../Two words", request_id="a/b")

    assert whole(odd).name == "-two-words-ab.txt"
    assert whole(Report(summary="x")).name == "answer.txt"
    assert whole(Report(summary="x")).title == "your question, whole"


def test_what_is_to_be_kept_is_markdown() -> None:
    """Called what it is, and of when."""
    window = Window.before(NOW, hours=1)
    title = "Incident Report: a worker crashed on 2026-01-31"
    kept = replace(LONG, attachment=title, command="report", window=window)

    file = whole(kept)

    assert file.name == "report-ab12.md"
    assert file.title == title
    assert file.content.startswith(f"# {title}\n".encode())
    assert b"- window: 2026-01-31 11:00 to 12:00 UTC\n" in file.content
    assert b"window" not in whole(replace(kept, window=None)).content
    assert whole(replace(kept, as_json=True)).name == "report-ab12.json"
