"""`report`."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from inline_snapshot import snapshot

from bot import hindsight
from bot.command import Asked
from bot.domain.access import Caller
from bot.domain.deaths import Death
from bot.domain.errors import Misread, NotConfigured, SourceDown
from bot.domain.findings import Confidence, Severity, Status
from bot.domain.incident import IncidentData
from bot.domain.moments import MomentKind
from bot.domain.notices import Alert, Notice
from bot.domain.offers import Decision, Fate, Record
from bot.domain.orchestration import Orchestration
from bot.domain.pins import Pinned
from bot.domain.problems import Kind, Problem
from bot.domain.report import Gap, Outcome, Report
from bot.domain.services import (
    Lost,
    Misfit,
    PoolError,
    Safety,
    Turn,
    Uncaught,
    Unmatched,
)
from bot.domain.tasks import TaskId
from bot.domain.times import Window
from bot.domain.vocabulary import Vocabulary
from bot.queries.report import ReportQuery, answer
from formatters.digest import digest
from tests.domain.test_pins import PINNED
from tests.file_queues import a_life, a_queue
from tests.service_scenes import a_load, a_scene, a_served_world, an_error, told
from tests.world import (
    NOW,
    POD,
    TASK,
    WORKER,
    World,
    a_line,
    a_pod,
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
LEDGER = SourceDown("ledger", "cannot be used: no such file")
OOM = "CUDA out of memory. Tried to allocate 2 GiB"


def _incident(**given: Any) -> World:
    """Return a worker that crashed with a task, and a task that failed elsewhere."""
    values: dict[str, Any] = {
        "workers": [
            a_worker(status="crashed", last_heartbeat_at=ago(minutes=20)),
            a_worker("gpu-2"),
        ],
        "tasks": [
            a_task(worker_id=WORKER, started_at=ago(minutes=25)),
            a_task(
                "52345358-0000-4000-8000-000000000002",
                status="Failed",
                error=OOM,
                worker_id="gpu-2",
                processed_at=ago(minutes=30),
            ),
        ],
        "lines": [
            a_line(
                OOM,
                level="ERROR",
                at=ago(minutes=30),
                worker_id="gpu-2",
                task_id="52345358-0000-4000-8000-000000000002",
            ),
            a_line("MARKING AS ERROR: Idle timeout", level="ERROR", at=ago(minutes=50)),
        ],
        "pods": [a_pod(name="gpu-2")],
    }
    world = a_world(**(values | given))
    line = a_line(source="orchestrator_gpu", worker_id=None, at=ago(seconds=30))
    world.logs.life = Orchestration(last_line=line)
    return world


async def _report(
    world: World, query: ReportQuery | None = None, **asked: Any
) -> tuple[Report, IncidentData]:
    query = query or ReportQuery(hours=2)
    report = await answer(query, replace(world.asked(), **asked))
    return report, data_of(report, IncidentData)


def _when(data: IncidentData) -> list[tuple[datetime, MomentKind]]:
    return [(each.at, each.kind) for each in data.timeline]


async def test_an_incident_is_told_from_its_beginning() -> None:
    """Deaths, failures and first errors in their order, with their distances."""
    report, data = await _report(_incident())

    assert _when(data) == [
        (ago(minutes=30), MomentKind.ERROR),
        (ago(minutes=30), MomentKind.FAILURE),
        (ago(minutes=20), MomentKind.DEATH),
    ]
    assert data.timeline[2].after_seconds == 600
    assert data.timeline[2].worker_id == WORKER
    assert data.first_error is not None
    assert data.first_error.message == OOM
    assert report.summary.startswith(
        "1 worker lost, 1 task failed, 2 errors (1 of them scale-downs);"
        " root cause, confirmed: task 52345358 ran out of GPU memory; its first error"
        f" at 2026-01-31 11:30:00Z: {OOM}"
    )
    assert report.status is Status.CRITICAL
    assert report.attachment == (
        "Incident Report: task 52345358 ran out of GPU memory on 2026-01-31"
    )
    assert not report.truncated
    assert report.outcome is Outcome.ANSWERED
    assert [read.source for read in report.reads] == ["supabase", "runpod", "ledger"]


async def test_what_was_hit_is_named_with_its_verdict() -> None:
    """The dead and the failed first, and what is left with them."""
    report, data = await _report(_incident())

    assert data.workers is not None
    assert data.tasks is not None
    [dead] = [each for each in data.workers if each.way]
    assert (dead.id, dead.way, dead.died_at) == (
        *(WORKER, Death.CRASHED),
        ago(minutes=20),
    )
    assert dead.tasks == (TASK,)
    assert "crashed-worker" in dead.rules
    failed, orphaned = data.tasks
    assert failed.verdict.startswith("travel_segment 52345358 failed: CUDA out of")
    assert failed.failed_at == ago(minutes=30)
    assert (orphaned.id, orphaned.failed_at) == (TASK, None)
    assert "is orphaned" in orphaned.verdict
    assert table_of(report, "Affected workers")[0][0] == WORKER
    assert table_of(report, "Affected tasks")[0][1] == "Failed"


async def test_causes_stand_for_their_effects() -> None:
    """The orphaned task is told with the worker that it was lost with."""
    _, data = await _report(_incident())

    causes = {each.rule: each for each in data.root_causes}
    assert causes["crashed-worker"].explains["orphaned-task"] == 1
    assert causes["out-of-memory"].first_at == ago(minutes=30)
    assert causes["crashed-worker"].cannot_tell == "no finding explains it"
    assert any("crashed" in each for each in data.open_questions)


async def test_a_quiet_window_says_so() -> None:
    """A well system, with nothing left open."""
    world = _incident(
        workers=[a_worker()], tasks=[a_task(worker_id=WORKER)], lines=[], pods=[a_pod()]
    )

    report, data = await _report(world)

    assert report.summary == "nothing failed in the window"
    assert report.status is Status.OK
    assert data.open_questions == ()
    assert data.timeline == ()
    assert (data.errors.total, data.first_error) == (0, None)
    assert data.money.wasted_usd_per_hour == 0.0


async def test_errors_are_counted_beyond_what_is_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Their number is exact, the sums say of how many, and the first is still told."""
    monkeypatch.setattr(hindsight, "ERRORS_READ", 3)
    lines = [
        a_line(f"failed {n}", level="ERROR", at=ago(minutes=20 - n)) for n in range(10)
    ]

    report, data = await _report(_incident(lines=lines))

    assert (data.errors.total, data.errors.read) == (10, 3)
    assert [each.total for each in data.errors.by_kind] == [3]
    assert data.errors.by_source == {"worker": 3}
    assert data.first_error is not None
    assert data.first_error.message == "failed 0"
    assert report.truncated
    assert "Errors by kind, of the newest 3 of 10" in titles_of(report)
    assert (
        "what else is among the 7 oldest errors, which were counted but not read"
        in data.open_questions
    )


