"""The book of actions."""

from importlib import import_module
from pkgutil import iter_modules

import pytest

from bot import actions, queries
from bot.action import Action, Gated
from bot.actions import book
from bot.command import Asked, Command
from bot.domain.report import Report
from bot.keyboard import words_of
from bot.words import read
from tests.world import NOW

ACTIONS = book()


async def _nobody(query: object, asked: Asked) -> Report:
    raise NotImplementedError


def _commands() -> dict[str, Command]:
    """Return all commands there are, actions among them."""
    own = {
        each.name: Command(
            name=each.name, answers=each.answers, query=each.query, handler=_nobody
        )
        for each in ACTIONS.values()
    }
    return {**queries.book(), **own}


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("forget_worker", "worker forget"),
        ("requeue_orphans", "orphans requeue"),
        ("requeue_task", "task requeue"),
        ("shutdown_workers", "workers shutdown"),
        ("terminate_pods", "runpod terminate"),
        ("terminate_worker", "worker terminate"),
    ],
)
def test_an_action_is_found_by_its_file(file: str, name: str) -> None:
    """So that there is no list to keep."""
    module = import_module(f"bot.actions.{file}")

    assert module.ACTION is ACTIONS[name]


def test_what_several_actions_share_is_no_action() -> None:
    """Each file but these declares one, and no two have one name."""
    files = {each.name for each in iter_modules(actions.__path__)}

    assert len(ACTIONS) == len(files - {"ending", "requeueing", "worker_pods"})


def test_actions_stand_in_the_order_of_their_names() -> None:
    """Whatever their files are called."""
    assert list(ACTIONS) == sorted(ACTIONS)


def test_no_action_takes_a_querys_name() -> None:
    """What only reads never turns into what changes something."""
    assert not ACTIONS.keys() & queries.book().keys()


@pytest.mark.parametrize("action", ACTIONS.values(), ids=ACTIONS.keys())
def test_an_action_is_told_in_full(action: Action) -> None:
    """What it does, what its arguments mean, and what the dialog warns of."""
    command = _commands()[action.name]

    assert action.answers
    assert action.warning.endswith(".")
    assert all(each.help for each in command.arguments)


@pytest.mark.parametrize("action", ACTIONS.values(), ids=ACTIONS.keys())
def test_an_action_has_the_flags_of_all(action: Action) -> None:
    """Each stops after the plan if asked to."""
    assert issubclass(action.query, Gated)


@pytest.mark.parametrize("action", ACTIONS.values(), ids=ACTIONS.keys())
def test_an_actions_examples_are_understood(action: Action) -> None:
    """There is one at least, and it means this action."""
    found = [
        read(words_of(example), _commands(), NOW).command.name
        for example in action.examples
    ]

    assert found
    assert set(found) == {action.name}


def test_only_the_emergency_always_takes_two_people() -> None:
    """Of the others the policy says when."""
    two = [name for name, each in ACTIONS.items() if each.always_second]

    assert two == ["workers shutdown"]
