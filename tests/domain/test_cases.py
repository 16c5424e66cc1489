from typing import Any

import pytest

from bot.domain.cases import Scene, begun_at, holders
from bot.domain.cures import Standing, by_namesake
from bot.domain.file_queue import FileQueue
from bot.domain.fleet import Claim, Lost, PodFate
from bot.domain.marks import FAILSAFE
from bot.domain.pods import Pod
from bot.domain.services import ServiceScene
from bot.domain.times import Window
from bot.domain.workers import WorkerId
from tests.file_queues import a_life, a_queue
from tests.world import NOW, TASK, WORKER, a_case, a_line, a_pod, a_task, a_worker, ago


def test_parts_that_were_not_read_are_empty_when_looked_up() -> None:
    """No rule has to ask first whether a list was read."""
    case = a_case()

    assert (case.holders_by_id, case.tasks_by_id) == ({}, {})
    assert (case.tasks_by_worker, case.last_lines) == ({}, {})


def test_a_scene_is_of_now_unless_it_says_otherwise() -> None:
    """One that keeps nothing of a time that is over tells nothing of it."""
    assert Scene().past is None


def test_since_when_a_worker_is_there_its_row_or_its_system_tells() -> None:
    """A program that nobody made anew tells it itself, or nobody does."""
    worker, queue = a_worker("gpu-1"), a_queue(lives=a_life())

    assert begun_at(worker, queue, made=True) == worker.created_at
    assert begun_at(worker, queue, made=False) == ago(hours=1)
    assert begun_at(a_worker("gpu-2"), queue, made=False) is None
    assert begun_at(worker, Scene(), made=False) is None
    assert begun_at(worker, None, made=False) is None


def test_things_are_found_by_their_ids() -> None:
    """Tasks and workers each by their own."""
    task, worker = a_task(), a_worker()
    case = a_case(tasks=(task,), holders=(worker,))

    assert case.tasks_by_id == {task.id: task}
    assert case.holders_by_id == {worker.id: worker}


def test_a_worker_that_holds_several_tasks_counts_once() -> None:
    """A task without one adds none."""
    worker = a_worker()
    pairs = [(a_task("1"), worker), (a_task("2"), worker), (a_task("3"), None)]

    assert holders(pairs) == (worker,)


def test_tasks_are_found_by_the_worker_that_holds_them() -> None:
    """A task without a worker is held by nobody."""
    free = a_task("1")
    first, second = a_task("2", worker_id=WORKER), a_task("3", worker_id=WORKER)
    case = a_case(tasks=(free, first, second))

    assert case.tasks_by_worker == {WORKER: (first, second)}


def test_the_newest_line_of_each_worker_is_its_last() -> None:
    """In whatever order the lines came."""
    other = WorkerId("gpu-other")
    old, new = a_line("old", at=ago(minutes=3)), a_line("new", at=ago(minutes=1))
    only = a_line("only", worker_id=other, at=ago(minutes=9))
    case = a_case(lines=(new, only, old))

    assert case.last_lines == {WORKER: new, other: only}


def test_of_two_lines_at_one_time_the_later_id_is_the_last() -> None:
    """Times repeat; (time, id) is the stable order."""
    first, second = a_line("first", id="1"), a_line("second", id="2")

    assert a_case(lines=(second, first)).last_lines == {WORKER: second}
    assert a_case(lines=(first, second)).last_lines == {WORKER: second}


def test_what_others_wrote_about_a_worker_is_not_its_own() -> None:
    """An orchestrator's line proves no life of the worker."""
    told = a_line(source="orchestrator_gpu")
    nameless = a_line(worker_id=None, source_id="")

    assert a_case(lines=(told, nameless)).last_lines == {}


def test_what_a_worker_said_itself_is_told_once_and_in_order() -> None:
    """Under two markers, and not what others say of it."""
    late = a_line("MODEL SWITCH: to MODEL b", at=ago(seconds=1))
    early = a_line("MODEL a", at=ago(seconds=9))
    other = a_line("MODEL c", source="orchestrator_gpu")
    marked = {"MODEL": (late, early, other), "SWITCH": (late,)}

    case = a_case(marked=marked)

    assert case.said(WORKER, "MODEL", "SWITCH", "never") == (early, late)


def test_what_names_a_worker_is_told_of_it() -> None:
    """As a whole word, by nobody's own line; ids that are no words are found too."""
    odd = WorkerId("my worker")
    own = a_line("full", at=ago(minutes=9))
    ours = {"source": "orchestrator_gpu", "worker_id": None}
    named = a_line(f"full: [{WORKER}], {odd}", **ours)
    longer = a_line(f"full: {WORKER}-second", **ours)
    another = a_line(f"full: {WORKER}", worker_id=WorkerId("gpu-2"))
    marked = {"full": (named, longer, another, own)}

    case = a_case(workers=(a_worker(), a_worker(odd)), marked=marked)

    assert case.told(WORKER, "full") == (own, named)
    assert case.told(odd, "full") == (named,)
    assert case.told(WORKER, "never") == ()


