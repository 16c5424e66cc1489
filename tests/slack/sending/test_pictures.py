"""The picture that follows an answer."""

import asyncio
from collections.abc import Callable
from dataclasses import replace

import pytest

from bot.domain.report import Chart, Report
from bot.slack.metrics import Metrics
from bot.slack.sending.drawing import NotDrawn
from bot.slack.sending.pictures import FAILED, TOO_MANY, WAITING, Pictures, Spot
from bot.slack.sending.sender import Sender
from tests.formatters.pictures import a_chart, a_lane
from tests.slack.little_slack import LittleSlack

CHART = a_chart(a_lane(), title="The queue: 3 wait", alt="3 tasks wait now.")
REPORT = Report(
    summary="3 tasks wait",
    command="worker",
    arguments={"id": "gpu-1/../x"},
    sections=(CHART,),
)
SPOT = Spot(channel="C1", thread_ts="1.5")


async def draw(chart: Chart) -> bytes:
    """Return what stands for a picture."""
    return b"picture of " + chart.title.encode()


async def test_a_picture_goes_into_the_thread_with_its_words(
    little: LittleSlack, sender: Sender, metrics: Metrics
) -> None:
    """For those who can't see it; the file's name says what it is."""
    await Pictures(sender, metrics, draw).follow(REPORT, SPOT)

    asked, uploaded, shown = little.payloads
    assert asked["filename"] == "worker-gpu-1-x.png"
    assert asked["alt_txt"] == "3 tasks wait now."
    assert uploaded == {"content": b"picture of The queue: 3 wait"}
    assert (shown["channel_id"], shown["thread_ts"]) == ("C1", "1.5")
    assert "The queue: 3 wait" in str(shown["files"])
    assert 'pictures_total{outcome="posted"} 1' in metrics.text()


@pytest.mark.parametrize(
    "report",
    [
        replace(REPORT, sections=()),
        replace(REPORT, sections=(replace(CHART, panels=()),)),
        replace(REPORT, as_json=True),
    ],
)
async def test_an_answer_without_a_picture_is_followed_by_nothing(
    little: LittleSlack, sender: Sender, metrics: Metrics, report: Report
) -> None:
    """Why there is none stands in the answer."""
    await Pictures(sender, metrics, draw).follow(report, SPOT)

    assert not little.sent


async def test_what_cannot_be_drawn_is_a_note_and_a_line_in_the_log(
    little: LittleSlack,
    sender: Sender,
    metrics: Metrics,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """In the thread, where the picture would be."""

    async def fail(chart: Chart) -> bytes:
        msg = "not done in 20 s"
        raise NotDrawn(msg)

    await Pictures(sender, metrics, fail).follow(REPORT, SPOT)

    [(method, note)] = little.sent
    assert (method, note["text"], note["thread_ts"]) == (
        "chat.postMessage",
        FAILED,
        "1.5",
    )
    [record] = [each for each in caplog.records if "no picture" in each.message]
    assert record.__dict__["error"] == "not done in 20 s"


@pytest.mark.parametrize(
    ("error", "said"),
    [
        ("missing_scope", "no picture: the app may not attach files"),
        ("not_in_channel", "no picture: I am not in this channel"),
        ("is_archived", "no picture: Slack did not take it: is_archived"),
    ],
)
async def test_what_slack_does_not_take_is_a_note_as_well(
    little: LittleSlack, sender: Sender, metrics: Metrics, error: str, said: str
) -> None:
    """It says what would help, if anything does."""
    little.refuse("files.completeUploadExternal", error)
    await Pictures(sender, metrics, draw).follow(REPORT, SPOT)

    assert little.methods[-1] == "chat.postMessage"
    assert little.payloads[-1]["text"].startswith(said)


async def test_where_nothing_can_be_said_nothing_is(
    little: LittleSlack, sender: Sender, metrics: Metrics
) -> None:
    """The answer stands already."""
    little.refuse("files.getUploadURLExternal", "missing_scope")
    little.refuse("chat.postMessage", *["is_archived"] * 3)

    await Pictures(sender, metrics, draw).follow(REPORT, SPOT)


async def test_a_fault_of_ours_is_kept_in_the_log(
    little: LittleSlack,
    sender: Sender,
    metrics: Metrics,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """It must not reach the answer."""

    async def fail(chart: Chart) -> bytes:
        raise ZeroDivisionError

    await Pictures(sender, metrics, fail).follow(REPORT, SPOT)

    assert [each for each in caplog.records if each.message == "a picture failed"]


def counting(most: list[int], enough: asyncio.Event) -> Callable[[Chart], object]:
    """Return what draws when it is told to, and counts those at once."""
    now = 0

    async def slowly(chart: Chart) -> bytes:
        nonlocal now
        now += 1
        most.append(now)
        await enough.wait()
        now -= 1
        return b"picture"

    return slowly


async def test_one_is_drawn_at_a_time_and_only_so_many_wait(
    little: LittleSlack, sender: Sender, metrics: Metrics
) -> None:
    """Whoever comes too late is told so at once."""
    most: list[int] = []
    enough = asyncio.Event()
    pictures = Pictures(sender, metrics, counting(most, enough))  # type: ignore[arg-type]

    async with asyncio.TaskGroup() as group:
        for _ in range(WAITING):
            group.create_task(pictures.follow(REPORT, SPOT))
        await asyncio.sleep(0.01)
        await pictures.follow(REPORT, SPOT)
        assert [payload["text"] for payload in little.payloads] == [TOO_MANY]
        enough.set()

    assert most == [1] * WAITING
    assert little.methods.count("files.completeUploadExternal") == WAITING
