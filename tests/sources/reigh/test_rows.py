"""Rows and what they mean."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from bot.domain.diagnostics import Diagnostics, HeldThen
from bot.domain.errors import SourceDown
from bot.domain.tasks import TaskPhase
from bot.domain.workers import WorkerPhase
from bot.sources import Gaps
from bot.sources.reigh.rows import LOG, WORKER, lines, tasks, workers
from tests.sources.reigh.rest import a_log_row, a_task_row, a_worker_row
from tests.world import ago

OTHER = "52345358-0000-4000-8000-000000000002"
CASCADE = f"Cascaded failed from related task {OTHER}"


def _task(**given: Any) -> Any:
    [found] = tasks([a_task_row(**given)])
    return found


def _worker(**given: Any) -> Any:
    [found] = workers([a_worker_row(**given)])
    return found


def test_a_task_with_the_fewest_columns_is_a_task() -> None:
    """The others came and went over the years."""
    found = _task()

    assert found.id == a_task_row()["id"]
    assert found.created_at == ago(minutes=10)
    assert found.attempts is None
    assert found.dependencies == ()
    assert found.parameters == {}


@pytest.mark.parametrize(
    ("status", "phase"),
    [
        ("Queued", TaskPhase.WAITING),
        ("In Progress", TaskPhase.RUNNING),
        ("Complete", TaskPhase.DONE),
        ("Failed", TaskPhase.FAILED),
        ("Cancelled", TaskPhase.CANCELLED),
        ("Paused", TaskPhase.UNKNOWN),
    ],
)
def test_a_tasks_status_has_a_meaning(status: str, phase: TaskPhase) -> None:
    """A word that is not known is kept, and means nothing."""
    found = _task(status=status)

    assert (found.status, found.phase) == (status, phase)


def test_an_unknown_column_is_ignored() -> None:
    """A project may be newer than this program."""
    assert _task(colour="green").id == a_task_row()["id"]


@pytest.mark.parametrize(
    ("row", "error", "note", "output"),
    [
        # Workers put the error where the result's address would stand (0.4).
        ({"output_location": "CUDA out of memory"}, "CUDA out of memory", None, None),
        ({"error_message": "no disk"}, "no disk", None, None),
        (
            {"error_message": "Reset - gone", "output_location": "no disk"},
            "no disk",
            "Reset - gone",
            None,
        ),
        ({"error_message": "Reset - gone"}, None, "Reset - gone", None),
        (
            {"error_message": CASCADE, "output_location": "no disk"},
            CASCADE,
            "no disk",
            None,
        ),
        ({"error_message": CASCADE, "output_location": CASCADE}, CASCADE, None, None),
        (
            {"error_message": "1 of 3 segments failed"},
            "1 of 3 segments failed",
            None,
            None,
        ),
        ({"error_message": "same", "output_location": "same"}, "same", None, None),
        (
            {"error_message": "late", "output_location": "https://a.example/x.mp4"},
            "late",
            None,
            "https://a.example/x.mp4",
        ),
        ({"output_location": "outputs/a/b.mp4"}, None, None, "outputs/a/b.mp4"),
        ({"output_location": "/workspace/out"}, None, None, "/workspace/out"),
        ({"output_location": "N/A"}, "N/A", None, None),
        ({"output_location": "timeout/exceeded"}, "timeout/exceeded", None, None),
        ({"error_message": " ", "output_location": ""}, None, None, None),
    ],
)
def test_a_failed_tasks_error_is_found_wherever_it_stands(
    row: dict[str, Any], error: str | None, note: str | None, output: str | None
) -> None:
    """What is no error is a note or a result."""
    found = _task(status="Failed", **row)

    assert (found.error, found.note, found.output) == (error, note, output)


def test_a_task_that_did_not_fail_has_no_error() -> None:
    """An old reset stays beside it as a note."""
    found = _task(
        status="Complete", error_message="Reset - gone", output_location="a/b.mp4"
    )

    assert (found.error, found.note, found.output) == (None, "Reset - gone", "a/b.mp4")


@pytest.mark.parametrize("column", ["error_message", "output_location"])
@pytest.mark.parametrize("word", ["failed", "cancelled"])
def test_a_cascade_names_the_task_it_came_from(column: str, word: str) -> None:
    """In either column, in either of its forms, whatever the case of the id."""
    text = f"Cascaded {word} from related task {OTHER.upper()}"

    assert _task(status="Failed", **{column: text}).cascaded_from == OTHER
    assert _task(status="Cancelled", **{column: text}).cascaded_from == OTHER


def test_an_old_cascade_of_a_task_that_runs_again_counts_no_more() -> None:
    """It was queued anew."""
    assert _task(status="In Progress", error_message=CASCADE).cascaded_from is None


@pytest.mark.parametrize(
    ("value", "ids"), [(None, ()), (OTHER, (OTHER,)), ([OTHER], (OTHER,)), ([None], ())]
)
def test_dependencies_were_one_and_are_many(
    value: object, ids: tuple[str, ...]
) -> None:
    """The column changed its type on 2026-01-21 (systems/reigh.md, 1.2)."""
    assert _task(dependant_on=value).dependencies == ids


@pytest.mark.parametrize(
    "row",
    [
        {"parent_ref": OTHER},
        {"parent_details": OTHER},
        {"parent_original": OTHER},
        {"parent_id": OTHER},
        {"params_text": f'{{"orchestrator_task_id_ref": "{OTHER}"}}'},
        {"params": {"orchestrator_task_id_ref": OTHER}},
        {"params": {"orchestrator_task_id": OTHER}},
        {"params": {"orchestrator_details": {"orchestrator_task_id": OTHER}}},
        {
            "params": {
                "originalParams": {
                    "orchestrator_details": {"orchestrator_task_id": OTHER}
                }
            }
        },
        {"params": f'{{"orchestrator_task_id": "{OTHER}"}}'},
        {"parent_ref": OTHER, "parent_id": "another"},
    ],
)
def test_a_parent_is_found_wherever_parameters_name_it(row: dict[str, Any]) -> None:
    """Four places, the first found wins (systems/reigh.md, 1.8)."""
    assert _task(**row).parent == OTHER


@pytest.mark.parametrize(
    "row",
    [
        {"parent_ref": a_task_row()["id"]},
        {"params": {"orchestrator_task_id": 7}},
        {"params": {"orchestrator_details": "none"}},
        {"params": "no JSON"},
        {"params": None},
        {"params": [1]},
    ],
)
def test_what_names_no_other_task_is_no_parent(row: dict[str, Any]) -> None:
    """A coordinator names itself."""
    assert _task(**row).parent is None


def test_a_worker_is_read_with_its_metadata() -> None:
    """Which comes as text, whatever it was."""
    found = _worker(
        runpod_id="pod1",
        ram_tier="72",
        vram_total_mb="24564",
        error_time="2026-01-31T11:59:00",
        promoted_to_active_at="2026-01-31T13:59:00+02:00",
    )

    assert (found.phase, found.runpod_id, found.ram_tier) == (
        WorkerPhase.ACTIVE,
        "pod1",
        72,
    )
    assert found.vram_total_mb == 24564
    assert found.error_at == ago(minutes=1)
    assert found.promoted_at == ago(minutes=1)
    assert found.last_heartbeat_at == ago(seconds=10)
    assert found.runs_on_gpu


def test_a_worker_without_metadata_is_a_worker() -> None:
    """The whole column may be null (systems/reigh.md, 0.12)."""
    found = _worker(runpod_id=None, ram_tier=None, error_time=None)

    assert (found.runpod_id, found.ram_tier, found.error_at) == (None, None, None)


@pytest.mark.parametrize(
    "odd",
    [
        {"ram_tier": "much"},
        {"vram_used_mb": ""},
        {"error_time": "yesterday"},
        {"terminated_at": ""},
        {"runpod_id": ""},
    ],
)
def test_odd_metadata_is_not_known(odd: dict[str, str]) -> None:
    """Many programs write it, and one bad row must not hide the others."""
    found = _worker(**odd)

    assert (found.ram_tier, found.vram_used_mb, found.runpod_id) == (None, None, None)
    assert (found.error_at, found.terminated_at) == (None, None)


@pytest.mark.parametrize(
    ("status", "phase"),
    [
        ("inactive", WorkerPhase.STARTING),
        ("spawning", WorkerPhase.STARTING),
        ("active", WorkerPhase.ACTIVE),
        ("error", WorkerPhase.FAILED),
        ("crashed", WorkerPhase.FAILED),
        ("terminating", WorkerPhase.UNKNOWN),
        ("terminated", WorkerPhase.ENDED),
        ("sleeping", WorkerPhase.UNKNOWN),
    ],
)
def test_a_workers_status_has_a_meaning(status: str, phase: WorkerPhase) -> None:
    """It is free text in the database."""
    found = _worker(status=status)

    assert (found.status, found.phase) == (status, phase)


@pytest.mark.parametrize(
    ("beat", "never"),
    [
        ("2026-01-31T11:00:00.999+00:00", True),
        ("2026-01-31T10:59:59.001+00:00", True),
        ("2026-01-31T11:00:01+00:00", False),
        (None, True),
    ],
)
def test_a_heartbeat_written_at_creation_is_none(
    beat: str | None, *, never: bool
) -> None:
    """The column's old default was the time of creation (systems/reigh.md, 1.3)."""
    assert (_worker(last_heartbeat=beat).last_heartbeat_at is None) is never