@pytest.mark.parametrize("expires", [True, False])
async def test_lines_that_are_kept_are_not_called_lost(expires: bool) -> None:
    """A window of a week; only where lines are deleted it misses the oldest."""
    world = _incident()
    world.vocabulary = Vocabulary(expires=expires)

    _, data = await _report(world, ReportQuery(hours=168))

    lost = [each for each in data.open_questions if "kept for 48 to 72 h" in each]
    assert len(lost) == expires


async def test_lists_that_a_bound_ended_are_named() -> None:
    """Never silently."""
    world = _incident()
    world.workers.whole = world.tasks.whole = False
    world.logs.life = replace(world.logs.life, whole=False)

    async def many(window: Window) -> tuple[Record, ...]:
        return (Record(at=NOW, who="U1", action="x", decision=Decision.OFFERED),) * 2

    report, data = await _report(world, records=many)

    assert report.truncated
    beyond = [each for each in data.open_questions if each.startswith("what else")]
    assert len(beyond) == 4


async def test_an_audit_that_a_bound_ended_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What the desk hands on has an end."""
    monkeypatch.setattr(hindsight, "RECORDS_READ", 1)

    async def one(window: Window) -> tuple[Record, ...]:
        return (Record(at=NOW, who="U1", action="x", decision=Decision.OFFERED),)

    report, data = await _report(_incident(), records=one)

    assert report.truncated
    assert "what else is among the audit before its newest 1 records" in (
        data.open_questions
    )


async def test_what_people_did_stands_beside_it() -> None:
    """With who approved it, and what came of it."""

    async def records(window: Window) -> tuple[Record, ...]:
        assert NOW in window
        given: dict[str, Any] = {
            "action": "worker terminate",
            "target": WORKER,
            "offer_id": "o1",
        }
        return (
            Record(at=ago(minutes=6), who="U2", decision=Decision.CONFIRMED, **given),
            Record(
                at=ago(minutes=5),
                who="U1",
                decision=Decision.ALLOWED,
                outcome=Fate.DONE,
                **given,
            ),
        )

    report, data = await _report(_incident(), records=records)

    assert data.actions is not None
    [act] = data.actions
    assert (act.approvers, act.outcome) == (("U2",), Fate.DONE)
    assert (ago(minutes=5), MomentKind.ACTION) in _when(data)
    assert table_of(report, "Actions taken")[0][2] == f"worker terminate {WORKER}"
    assert not any("crashed-worker" in each for each in data.open_questions)


async def test_an_audit_that_is_down_is_a_gap() -> None:
    """Then nobody can say that nothing was done."""

    async def down(window: Window) -> tuple[Record, ...]:
        raise LEDGER

    world = _incident().asked()
    asked = replace(world, records=down)
    report = await answer(ReportQuery(), asked)
    data = data_of(report, IncidentData)

    assert data.actions is None
    assert asked.gaps.all == (Gap(source="ledger", reason=LEDGER.message),)
    assert "whether anybody has acted: the audit could not be read" in (
        data.open_questions
    )
    assert [read.source for read in report.reads] == ["supabase", "runpod"]


async def test_marked_messages_join_the_timeline() -> None:
    """Those that the asker may see."""
    seen: list[Caller] = []

    async def pinned(caller: Caller, window: Window) -> tuple[Pinned, ...]:
        seen.append(caller)
        return (PINNED,)

    asked = _incident().asked()
    report = await answer(ReportQuery(), replace(asked, pinned=pinned))
    data = data_of(report, IncidentData)

    assert data.pinned == (PINNED,)
    assert (PINNED.at, MomentKind.PINNED) in _when(data)
    assert seen == [asked.caller]


async def test_problems_that_were_told_of_join_the_timeline() -> None:
    """And their tasks are affected, also where no row shows it: it was mended since."""
    alert = Alert(
        problem=Problem(
            kind=Kind.ORPHANED_TASK,
            severity=Severity.CRITICAL,
            title="task 41345358 is orphaned: its worker is crashed",
            subject="41345358-0000-4000-8000-0000000000aa",
        ),
        since=ago(minutes=31),
        seen_at=ago(minutes=30),
    )
    notice = Notice(
        id="x",
        kind=Kind.ORPHANED_TASK,
        alerts=(alert,),
        opened_at=ago(minutes=30),
        closed_at=ago(minutes=20),
    )

    async def told(window: Window) -> tuple[Notice, ...]:
        return (notice,)

    world = _incident()
    mended = a_task(alert.problem.subject, status="Complete")
    world.tasks.rows.append(mended)
    report = await answer(ReportQuery(), replace(world.asked(), told=told))
    data = data_of(report, IncidentData)

    assert (ago(minutes=30), MomentKind.ALERT) in _when(data)
    assert (ago(minutes=20), MomentKind.ALERT) in _when(data)
    assert data.tasks is not None
    assert [each.verdict for each in data.tasks if each.id == mended.id] == [
        alert.problem.title
    ]


async def test_nothing_is_told_when_no_source_answers() -> None:
    """One calm line, and the exit code of a source that is down."""
    world = _incident()
    world.tasks.down = world.workers.down = world.logs.down = DOWN
    asked = world.asked()

    report = await answer(ReportQuery(), asked)

    assert report.summary == "cannot tell what happened: supabase cannot be reached"
    assert report.outcome is Outcome.SOURCE_DOWN
    assert report.data is None


@pytest.mark.parametrize("part", ["tasks", "workers", "logs"])
async def test_one_dead_source_does_not_take_the_report_down(part: str) -> None:
    """What it would have told is unknown, and an open question."""
    world = _incident()
    getattr(world, part).down = DOWN

    report, data = await _report(world)

    assert "what supabase would tell: cannot be reached" in data.open_questions
    known = {
        "tasks": data.tasks,
        "workers": data.workers,
        "logs": data.errors.total,
    }
    assert [name for name, value in known.items() if value is None] == [part]
    assert "(not everything could be read)" in report.summary


async def test_a_well_system_that_was_not_read_whole_is_unknown() -> None:
    """What was not seen cannot be called well."""
    world = _incident(workers=[a_worker()], tasks=[], lines=[], pods=[a_pod()])
    world.logs.down = DOWN

    report, _ = await _report(world)

    assert report.status is Status.UNKNOWN


async def test_money_is_counted_within_the_window() -> None:
    """An orphan of a day wastes two hours in a window of two."""
    orphan = a_pod("xyz", name="gpu-9", named_at=ago(days=1), cost_per_hour_usd=0.5)
    priceless = a_pod("free", name="gpu-8", cost_per_hour_usd=None)

    _, data = await _report(_incident(pods=[orphan, priceless]))

    assert data.money.orphaned_pods == 2
    assert data.money.wasted_usd_per_hour == 0.5
    assert data.money.wasted_in_window_usd == 1.0


async def test_without_a_price_nobody_knows_what_is_wasted() -> None:
    """Which is not nothing."""
    priceless = a_pod("free", name="gpu-8", cost_per_hour_usd=None)

    report, data = await _report(_incident(pods=[priceless]))

    assert data.money.wasted_usd_per_hour is None
    assert data.money.wasted_in_window_usd is None
    assert "Money" in titles_of(report)


async def test_runpod_that_is_not_set_up_leaves_money_out() -> None:
    """Nothing went wrong, and nothing is claimed."""
    world = _incident()
    world.pods.down = NotConfigured("runpod", "RUNPOD_API_KEY")

    report, data = await _report(world)

    assert data.money.orphaned_pods is None
    assert [read.source for read in report.reads] == ["supabase", "ledger"]


async def test_a_window_that_is_over_is_judged_as_of_its_end() -> None:
    """Nothing of now, such as pods and who died since, is in it."""
    world = _incident()
    world.workers.rows += [
        a_worker("gpu-3", status="crashed", last_heartbeat_at=ago(minutes=1)),
        a_worker("gpu-4", status="crashed", last_heartbeat_at=ago(hours=3)),
        a_worker("gpu-5", created_at=ago(minutes=5)),
        a_worker("gpu-6", last_heartbeat_at=ago(minutes=22)),
    ]
    query = ReportQuery(since=ago(minutes=60), until=ago(minutes=15))

    report, data = await _report(world, query)

    assert data.workers is not None
    dead = {each.id: each.way for each in data.workers if each.way}
    assert dead == {WORKER: Death.CRASHED, "gpu-6": Death.STALE}
    assert data.money.orphaned_pods is None
    assert any("judged as of the window's end" in each for each in report.notes)
    assert "--until 2026-01-31T11:45:00Z" in words_of(report)[-2]


async def test_a_window_that_makes_no_sense_is_refused() -> None:
    """Before anything is asked."""
    with pytest.raises(Misread):
        await _report(_incident(), ReportQuery(since=NOW + timedelta(hours=1)))


async def test_who_was_scaled_down_did_not_die() -> None:
    """It was idle."""
    idle = a_worker(
        status="terminated",
        error_reason="Idle timeout (623s)",
        error_at=ago(minutes=3),
    )

    _, data = await _report(_incident(workers=[idle], tasks=[], lines=[]))

    assert data.workers == ()


async def test_a_task_without_an_error_is_not_explained() -> None:
    """Nothing tells why, and that is said."""
    bare = a_task(status="Failed", processed_at=ago(minutes=3))

    _, data = await _report(_incident(tasks=[bare], workers=[], lines=[]))

    assert data.tasks is not None
    assert data.tasks[0].verdict == (
        "cannot tell why travel_segment 41345358 failed: it left no error"
    )


async def test_a_task_of_before_the_window_is_left_out() -> None:
    """And one that began after it."""
    old = a_task(status="Failed", created_at=ago(hours=3), processed_at=ago(hours=3))
    query = ReportQuery(since=ago(hours=1), until=ago(minutes=5))
    world = _incident(tasks=[old, a_task(WORKER, started_at=ago(minutes=1))])

    _, data = await _report(world, query)

    assert data.tasks == ()


async def test_a_stuck_task_is_told_in_the_words_of_its_finding() -> None:
    """Its worker lives."""
    stuck = a_task(worker_id=WORKER, started_at=ago(minutes=50))

    _, data = await _report(_incident(tasks=[stuck], workers=[a_worker()]))

    assert data.tasks is not None
    [task] = data.tasks
    assert task.rules == ("stuck-task",)
    assert "has been running for 50 min" in task.verdict


async def test_the_last_line_of_a_silent_orchestrator_is_a_moment() -> None:
    """There the story of its silence begins."""
    world = _incident()
    line = a_line(source="orchestrator_gpu", worker_id=None, at=ago(minutes=40))
    world.logs.life = Orchestration(last_line=line)

    _, data = await _report(world)

    [moment] = [each for each in data.timeline if each.kind is MomentKind.FINDING]
    assert moment.at == ago(minutes=40)
    assert moment.message.startswith("its last line; the orchestrator has been silent")


async def test_an_orchestrator_without_a_line_has_no_last_one() -> None:
    """The finding stands among the causes alone."""
    world = _incident(tasks=[a_task(status="Queued")], lines=[])
    world.logs.life = Orchestration(last_line=None)

    _, data = await _report(world)

    assert "orchestrator-silent" in {each.rule for each in data.root_causes}
    assert MomentKind.FINDING not in {each.kind for each in data.timeline}


async def test_who_only_ails_is_hit_and_has_no_moment_of_death() -> None:
    """A heartbeat that is late, for one."""
    ailing = a_worker(last_heartbeat_at=ago(seconds=90))

    _, data = await _report(_incident(workers=[ailing], tasks=[], lines=[]))

    assert data.workers is not None
    [worker] = data.workers
    assert (worker.died_at, worker.rules) == (None, ("heartbeat-ageing",))
    assert data.timeline == ()


async def test_thousands_of_failures_are_told_in_time() -> None:
    """One story, one root cause, and every task in the data."""
    tasks = [
        a_task(
            f"{n:08x}-0000-4000-8000-000000000000",
            status="Failed",
            error=f"upload {n} failed: no route",
            processed_at=ago(minutes=30, seconds=n / 10),
        )
        for n in range(5_000)
    ]

    _, data = await _report(_incident(tasks=tasks, lines=[]))

    assert data.tasks is not None
    assert len(data.tasks) == 5_000
    [failure] = [it for it in data.timeline if it.kind is MomentKind.FAILURE]
    assert failure.alike == 4_999
    [cause] = [each for each in data.root_causes if each.rule == "failed-task"]
    assert len(cause.subjects) == 5_000


def _asks(report: Report) -> Sequence[str]:
    return words_of(report)


async def test_a_small_incident_as_people_read_it() -> None:
    """From its rows to the page: what a post-mortem begins with."""

    async def records(window: Window) -> tuple[Record, ...]:
        done: dict[str, Any] = {
            "action": "worker terminate",
            "target": WORKER,
            "offer_id": "o1",
            "at": ago(minutes=5),
        }
        return (
            Record(who="bob (U02)", decision=Decision.CONFIRMED, **done),
            Record(
                who="alice (U01)",
                decision=Decision.ALLOWED,
                outcome=Fate.DONE,
                reason="its pod is gone",
                **done,
            ),
        )

    async def pinned(caller: Caller, window: Window) -> tuple[Pinned, ...]:
        return (PINNED,)

    report, _ = await _report(_incident(), records=records, pinned=pinned)

    assert digest(report) == snapshot("""\
