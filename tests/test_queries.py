import pytest

from bot.command import Command
from bot.domain.access import Access
from bot.queries import book


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