def test_a_coordinator_of_outside_apis_runs_on_no_gpu() -> None:
    """It has no pod and no heartbeat to judge."""
    assert not _worker(id="api-worker-main").runs_on_gpu


def test_of_the_metadata_only_what_is_needed_is_asked_for() -> None:
    """It holds a password as well (systems/reigh.md, 1.3)."""
    assert "metadata" not in WORKER
    assert not any("ssh" in column for column in WORKER)
    assert "metadata" not in LOG


def test_what_was_seen_of_a_worker_before_its_end_is_read() -> None:
    """Of the tasks it held no more than the orchestrator writes down."""
    held = [{"id": f"t{n}", "task_type": "vace", "age_seconds": n} for n in range(9)]
    seen = _worker(
        diagnostics={
            "timestamp": "2026-01-31T11:50:00",
            "collection_success": False,
            "collection_error": "half of it",
            "running_tasks_count": 9,
            "running_tasks": [*held, "odd"],
            "vram_used_mb": 1000,
            "vram_total_mb": 24564,
            "vram_usage_percent": 4.1,
            "pod_status": {"desired_status": "RUNNING", "uptime_seconds": 0},
            "pod_status_error": "  ",
            "git_commit": "50066ea",
            "git_branch": "main",
            "git_info_error": "no git",
            "logs_note": "of no interest",
        }
    ).diagnostics

    assert seen == Diagnostics(
        collected_at=datetime(2026, 1, 31, 11, 50, tzinfo=UTC),
        succeeded=False,
        errors=("half of it", "no git"),
        running_tasks_count=9,
        running_tasks=tuple(
            HeldThen(id=f"t{n}", task_type="vace", running_seconds=n) for n in range(5)
        ),
        vram_used_mb=1000,
        vram_total_mb=24564,
        vram_usage_percent=4.1,
        pod_status="RUNNING",
        git_commit="50066ea",
        git_branch="main",
    )


