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
from tests.world import NOW, TASK, WORKER, World, a_task, a_worker, a_world


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
