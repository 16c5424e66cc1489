"""Messages that are kept current, at a little Slack: what is shown when, and how often.

That one replica keeps each message, whoever dies, is tested with real processes.
"""

import asyncio
import contextlib
import logging
import re
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.domain.access import Caller, Door
from bot.domain.errors import SourceDown
from bot.domain.report import Gap, Outcome, Report
from bot.domain.watches import PER_PERSON, Tempo
from bot.slack.client import slack_client
from bot.slack.metrics import Metrics
from bot.slack.sending.pace import Manners, Pace
from bot.slack.sending.sender import Sender
from bot.slack.telling.following import BRISK, Follow, Following
from bot.state import tables
from bot.state.database import Database
from bot.state.leases import Leases
from bot.state.watches import Watches
from tests.databases import a_file
from tests.slack.doors.test_answers import a_question
from tests.slack.little_slack import TOKEN, LittleSlack
from tests.world import NOW

TEMPO = Tempo(
    lasts=timedelta(seconds=60),
    lease=timedelta(seconds=30),
    every=0.1,
    slowest=0.4,
    shared=0.05,
    per_channel=0.01,
    in_all=0.01,
    glimpse=0.05,
)
QUICK = Pace(burst=1000, seconds=0.001)
GOOD = Report(summary="well: 3 healthy workers", words="health", data=object())
DOWN = Report(summary="supabase cannot be reached", outcome=Outcome.SOURCE_DOWN)
GONE = Report(summary="no task is called 4134", outcome=Outcome.NOT_FOUND)
ASKED = replace(GOOD, watched="health", system="reigh", generated_at=NOW)


@dataclass
class FakeDesk:
    """Answers the next of these, and the last one again and again."""

    answers: list[Report] = field(default_factory=lambda: [GOOD])
    asked: list[tuple[tuple[str, ...], Caller]] = field(default_factory=list)

    async def answer(
        self, words: Sequence[str], caller: Caller, now: datetime
    ) -> Report:
        """Remember the question."""
        self.asked.append((tuple(words), caller))
        report = self.answers[0]
        if len(self.answers) > 1:
            self.answers.pop(0)
        number = len(self.asked)
        return replace(report, generated_at=now, request_id=f"{number:08x}")


@dataclass
class Scene:
    """One bot's watches, at one Slack."""

    little: LittleSlack
    sender: Sender
    desk: FakeDesk
    database: Database
    tempo: Tempo = TEMPO
    private: bool = False

    def following(self) -> Following:
        """Return what keeps them."""
        tempo = self.tempo
        leases = Leases(self.database, length=tempo.lease or timedelta(seconds=3))
        watches = Watches(leases, lasts=tempo.lasts)
        return Following(
            self.desk, self.sender, lambda: watches, tempo=tempo, private=self.private
        )

    @property
    def said(self) -> list[str]:
        """Return what the messages were made to say, in order."""
        return [payload["text"] for _, payload in self.little.sent]

    async def until(self, holds: Callable[[], object]) -> None:
        """Wait until it is so."""
        async with asyncio.timeout(60):
            while not holds():  # noqa: ASYNC110  it is Slack that sees it
                await asyncio.sleep(0.01)

    async def says(self, words: str) -> str:
        """Wait until the newest message says so; return it."""
        await self.until(lambda: self.said and words in self.said[-1])
        return self.said[-1]

    async def stop(self, user: str = "U1") -> None:
        """Stop somebody's watches."""
        watches = Watches(Leases(self.database))
        await watches.stop(channel="C1", user_id=user, id=None)


@pytest.fixture
async def scene(little: LittleSlack, tmp_path: Path) -> AsyncIterator[Scene]:
    """Return a Slack that takes everything, and nothing that is watched."""
    client = slack_client(TOKEN, f"{little.url}/api", repeats=False)
    manners = Manners(posts=QUICK, updates=QUICK, same_message=QUICK)
    sender = Sender(client, Metrics(), manners)
    database = Database(a_file(tmp_path))
    yield Scene(little, sender, FakeDesk(), database)
    await sender.close()
    await database.close()