# Incident Report: task 52345358 ran out of GPU memory on 2026-01-31

**critical** · 1 worker lost, 1 task failed, 2 errors (1 of them scale-downs); root cause, confirmed: task 52345358 ran out of GPU memory; its first error at 2026-01-31 11:30:00Z: CUDA out of memory. Tried to allocate 2 GiB

- window: 2026-01-31 10:00 to 12:00 UTC
- read from: supabase as of 2026-01-31 12:00:00Z, runpod as of 2026-01-31 12:00:00Z, ledger as of 2026-01-31 12:00:00Z

## Root cause (draft)

confirmed: task 52345358 ran out of GPU memory; first at 2026-01-31 11:30:00Z; proof: its row says: it wanted 2 GiB more; it ended at 2026-01-31 11:30:00Z, on gpu-2

## Cannot tell why

confirmed: `gpu-20260131_110000-0a1b2c3d` crashed; first at 2026-01-31 11:40:00Z; it explains orphaned-task (1); proof: its guardian wrote the status crashed: the process is gone; last heartbeat at 2026-01-31 11:40:00Z, 20 min ago; no finding explains it

## Earliest error of the window (scale-downs left out)

- at: 2026-01-31 11:30:00Z
- writer: worker `gpu-20260131_110000-0a1b2c3d`
- level: ERROR
- task: 52345358-0000-4000-8000-000000000002
- worker: gpu-2
- said: CUDA out of memory. Tried to allocate 2 GiB
- it is about: 52345358, of which out-of-memory speaks

