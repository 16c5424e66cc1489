"""Desks that are asked about made-up states, and what they say of each.

The real adapters read: a fleet's rows from memory, a rig's files from a folder.
"""

import re
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Any, Final, Protocol, TypeAlias, cast

from bot import queries
from bot.addressing import Addresses
from bot.demo.fleet import Fleet
from bot.demo.octo import Octo
from bot.demo.octo_server import served, settings
from bot.demo.owed import Expected
from bot.demo.rig import Rig
from bot.demo.rig_files import Shared
from bot.dispatch import Asks, Desk
from bot.domain.access import Caller, Door
from bot.domain.findings import Finding
from bot.domain.ids import AGENTS, OCTOLLM, REIGH
from bot.domain.report import Outcome, Report
from bot.gate.gate import Gate
from bot.rules import book
from bot.settings import AgentsFolder, Settings
from bot.sources.agents import agents
from bot.sources.octollm import Deployment, octollm
from bot.sources.octollm.tasks import OctoTasks
from bot.wiring import commands
from tests.tools.measured import CLAIMS, OLDER, Measured
from tests.tools.memory import Memory, MemoryPods, NoGate, a_desk
from tests.tools.octo_cases import Rows
from tests.tools.ways import claims

NOON: Final = datetime(2026, 1, 31, 12, tzinfo=UTC)
MOST_ASKED: Final = 60  # subjects of one state that are looked at closely
# Their subject is the fleet as a whole, whatever it is called.
WHOLE: Final = frozenset(
    {
        *("orchestrator-silent", "orchestrator-failing", "queue-without-workers"),
        *("spawn-loop", "no-capacity", "counts-endpoint", "tier-failures"),
    }
)
ONE_BY_ONE: Final = CLAIMS[OCTOLLM] | {  # of OctoLLM's
    *("service-down", "lost-task", "stuck-task", "no-suitable-arm"),
}
# What a gap says where it was the time that did not suffice.
TIME_WAS_UP: Final = re.compile(r"time was up|not (?:answer|be read) (?:with)?in ")
TRACE: Final = "trace"
State: TypeAlias = Fleet | Rig | Octo


class Desks(Protocol):
    """Gives the desk that can be asked about a state."""

    system: str

    def desk(self, state: State) -> Desk:
        """Return the desk; until the next call it answers about this state."""

    def close(self) -> None:
        """Leave nothing behind."""


class FleetDesk:
    """One desk for many fleets; it has no gate and reads nothing yet."""

    system = REIGH

    def __init__(self) -> None:
        """Make it for a fleet without anything."""
        nothing = Fleet(NOON, span=timedelta(minutes=5))
        self._memory, self._pods = Memory(nothing), MemoryPods(nothing)
        self._desk = a_desk(self._memory, self._pods)

    def desk(self, state: State) -> Desk:
        """Return it, holding the rows and pods of this fleet."""
        assert isinstance(state, Fleet)
        self._memory.hold(state)
        self._pods.fleet = state
        return self._desk

    def close(self) -> None:
        """Do nothing: all of it is in memory."""


class RigDesk:
    """A desk for each rig, whose files lie in a folder meanwhile."""

    system = AGENTS

    def __init__(self) -> None:
        """Make no folder yet."""
        self._home: tempfile.TemporaryDirectory[str] | None = None

    def desk(self, state: State) -> Desk:
        """Return a desk that reads the files of this rig."""
        assert isinstance(state, Rig)
        self.close()
        self._home = tempfile.TemporaryDirectory()
        root = Path(self._home.name)
        Shared(root).bring(state)
        system = agents(AgentsFolder(root=root, zone=state.zone))
        return Desk(
            addresses=Addresses({AGENTS: lambda: system}, default=AGENTS),
            commands=commands(),
            gate=lambda: cast("Gate", NoGate()),
        )

    def close(self) -> None:
        """Remove the folder."""
        if self._home is not None:
            self._home.cleanup()
        self._home = None


class OctoDesk:
    """A desk for each OctoLLM, whose services are answered for meanwhile."""

    system = OCTOLLM

    def __init__(self) -> None:
        """Answer for nobody yet."""
        self._held = ExitStack()

    def desk(self, state: State) -> Desk:
        """Return a desk that asks these services and reads their lines."""
        assert isinstance(state, Octo)
        self.close()
        folder = Path(self._held.enter_context(tempfile.TemporaryDirectory()))
        url = self._held.enter_context(served(state))
        state.write(folder)
        octo = Settings.of(settings(state, url, folder)).octo
        assert octo is not None
        deployment = Deployment(octo, clock=lambda: state.now)
        if state.rows is not None:
            rows = Rows({"tasks": state.rows, "task_results": state.results})
            deployment.tasks = OctoTasks(rows, deployment.services)
        system = octollm(deployment)
        return Desk(
            addresses=Addresses({OCTOLLM: lambda: system}, default=OCTOLLM),
            commands=commands(),
            gate=lambda: cast("Gate", NoGate()),
        )

    def close(self) -> None:
        """Let nobody answer any more."""
        self._held.close()


