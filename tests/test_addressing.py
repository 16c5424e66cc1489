from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import pytest

from bot import command
from bot.addressing import Addresses
from bot.command import Asked, Command
from bot.domain.errors import Ambiguous, Misread, SourceDown
from bot.domain.report import Report
from bot.domain.tasks import TaskId
from bot.sources import System
from bot.words import Reading, read
from tests.world import NOW, a_task, a_world

WHOLE = TaskId("41345358-0000-4000-8000-000000000001")


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    id: str = command.identifier("a task")
    worker: str | None = command.id_flag("a worker")


async def fine(query: Any, asked: Asked) -> Report:
    return Report(summary="all is well")


COMMANDS = {"task": Command(name="task", answers="?", query=Query, handler=fine)}


def reading(words: str) -> Reading:
    return read(words.split(), COMMANDS, NOW)


def a_system(name: str, *tasks: TaskId) -> System:
    world = a_world(tasks=[a_task(each) for each in tasks])
    return replace(world.system, name=name)


def addresses(
    *, default: str = "reigh", present: frozenset[str] | None = None, **tasks: TaskId
) -> Addresses:
    """Return two systems, each with the task that is given for it."""
    systems: Mapping[str, Callable[[], System]] = {
        name: lambda name=name: a_system(  # type: ignore[misc]
            name, *([tasks[name]] if name in tasks else [])
        )
        for name in ("reigh", "agents")
    }
    return Addresses(systems, default=default, present=present)


async def located(words: str, known: Addresses) -> Reading:
    return await known.located(known.named(reading(words)))


async def test_without_a_name_it_is_the_usual_system() -> None:
    """Where its id tells nothing else."""
    found = await located("task studio-desk", addresses())

    assert found.common.system is None
    assert addresses().open(found.common.system).name == "reigh"


async def test_a_flag_names_the_system() -> None:
    """Whatever its id looks like."""
    found = await located("task gpu-1 --system reigh", addresses())

    assert found.common.system == "reigh"
    assert addresses().open("agents").name == "agents"


@pytest.mark.parametrize("id", ["gpu-1", "20261123_084557", "brain"])
async def test_a_form_that_one_system_writes_names_it(id: str) -> None:
    """Nobody has to be asked."""
    found = await located(f"task {id}", addresses())

    assert found.common.system == "agents"


async def test_a_system_that_is_not_set_up_owns_nothing() -> None:
    """The usual one says that there is no such thing."""
    found = await located("task gpu-1", addresses(present=frozenset({"reigh"})))

    assert found.common.system is None


@pytest.mark.parametrize("typed", [WHOLE, "41345358-0", "41345358", "4134"])
async def test_where_several_may_have_it_they_are_asked(typed: str) -> None:
    """The one that knows it is the one."""
    found = await located(f"task {typed}", addresses(agents=WHOLE))

    assert found.common.system == "agents"


async def test_what_the_usual_system_knows_needs_no_name() -> None:
    """Nor does what nobody knows: that one says so."""
    known = await located("task 41345358", addresses(reigh=WHOLE))
    unknown = await located("task 41345358", addresses())

    assert known.common.system is None
    assert unknown.common.system is None


async def test_what_two_systems_know_is_asked_back() -> None:
    """Each candidate is a word that names its system."""
    with pytest.raises(Ambiguous) as raised:
        await located("task 41345358", addresses(reigh=WHOLE, agents=WHOLE))

    assert raised.value.candidates == ("agents:41345358", "reigh:41345358")
    assert raised.value.message == "agents and reigh both know 41345358"


async def test_a_system_that_cannot_be_asked_has_it_not() -> None:
    """The others answer; if none has it, the usual one tells its own trouble."""
    broken = a_world()
    broken.tasks.down = SourceDown("supabase", "is down")
    known = Addresses(
        {
            "reigh": lambda: broken.system,
            "agents": lambda: a_system("agents", WHOLE),
        },
        default="reigh",
    )

    found = await located("task 41345358", known)

    assert found.common.system == "agents"


async def test_a_name_before_an_id_names_the_system() -> None:
    """It is taken off, also from the words as understood."""
    found = await located("task agents:3a333f8c", addresses())

    assert found.common.system == "agents"
    assert found.query == Query(id="3a333f8c")
    assert found.words == ("task", "3a333f8c")


async def test_the_flag_may_say_the_same_again() -> None:
    """Two that differ are refused."""
    found = await located("task agents:3a333f8c --system agents", addresses())

    assert found.common.system == "agents"
    with pytest.raises(Misread, match="is of agents, not of reigh"):
        await located("task agents:3a333f8c --system reigh", addresses())


@pytest.mark.parametrize("id", ["nobody:3a333f8c", "agents:"])
async def test_a_colon_may_be_a_part_of_an_id(id: str) -> None:
    """Only the name of a system before another sign is taken off."""
    found = await located(f"task {id}", addresses())

    assert found.query == Query(id=id)


async def test_every_id_of_a_question_may_tell() -> None:
    """The first that does is heard."""
    found = await located("task studio-desk --worker gpu-4", addresses())

    assert found.common.system == "agents"


async def test_a_name_that_no_system_has_is_refused_before_anybody_is_asked() -> None:
    """One in the settings as soon as somebody asks; help needs none."""
    with pytest.raises(Misread, match="no system is called 'agent'") as raised:
        addresses().named(reading("task gpu-1 --system agent"))
    assert raised.value.hint.startswith("did you mean 'agents'?")

    wrong = addresses(default="x")
    found = await located("task gpu-1", wrong)
    with pytest.raises(Misread, match="DEBUG_BOT_SYSTEM: no system is called 'x'"):
        wrong.open(found.common.system)