@pytest.mark.parametrize("held", [None, {}, "", "not json", 7, ["a list"]])
def test_diagnostics_that_are_none_are_none(held: object) -> None:
    """Whatever stands in their place."""
    assert _worker(diagnostics=held).diagnostics is None


def test_diagnostics_that_were_written_oddly_take_no_answer_down() -> None:
    """What is odd of them is not known; a long text is cut."""
    odd = {
        "timestamp": ["never"],
        "collection_success": "perhaps",
        "collection_error": "x" * 9_000,
        "running_tasks_count": "many",
        "running_tasks": [{"id": 7, "task_type": {}, "age_seconds": float("inf")}],
        "vram_used_mb": {},
        "vram_usage_percent": -1,
        "pod_status": "gone",
        "git_commit": 7,
    }

    seen = _worker(diagnostics=odd).diagnostics

    assert seen is not None
    [error] = seen.errors
    assert len(error) == 500
    held = HeldThen(id="of no id", task_type=None, running_seconds=None)
    assert replace(seen, errors=()) == Diagnostics(running_tasks=(held,))
    assert _worker(diagnostics={"running_tasks": "odd"}).diagnostics == Diagnostics()


def test_a_log_row_becomes_a_line() -> None:
    """Its columns are renamed in the request."""
    [line] = lines([a_log_row(cycle=7, worker_id="gpu-1", metadata={"a": 1})])

    assert line.at == datetime(2026, 1, 31, 11, 59, tzinfo=UTC)
    assert (line.level, line.source, line.source_id) == ("INFO", "worker", "gpu-1")
    assert (line.cycle, line.worker_id, line.task_id) == (7, "gpu-1", None)


