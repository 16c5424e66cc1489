"""`orchestrator`."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.domain.agent_names import Lane
from bot.domain.errors import SourceDown
from bot.domain.file_queue import Told
from bot.domain.findings import Severity
from bot.domain.logs import LogLine
from bot.domain.orchestration import COUNTED, Cycle, Decision, Orchestration
from bot.domain.report import Cell, Timeline
from bot.domain.vocabulary import Vocabulary
from bot.queries.orchestrator import (
    CycleEntry,
    OrchestratorData,
    OrchestratorQuery,
    answer,
)
from tests.file_queues import BRAIN, a_file, a_queue
from tests.service_scenes import a_scene, a_served_world, is_ready
from tests.world import (
    FakeWorkers,
    World,
    a_line,
    a_task,
    a_worker,
    a_world,
    ago,
    data_of,
    facts_of,
    table_of,
    titles_of,
    words_of,
)

DOWN = SourceDown("supabase", "cannot be reached")


def _line(message: str = "Cycle #7 done", **given: Any) -> LogLine:
    values: dict[str, Any] = {"source": "orchestrator_gpu", "worker_id": None}
    return a_line(message, **(values | given))


async def test_data_holds_its_life_in_the_window() -> None:
    """Cycles oldest first, and the newest line whatever the window."""
    cycles = (
        Cycle(
            number=6,
            started_at=ago(minutes=2),
            completed_at=ago(minutes=1.5),
            took=timedelta(seconds=3.25),
            decision=Decision(active=3, starting=1, wanted=6),
            workers_started=2,
            workers_ended=1,
        ),
        Cycle(
            number=7, started_at=ago(minutes=1), completed_at=None, error="Error in…"
        ),
    )
    error = _line("Error in orchestrator cycle #7")
    world = a_world(workers=[a_worker()])
    world.logs.life = Orchestration(
        last_line=_line(cycle=7),
        cycles=cycles,
        errors=(error,),
        restarts=(ago(minutes=30),),
    )

    report = await answer(OrchestratorQuery(), world.asked())

    assert data_of(report, OrchestratorData) == OrchestratorData(
        status="healthy",  # type: ignore[arg-type]
        last_activity_at=ago(minutes=1),
        last_cycle=7,
        cycles=(
            CycleEntry(
                number=6,
                started_at=ago(minutes=2),
                completed_at=ago(minutes=1.5),
                took_seconds=3.25,
                workers_active=3,
                workers_starting=1,
                workers_wanted=6,
                workers_started=2,
                workers_ended=1,
                error=None,
            ),
            CycleEntry(
                number=7,
                started_at=ago(minutes=1),
                completed_at=None,
                took_seconds=None,
                workers_active=None,
                workers_starting=None,
                workers_wanted=None,
                workers_started=None,
                workers_ended=None,
                error="Error in…",
            ),
        ),
        errors=1,
        restarts=1,
        workers_moved_at=ago(hours=1),
    )
    assert report.summary == (
        "the orchestrator lives: its newest line is 1 min old, at cycle 7"
    )
    assert facts_of(report, "Orchestrator") == {
        "status": "healthy",
        "newest line": ago(minutes=1),
        "cycles in the window": 2,
        "of these completed": 1,
        "failed": 1,
        "restarts seen": 1,
        "median cycle": "3.2 s",
        "longest cycle": "3.2 s",
        "workers it started": 2,
        "workers it ended": 1,
        "a worker's row moved": ago(hours=1),
    }
    assert table_of(report, "The last 2 of 2 cycles") == [
        (6, ago(minutes=2), "3.2 s", "has 3+1, wants 6, started 2, ended 1", ""),
        (7, ago(minutes=1), None, "", "Error in…"),
    ]
    assert titles_of(report)[-1] == "Failed cycles"
    assert report.findings == ()


async def test_a_short_window_shows_less_and_judges_the_same() -> None:
    """Three cycles failed in a quarter of an hour, one of them in the window."""
    errors = [
        _line("Error in orchestrator cycle", at=ago(minutes=n)) for n in (9, 8, 2)
    ]
    world = a_world()
    world.logs.life = Orchestration(last_line=errors[-1], errors=tuple(errors))

    report = await answer(OrchestratorQuery(hours=0.1), world.asked())

    found = data_of(report, OrchestratorData)
    assert (found.status, found.errors) == ("failing", 1)
    assert [each.rule for each in report.findings] == ["orchestrator-failing"]


@pytest.mark.parametrize(
    ("minutes", "status", "said"),
    [
        (5, "healthy", "lives: its newest line is 5 min old"),
        (5.1, "warning", "is late: its newest line is 5 min 6 s old"),
        (15, "warning", "is late: its newest line is 15 min old"),
        (15.1, "stale", "has been silent for 15 min 6 s"),
    ],
)
async def test_its_state_follows_the_age_of_its_newest_line(
    minutes: float, status: str, said: str
) -> None:
    """Exactly on the limit is still the milder one."""
    world = a_world()
    world.logs.life = Orchestration(last_line=_line(at=ago(minutes=minutes)))

    report = await answer(OrchestratorQuery(), world.asked())

    assert data_of(report, OrchestratorData).status == status
    assert report.summary == f"the orchestrator {said}"
    assert bool(report.notes) is (status == "stale")
    assert bool(report.findings) is (status != "healthy")


async def test_no_line_at_all_proves_nothing() -> None:
    """It logs only when told to."""
    report = await answer(OrchestratorQuery(), a_world().asked())

    found = data_of(report, OrchestratorData)
    assert found.status == "no_logs"
    assert found.last_activity_at is None
    assert found.last_cycle is None
    assert (
        report.summary == "cannot tell whether the orchestrator lives: it left no line"
    )
    assert "ENABLE_DB_LOGGING" in report.notes[0]
    assert facts_of(report, "Orchestrator")["newest line"] == "none"
    assert titles_of(report) == ["Orchestrator"]


async def test_cycles_that_fail_are_a_state_of_their_own() -> None:
    """Its lines are young, and yet it does nothing."""
    errors = tuple(
        _line("Error in orchestrator cycle", at=ago(minutes=n)) for n in (3, 2, 1)
    )
    cycles = tuple(
        Cycle(number=n, started_at=None, completed_at=None, error="Error in")
        for n in (1, 2, 3)
    )
    world = a_world()
    world.logs.life = Orchestration(last_line=_line(), errors=errors, cycles=cycles)

    report = await answer(OrchestratorQuery(), world.asked())

    found = data_of(report, OrchestratorData)
    assert found.status == "failing"
    assert found.last_cycle == 3
    assert report.summary == "the orchestrator runs but its cycles fail, at cycle 3"


@pytest.mark.parametrize(
    ("given", "lives"),
    [
        ({"status": "terminated", "terminated_at": ago(minutes=1)}, True),
        ({"promoted_at": ago(minutes=1)}, True),
        ({"status": "error", "error_at": ago(minutes=1)}, False),
        ({"runs_on_gpu": False, "promoted_at": ago(minutes=1)}, False),
    ],
)
async def test_workers_that_moved_prove_a_broken_log(
    given: dict[str, Any], *, lives: bool
) -> None:
    """However old they are; a worker can give itself up, and others make their own."""
    world = a_world(workers=[a_worker(created_at=ago(hours=20), **given)])
    world.logs.life = Orchestration(last_line=_line(at=ago(minutes=30)))

    report = await answer(OrchestratorQuery(hours=1), world.asked())

    [found] = report.findings
    assert ("log is broken" in found.title) is lives
    assert ("and lives: a worker's row moved" in report.summary) is lives


async def test_silence_is_less_grave_while_nothing_waits() -> None:
    """The queue decides."""
    idle, busy = a_world(), a_world(tasks=[a_task(status="Queued")])
    idle.logs.life = busy.logs.life = Orchestration(last_line=_line(at=ago(hours=1)))

    quiet = await answer(OrchestratorQuery(), idle.asked())
    loud = await answer(OrchestratorQuery(), busy.asked())

    assert quiet.findings[0].severity is Severity.WARNING
    assert loud.findings[0].severity is Severity.CRITICAL


async def test_unread_workers_and_tasks_are_gaps() -> None:
    """Its log alone still answers."""
    world = a_world()
    world.workers = FakeWorkers(down=DOWN)
    world.tasks.down = DOWN
    world.logs.life = Orchestration(last_line=_line())
    asked = world.asked()

    report = await answer(OrchestratorQuery(), asked)

    assert data_of(report, OrchestratorData).status == "healthy"
    assert data_of(report, OrchestratorData).workers_moved_at is None
    assert (
        facts_of(report, "Orchestrator")["a worker's row moved"] == "could not be read"
    )
    assert len(asked.gaps.all) == 1


async def test_an_unread_log_leaves_nothing_to_answer() -> None:
    """The desk turns it into one calm line."""
    world = a_world()
    world.logs.down = DOWN

    with pytest.raises(SourceDown):
        await answer(OrchestratorQuery(), world.asked())


async def test_cycles_that_were_not_all_read_are_said() -> None:
    """The newest are here."""
    world = a_world()
    world.logs.life = Orchestration(last_line=_line(), whole=False)

    report = await answer(OrchestratorQuery(), world.asked())

    assert report.truncated
    assert report.notes == ("its oldest cycles were cut at the stated bound",)


@pytest.mark.parametrize("minutes", [1, 6])
async def test_instances_at_once_are_told(minutes: float) -> None:
    """A deployment overlaps the one before it; two for long are worth a note."""
    world = a_world()
    begun = (("a", 9.0), ("a", 8.0 - minutes), ("b", 8.0), ("b", 1.0))
    world.logs.life = Orchestration(
        last_line=_line(),
        cycles=tuple(
            Cycle(
                number=7, started_at=ago(minutes=at), completed_at=None, instance=name
            )
            for name, at in begun
        ),
    )

    report = await answer(OrchestratorQuery(), world.asked())

    told = facts_of(report, "Orchestrator")["instances at once"]
    assert str(told).startswith(f"a and b, for {minutes} min until 11:5")
    noted = any("several instances" in note for note in report.notes)
    assert noted is (minutes > 5)


async def test_what_it_says_of_counts_is_judged() -> None:
    """It is read together with its cycles."""
    line = a_line("Failed to get task count", source="orchestrator_gpu", worker_id=None)
    world = a_world()
    world.logs.life = Orchestration(last_line=line, notable=(line,))

    report = await answer(OrchestratorQuery(), world.asked())

    assert [found.rule for found in report.findings] == ["counts-endpoint"]


async def test_an_orchestrator_that_answers_is_told_by_its_answers() -> None:
    """However old its newest line is; it has no cycles."""
    world = a_served_world(a_scene(readiness=(is_ready(database=False),)))
    line = a_line(at=ago(hours=1), source="orchestrator", worker_id=None)
    world.logs.life = Orchestration(last_line=line, whole=False)

    report = await answer(OrchestratorQuery(), world.asked())

    assert report.summary == (
        "orchestrator is up: it answered in 4 ms, and is not ready: it lacks database;"
        " its newest line is 1 h old"
    )
    assert data_of(report, OrchestratorData).status == "warning"
    assert titles_of(report)[:2] == ["Services", "Orchestrator"]
    assert facts_of(report, "Orchestrator")["errors in the window"] == 0
    assert [each.words for each in report.asks][-3:] == [
        "logs --source orchestrator --level ERROR", "config --explain", "queue",
    ]  # fmt: skip
    assert report.notes == ("its oldest lines were cut at the stated bound",)


async def test_one_that_could_not_be_asked_is_told_by_its_lines() -> None:
    """Or says where they are looked for."""
    world = a_served_world(a_scene(probes=None))

    report = await answer(OrchestratorQuery(), world.asked())

    assert report.summary == "orchestrator could not be asked; it left no line"
    assert data_of(report, OrchestratorData).status == "no_logs"
    assert "OCTOLLM_LOG_GLOBS" in report.notes[0]


@pytest.mark.parametrize(
    ("waiting", "told", "notes"),
    [(2, 2, 0), (3, 3, 0), (5, "5, 2 more than that", 1)],
)
async def test_what_scaling_counts_stands_beside_what_waits(
    waiting: int, told: Cell, notes: int
) -> None:
    """The newest cycle has only begun; the one before tells its count."""
    counted = {"queued": "3", "active": "1", "total": "4"}
    first = Cycle(
        number=1,
        started_at=ago(seconds=40),
        completed_at=ago(seconds=38),
        saw=counted,
        decision=Decision(active=1, starting=0, wanted=4),
    )
    last = Cycle(number=2, started_at=ago(seconds=10), completed_at=None)
    world = a_world(tasks=[a_task(f"{n}", status="Queued") for n in range(waiting)])
    world.logs.life = Orchestration(last_line=_line(), cycles=(first, last))

    report = await answer(OrchestratorQuery(), world.asked())

    assert facts_of(report, "The last cycle saw, 40 s ago") == {
        **counted,
        "waiting now": told,
    }
    assert data_of(report, OrchestratorData).queued_now == waiting
    assert [COUNTED in note for note in report.notes] == [True] * notes
    assert table_of(report, "The last 2 of 2 cycles")[0][3] == (
        "sees 3 queued, has 1+0, wants 4"
    )


async def test_its_lines_that_are_worth_a_look_are_told_once_of_a_kind() -> None:
    """They are no findings, and all are in the data."""
    said = [
        _line(f"Cycle took {n}s, longer than the poll interval", at=ago(minutes=n))
        for n in (44, 42, 40)
    ]
    dead = _line("❌ HEALTH CHECK: Database log handler thread is DEAD", level="ERROR")
    world = a_world()
    world.logs.life = Orchestration(last_line=_line(), decisions=(*said, dead))

    report = await answer(OrchestratorQuery(), world.asked())

    [shown] = [each for each in report.sections if each.title == "Lines worth a look"]
    assert isinstance(shown, Timeline)
    assert [line.message.split(",")[0] for line in shown.lines] == [
        "Cycle took 44s",
        "❌ HEALTH CHECK: Database log handler thread is DEAD",
    ]
    assert data_of(report, OrchestratorData).notable == (*said, dead)
    assert report.findings == ()


def a_brains_world(**given: Any) -> World:
    """Return a world whose coordinator is a brain that tells what it sees."""
    saw = {"queue": "3 (script:3)", "stuck": "0"}
    first = Cycle(number=1, started_at=ago(minutes=9), completed_at=None)
    last = Cycle(number=2, started_at=ago(seconds=20), completed_at=None, saw=saw)
    values: dict[str, Any] = {
        "last_line": _line(source="decision", at=ago(seconds=15)),
        "cycles": (first, last),
        "beat_at": ago(seconds=4),
        "decisions": (_line("[GPU_MISSING] 1"), _line("[GPU_MISSING] 2")),
        "pause": timedelta(seconds=60),
        "late": timedelta(seconds=90),
        "down": timedelta(seconds=120),
    }
    world = a_world(workers=[a_worker()])
    world.name = "agents"
    world.vocabulary = Vocabulary(
        coordinator="brain",
        writer="decision",
        rents=False,
        silent="see its folder",
        routine=("[GPU_MISSING]",),
    )
    world.logs.life = Orchestration(**(values | given))
    world.scene = a_queue(
        lanes={Lane.PROCESSING: 2, Lane.QUEUE: 3, Lane.PRIVATE: 1},
        tasks=(a_file(lane=Lane.FAILED, error="CUDA out of memory"),),
    )
    return world


async def test_a_brain_is_told_by_what_it_saw_and_decided() -> None:
    """In its own words; nothing is said of workers that it would start."""
    world = a_brains_world()
    report = await answer(OrchestratorQuery(), world.asked())

    assert report.summary == (
        "the brain lives: its newest line is 15 s old, its heartbeat 4 s, at cycle 2"
    )
    assert titles_of(report) == [
        *("Brain", "The last cycle saw, 20 s ago"),
        "The last 2 of 2 cycles, newest first",
        "Decisions worth a look",
    ]
    assert facts_of(report, "Brain") == {
        "status": "healthy",
        "newest line": ago(seconds=15),
        "heartbeat": ago(seconds=4),
        "in progress now": 2,
        "waiting now": 4,
        "cycles in the window": 2,
        "pauses over 1 min": "1, the longest of 8 min 40 s from 11:51:00 on",
        "restarts seen": 0,
    }
    assert facts_of(report, "The last cycle saw, 20 s ago")["stuck"] == "0"
    assert table_of(report, "The last 2 of 2 cycles, newest first") == [
        (2, ago(seconds=20), "3 (script:3)", "0"),
        (1, ago(minutes=9), None, None),
    ]
    assert len(report.sections[-1].lines) == 1  # type: ignore[union-attr]
    data = data_of(report, OrchestratorData)
    assert (data.running_now, data.waiting_now, data.workers_moved_at) == (2, 4, None)
    assert [each.seconds for each in data.pauses] == [520.0]
    assert report.findings == ()
    assert report.notes == ("1 finding about the rest, 1 of them critical: see health",)


async def test_what_waits_where_nobody_may_look_is_not_known() -> None:
    """A lane that was not counted could not be listed."""
    world = a_brains_world()
    world.scene = a_queue(lanes={Lane.PROCESSING: 2, Lane.QUEUE: 3})

    data = data_of(await answer(OrchestratorQuery(), world.asked()), OrchestratorData)

    assert (data.running_now, data.waiting_now) == (2, None)


async def test_what_the_brain_itself_did_wrong_is_told_of_it() -> None:
    """Such as a batch that it called complete; shared ids of batches are others'."""
    world = a_brains_world()
    failed = a_file(lane=Lane.FAILED, batch="20261123_084823", error="exit 1")
    done = Told(
        kind="BATCH_COMPLETE",
        subject="20261123_084823",
        message="Batch 20261123_084823 finished successfully",
        first_at=ago(minutes=1),
        last_at=ago(minutes=1),
    )
    world.scene = a_queue(tasks=(failed,), told=(done,))

    report = await answer(OrchestratorQuery(), world.asked())

    assert [each.rule for each in report.findings] == ["false-completion"]


