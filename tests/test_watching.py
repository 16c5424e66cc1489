"""`watch health`, `watch worker ID`, `watch task ID`, `watch stop`."""

from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from bot import queries
from bot.addressing import Addresses
from bot.command import Command
from bot.dispatch import Desk
from bot.domain.access import Caller, Door
from bot.domain.errors import SourceDown
from bot.domain.report import Outcome, Report
from bot.domain.watches import Watch, WatchState
from bot.state.watches import Stopped
from bot.watching import book
from tests.world import NOW, TASK, WORKER, World, a_task, a_worker, a_world, ago

ALICE = Caller(door=Door.SLASH, user_id="U1", team_id="T1", channel_id="C1")
SHELL = Caller(door=Door.SHELL)
WATCH = Watch(
    id="0123456789ab",
    words="health",
    system="reigh",
    channel="C1",
    thread_ts=None,
    ts="17.0",
    user_id="U1",
    team_id="T1",
    began_at=NOW,
    until=NOW,
    state=WatchState.STOPPED,
    looked_at=None,
    looks=0,
)


@dataclass
class FakeWatches:
    """Says what was stopped, and remembers what was to be."""

    found: Stopped = field(default_factory=lambda: Stopped(stopped=(), others=0))
    asked: list[dict[str, Any]] = field(default_factory=list)

    async def stop(self, **given: Any) -> Stopped:
        """Remember it."""
        self.asked.append(given)
        return self.found


def commands(watches: FakeWatches | None = None) -> dict[str, Command]:
    """Return the watched commands and those that watch."""
    known: Any = watches or FakeWatches()
    return {**queries.book(), **book(queries.book(), lambda: known)}


async def answered(
    words: str,
    world: World | None = None,
    watches: FakeWatches | None = None,
    caller: Caller = ALICE,
) -> Report:
    """Return what the desk answers."""
    system = (world or a_world()).system
    desk = Desk(
        addresses=Addresses({"reigh": lambda: system}, default="reigh"),
        commands=commands(watches),
        gate=lambda: pytest.fail("no gate is needed"),
    )
    return await desk.answer(words.split(), caller, NOW)


def a_fleet(**task: Any) -> World:
    """Return a worker and its task."""
    return a_world(
        workers=[a_worker()], tasks=[a_task(worker_id=WORKER, **task)], pods=[]
    )


@pytest.mark.parametrize("name", ["watch health", "watch worker", "watch task"])
def test_a_watch_takes_the_words_of_what_is_watched(name: str) -> None:
    """The same arguments, the same data, and examples that fit."""
    watching, watched = commands()[name], commands()[name.removeprefix("watch ")]

    assert watching.query is watched.query
    assert watching.data is watched.data
    assert watching.answers != watched.answers
    assert all(example.startswith(name) for example in watching.examples)


@pytest.mark.parametrize(
    ("words", "watched"),
    [
        ("watch health", "health"),
        ("watch health --hours 48", "health --hours 48"),
        (f"watch worker {WORKER[:20]}", f"worker {WORKER}"),
        (f"watch task {TASK[:8]} --hours 2", f"task {TASK} --hours 2"),
        (f"watch task {TASK[:4]} --system reigh", f"task {TASK}"),
    ],
)
async def test_it_is_answered_once_and_says_what_to_ask_on(
    words: str, watched: str
) -> None:
    """By the whole id, which nothing else can come to fit."""
    report = await answered(words, a_fleet())

    assert report.outcome is Outcome.ANSWERED
    assert report.watched == watched
    assert report.command == " ".join(words.split()[:2])
    assert report.system == "reigh"


@pytest.mark.parametrize("status", ["Complete", "Failed", "Cancelled"])
async def test_a_task_that_has_ended_is_not_watched(status: str) -> None:
    """It is answered all the same."""
    world = a_fleet(status=status, processed_at=ago(minutes=1))

    report = await answered(f"watch task {TASK[:8]}", world)

    assert report.outcome is Outcome.ANSWERED
    assert not report.watched
    assert "it has ended, so there is nothing more to watch" in report.notes


