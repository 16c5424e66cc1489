from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import pytest

from bot import command
from bot.addressing import Addresses
from bot.command import Asked, Command
from bot.domain.errors import (
    Ambiguous,
    Known,
    Misread,
    NotConfigured,
    NotFound,
    SourceDown,
)
from bot.domain.logs import LogLine
from bot.domain.report import Report
from bot.domain.tasks import TaskId
from bot.domain.times import Window
from bot.sources import Listing, Meaning, System
from bot.words import Reading, read
from tests.world import NOW, a_line, a_task, a_world, ago

WHOLE = TaskId("41345358-0000-4000-8000-000000000001")


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    id: str = command.identifier("a task")
    worker: str | None = command.id_flag("a worker")
    logs_only: bool = command.switch("only lines")
    hours: float = command.hours()


async def fine(query: Any, asked: Asked) -> Report:
    return Report(summary="all is well")


@dataclass(frozen=True, slots=True, kw_only=True)
class Bare:
    id: str = command.identifier("an id")


@dataclass(frozen=True, slots=True, kw_only=True)
class Traced:
    id: str = command.identifier("a request", meta="REQUEST")


COMMANDS = {
    "task": Command(name="task", answers="?", query=Query, handler=fine),
    "task requeue": Command(name="task requeue", answers="?", query=Bare, handler=fine),
    "trace": Command(name="trace", answers="?", query=Traced, handler=fine),
    "what": Command(name="what", answers="?", query=Bare, handler=fine, hidden=True),
}


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
    return await known.located(known.named(reading(words)), NOW)


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


async def meant(words: str, *found: Meaning, error: Known | None = None) -> Reading:
    """Return what is asked where the usual system tells so much of any id."""

    async def meanings(text: str) -> tuple[Meaning, ...]:
        if error is not None:
            raise error
        assert text == text.lower()
        return found

    system = replace(a_system("reigh"), meanings=meanings)
    known = Addresses({"reigh": lambda: system}, default="reigh")
    return await known.meant(reading(words), COMMANDS, NOW)


OTHER = Meaning(words="task 2222", told="an incident about it")


async def test_what_stands_for_nothing_else_is_asked_as_it_is() -> None:
    """Also where the system cannot tell, and of other commands."""
    for found in (
        await meant("task inc_1"),
        await meant("task inc_1", error=SourceDown("agents", "is down")),
        await meant("trace inc_1", OTHER),
    ):
        assert found.words[1:] == ("inc_1",)


@pytest.mark.parametrize("words", ["task INC_1", "INC_1"])
async def test_what_an_id_stands_for_is_asked_about(words: str) -> None:
    """And it is said why."""
    found = await meant(f"{words} --json", OTHER)

    assert found.words == ("task", "2222")
    assert found.notes == ("an incident about it",)
    assert found.common.json


@pytest.mark.parametrize(
    ("words", "meaning", "asked"),
    [
        ("task inc_1 --logs-only", OTHER, "task 2222 --logs-only"),
        ("task inc_1 --hours 0.5", OTHER, "task 2222 --hours 0.5"),
        ("task inc_1", replace(OTHER, since=ago(hours=30)), "task 2222 --hours 31"),
        (
            "task inc_1 --logs-only",
            replace(OTHER, words="trace 3333"),
            "trace 3333",
        ),
        ("task inc_1", replace(OTHER, since=ago(days=900)), "task 2222 --hours 8784"),
    ],
)
async def test_its_window_is_that_of_the_question_or_holds_all_of_it(
    words: str, meaning: Meaning, asked: str
) -> None:
    """Only lines are asked for again of a task alone."""
    found = await meant(words, meaning)

    assert " ".join(found.words) == asked


@pytest.mark.parametrize("held", ["requeue 2222", "2222 3333", "22$2"])
async def test_what_is_told_of_never_makes_another_question(held: str) -> None:
    """A file may call a task anything, also as an action is called."""
    found = await meant("task inc_1", replace(OTHER, words=f"task {held}"))

    assert found.words == ("task", "inc_1")
    assert found.command.name == "task"