## Timeline

*5 moments, times in UTC; + is the time since the one before.*

- `2026-01-31 11:30:00` **error** CUDA out of memory. Tried to allocate 2 GiB
- `11:30:00` **failure** `travel_segment` 52345358 failed: CUDA out of memory. Tried to allocate 2 GiB (confirmed)
- `11:40:00` *+10 min* **death** `gpu-20260131_110000-0a1b2c3d` crashed (confirmed); task 41345358 is left with it
- `11:53:00` *+13 min* **pinned** Alice in C01: restarted the `<orchestrator>` `*now*`
- `11:55:00` *+2 min* **action** alice (U01): worker terminate `gpu-20260131_110000-0a1b2c3d`: done (its pod is gone)

## Affected workers

| worker | came up | end | at | tasks | verdict |
| --- | --- | --- | --- | ---: | --- |
| `gpu-20260131_110000-0a1b2c3d` | not on record | crashed | 2026-01-31 11:40:00Z | 1 | `gpu-20260131_110000-0a1b2c3d` crashed (confirmed); task 41345358 is left with it |

## Affected tasks

| task | status | failed at | worker | verdict |
| --- | --- | --- | --- | --- |
| 52345358-0000-4000-8000-000000000002 | Failed | 2026-01-31 11:30:00Z | gpu-2 | `travel_segment` 52345358 failed: CUDA out of memory. Tried to allocate 2 GiB (confirmed) |
| 41345358-0000-4000-8000-000000000001 | In Progress |  | `gpu-20260131_110000-0a1b2c3d` | `travel_segment` 41345358 is orphaned: its worker is crashed (confirmed); held by `gpu-20260131_110000-0a1b2c3d` |