def desks(system: str) -> Desks:
    """Return what gives the desks of a system."""
    if system == OCTOLLM:
        return OctoDesk()
    return RigDesk() if system == AGENTS else FleetDesk()


async def findings(
    desk: Asks,
    state: State,
    measured: Measured,
    *,
    seed: int = 0,
    most: int = MOST_ASKED,
) -> dict[Expected, Finding] | None:
    """Return what the product says of the state, each finding once.

    None where time was up before an answer was whole, as on a busy machine: what it
    lacks is then no fault of a rule.
    """
    found: dict[Expected, Finding] = {}
    for words in questions(state, most=most):
        report = await desk.answer(words.split(), Caller(door=Door.SHELL), state.now)
        measured.questions += 1
        gaps = "; ".join(f"{gap.source} {gap.reason}" for gap in report.gaps)
        said = f"seed {seed}: {words}: {report.summary} ({gaps})"
        if any(TIME_WAS_UP.search(gap.reason) for gap in report.gaps):
            measured.cut_short.append(said)
            return None
        told = any(gap.failed and "no pods" not in gap.reason for gap in report.gaps)
        told &= not isinstance(state, Octo)  # a service that is down tells less
        fine = {Outcome.ANSWERED}
        if isinstance(state, Octo) and state.refusing:
            fine.add(Outcome.SOURCE_DOWN)
        well = report.outcome in fine and not told
        if isinstance(state, Rig) and any(it.torn for it in state.tasks.values()):
            # A file that stays half written is told of wherever it would count.
            well = told or words not in ("health", "queue")
        if not well:
            measured.unanswered.append(said)
        for each in (*report.findings, *_claimed(state, words, report)):
            found.setdefault(named(state, each.rule, each.subject.id), each)
    return found


def _claimed(state: State, words: str, report: Report) -> Iterator[Finding]:
    """Return what the answer says of a request that was traced."""
    verb, _, id = words.partition(" ")
    if isinstance(state, Octo) and verb == TRACE:
        yield from claims(state, id, report)


def questions(state: State, *, most: int = MOST_ASKED) -> Iterator[str]:
    """Return what is asked: how all is, then of the suspects one by one."""
    yield "health"
    if isinstance(state, Octo):
        yield from _of_services(state, most)
        return
    if isinstance(state, Rig):
        yield "queue"
    workers = state.agents if isinstance(state, Rig) else state.workers
    guilty = {each.subject for each in state.expected}
    guilty |= {each.subject for each in state.same}
    suspects = [*sorted(guilty), *sorted(state.innocent - guilty)]
    asked = 0
    for id in suspects:
        kind = "worker" if id in workers else "task" if id in state.tasks else ""
        if isinstance(state, Rig) and kind == "task" and not state.tasks[id].lane:
            continue  # its file is gone: nobody can be asked about it
        if kind and asked < most:
            asked += 1
            yield f"{kind} {id}"


def _of_services(state: Octo, most: int) -> Iterator[str]:
    """Return what is asked of an OctoLLM; of its tasks only where they can be read."""
    yield from ("workers", "orchestrator", "report")
    guilty = {each.subject for each in state.expected}
    yield from (f"worker {name}" for name in sorted(guilty & {*state.answers}))
    yield from (f"{TRACE} {id}" for id in state.ways)
    if state.rows is None:
        return
    yield from ("queue", "tasks")
    stored = {row["id"] for row in state.rows}
    for id in sorted((guilty | state.innocent) & stored)[:most]:
        yield f"task {id}"


def named(state: State, rule: str, subject: str) -> Expected:
    """Return the finding as it is owed: by its present name, on its first subject."""
    rule = OLDER.get(rule, rule)
    if rule in WHOLE or (isinstance(state, Octo) and rule not in ONE_BY_ONE):
        return Expected(rule, "")
    return state.same.get(Expected(rule, subject), Expected(rule, subject))


@contextmanager
def judging_timed() -> Iterator[list[float]]:
    """Have every command's judging timed; the seconds are in the list."""
    spent: list[float] = []

    def timed(*args: Any, **more: Any) -> Any:
        begun = time.perf_counter()
        try:
            return book.judge(*args, **more)
        finally:
            spent.append(time.perf_counter() - begun)

    homes = [
        import_module(f"bot.queries.{each.name}")
        for each in iter_modules(queries.__path__)
    ]
    homes = [home for home in homes if hasattr(home, "judge")]
    for home in homes:
        vars(home)["judge"] = timed
    try:
        yield spent
    finally:
        for home in homes:
            vars(home)["judge"] = book.judge
