"""`help`, and the book of commands that it reads."""

import inspect
import shlex
from dataclasses import replace
from pathlib import Path

import pytest

from bot import queries
from bot.command import Commands
from bot.domain.access import Access, Caller
from bot.domain.errors import Misread
from bot.domain.report import Text
from bot.queries import book
from bot.queries.help import HelpData, HelpQuery, answer
from bot.words import read
from tests.world import NOW, a_world, data_of, facts_of, titles_of, words_of

TOPICS = (
    "task, worker, tasks, workers, health, orchestrator, config, runpod, orphans,"
    " queue, logs, trace, report, help"
)
WATCHED = {
    **{name: book()[name] for name in ("help", "health", "task")},
    **{
        name: replace(book()[name.split()[1]], name=name)
        for name in ("watch health", "watch task")
    },
}


async def test_every_command_is_listed_with_its_question() -> None:
    """A bare id is no command: it is told of in words."""
    report = await answer(HelpQuery(), a_world().asked(commands=book()))

    found = data_of(report, HelpData)
    names = [each.name for each in found.commands]
    assert names == [each.name for each in book().values() if not each.hidden]
    assert {"task", "worker", "health", "help"} <= set(names)
    assert facts_of(report, "Commands")["queue"] == (
        "What waits, who could claim it, why nobody does"
    )
    assert report.private
    assert words_of(report) == ["health", "report"]  # every system answers these


async def test_one_command_is_explained_with_its_flags() -> None:
    """Its own first, then those that every command takes."""
    report = await answer(HelpQuery(about=("TASK",)), a_world().asked(commands=book()))

    facts = facts_of(report, "task ID [--logs-only] [--hours N]")
    assert list(facts) == ["ID", "--logs-only", "--hours N", "--json", *list(facts)[4:]]
    assert report.summary.startswith("task: Why did this task fail?")
    examples = report.sections[1]
    assert isinstance(examples, Text)
    assert examples.text.startswith("task 41345358\n")
    [entry] = data_of(report, HelpData).commands
    assert (entry.name, entry.usage) == ("task", "task ID [--logs-only] [--hours N]")


async def test_a_command_without_examples_shows_none() -> None:
    """There is then no section for them."""
    commands = {"queue": replace(book()["queue"], examples=())}

    report = await answer(
        HelpQuery(about=("queue",)), a_world().asked(commands=commands)
    )

    assert titles_of(report) == ["queue [--hours N]"]


@pytest.mark.parametrize(
    ("about", "hint"),
    [
        ("workr", "did you mean 'worker'? help lists all"),
        ("zzzzzz", f"known: {TOPICS}"),
        ("bogus", f"known: {TOPICS}"),
    ],
)
async def test_a_command_that_does_not_exist_is_refused(about: str, hint: str) -> None:
    """With the nearest one, if any is near, and else with all."""
    with pytest.raises(Misread) as raised:
        await answer(
            HelpQuery(about=tuple(about.split())), a_world().asked(commands=book())
        )

    assert raised.value.hint == hint


@pytest.mark.parametrize("line", ["help watch", "watch --help", "-h watch 41345358"])
async def test_a_word_that_begins_several_commands_explains_them(line: str) -> None:
    """It is no command by itself, and what may follow it is what one wants to know."""
    reading = read(line.split(), WATCHED, NOW)

    report = await reading.command.handler(
        reading.query, a_world().asked(commands=WATCHED)
    )

    assert report.summary == "watch is the beginning of 2 commands"
    assert [*facts_of(report, "watch")] == [
        "watch health [--hours N]",
        "watch task ID [--logs-only] [--hours N]",
    ]


@pytest.mark.parametrize("line", ["watch task --help", "help WATCH task"])
async def test_a_command_of_two_words_is_explained(line: str) -> None:
    """By either way to ask for help."""
    reading = read(line.split(), WATCHED, NOW)

    report = await reading.command.handler(
        reading.query, a_world().asked(commands=WATCHED)
    )

    assert titles_of(report)[0] == "watch task ID [--logs-only] [--hours N]"