## Errors by kind

| errors | kind | written by | first | last |
| ---: | --- | --- | --- | --- |
| 1 | MARKING AS ERROR: Idle timeout | worker | 2026-01-31 11:10:00Z | 2026-01-31 11:10:00Z |
| 1 | CUDA out of memory. Tried to allocate `#` GiB | worker | 2026-01-31 11:30:00Z | 2026-01-31 11:30:00Z |

## Errors by source

| errors | source |
| ---: | --- |
| 2 | worker |

## Actions taken

| at | who | action | outcome | approved by | reason |
| --- | --- | --- | --- | --- | --- |
| 2026-01-31 11:55:00Z | alice (U01) | worker terminate `gpu-20260131_110000-0a1b2c3d` | done | bob (U02) | its pod is gone |

## Money

- wasted now: $0.00 an hour
- wasted in the window: nothing
- orphaned pods: 0

## Open questions

- why `gpu-20260131_110000-0a1b2c3d` crashed: no finding explains it
- no action on record for out-of-memory (52345358): submit it anew with fewer frames or pixels, or where the GPUs have more memory: as it is, it would probably fail again

## Findings: 3 critical

- critical: **`gpu-20260131_110000-0a1b2c3d` crashed**
  - its guardian wrote the status crashed: the process is gone
  - last heartbeat at 2026-01-31 11:40:00Z, 20 min ago
  - its row names pod abc123def456gh
  - → the orchestrator's failsafe was due after 10 min of silence: it lives and has not; see its errors; worker terminate `gpu-20260131_110000-0a1b2c3d` ends its pod and gives its tasks back; its last 20 s of logs died with it
