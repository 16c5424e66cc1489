"""What a form offers comes from memory, and is read again beside that."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import anyio
import anyio.lowlevel

from bot.domain.access import Caller
from bot.domain.report import Outcome, Report
from bot.slack.doors.choices import Choices
from tests.slack.doors.test_named_ids import OTHER, TASK, WORKER
from tests.world import NOW


@dataclass(frozen=True)
class Entry:
    """A task or a worker of a list, as far as choices look at it."""

    id: str
    task_type: str = "vace"
    status: str = "active"
    health: str | None = None
    runpod_id: str | None = None
    created_at: datetime = NOW
    started_at: datetime | None = None
    processed_at: datetime | None = None


@dataclass(frozen=True)
class Failed:
    """What is said of a failure."""

    id: str
    error: str | None = None
    reason: str | None = None


@dataclass(frozen=True)
class Data:
    """What a list found."""

    tasks: Sequence[Entry] = ()
    workers: Sequence[Entry] = ()
    failures: Sequence[Failed] = ()


class ListingDesk:
    """Answers with what it is given, and counts."""

    def __init__(self, *data: Data | None) -> None:
        self.data = list(data)
        self.asked: list[Sequence[str]] = []

    async def answer(
        self, words: Sequence[str], caller: Caller, now: datetime
    ) -> Report:
        """Return what is next."""
        self.asked.append(words)
        await anyio.lowlevel.checkpoint()
        data = self.data.pop(0) if len(self.data) > 1 else self.data[0]
        outcome = Outcome.SOURCE_DOWN if data is None else Outcome.ANSWERED
        return Report(
            summary="supabase is down", data=data, outcome=outcome, generated_at=NOW
        )


TASKS = Data(
    tasks=(
        Entry(OTHER, task_type="travel", created_at=NOW - timedelta(hours=2)),
        Entry(TASK, processed_at=NOW - timedelta(minutes=14)),
    ),
    failures=(Failed(TASK, error="CUDA out of\nmemory"), Failed(OTHER)),
)


async def looked(data: Data | None, kind: str = "tasks") -> Choices:
    """Return what has looked once."""
    choices = Choices(ListingDesk(data))
    await choices.refresh(kind)
    return choices


def values(choices: Choices, typed: str = "", kind: str = "tasks") -> list[str]:
    """Return what is offered."""
    return [option.value for option in choices.matching(kind, "", typed)]


async def test_failed_tasks_are_offered_with_their_errors() -> None:
    """What ended last comes first, whatever was made last."""
    [first, second] = (await looked(TASKS)).matching("tasks", "", "")

    assert (first.value, first.detail) == (TASK, "CUDA out of memory")
    assert first.label == "41345358 vace, 14 min ago"
    assert (second.value, second.detail) == (OTHER, "no error text")


async def test_dead_workers_come_first() -> None:
    """Those that failed or fell silent; their pods are known from then on."""
    data = Data(
        workers=(
            Entry("gpu-well", runpod_id="pod1", created_at=NOW),
            Entry("gpu-silent", health="stale", created_at=NOW - timedelta(hours=2)),
            Entry(WORKER, status="error", created_at=NOW - timedelta(hours=1)),
        ),
        failures=(Failed(WORKER, reason="Heartbeat lost"),),
    )
    choices = await looked(data, "workers")

    assert values(choices, kind="workers") == [WORKER, "gpu-silent", "gpu-well"]
    assert "Heartbeat lost" in choices.matching("workers", "", "")[0].detail
    assert set(choices.pods) == {"pod1"}


async def test_all_typed_words_must_fit() -> None:
    """Whatever their case; an id that begins so comes first."""
    choices = await looked(TASKS)

    assert values(choices, "MEMORY cuda") == [TASK]
    assert values(choices, "5134") == [OTHER]
    assert values(choices, "memory travel") == []


async def test_an_id_that_is_not_listed_can_be_asked_for() -> None:
    """It may be older than the list."""
    choices = await looked(TASKS)

    assert values(choices, "6134abcd") == ["6134abcd"]
    assert values(choices, "abc") == []
    assert values(choices, "x" * 100_000) == ["x" * 200]


async def test_no_more_than_slack_takes_are_offered() -> None:
    """A hundred."""
    data = Data(tasks=[Entry(f"{number:08d}") for number in range(300)])

    assert len(values(await looked(data))) == 100


async def test_many_who_ask_at_once_cause_one_look() -> None:
    """And none as long as it is fresh."""
    desk = ListingDesk(TASKS)
    choices = Choices(desk)
    async with anyio.create_task_group() as group:
        for _ in range(5):
            group.start_soon(choices.refresh, "tasks")

    assert len(desk.asked) == 1
    assert not choices.stale("tasks")


async def test_each_system_has_its_list() -> None:
    """Asked for by name."""
    desk = ListingDesk(TASKS)
    choices = Choices(desk)
    await choices.refresh("workers", "agents")

    assert desk.asked == [("workers", "--system", "agents")]
    assert choices.stale("workers")


async def test_what_was_seen_before_outlives_a_source_that_is_down() -> None:
    """With the time of its look, and what is the matter now."""
    clock: list[float] = [0.0]
    choices = Choices(ListingDesk(TASKS, None), clock=lambda: clock[0])
    before = await choices.refresh("tasks")
    clock[0] = 100.0
    after = await choices.refresh("tasks")

    assert after.options == before.options
    assert after.at == before.at
    assert after.trouble == "supabase is down"


async def test_before_the_first_look_there_is_nothing() -> None:
    """And that look is due."""
    choices = Choices(ListingDesk(TASKS))

    assert values(choices) == []
    assert choices.stale("tasks")