async def test_a_brain_whose_lanes_were_not_read_tells_no_numbers() -> None:
    """They are not none."""
    world = a_brains_world()
    world.scene = a_queue()
    report = await answer(OrchestratorQuery(), world.asked())

    assert data_of(report, OrchestratorData).running_now is None


async def test_a_brain_that_beats_and_writes_nothing_is_late() -> None:
    """One that left neither is unknown, in its own words."""
    quiet = await answer(
        OrchestratorQuery(), a_brains_world(last_line=None, cycles=()).asked()
    )
    none = await answer(
        OrchestratorQuery(), a_brains_world(last_line=None, beat_at=None).asked()
    )

    assert quiet.summary == "the brain is late: it left no line, its heartbeat 4 s"
    assert none.summary == "cannot tell whether the brain lives: it left no line"
    assert "see its folder" in none.notes
    assert "logs --source decision --level ERROR" in words_of(none)


async def test_a_log_in_which_no_line_has_a_time_is_told_so() -> None:
    """Of a brain, and of a service that answers."""
    given: dict[str, Any] = {"last_line": None, "cycles": (), "undated": True}
    brain = await answer(
        OrchestratorQuery(), a_brains_world(**given, beat_at=None).asked()
    )
    world = a_served_world(a_scene())
    world.logs.life = Orchestration(last_line=None, undated=True)
    service = await answer(OrchestratorQuery(), world.asked())

    assert brain.summary == (
        "cannot tell whether the brain lives: no line of its log has a time"
    )
    assert facts_of(brain, "Brain")["newest line"] == "none has a time"
    assert service.summary.endswith("; no line of its log has a time")
    assert facts_of(service, "Orchestrator")["newest line"] == "none has a time"