- critical: **task 41345358 is orphaned: its worker is crashed**
  - it started at 2026-01-31 11:35:00Z, 25 min ago, on `gpu-20260131_110000-0a1b2c3d`
  - → the orchestrator was due to queue it again at 2026-01-31 11:50:30Z, 9 min 30 s ago: it lives and has not; see its errors; worker terminate `gpu-20260131_110000-0a1b2c3d` ends its pod and gives its tasks back
- critical: **task 52345358 ran out of GPU memory**
  - its row says: it wanted 2 GiB more
  - it ended at 2026-01-31 11:30:00Z, on gpu-2
  - → submit it anew with fewer frames or pixels, or where the GPUs have more memory: as it is, it would probably fail again

---

*a task made over 24 h before the window that ended in it is left out*

—
""")


async def test_next_words_ask_for_the_same_window() -> None:
    """As it stood."""
    report, _ = await _report(_incident())

    assert _asks(report)[-2:] == [
        "logs --level ERROR --since 2026-01-31T10:00:00Z",
        "health",
    ]


async def test_nothing_is_known_of_audit_and_marks_unless_it_is_handed_over() -> None:
    """A handler holds neither."""
    asked: Asked = a_world(pods=[a_pod(POD)]).asked()

    assert await asked.records(asked.window(1)) == ()
    assert await asked.pinned(asked.caller, asked.window(1)) == ()


async def test_how_the_dead_had_come_up_is_told() -> None:
    """Long before what they wrote last, and what a start stopped at."""
    up = a_line(
        f"HEADLESS: Worker {WORKER} started. Polling every 10s.", at=ago(minutes=58)
    )
    halt = a_line(
        "Startup logs for gpu-9:\nModuleNotFoundError: No module named 'mmgp'",
        source="orchestrator_gpu",
        worker_id=None,
        at=ago(minutes=38),
    )
    stillborn = a_worker(
        "gpu-9",
        status="spawning",
        created_at=ago(minutes=40),
        last_heartbeat_at=None,
        runpod_id="p9",
    )
    quiet = a_worker(
        "gpu-8",
        status="crashed",
        created_at=ago(minutes=50),
        promoted_at=ago(minutes=48),
    )
    world = _incident()
    world.logs.rows += [up, halt]
    world.workers.rows += [stillborn, quiet]

    _, data = await _report(world)

    starts = [each for each in data.timeline if each.kind is MomentKind.START]
    assert [(each.at, each.level, each.message) for each in starts] == [
        (ago(minutes=58), "INFO", f"{WORKER} came up"),
        (
            ago(minutes=38),
            "ERROR",
            "the start of gpu-9 showed: ModuleNotFoundError: No module named 'mmgp'",
        ),
    ]
    assert {each.id: each.came_up_at for each in data.workers or ()} == {
        WORKER: ago(minutes=58),
        "gpu-8": ago(minutes=48),
        "gpu-9": None,
    }
    [cause] = [each for each in data.root_causes if each.rule == "never-started"]
    assert (cause.confidence, cause.cannot_tell) == (Confidence.CONFIRMED, None)


async def test_of_services_the_course_is_told_and_no_money() -> None:
    """In words of their own."""
    turn = Turn(at=ago(minutes=9), service="orchestrator", state="open")
    error = an_error("OperationalError")
    world = a_served_world(a_scene(told=told(errors=(error,), breaker=(turn,))))

    report = await answer(ReportQuery(hours=1), world.asked())
    past = await answer(
        ReportQuery(since=ago(hours=2), until=ago(minutes=30)), world.asked()
    )

    titles = titles_of(report)
    assert "Course" in titles
    assert "Errors by type" in titles
    assert "Money" not in titles
    assert "Earliest error of the window" in titles
    said = [each.message for each in data_of(report, IncidentData).timeline]
    assert "the circuit breaker is open" in said
    assert "the queue, which tells of now alone, is left out" in past.notes[-1]


async def test_a_task_that_was_never_stored_is_among_those_that_were_hit() -> None:
    """No row holds it; it did not fail, and counts as none that did."""
    lost = Lost(task_id=TASK, at=ago(minutes=9), request_id="req-1", error=None)
    world = a_served_world(a_scene(told=told(lost=(lost,))))

    report, data = await _report(world)

    [it] = data.tasks or ()
    assert (it.id, it.status, it.failed_at) == (TASK, "never stored", None)
    assert it.verdict == (
        "task 41345358 was accepted by the reflex layer and never stored (likely)"
    )
    assert it.rules == ("lost-task",)
    assert report.summary == (
        "1 task never stored; cannot tell why: no finding explains it"
    )


async def test_without_a_database_the_tasks_are_told_that_lines_name() -> None:
    """What they tell of each, and that others could not be read."""
    ids = [TaskId(f"{n}1345358-0000-4000-8000-000000000000") for n in range(4, 8)]
    lost = Lost(task_id=ids[0], at=ago(minutes=9), request_id=None, error=None)
    armless = Unmatched(
        at=ago(minutes=8), task_id=ids[1], required=None, available=None
    )
    events = (
        (ids[0], "http.uncaught_exception"),
        *((ids[2], "task.reflex_unavailable"), (ids[3], "task.failed"), (None, "x")),
    )
    lines = [
        a_line(
            event,
            level="ERROR",
            at=ago(minutes=7),
            task_id=id,
            worker_id=None,
            fields={"event": event},
        )
        for id, event in events
    ]
    scene = a_scene(told=told(lost=(lost,), unmatched=(armless,)))
    world = a_served_world(scene, lines=lines)
    world.tasks.down = NotConfigured("octollm database", "OCTOLLM_DATABASE_URL")

    report, data = await _report(world)

    assert [(it.id, it.status, it.failed_at) for it in data.tasks or ()] == [
        (ids[0], "never stored", None),
        (ids[1], "not known", None),
        (ids[2], "not known", None),
        (ids[3], "failed", ago(minutes=7)),
    ]
    assert [it.verdict for it in (data.tasks or ())[2:]] == [
        "an error line names it: task.reflex_unavailable",
        "an error line names it: task.failed",
    ]
    assert not data.tasks_read
    assert "Affected tasks, as far as lines tell: others could not be read" in (
        titles_of(report)
    )
    assert "OCTOLLM_DATABASE_URL is not set" in data.open_questions[0]


async def test_without_database_and_lines_no_task_is_known() -> None:
    """An empty list would say that none was hit."""
    world = a_served_world(a_scene())
    world.tasks.down = NotConfigured("octollm database", "OCTOLLM_DATABASE_URL")

    _, data = await _report(world)

    assert data.tasks is None


async def test_the_worst_of_a_service_is_its_verdict() -> None:
    """Not a cause of part of it, which stands before it among the findings."""
    blank = Uncaught(
        at=ago(minutes=1),
        service="orchestrator",
        kind="ValidationError",
        error="1 validation error for TaskContract",
        misfit=Misfit(model="TaskContract", fields=("goal",)),
    )
    load = a_load(failed=30, uncaught=30)
    world = a_served_world(
        a_scene(told=told(uncaught=(blank,), http=(load,))),
        workers=[a_worker("orchestrator", runpod_id=None, runs_on_gpu=False)],
    )

    report, data = await _report(world)

    [it] = data.workers or ()
    worst = [it for it in report.findings if it.severity is Severity.CRITICAL]
    assert report.findings[0] not in worst
    assert it.verdict.startswith(worst[0].title)


async def test_a_services_cause_has_the_errors_that_its_proof_quotes() -> None:
    """Others that the orchestrator wrote are not the cause's, whatever came first."""
    limit = "QueuePool limit of size 10 overflow 20 reached, connection timed out"
    lines = [
        a_line(
            f"http.uncaught_exception error='{said}'",
            level="ERROR",
            at=ago(minutes=minutes),
            source="orchestrator",
            worker_id=None,
        )
        for said, minutes in (("odd", 9), (limit, 5), (limit, 4))
    ]
    pool = PoolError(
        at=ago(minutes=5),
        service="orchestrator",
        size=10,
        overflow=20,
        timeout=timedelta(seconds=30),
        in_flight=0,
    )
    world = a_served_world(a_scene(told=told(pool=(pool,))), lines=lines)

    report, data = await _report(world)

    assert data.cause_error == lines[1]
    assert "connections 1 time; its first error at 2026-01-31 11:55:00Z" in (
        report.summary
    )
    assert facts_of(report, "Earliest error of the window")["it is about"] == (
        "nothing that a cause names"
    )


