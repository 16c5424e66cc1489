from typing import Any

import pytest

from bot.domain.agent_names import BATCH_ABORTED, Lane
from bot.domain.file_failures import (
    ErrorKind,
    error_kind,
    failures,
    fell_with_batch,
    given_up,
    most_attempts,
)
from bot.domain.file_queue import Configured
from tests.file_queues import FILE, a_decision, a_file, a_folder, a_queue, of_queue
from tests.world import a_task, ago


def failed(**given: Any) -> Any:
    return a_file(**({"lane": Lane.FAILED} | given))


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("torch.cuda.OutOfMemoryError: CUDA out of memory.", ErrorKind.GPU_MEMORY),
        ("ModuleNotFoundError: No module named 'cv2'", ErrorKind.MODULE),
        ("permission denied: /data", ErrorKind.PERMISSION),
        ("ffmpeg exited with status 1: moov atom not found", ErrorKind.INPUT),
        ("python: can't open file 'nope.py': [Errno 2]", ErrorKind.PATH),
        ("HTTPConnectionPool(host='x'): Read timed out.", ErrorKind.TIMEOUT),
        ("Worker output parse error: Expecting value", ErrorKind.SUBPROCESS),
        ("RuntimeError: odd", None),
        (None, None),
    ],
)
def test_the_kind_is_told_by_the_error(text: str | None, kind: ErrorKind) -> None:
    """In whatever letters."""
    assert error_kind(failed(error=text)) is kind


def test_the_error_tells_more_than_the_output() -> None:
    """What a program wrote before it failed need not be why."""
    task = failed(error="No module named x", output="retry: timed out")

    assert error_kind(task) is ErrorKind.MODULE
    assert error_kind(failed(error="odd", output="timed out")) is ErrorKind.TIMEOUT


def test_what_was_not_allowed_tells_no_kind() -> None:
    """It never ran."""
    assert error_kind(failed(action="blocked", error="Permission denied")) is None


@pytest.mark.parametrize(
    "task",
    [
        a_file(),
        a_file(lane=Lane.COMPLETE, success=True),
        failed(read=False),
        failed(ended_because=BATCH_ABORTED),
        failed(error="deferred_model_load"),
        failed(ended_at=ago(days=2)),
    ],
    ids=["runs", "done", "unread", "fell", "deferred", "long ago"],
)
def test_what_did_not_fail_by_itself_in_the_window(task: Any) -> None:
    """Is no failure."""
    assert not [*failures(a_folder(tasks=(task,)))]


def test_a_task_that_waits_for_a_model_did_not_fail() -> None:
    """Its subprocess ended with 75, and the brain decided so; not of an older one."""
    told = a_decision("DEFERRED_MODEL_LOAD", FILE[:8], at=ago(seconds=50))
    old = a_decision("DEFERRED_MODEL_LOAD", FILE[:8], at=ago(seconds=61))

    assert not [*failures(a_folder(tasks=(failed(),), told=(told,)))]
    assert [*failures(a_folder(tasks=(failed(),), told=(old,)))]


def test_a_failure_is_told_wherever_it_lies() -> None:
    """A plan that failed lies among the complete tasks."""
    plan = a_file("1", lane=Lane.COMPLETE, status="failed")
    step = a_file("2", lane=Lane.COMPLETE, success=False)
    other = failed(error="timed out", ended_at=None)
    case = a_folder(tasks=(plan, step, other))

    assert [*failures(case)] == [plan, step, other]
    assert [*failures(case, ErrorKind.TIMEOUT)] == [other]


def test_what_the_question_is_about_is_told_of_any_day() -> None:
    """Windows bound lists alone."""
    old = failed(ended_at=ago(days=9))
    case = of_queue(a_queue(tasks=(old,)), tasks=(a_task(FILE),))

    assert [*failures(case)] == [old]


def test_nothing_failed_where_nothing_was_read() -> None:
    """No folder, no tasks."""
    assert not [*failures(of_queue(None))]
    assert not [*failures(a_folder(tasks=None))]


def test_a_task_is_given_up_by_word_or_by_number() -> None:
    """The number is config.json's, or three."""
    set_to = Configured(max_attempts=5)

    assert most_attempts(Configured()) == 3
    assert most_attempts(set_to) == 5
    assert given_up(None, failed(status="abandoned"))
    assert given_up(None, failed(attempts=3))
    assert not given_up(set_to, failed(attempts=3))
    assert not given_up(None, failed())


def test_a_task_falls_with_its_batch_in_the_failed_lane_alone() -> None:
    """As the brain writes it."""
    assert fell_with_batch(failed(ended_because=BATCH_ABORTED))
    assert not fell_with_batch(a_file(ended_because=BATCH_ABORTED))