async def test_a_brain_whose_log_may_not_be_read_is_not_called_late() -> None:
    """Its heartbeat tells that it lives; without one nobody knows."""
    given: dict[str, Any] = {"last_line": None, "cycles": (), "unread": True}
    beats = await answer(OrchestratorQuery(), a_brains_world(**given).asked())
    silent = await answer(
        OrchestratorQuery(), a_brains_world(**given, beat_at=None).asked()
    )

    assert beats.summary == (
        "the brain lives: its log may not be read, its heartbeat 4 s"
    )
    assert data_of(beats, OrchestratorData).status == "healthy"
    assert facts_of(beats, "Brain")["newest line"] == "could not be read"
    assert silent.summary == (
        "cannot tell whether the brain lives: its log may not be read"
    )


async def test_a_cycle_of_an_unknown_time_has_no_age() -> None:
    """What it saw is told all the same."""
    cycle = Cycle(number=None, started_at=None, completed_at=None, saw={"stuck": "0"})
    report = await answer(OrchestratorQuery(), a_brains_world(cycles=(cycle,)).asked())

    assert "The last cycle saw" in titles_of(report)


async def test_a_brain_whose_clock_is_ahead_cannot_be_judged() -> None:
    """Its age would be below zero: the zone is at fault, and is named."""
    ahead = ago(hours=-6)
    world = a_brains_world(last_line=_line(source="decision", at=ahead), beat_at=ahead)
    world.scene = a_queue(brain=replace(BRAIN, beat_at=ahead))

    report = await answer(OrchestratorQuery(), world.asked())

    assert data_of(report, OrchestratorData).status == "warning"
    assert report.summary == (
        "the brain cannot be judged: its newest line is 6 h ahead of the clock here,"
        " its heartbeat 6 h ahead of the clock here, at cycle 2"
    )
    [found] = report.findings
    assert (found.rule, found.subject.id) == ("clock-ahead", "brain")
    assert "AGENTS_TZ" in found.remedy