async def test_a_databases_cause_has_the_errors_that_name_it() -> None:
    """By their type, their event or their logger, since it was first away."""
    lines = [
        a_line(
            "http.uncaught_exception error='server closed'",
            level="ERROR",
            at=ago(minutes=minutes),
            source="orchestrator",
            worker_id=None,
            fields={"event": "x", "error_kind": "OperationalError"},
        )
        for minutes in (9, 5)
    ]
    scene = a_scene(told=told(database_down=(ago(minutes=5),)))

    report, data = await _report(a_served_world(scene, lines=lines))

    assert data.cause_error == lines[1]
    assert "; the first error about database at 2026-01-31 11:55:00Z" in report.summary


@pytest.mark.parametrize(
    ("refused", "order"),
    [
        (3, ["reflex-unavailable", "pool-exhausted", "personal-data"]),
        (0, ["pool-exhausted", "personal-data", "reflex-unavailable"]),
    ],
)
async def test_the_cause_of_most_errors_of_services_is_told_first(
    refused: int, order: list[str]
) -> None:
    """Whatever else is as bad; what is only about the same part caused none of them."""
    events = [*("task.reflex_unavailable",) * refused, "x"]
    lines = [
        a_line(
            f"{event} error='QueuePool limit of size 10 overflow 20 reached'"
            if event == "x"
            else event,
            level="ERROR",
            at=ago(minutes=5),
            source="orchestrator",
            worker_id=None,
            id=f"{n}",
            fields={"event": event},
        )
        for n, event in enumerate(events)
    ]
    pool = PoolError(
        at=ago(minutes=5),
        service="orchestrator",
        size=10,
        overflow=20,
        timeout=None,
        in_flight=0,
    )
    away = an_error("task.reflex_unavailable", count=refused or 1)
    safety = Safety(pii=3, injections=0, blocked=0, pii_stored=3)
    scene = a_scene(told=told(pool=(pool,), errors=(away,), safety=safety))

    _, data = await _report(a_served_world(scene, lines=lines))

    assert [each.rule for each in data.root_causes] == order