def test_what_the_failsafe_ended_was_not_scaled_down() -> None:
    """Their rows look alike; a reason in the row tells more than the line."""
    ended = a_worker(status="terminated")
    line = a_line(
        f"FAILSAFE: Worker {WORKER} has stale heartbeat (never) and status crashed",
        source="orchestrator_gpu",
        worker_id=None,
    )
    case = a_case(workers=(ended,), marked={FAILSAFE: (line,)})

    assert case.failsafe(ended) == line
    assert not case.scaled_down(ended)
    assert a_case(workers=(ended,)).scaled_down(ended)
    idle = a_worker(status="terminated", error_reason="Idle timeout (601s)")
    assert case.scaled_down(idle)
    assert case.failsafe(a_worker()) is None


def test_lines_of_a_task_carry_its_id() -> None:
    """Whoever wrote them, oldest first."""
    late = a_line("claimed", task_id=TASK)
    early = a_line("claimed", task_id=TASK, source="edge_function", at=ago(minutes=9))
    other = a_line(f"claimed {TASK}")

    case = a_case(marked={"claimed": (late, early, other)})

    assert case.told_of_task(TASK, "claimed") == (early, late)


def test_a_worker_is_ended_as_fits_its_pod() -> None:
    """One that stands still can be ended; one that is gone leaves a row to settle."""
    still = a_worker("gpu-1", status="crashed", runpod_id="p1")
    gone = a_worker("gpu-2", status="crashed", runpod_id="p2")
    lost = (Lost(worker=still, why="so"), Lost(worker=gone, why="so", gone=True))
    case = a_case(lost=lost, pods=(a_pod("p1", name="gpu-1", status="EXITED"),))

    assert case.cure(still).words == "worker terminate gpu-1"
    assert case.cure(gone).words == "worker forget gpu-2"


@pytest.mark.parametrize(
    ("given", "pods", "standing"),
    [
        ({}, None, Standing.THERE),
        ({"status": "crashed"}, None, Standing.UNKNOWN),
        ({"id": "edge_1", "status": "crashed"}, None, Standing.GONE),
        ({"status": "crashed"}, (), Standing.UNLISTED),
        ({"status": "crashed"}, (a_pod(status="TERMINATED"),), Standing.UNLISTED),
        ({"status": "crashed"}, (a_pod(name="gpu-2"),), Standing.THERE),
        ({"status": "crashed"}, (a_pod("other1"),), Standing.NAMESAKE),
        ({"status": "crashed", "runpod_id": None}, (), Standing.GONE),
        ({"status": "crashed", "runpod_id": None}, (a_pod(),), Standing.THERE),
    ],
)
def test_what_is_known_of_a_workers_pod(
    given: dict[str, Any], pods: tuple[Pod, ...] | None, standing: Standing
) -> None:
    """A heartbeat comes from a pod; otherwise the pods that were read tell."""
    assert a_case(pods=pods).standing(a_worker(**given)) is standing


@pytest.mark.parametrize("fate", [None, PodFate.CLAIMED, PodFate.ORPHANED])
def test_no_command_ends_a_worker_with_a_pod_that_only_bears_its_name(
    fate: PodFate | None,
) -> None:
    """Though its own is surely gone; the living one is named."""
    worker, pod = a_worker(status="crashed"), a_pod("other1")
    claims = (
        Claim(pod=a_pod("other2"), fate=PodFate.ORPHANED, why="so"),
        *([Claim(pod=pod, fate=fate, why="so")] if fate else []),
    )
    lost = (Lost(worker=worker, why="so", gone=True),)

    found = a_case(pods=(pod,), lost=lost, claims=claims).cure(worker)

    assert (found.words, found.ends) == (f"worker {WORKER}", False)
    orphaned = fate is PodFate.ORPHANED
    assert found.told == by_namesake(worker, pod, orphaned=orphaned)


def test_a_scene_is_its_own_system_s() -> None:
    """Rules of one system see nothing of the other's."""
    window = Window.before(NOW, hours=1)
    services, folder = ServiceScene(window=window), FileQueue(window=window)

    assert a_case(scene=services).services is services
    assert a_case(scene=services).file_queue is None
    assert a_case(scene=folder).file_queue is folder
    assert a_case(scene=folder).services is None
    assert a_case().services is None
    assert a_case().file_queue is None


def test_how_much_was_read_is_told_of_a_worker_or_a_task() -> None:
    """With the time from which on, and whether a bound cut off what is older."""
    lines = (a_line("of both", task_id=TASK), a_line("its own", task_id=None))
    whole = a_case(lines=lines, lines_since=ago(hours=1))
    cut = a_case(lines=lines, lines_since=ago(hours=1), lines_cut=True)

    assert whole.reading(by=WORKER) == (
        "read: 2 lines of its own since 2026-01-31 11:00:00Z; none was cut"
    )
    assert whole.reading(of=TASK).startswith("read: 1 line of the task since")
    assert cut.reading(by=WORKER).endswith("; older ones are beyond the bound")
    assert a_case(lines=()).reading(by=WORKER) == (
        "read: 0 lines of its own; none was cut"
    )