async def test_the_bare_id_is_not_explained_as_a_command() -> None:
    """It has no name that one could type."""
    [hidden] = [each.name for each in book().values() if each.hidden]

    with pytest.raises(Misread):
        await answer(
            HelpQuery(about=tuple(hidden.split())), a_world().asked(commands=book())
        )


def test_every_module_declares_one_command() -> None:
    """The book is found by looking, so nothing can be forgotten."""
    folder = Path(inspect.getfile(queries)).parent
    modules = {each.stem for each in folder.glob("*.py")} - {"__init__"}

    assert len(book()) == len(modules)
    places = [each.place for each in book().values()]
    assert places == sorted(places)


def test_every_example_is_understood() -> None:
    """Help must not teach what is then refused."""
    for command in book().values():
        assert command.examples
        for example in command.examples:
            reading = read(shlex.split(example), book(), NOW)
            assert reading.command is command


def test_no_query_changes_anything() -> None:
    """What changes the world is an action, and passes a gate."""
    assert {each.access for each in book().values()} == {Access.READ}


async def test_one_command_is_explained_without_a_look_at_the_others() -> None:
    """Each would be imported for that."""
    task = book()["task"]
    alone = {"task": lambda: task, "queue": lambda: pytest.fail("looked at")}
    asked = a_world().asked(commands=Commands(alone))
    report = await answer(HelpQuery(about=("task",)), asked)

    assert report.summary == f"task: {task.answers}"


async def test_what_one_may_not_use_is_left_out_and_counted() -> None:
    """People read what they can do; nothing vanishes silently."""

    async def barred(caller: Caller) -> frozenset[str]:
        del caller
        return frozenset({"task"})

    asked = replace(a_world().asked(commands=book()), barred=barred)
    report = await answer(HelpQuery(), asked)

    assert "task" not in {each.name for each in data_of(report, HelpData).commands}
    assert report.notes == ("1 command that you may not use here is left out",)


async def test_what_one_may_not_use_is_explained_all_the_same() -> None:
    """Somebody else in the channel may use it."""

    async def barred(caller: Caller) -> frozenset[str]:
        del caller
        return frozenset(book())

    asked = replace(a_world().asked(commands=book()), barred=barred)
    report = await answer(HelpQuery(about=("task",)), asked)

    assert "task" in report.summary


async def test_flags_about_pictures_stand_where_there_are_pictures() -> None:
    """Of all commands, and of one."""
    asked = a_world().asked(commands=book())
    every = await answer(HelpQuery(), asked)
    queue = await answer(HelpQuery(about=("queue",)), asked)
    tasks = await answer(HelpQuery(about=("tasks",)), asked)

    [text] = [each.text for each in every.sections if isinstance(each, Text)]
    assert "what has a picture (worker, runpod, queue) takes --chart FILE" in text
    assert "--no-chart" in facts_of(queue, queue.sections[0].title)
    assert "--no-chart" not in facts_of(tasks, tasks.sections[0].title)


@pytest.mark.parametrize(
    ("about", "words"),
    [
        ("queue", ["queue", "help"]),
        ("task", ["help"]),
        ("help", ["help"]),
        ("runpod", ["runpod", "help"]),
    ],
)
async def test_what_needs_no_argument_can_be_asked_at_once(
    about: str, words: list[str]
) -> None:
    """And the whole list is near."""
    report = await answer(
        HelpQuery(about=tuple(about.split())), a_world().asked(commands=book())
    )

    assert words_of(report) == words


async def test_a_command_of_two_words_needs_no_quotes() -> None:
    """`help task requeue` is how people type it."""
    two = {"task requeue": replace(book()["task"], name="task requeue")}

    report = await answer(
        HelpQuery(about=("task", "requeue")), a_world().asked(commands=two)
    )

    assert report.summary.startswith("task requeue: ")