async def test_an_orchestrators_cause_has_the_errors_that_its_proof_quotes() -> None:
    """As a service's; a worker's words are not its own."""
    said = "cycle failed because the socket is closed"
    errors = tuple(
        a_line(
            said if minutes < 9 else "something else that went wrong",
            level="ERROR",
            at=ago(minutes=minutes),
            source="orchestrator_gpu",
            worker_id=None,
            id=f"{minutes}",
        )
        for minutes in range(9, 0, -1)
    )
    world = a_world(lines=[*errors, a_line(said, level="ERROR", at=ago(minutes=20))])
    world.logs.life = Orchestration(last_line=errors[-1], errors=errors)

    report, data = await _report(world)

    assert data.root_causes[0].rule == "orchestrator-failing"
    assert data.cause_error == errors[1]
    assert f"; its first error at 2026-01-31 11:52:00Z: {said}" in report.summary


async def test_what_fell_with_a_task_is_no_open_question() -> None:
    """What explains the one that failed by itself explains the others."""
    tasks = [
        a_task(status="Failed", error="could not load LoRA weights", parent="9"),
        a_task("8", status="Failed", error="Cascaded", cascaded_from=TASK),
        a_task(
            "9",
            status="Failed",
            task_type="travel_orchestrator",
            error="1 of 4 segments failed",
            sums_up=True,
        ),
    ]

    report = await answer(ReportQuery(), a_world(tasks=tasks).asked())

    [cause] = data_of(report, IncidentData).root_causes
    assert (cause.rule, cause.cannot_tell) == ("missing-lora", None)
    assert cause.explains == {"failed-task": 2}


async def test_an_agent_was_not_made_when_it_first_beat() -> None:
    """Its lines tell when it began, or nobody does."""
    rows = [a_worker(f"gpu-{n}", error_reason="x", status="error") for n in (1, 2)]
    world = a_world(workers=rows)
    world.vocabulary, world.scene = Vocabulary(made=""), a_queue(lives=a_life())

    _, data = await _report(world)

    begun = {each.id: each.created_at for each in data.workers or ()}
    assert begun == {"gpu-1": ago(hours=1), "gpu-2": None}
