"""What an action may know, and the flags that all of them have."""

from dataclasses import dataclass
from datetime import datetime

import pytest

from bot.action import LOOKS, Gated, Hands, Planning, one
from bot.command import Asked, Command
from bot.domain.errors import Misread
from bot.domain.policy import Limits
from bot.domain.report import Gap, Report
from bot.words import read
from tests.world import NOW, POD, WORKER, World, a_pod, a_world


async def _nobody(query: object, asked: Asked) -> Report:
    raise NotImplementedError


def _read(line: str, query: type[Gated]) -> Gated:
    """Return what the words mean to an action that takes them."""
    act = Command(name="act", answers="", query=query, handler=_nobody)
    found = read(line.split(), {"act": act}, NOW).query
    assert isinstance(found, query)
    return found


def _planning(world: World) -> Planning:
    return Planning(
        asked=world.asked(), limits=Limits(), locked=world.powers.pods.locked
    )


def test_a_plan_is_made_as_of_the_question() -> None:
    """Not as of when it is answered."""
    assert _planning(a_world()).now == NOW


async def test_a_plan_asks_the_system_that_was_meant() -> None:
    """The one that would be changed."""
    planning = _planning(a_world(pods=[a_pod()]))

    assert await planning.system.pods.all() == [a_pod()]
    assert await planning.locked() == frozenset()


def test_what_a_plan_could_not_read_is_the_answers_gap() -> None:
    """One list for both."""
    planning = _planning(a_world())

    planning.gaps.add(Gap(source="runpod", reason="did not answer in time"))

    assert [gap.source for gap in planning.asked.gaps.all] == ["runpod"]


def test_hands_look_several_times_unless_told_otherwise() -> None:
    """A pod takes a while to go; the first look is at once."""

    def clock() -> datetime:
        return NOW

    world = a_world()

    hands = Hands(
        system=world.system, powers=world.powers, limits=Limits(), clock=clock
    )

    assert hands.looks == LOOKS
    assert (LOOKS[0], sum(LOOKS)) == (0.0, 7.5)


def test_an_action_asks_unless_told_otherwise() -> None:
    """It neither stops after the plan, nor does it without asking."""
    assert _read("act", Gated) == Gated(dry_run=False, yes=None)


def test_a_plan_may_be_all_that_is_wanted() -> None:
    """The flag that `CONTRACT` names."""
    assert _read("act --dry-run", Gated).dry_run


def test_a_number_stands_for_the_confirmation() -> None:
    """None is planned, too, is a number."""
    numbers = [_read(f"act --yes {n}", Gated).yes for n in (0, 12)]

    assert numbers == [0, 12]


@pytest.mark.parametrize("number", ["-1", "1.0", "all", "\u0661"])
def test_what_is_no_number_of_items_is_misread(number: str) -> None:
    """Before anything is planned."""
    with pytest.raises(Misread):
        _read(f"act --yes={number}", Gated)


@dataclass(frozen=True, slots=True, kw_only=True)
class OneQuery(Gated):
    id: str = one(listed_by="workers")


def test_an_action_on_one_thing_takes_its_id() -> None:
    """Beside the flags of every action."""
    found = _read(f"act {WORKER} --dry-run", OneQuery)

    assert found == OneQuery(id=WORKER, dry_run=True)


def test_an_action_on_one_thing_needs_its_id() -> None:
    """One thing, not all of them."""
    with pytest.raises(Misread, match="act wants ID"):
        _read("act", OneQuery)


def test_an_action_on_one_thing_takes_no_other() -> None:
    """Two ids are one too many."""
    with pytest.raises(Misread, match="no use for"):
        _read(f"act {WORKER} {POD}", OneQuery)