def test_a_line_tells_why_it_was_written_and_which_worker_it_is_about() -> None:
    """Edge functions tell the error beside the text (systems/reigh.md, 3.4)."""
    [line] = lines([a_log_row(message="it failed", e=" duplicate key ", w="gpu-1")])

    assert (line.message, line.worker_id) == ("it failed: duplicate key", "gpu-1")
    assert line.fields == {"error": "duplicate key"}


def test_what_a_line_says_itself_is_not_said_twice() -> None:
    """Nor is a worker replaced that its row carries."""
    row = a_log_row(message="it failed: duplicate key", e="duplicate key")

    [line] = lines([row | {"worker_id": "gpu-1", "w": "gpu-2"}])

    assert (line.message, line.worker_id) == ("it failed: duplicate key", "gpu-1")


_TRACE = """Traceback (most recent call last):
  File "loop.py", line 4, in cycle
ValueError: pod 7 is odd
"""


@pytest.mark.parametrize(
    ("message", "trace", "said"),
    [
        ("it failed", _TRACE, "it failed: ValueError: pod 7 is odd"),
        ("it failed: pod 7 is odd", _TRACE, "it failed: pod 7 is odd (ValueError)"),
        ("it failed: ValueError: pod 7 is odd", _TRACE, ""),
        ("it failed", "KeyError", "it failed: KeyError"),
        ("it failed", "no trace at all\n of anything", "it failed:  of anything"),
        ("it failed", " ", "it failed"),
    ],
    ids=["raised", "its text", "whole", "bare", "no trace", "blank"],
)
def test_an_exception_is_told_by_its_end(message: str, trace: str, said: str) -> None:
    """That is where a traceback says what was raised; the whole of it is kept."""
    [line] = lines([a_log_row(message=message, x=trace)])

    assert line.message == (said or message)
    assert line.fields == {"exception": trace.strip()}


def test_a_long_reason_is_cut_and_no_half_of_a_secret_is_left() -> None:
    """Of an error its beginning is kept, of an exception its end."""
    key = "rpa_" + "S3CR3T" * 8
    error = f"{'e' * 480} {key} {'e' * 9_000}"
    row = a_log_row(e=error, x=f"{'x' * 9_000} {key} {'y' * 3_980}")

    [line] = lines([row])

    assert len(line.message) < 1_100
    assert all(3_900 < len(str(text)) <= 4_001 for text in line.fields.values())
    assert "S3CR3T" not in line.message
    assert "S3CR3T" not in str(line.fields["exception"])


def test_a_line_without_a_cycle_column_is_a_line() -> None:
    """Not every project has it."""
    row = a_log_row()
    del row["cycle"]

    [line] = lines([row])

    assert line.cycle is None


def test_no_rows_are_nothing() -> None:
    """An empty answer is an answer."""
    assert (tasks([]), workers([]), lines([])) == ((), (), ())


@pytest.mark.parametrize(
    ("read", "row", "where"),
    [
        (tasks, a_task_row(created_at="soon"), "tasks that makes no sense: created_at"),
        (workers, a_worker_row(status=None), "workers that makes no sense: status"),
        (lines, a_log_row(at=None), "system_logs that makes no sense: at"),
    ],
    ids=["tasks", "workers", "lines"],
)
def test_a_row_that_makes_no_sense_names_its_table_column_and_id(
    read: Any, row: dict[str, Any], where: str
) -> None:
    """And quotes nothing else of the row."""
    with pytest.raises(SourceDown) as raised:
        read([row])

    assert raised.value.message == f"holds a row in {where} of {row['id']}"


@pytest.mark.parametrize(
    "beat", ["infinity", "-infinity", "10000-01-01T00:00:00+00:00", "0044-03-15 BC"]
)
def test_a_heartbeat_at_no_time_is_not_known_and_named(beat: str) -> None:
    """The other workers are told as ever."""
    gaps = Gaps()
    with gaps.hearing():
        odd, well = workers(
            [a_worker_row(id="odd", last_heartbeat=beat), a_worker_row()]
        )

    assert odd.last_heartbeat_at is None
    assert well.last_heartbeat_at is not None
    assert [(each.reason, each.failed) for each in gaps.all] == [
        ("holds a last_heartbeat in workers that is no time: of odd", True)
    ]
