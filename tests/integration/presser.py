"""A process that presses buttons at a gate of its own, and can be made to die at it.

    python -m tests.integration.presser LEDGER-URL WORLD-FILE

It reads one order a line, as JSON, and answers with one. What is done to the world is a
line in a file, so that it can be counted from outside, whatever became of the process.
"""

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final, Self, TypeVar

import pytest
import sqlalchemy as sa

from bot.action import Action, Hands
from bot.command import Asked
from bot.demo.ground import ROOT, Ground, Unavailable
from bot.demo.postgres import Postgres
from bot.domain.errors import SourceDown
from bot.domain.offers import Ended, Fate, Item, Offer, Plan
from bot.domain.report import Report
from bot.gate.gate import Gate
from bot.gate.ledger import Ledger
from bot.state.database import Database
from tests.gate.people import HOME, FakePeople
from tests.gate.toys import BREAK, TOYS, Clock, Toy, a_policy, an_item, caller, ended
from tests.gate.toys import press as a_press
from tests.world import NOW, World

T = TypeVar("T")

BLIND: Final = TOYS[1]
"""Of this one nobody can tell afterwards whether it was broken."""


def _lives() -> None:
    """Go on."""


@dataclass(frozen=True)
class Breaking:
    """Breaks toys: a line in *world* for each; *cross* is called around that."""

    world: Path
    cross: Callable[[], None] = _lives
    always_second: bool = False

    @property
    def action(self) -> Action:
        """The toy's action, with this world in place of its own."""
        toy = Toy(always_second=self.always_second)
        return replace(toy.action, do=self._do, settle=self._settle)

    async def _do(self, item: Item, hands: Hands) -> Ended:
        self.cross()
        await asyncio.sleep(0)
        file = os.open(self.world, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        os.write(file, f"{item.label} {item.target}\n".encode())
        os.close(file)
        self.cross()
        return ended(item.target)

    async def _settle(self, item: Item, hands: Hands) -> Ended:
        if item.target == BLIND:
            source, why = "toys", "did not answer"
            raise SourceDown(source, why)
        if f"{item.label} {item.target}" in done(self.world):
            return ended(item.target, detail="found broken")
        return ended(item.target, Fate.FAILED, "found whole")


def done(world: Path) -> list[str]:
    """Return what was done to the world: the name of a plan and a target each."""
    return world.read_text().splitlines() if world.exists() else []


class Mortal(Ledger):
    """A ledger that crosses a point before, within and after each transaction."""

    def __init__(
        self, url: str, *, clock: Callable[[], datetime], cross: Callable[[], None]
    ) -> None:
        super().__init__(url, clock=clock)
        self._database = self.mortal = MortalDatabase(url, cross)


class MortalDatabase(Database):
    """Its database."""

    def __init__(self, url: str, cross: Callable[[], None]) -> None:
        super().__init__(url)
        self.cross = cross

    async def do(self, work: Callable[[sa.Connection], T]) -> T:
        def mortal(connection: sa.Connection) -> T:
            result = work(connection)
            self.cross()
            return result

        self.cross()
        result = await super().do(mortal)
        self.cross()
        return result


@dataclass(frozen=True)
class Death:
    """Ends this process at the point that is crossed as the so-manieth."""

    at: int
    crossed: list[None]

    def __call__(self) -> None:
        self.crossed.append(None)
        if len(self.crossed) == self.at:
            os.kill(os.getpid(), signal.SIGKILL)


def a_gate(ledger: Ledger, breaking: Breaking, clock: Clock) -> Gate:
    """Return a gate of its own for each process."""
    world = World()
    return Gate(
        actions={BREAK: breaking.action},
        ledger=ledger,
        policy=a_policy,
        people=FakePeople(),
        home_team=lambda: HOME,
        systems={"reigh": lambda: world.system},
        powers={"reigh": lambda: world.powers},
        clock=clock,
    )


async def offered(gate: Gate, name: str) -> Offer:
    """Return an open offer to break all toys, under a name of this plan."""
    asked = Asked(opens=lambda: World().system, caller=caller(), now=NOW, words=BREAK)
    plan = Plan(items=tuple(an_item(each, label=name) for each in TOYS))
    offer = await gate.offer(gate.actions[BREAK], plan, asked, gate.rights.policy())
    assert offer is not None
    return offer


async def told_nobody(report: Report) -> None:
    """Hear how it goes, and say nothing."""


# --- seen from outside -----------------------------------------------------------


class Presser:
    """Such a process, from its start to its end."""

    def __init__(self, url: str, world: Path) -> None:
        self._child = subprocess.Popen(
            [sys.executable, "-m", "tests.integration.presser", url, str(world)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._child.communicate(timeout=120)

    def order(self, **order: Any) -> None:
        """Give it an order; it begins at once."""
        assert self._child.stdin is not None
        self._child.stdin.write(json.dumps(order) + "\n")
        self._child.stdin.flush()

    def answer(self) -> Any:
        """Wait for what came of the order."""
        assert self._child.stdout is not None
        return json.loads(self._child.stdout.readline())

    def dies(self, **order: Any) -> bool:
        """Return whether a child of it was killed before it was through."""
        self.order(**order)
        code = self.answer()
        assert code in (0, -signal.SIGKILL)
        return bool(code)


@contextlib.contextmanager
def postgres_url() -> Iterator[str]:
    """Start an embedded PostgreSQL for a ledger, or skip the test."""
    with Ground() as ground:
        try:
            yield Postgres.start(ground, schema=None).uri
        except Unavailable as error:
            pytest.skip(str(error))


# --- seen from inside ------------------------------------------------------------


async def _press(gate: Gate, offer_id: str, users: Sequence[str]) -> list[str]:
    """Return how each of these presses ended, all pressed at once."""
    found = await asyncio.gather(
        *(gate.redeem(a_press(offer_id, user), told_nobody) for user in users),
        return_exceptions=True,
    )
    return [
        f"{each.outcome.name} {'private' if each.private else 'public'}: {each.summary}"
        if isinstance(each, Report)
        else repr(each)
        for each in found
    ]


async def _die(url: str, world: Path, order: dict[str, Any]) -> None:
    """Carry an offer out, or recover, up to the point where this process ends."""
    clock = Clock(NOW + timedelta(seconds=order["after"]))
    cross = Death(order["at"], [])
    ledger = Mortal(url, clock=clock, cross=_lives)
    await ledger.frozen()  # opened: making the tables is tested elsewhere
    ledger.mortal.cross = cross
    gate = a_gate(ledger, Breaking(world, cross), clock)
    if order["does"] == "recover":
        await gate.recover()
    else:
        await gate.redeem(a_press(order["offer"]), told_nobody)


def _fork(url: str, world: Path, order: dict[str, Any]) -> int:
    """Return how a child ended: 0 when it got through, -9 when it was killed.

    A fork costs a tenth of a new process; here are no threads and no connections.
    """
    child = os.fork()
    if not child:
        asyncio.run(_die(url, world, order))
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def main(url: str, world: Path) -> None:
    """Carry out orders until there are no more."""
    with asyncio.Runner() as runner:
        ledger = Ledger(url, clock=Clock())
        for line in sys.stdin:
            order = json.loads(line)
            answer: object
            if order["does"] == "press":
                breaking = Breaking(world, always_second=order["second"])
                gate = a_gate(ledger, breaking, Clock())
                pressing = _press(gate, order["offer"], order["users"])
                answer = runner.run(pressing)
            else:
                answer = _fork(url, world, order)
            print(json.dumps(answer), flush=True)  # noqa: T201  it is the answer
        runner.run(ledger.close())


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
