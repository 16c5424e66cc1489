import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, Final

import pytest

from bot.addressing import Addresses
from bot.command import Command
from bot.dispatch import Desk
from bot.domain.access import Access, Caller, Door
from bot.domain.errors import SourceDown
from bot.domain.file_queue import FileQueue
from bot.domain.report import Gap, Outcome, Report
from bot.domain.times import Window
from bot.gate.gate import Gate
from bot.queries import book
from formatters.document import document
from formatters.text import lines
from tests.file_queues import BRAIN, a_file, a_life, a_queue, a_sidecar, an_agent
from tests.service_scenes import (
    a_backlog,
    a_load,
    a_probe,
    a_scene,
    a_served_world,
    a_wait,
    told,
)
from tests.world import (
    NOW,
    TASK,
    WORKER,
    World,
    a_line,
    a_pod,
    a_task,
    a_worker,
    a_world,
    ago,
)


def test_every_module_of_the_package_is_a_command() -> None:
    """Found by looking, so that there is no list to keep."""
    assert {"task", "worker", "tasks", "workers", "help", "what"} <= book().keys()


def test_help_lists_commands_by_their_place() -> None:
    """Then by their names."""
    places = [(each.place, each.name) for each in book().values()]

    assert places == sorted(places)


@pytest.mark.parametrize("command", book().values(), ids=book().keys())
def test_a_command_is_told_in_full(command: Command) -> None:
    """The question it answers, what its arguments mean, and an example that fits."""
    names = [example.startswith(command.name) for example in command.examples]

    assert command.answers
    assert all(each.help for each in command.arguments)
    assert command.hidden or all(names)


@pytest.mark.parametrize("command", book().values(), ids=book().keys())
def test_a_query_changes_nothing(command: Command) -> None:
    """Whatever changes the world is no query."""
    assert command.access is Access.READ


def no_gate() -> Gate:
    raise AssertionError


async def answered(words: str, world: World) -> Report:
    """Return what a shell is answered."""
    addresses = Addresses({"reigh": lambda: world.system}, default="reigh")
    desk = Desk(addresses=addresses, commands=book(), gate=no_gate)
    return await desk.answer(words.split(), Caller(door=Door.SHELL), NOW)


JUDGED = (
    *(f"task {TASK}", f"worker {WORKER}", "tasks", "workers", "health"),
    *("orchestrator", "queue", "orphans"),
)


@pytest.mark.parametrize("words", JUDGED)
async def test_what_only_the_system_keeps_is_looked_at(words: str) -> None:
    """Once, for all that is judged; its own rules read it."""
    world = a_world(tasks=[a_task()], workers=[a_worker()], pods=[])
    world.scene = FileQueue(window=Window.before(NOW, hours=1))

    report = await answered(words, world)

    assert report.outcome is Outcome.ANSWERED
    assert len(world.looks) == 1


@pytest.mark.parametrize("words", JUDGED)
async def test_an_answer_goes_on_without_it(words: str) -> None:
    """The gap is named."""
    world = a_world(tasks=[a_task()], workers=[a_worker()], pods=[])
    world.scene = SourceDown("folder", "is not there")

    report = await answered(words, world)

    assert report.outcome is Outcome.SOURCE_DOWN
    assert Gap(source="folder", reason="is not there") in report.gaps
    assert report.data is not None


AHEAD: Final = ago(minutes=-9)
LATER: Final[dict[str, Any]] = {"created_at": AHEAD, "last_heartbeat_at": AHEAD}


def of_rows() -> World:
    """Return a fleet whose database is 9 min ahead."""
    begun = a_task(created_at=AHEAD, started_at=AHEAD, worker_id=WORKER)
    return a_world(
        tasks=[begun, a_task("5" + TASK[1:], status="Queued", created_at=AHEAD)],
        workers=[
            a_worker(**LATER),
            a_worker("gpu-new", status="spawning", created_at=AHEAD),
            a_worker("gpu-bad", status="error", error_at=AHEAD, **LATER),
        ],
        lines=[a_line(at=AHEAD), a_line(at=AHEAD, source="orchestrator_gpu")],
        pods=[a_pod(), a_pod("badpod", name="gpu-bad")],
    )


def of_files() -> World:
    """Return agents whose host is 9 min ahead."""
    world = a_world(
        tasks=[a_task(created_at=AHEAD, started_at=AHEAD)],
        workers=[a_worker(runpod_id=None, **LATER)],
        lines=[a_line(at=AHEAD)],
    )
    beat = an_agent(WORKER, beat_at=AHEAD)
    file = a_file(TASK, created_at=AHEAD, started_at=AHEAD, worker=WORKER)
    world.name, world.scene = (
        "agents",
        a_queue(
            agents=(beat,),
            tasks=(replace(file, sidecar=a_sidecar(TASK, updated_at=AHEAD)),),
            lives=a_life(WORKER, started_at=AHEAD, ready_at=AHEAD),
            brain=replace(BRAIN, beat_at=AHEAD),
            monitor_at=AHEAD,
        ),
    )
    return world


def of_services() -> World:
    """Return services whose host is 9 min ahead."""
    scene = a_scene(
        probes=(a_probe(at=AHEAD),),
        backlog=a_backlog(a_wait(since=AHEAD), running=(a_wait(since=AHEAD),)),
        told=told(http=(a_load(failed_at=AHEAD, failed=9),)),
    )
    own = a_worker("orchestrator", runpod_id=None, runs_on_gpu=False, **LATER)
    row = a_task(created_at=AHEAD, started_at=AHEAD, worker_id=None)
    line = a_line(at=AHEAD, source="orchestrator", worker_id=None)
    return a_served_world(scene, tasks=[row], workers=[own], lines=[line])


def numbers(value: object, name: str = "") -> Iterator[tuple[str, float]]:
    """Yield the spans of a document, by their names."""
    if isinstance(value, dict):
        for key, each in value.items():
            yield from numbers(each, key)
    elif isinstance(value, list):
        for each in value:
            yield from numbers(each, name)
    elif name.endswith("_seconds") and isinstance(value, int | float):
        yield name, value


LOOKS: Final = (f"worker {WORKER} --check-logging", f"worker {WORKER} --startup")


@pytest.mark.parametrize("words", [*JUDGED, *LOOKS])
@pytest.mark.parametrize("world", [of_rows, of_files, of_services])
async def test_a_clock_ahead_makes_no_age_below_zero(
    world: Callable[[], World], words: str
) -> None:
    """In no system and no answer, neither for people nor for programs."""
    given = world()
    if given.name == "octollm":
        words = words.replace(WORKER, "orchestrator")

    report = await answered(words, given)

    text = "\n".join(lines(report, width=1000, colour=False))
    assert report.outcome is Outcome.ANSWERED
    assert not re.findall(r"(?<![\w:-])-\d[\d.]* (?:s|min|h|d)\b", text)
    assert not [each for each in numbers(document(report)) if each[1] < 0]


@pytest.mark.parametrize("world", [of_rows, of_files, of_services])
async def test_a_clock_ahead_is_told_as_such(world: Callable[[], World]) -> None:
    """In the same words in every system."""
    given = world()
    id = "orchestrator" if given.name == "octollm" else WORKER

    report = await answered(f"worker {id}", given)

    text = "\n".join(lines(report, width=1000, colour=False))
    assert "9 min ahead of the clock here" in text