@contextlib.asynccontextmanager
async def kept(scene: Scene, **place: Any) -> AsyncIterator[Following]:
    """Have something watched, and kept while the block runs."""
    following = scene.following()
    asked = a_question(scene.little, **place)
    assert await following.begin(asked, ASKED) is None
    async with keeping(following):
        yield following


@contextlib.asynccontextmanager
async def keeping(following: Following) -> AsyncIterator[None]:
    """Keep all that is watched, until the bot is stopped."""
    task = asyncio.get_running_loop().create_task(following.keep())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_the_first_message_promises_nothing(scene: Scene) -> None:
    """Whether it will be kept is not known yet; the next look says it."""
    async with kept(scene):
        await scene.says(", every")
    posted, *edits = scene.little.sent

    assert posted[0] == "chat.postMessage"
    assert "as of 2026-01-31 12:00:00Z; begins to watch for 1 min" in posted[1]["text"]
    assert {method for method, _ in edits} == {"chat.update"}
    assert {payload["ts"] for _, payload in edits} == {"1.0"}
    words, caller = scene.desk.asked[0]
    assert words == ("health", "--system", "reigh")
    assert (caller.door, caller.user_id, caller.channel_id) == (Door.CLOCK, "U1", "C1")


async def test_a_mention_is_answered_in_its_thread(scene: Scene) -> None:
    """As any other answer."""
    async with kept(scene, door=Door.MENTION, thread_ts="9.0"):
        await scene.says(", every")

    assert scene.little.payloads[0]["thread_ts"] == "9.0"


async def test_it_is_looked_at_less_often_while_nothing_changes(scene: Scene) -> None:
    """The message says how often; what changes makes it brisk again."""
    async with kept(scene):
        await scene.says("every 0.4 s")
        rhythms = [text.split(", every ")[1][:5] for text in scene.said[1:]]
        scene.desk.answers = [replace(GOOD, summary="not well")]
        await scene.says("every 0.1 s")

    assert rhythms == ["0.1 s", "0.2 s", "0.2 s", "0.3 s", "0.4 s"]


async def test_after_many_looks_the_rest_is_spread(scene: Scene) -> None:
    """Over the time that is left, so that there is a bound to them."""
    following = scene.following()
    await following.begin(a_question(scene.little), ASKED)
    term = await following._watches().leases.take("watches")
    assert term is not None
    [watch], _ = await following._watches().kept(term)
    follow = Follow(
        following,
        scene.sender,
        following._watches(),
        term,
        replace(watch, looks=BRISK),
        left=1000.0,
    )
    follow._hear(replace(GOOD, generated_at=NOW))

    assert 19 < follow._rhythm() <= 20


async def test_the_more_is_watched_the_rarer_are_the_looks(scene: Scene) -> None:
    """Slack takes so many edits of a channel, and of an app."""
    scene.tempo = replace(TEMPO, every=0.01, slowest=9.0, per_channel=0.1, in_all=0.07)
    following = scene.following()
    for number, channel in enumerate(("C1", "C1", "C2")):
        asked = a_question(scene.little, channel=channel)
        report = replace(ASKED, watched=f"task {number}")
        assert await following.begin(asked, report) is None
    term = await following._watches().leases.take("watches")
    assert term is not None
    every, _ = await following._watches().kept(term)

    floors = [following._floor(watch, every) for watch in every]
    assert sorted(floors) == pytest.approx([0.21, 0.21, 0.21])
    floor = following._floor(every[0], [every[0]] * 3)
    assert floor == pytest.approx(0.3)