async def test_a_worker_that_has_ended_is_not_watched() -> None:
    """One that failed still has a pod to lose."""
    ended = a_world(workers=[a_worker(status="terminated")], tasks=[], pods=[])
    failed = a_world(workers=[a_worker(status="error")], tasks=[], pods=[])

    assert not (await answered(f"watch worker {WORKER}", ended)).watched
    assert (await answered(f"watch worker {WORKER}", failed)).watched


async def test_what_can_t_be_answered_is_not_watched() -> None:
    """An id that is none, and sources that are down."""
    world = a_fleet()
    nothing = await answered("watch task 99999999", world)
    down = SourceDown("supabase", "cannot be reached")
    for part in (world.tasks, world.workers, world.logs, world.pods):
        part.down = down
    unread = await answered("watch health", world)

    assert (nothing.outcome, nothing.watched) == (Outcome.NOT_FOUND, "")
    assert (unread.outcome, unread.watched) == (Outcome.SOURCE_DOWN, "")
    assert unread.hint == "nothing is watched: ask again later"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("watch", "watch wants to be told what"),
        ("watch --json", "watch wants to be told what"),
        ("watch it", "watch has no use for 'it'"),
        ("watch queue", "watch has no use for 'queue'"),
    ],
)
async def test_who_does_not_say_what_is_told_what_can_be(words: str, said: str) -> None:
    """All of it, in one line."""
    report = await answered(words)

    assert report.outcome is Outcome.MISREAD
    assert report.summary == said
    known = "watch health, watch worker ID, watch task ID, watch stop"
    assert set(report.hint.removeprefix("one of: ").split(", ")) == set(
        known.split(", ")
    )


async def test_a_watch_without_an_id_is_misread() -> None:
    """As what is watched is."""
    report = await answered("watch task")

    assert report.outcome is Outcome.MISREAD
    assert report.summary.startswith("watch task wants ID")


async def test_one_s_own_are_stopped_in_a_channel() -> None:
    """Only the asker is told; the messages say it themselves."""
    two = replace(WATCH, words=f"task {TASK}")
    watches = FakeWatches(Stopped(stopped=(WATCH, two), others=0))

    report = await answered("watch stop", watches=watches)

    assert watches.asked == [{"channel": "C1", "user_id": "U1", "id": None}]
    assert report.summary == f"no longer watched: health, task {TASK}"
    assert report.private


@pytest.mark.parametrize(
    ("others", "rest"), [(1, "1 other here goes on"), (2, "2 others here go on")]
)
async def test_what_goes_on_is_told(others: int, rest: str) -> None:
    """Somebody else's watches."""
    watches = FakeWatches(Stopped(stopped=(WATCH,), others=others))

    report = await answered("watch stop", watches=watches)

    assert report.summary == f"no longer watched: health; {rest}"


async def test_one_watch_is_stopped_by_its_button() -> None:
    """Whose words name it."""
    watches = FakeWatches(Stopped(stopped=(WATCH,), others=0))

    await answered(f"watch stop {WATCH.id}", watches=watches)

    assert watches.asked == [{"channel": "C1", "user_id": "U1", "id": WATCH.id}]


@pytest.mark.parametrize(
    ("words", "others", "summary", "hint"),
    [
        ("watch stop", 0, "you watch nothing in this channel", ""),
        (
            "watch stop",
            1,
            "you watch nothing in this channel",
            "somebody else does: press Stop on the message",
        ),
        (f"watch stop {WATCH.id}", 1, "that is no longer watched", ""),
    ],
)
async def test_where_there_is_nothing_to_stop_that_is_said(
    words: str, others: int, summary: str, hint: str
) -> None:
    """And how the watches of others can be."""
    watches = FakeWatches(Stopped(stopped=(), others=others))

    report = await answered(words, watches=watches)

    assert (report.summary, report.hint) == (summary, hint)
    assert report.private


async def test_a_shell_has_no_messages_to_stop() -> None:
    """Its own watch ends otherwise."""
    report = await answered("watch stop", caller=SHELL)

    assert report.outcome is Outcome.MISREAD
    assert report.hint == "Ctrl-C ends a watch in a shell"


def test_what_is_watched_has_no_picture() -> None:
    """Each look would need another one."""
    assert not any(each.charts for each in book(queries.book(), lambda: None).values())  # type: ignore[arg-type, return-value]