async def test_what_an_id_may_stand_for_is_asked_back() -> None:
    """Each candidate is what can be typed; what is nobody's does not exist."""
    other = replace(OTHER, words="trace 3333")
    with pytest.raises(Ambiguous) as raised:
        await meant("task 12345678", OTHER, other)
    with pytest.raises(NotFound):
        await meant("task inc_1", error=NotFound("no incident is called inc_1"))

    assert raised.value.candidates == ("task 2222", "trace 3333")


async def test_what_one_system_knows_an_id_to_stand_for_is_its_own() -> None:
    """Where nobody has such a task."""

    async def meanings(text: str) -> tuple[Meaning, ...]:
        return (OTHER,) if text == "12345678" else ()

    own = replace(a_system("agents"), meanings=meanings)
    known = Addresses(
        {"reigh": lambda: a_system("reigh"), "agents": lambda: own}, default="reigh"
    )

    assert (await located("task 12345678", known)).common.system == "agents"
    assert (await located("task 12345679", known)).common.system is None


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


class Requests:
    """Fulfils `bot.sources.Requests`: one request's line."""

    place = "the log files of orchestrator"

    def __init__(self, id: str) -> None:
        self._id = id

    async def of(self, id: str, window: Window) -> Listing[LogLine]:
        return Listing((a_line(),) if id == self._id else ())


def tracing(
    *, default: str = "reigh", bare: str = "", lost: str = "", **held: TaskId
) -> Addresses:
    """Return three systems, of which the last has requests: the one called *bare*.

    Its lines tell of the task *lost*, which it never stored.
    """

    def octollm() -> System:
        tasks = [held["octollm"]] if "octollm" in held else []
        system = replace(a_system("octollm", *tasks), requests=Requests(bare))
        lines = [a_line(task_id=lost)] if lost else []
        return replace(system, logs=a_world(lines=lines).system.logs)

    def unset() -> System:
        raise NotConfigured("agents", "AGENTS_ROOT")

    systems: Mapping[str, Callable[[], System]] = {
        "reigh": lambda: a_system("reigh"),
        "agents": unset,
        "octollm": octollm,
    }
    return Addresses(systems, default=default)


@pytest.mark.parametrize("id", ["req-abc123", WHOLE, "whatever"])
async def test_a_request_is_asked_of_a_system_that_traces(id: str) -> None:
    """By its form, or because the usual one can't; one that is not set up is passed."""
    assert (await located(f"trace {id}", tracing())).common.system == "octollm"


async def test_a_request_is_asked_of_the_usual_system_if_it_can() -> None:
    """Nobody else is named then; nor where nobody traces."""
    usual = await located(f"trace {WHOLE}", tracing(default="octollm"))
    nobody = await located(f"trace {WHOLE}", addresses())

    assert usual.common.system is None
    assert nobody.common.system is None


async def test_a_name_may_stand_before_a_request() -> None:
    """As before any other id."""
    found = await located("trace octollm:abcdef", tracing())

    assert found.common.system == "octollm"
    assert found.words == ("trace", "abcdef")


async def test_an_id_alone_may_be_that_of_a_request() -> None:
    """Where it is no task's; of a command for tasks it is not asked."""
    bare = await located(WHOLE, tracing(bare=WHOLE))
    task = await located(f"task {WHOLE}", tracing(bare=WHOLE))

    assert bare.common.system == "octollm"
    assert task.common.system is None


@pytest.mark.parametrize("typed", [WHOLE, "41345358", f"task {WHOLE}", "task 4134"])
async def test_a_task_of_which_lines_alone_tell_needs_no_name(typed: str) -> None:
    """Where no system has stored it; one that others know is theirs."""
    lost = await located(typed, tracing(lost=WHOLE))
    stored = await located(typed, tracing(lost="41345358-9", octollm=WHOLE))
    nobody = await located("task 4136", tracing(lost=WHOLE))

    assert lost.common.system == "octollm"
    assert stored.common.system == "octollm"
    assert nobody.common.system is None


async def test_lines_are_asked_last_for_a_task_that_one_never_stored() -> None:
    """The usual system has it, and keeps it."""
    systems: Mapping[str, Callable[[], System]] = {
        "reigh": lambda: a_system("reigh", WHOLE),
        "octollm": lambda: tracing(lost=WHOLE).open("octollm"),
    }

    found = await located("task 41345358", Addresses(systems, default="reigh"))

    assert found.common.system is None