async def test_who_watches_the_same_shares_the_answer(scene: Scene) -> None:
    """It is asked once."""
    scene.tempo = replace(TEMPO, shared=60.0)
    async with kept(scene) as following:
        other = a_question(scene.little, channel="C2")
        await following.begin(other, ASKED)
        await scene.until(lambda: len(scene.said) >= 8)

    assert len(scene.desk.asked) == 1


async def test_a_source_that_is_down_makes_it_old(scene: Scene) -> None:
    """Since when, and why; what is shown is as of before."""
    async with kept(scene):
        seen = (await scene.says(", every")).splitlines()
        scene.desk.answers = [DOWN]
        said = await scene.says("old: since")
        await asyncio.sleep(0.5)
        later = scene.said[-1]
        scene.desk.answers = [GOOD]
        await scene.until(lambda: "old: since" not in scene.said[-1])

    assert GOOD.summary in said
    assert "Z supabase cannot be reached" in said
    assert seen[0] == said.splitlines()[0]
    assert said.splitlines()[1] == later.splitlines()[1]
    assert said.splitlines()[2].startswith("as of ")


async def test_a_part_that_can_t_be_read_is_said_since_when(scene: Scene) -> None:
    """The rest is current; what never was set up is no such part."""
    gaps = (
        Gap(source="runpod", reason="did not answer"),
        Gap(source="logs", reason="not configured", failed=False),
    )
    async with kept(scene):
        await scene.says(", every")
        scene.desk.answers = [replace(GOOD, gaps=gaps)]
        said = await scene.says(", without runpod since")
        await asyncio.sleep(0.5)
        later = scene.said[-1]
        scene.desk.answers = [GOOD]
        await scene.until(lambda: "without runpod" not in scene.said[-1])

    since = re.findall(r"without runpod since ([\d: -]+)Z, every", said)
    assert since
    assert re.findall(r"without runpod since ([\d: -]+)Z, every", later) == since
    assert "without logs since" not in said


async def test_where_nothing_was_read_yet_that_is_said(scene: Scene) -> None:
    """By a bot that started when the sources were down."""
    scene.desk.answers = [DOWN]
    async with kept(scene):
        said = await scene.says("nothing was seen yet, every")

    assert "health: nothing could be read yet" in said


async def test_an_end_is_told_once(scene: Scene) -> None:
    """In the message, and in its thread."""
    settled = replace(GOOD, summary="task 4134 is complete", settled=True)
    scene.desk.answers = [GOOD, settled]
    async with kept(scene):
        await scene.until(lambda: "chat.postMessage" in scene.little.methods[1:])
        sent = list(scene.little.sent)
        await asyncio.sleep(0.3)
        assert scene.little.sent == sent

    (_, last), (method, note) = sent[-2:]
    assert "it has ended, so this is no longer kept current" in last["text"]
    assert (method, note["thread_ts"]) == ("chat.postMessage", "1.0")
    assert note["text"] == "task 4134 is complete"
    assert "blocks" not in note


async def test_an_end_in_a_thread_is_told_there(scene: Scene) -> None:
    """One that Slack does not take is in the message anyway."""
    scene.desk.answers = [replace(GOOD, settled=True)]
    async with kept(scene, door=Door.MENTION, thread_ts="9.0"):
        scene.little.refuse("chat.postMessage", "restricted_action")
        await scene.until(lambda: "chat.postMessage" in scene.little.methods[1:])
        await asyncio.sleep(0.2)

    assert scene.little.payloads[-1]["thread_ts"] == "9.0"
    assert scene.little.methods.count("chat.postMessage") == 2


async def test_what_is_gone_ends_its_watch(scene: Scene) -> None:
    """A task whose row was deleted: as of when it was last seen."""
    scene.desk.answers = [GOOD, GONE]
    async with kept(scene):
        await scene.until(lambda: "chat.postMessage" in scene.little.methods[1:])

    last, note = scene.said[-2:]
    assert "no task is called 4134" in last
    assert "; it is gone, so this is no longer kept current" in last
    assert GOOD.summary in last
    assert note == "no task is called 4134"


async def test_who_stops_it_sees_so_at_once(scene: Scene) -> None:
    """It can be watched again from there, and is not stopped twice."""
    async with kept(scene):
        await scene.says(", every")
        await scene.stop()
        said = await scene.says("stopped at")
        sent = len(scene.said)
        await asyncio.sleep(0.3)

    assert "no longer kept current" in said
    assert len(scene.said) == sent
    [actions] = [
        block
        for block in scene.little.payloads[-1]["blocks"]
        if block["type"] == "actions"
    ]
    assert [each["value"] for each in actions["elements"]] == ["watch health"]


async def test_what_was_stopped_elsewhere_is_ended_by_the_next(scene: Scene) -> None:
    """By a bot that has not seen it before."""
    following = scene.following()
    await following.begin(a_question(scene.little), ASKED)
    await scene.stop()
    async with keeping(following):
        await scene.says("stopped at")

    assert scene.little.methods == ["chat.postMessage", "chat.update"]


async def test_a_watch_ends_with_its_time(scene: Scene) -> None:
    """And says for how long it was."""
    scene.tempo = replace(TEMPO, lasts=timedelta(seconds=1))
    async with kept(scene):
        said = await scene.says("no longer kept current")

    assert "; watched for 1 s at " in said


@pytest.mark.parametrize("error", ["message_not_found", "is_archived"])
async def test_a_message_that_is_gone_is_no_longer_kept(
    scene: Scene, error: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Deleted, or its channel left: nothing is posted instead."""
    caplog.set_level(logging.INFO, "bot.slack.telling.following")
    async with kept(scene) as following:
        await scene.says(", every")
        scene.little.refuse("chat.update", *[error] * 5)
        await scene.until(lambda: "its message is gone" in caplog.messages)
        sent = len(scene.said)
        await asyncio.sleep(0.3)
        again = a_question(scene.little)
        for number in range(PER_PERSON):
            report = replace(ASKED, watched=f"task {number}")
            assert await following.begin(again, report) is None

    assert scene.little.methods[:sent].count("chat.postMessage") == 1


async def test_one_edit_that_fails_ends_nothing(scene: Scene) -> None:
    """The next one will do."""
    async with kept(scene):
        await scene.says(", every")
        scene.little.refuse("chat.update", "user_is_restricted")
        sent = len(scene.said)
        await scene.until(lambda: len(scene.said) > sent + 3)


async def test_a_bot_that_stops_says_so(scene: Scene) -> None:
    """And the next one goes on; before it has seen anything it has nothing to say."""
    async with kept(scene) as following:
        await scene.says(", every")
    said = scene.said[-1]
    assert GOOD.summary in said
    assert "debug-bot was stopped at" in said
    assert "goes on when it runs again, until" in said
    async with keeping(following):
        await scene.says(", every")

    assert scene.little.methods.count("chat.postMessage") == 1


class Slow(FakeDesk):
    """A desk at which time passes: while it answers, somebody else takes the lease."""

    database: Database

    async def answer(
        self, words: Sequence[str], caller: Caller, now: datetime
    ) -> Report:
        """Answer, after the lease has gone."""
        report = await super().answer(words, caller, now)
        if len(self.asked) == 3:
            leases = tables.leases
            gone = {"holder": "another", "token": leases.c.token + 1}
            await self.database.do(lambda c: c.execute(leases.update().values(**gone)))
        return report


async def test_who_lost_the_lease_while_asking_shows_nothing(scene: Scene) -> None:
    """Neither what it has heard, nor a farewell: another keeps the message."""
    slow = Slow()
    slow.database = scene.database
    scene.desk = slow
    async with kept(scene):
        await scene.until(lambda: len(slow.asked) == 3)
        await asyncio.sleep(0.5)

    assert scene.little.methods == ["chat.postMessage", *["chat.update"] * 2]
    assert "was stopped" not in scene.said[-1]


async def test_a_fault_of_ours_is_logged_and_not_repeated_at_once(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    """The watch is taken up again after a while."""
    broken: Any = replace(GOOD, summary=None)  # type: ignore[arg-type]
    scene.desk.answers = [broken, GOOD]
    async with kept(scene):
        await scene.says(", every")

    assert caplog.messages.count("a watch failed") == 1


@pytest.mark.parametrize(
    ("report", "place", "why"),
    [
        (replace(ASKED, private=True), {}, "what only you can see can't be kept"),
        (ASKED, {"ephemeral": True}, "what only you can see can't be kept current"),
        (replace(ASKED, as_json=True), {}, "a message can't be kept current as JSON"),
    ],
)
async def test_what_can_t_be_kept_is_refused(
    scene: Scene, report: Report, place: dict[str, Any], why: str
) -> None:
    """With what to do instead, to the asker alone."""
    asked = a_question(scene.little, **place)
    refused = await scene.following().begin(asked, report)

    assert refused is not None
    assert refused.summary.startswith(why)
    assert refused.hint
    assert refused.private
    assert scene.little.sent == []


async def test_where_commands_are_answered_privately_none_is_kept(scene: Scene) -> None:
    """A mention still is."""
    scene.private = True
    following = scene.following()
    slash = await following.begin(a_question(scene.little), ASKED)
    mention = a_question(scene.little, Door.MENTION)

    assert slash is not None
    assert await following.begin(mention, ASKED) is None


async def test_too_much_is_refused(scene: Scene) -> None:
    """In one clear line, which says how to make room."""
    following, asked = scene.following(), a_question(scene.little)
    for number in range(PER_PERSON):
        report = replace(ASKED, watched=f"task {number}")
        assert await following.begin(asked, report) is None

    refused = await following.begin(asked, ASKED)

    assert refused is not None
    assert refused.summary == "you watch 3 things already"
    assert "watch stop" in refused.hint


async def test_a_second_press_follows_it_no_second_time(scene: Scene) -> None:
    """The presser is told, and nothing more is posted."""
    following, asked = scene.following(), a_question(scene.little)
    assert await following.begin(asked, ASKED) is None
    posted = len(scene.little.sent)
    refused = await following.begin(asked, ASKED)

    assert refused is not None
    assert refused.summary == "you watch this here already"
    assert len(scene.little.sent) == posted


async def test_where_nothing_can_be_posted_nothing_is_watched(scene: Scene) -> None:
    """And it takes no room."""
    following, asked = scene.following(), a_question(scene.little)
    tries = PER_PERSON + 1
    scene.little.refuse("chat.postMessage", *["not_in_channel"] * tries)
    refused = [await following.begin(asked, ASKED) for _ in range(tries)]

    why = "nothing can be posted here: not_in_channel"
    assert [each and each.summary for each in refused] == [why] * tries


class Broken(Watches):
    """Watches whose database goes away after a message is posted."""

    async def posted(self, watch: object, ts: str) -> None:
        """Fail."""
        source, why = "ledger", "cannot be used"
        raise SourceDown(source, why)


async def test_without_a_database_nothing_is_watched(scene: Scene) -> None:
    """Neither before the message is posted nor after it, and both are said."""
    nowhere = Watches(Leases(Database("postgresql://127.0.0.1:1/none")))
    before = Following(scene.desk, scene.sender, lambda: nowhere, tempo=TEMPO)
    broken = Broken(Leases(scene.database))
    after = Following(scene.desk, scene.sender, lambda: broken, tempo=TEMPO)
    asked = a_question(scene.little)

    refused = await before.begin(asked, ASKED)
    assert refused is not None
    assert refused.summary.startswith("nothing can be watched: ledger cannot be used")
    assert scene.said == []
    assert await after.begin(asked, ASKED) is None
    assert "; not watched: ledger cannot be used" in scene.said[-1]
