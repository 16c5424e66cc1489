"""Settings → clients → systems, gate → desk. The only module that names adapters."""

import importlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, NoReturn

from bot import actions, queries, watching
from bot.addressing import Addresses
from bot.command import Commands
from bot.dispatch import Desk
from bot.domain.errors import NotConfigured
from bot.domain.ids import AGENTS, OCTOLLM, REIGH
from bot.domain.times import Window
from bot.gate import book
from bot.settings import Settings
from bot.sources import Logs, System
from bot.sources.measuring import Observe, unobserved

if TYPE_CHECKING:
    from bot.domain.notices import Notice
    from bot.domain.pins import Pinned
    from bot.domain.policy import People
    from bot.domain.watches import Tempo
    from bot.gate.gate import Gate
    from bot.sources.clickhouse import Engine
    from bot.sources.powers import Powers
    from bot.sources.reigh import Project
    from bot.state.alerts import AlertBook
    from bot.state.answers import PrivateAnswers
    from bot.state.asked import Asked
    from bot.state.leases import Leases
    from bot.state.pins import Pins
    from bot.state.watches import Watches


def _now() -> datetime:
    return datetime.now(UTC)


class Wired:
    """A desk and what has to be closed after it."""

    def __init__(  # noqa: PLR0913  each has its name at the call
        self,
        settings: Settings,
        *,
        people: "People | None" = None,
        home_team: Callable[[], str | None] = lambda: None,
        tempo: "Tempo | None" = None,
        observe: Observe = unobserved,
        clock: Callable[[], datetime] = _now,
    ) -> None:
        """Connect and import nothing yet: each is made for its first question.

        *people* and *home_team* tell who is who in Slack; a shell needs neither.
        """
        self._settings = settings
        self._clock = clock
        self._people = people
        self._home_team = home_team
        self._tempo = tempo
        self._observe = observe
        self._closes: list[Callable[[], Awaitable[None]]] = []
        self._project = cache(self._made_project)
        self._engine = cache(self._made_engine)
        self.systems: Mapping[str, Callable[[], System]] = {
            REIGH: cache(self._reigh),
            AGENTS: cache(self._agents),
            OCTOLLM: cache(self._octollm),
        }
        self.present = _present(settings)
        """The names of the systems that are set up, and of the usual one."""
        self.gate: Callable[[], Gate] = cache(self._made_gate)
        self.leases: Callable[[], Leases] = cache(self._made_leases)
        self.pins: Callable[[], Pins] = cache(self._made_pins)
        self.watches: Callable[[], Watches] = cache(self._made_watches)
        self.asked: Callable[[], Asked] = cache(self._made_asked)
        self.answers: Callable[[], PrivateAnswers] = cache(self._made_answers)
        self.told: Callable[[], AlertBook] = cache(self._made_told)
        self.desk = Desk(
            addresses=Addresses(
                self.systems, default=settings.system, present=self.present
            ),
            commands=commands(self.gate, self.watches, self.told),
            gate=self.gate,
            pinned=self._pinned,
            told=self._told,
        )

    def load(self) -> None:
        """Import what a first question would wait for, and all others behind it.

        A second and more on a busy machine, in which a loop does nothing else: to be
        called from another thread.
        """
        if self._settings.supabase_url:
            importlib.import_module("supabase")
        for system in self.present:
            importlib.import_module(f"bot.sources.{system}")
        list(self.desk.commands.values())
        importlib.import_module("bot.gate.gate")
        importlib.import_module("bot.gate.ledger")

    async def close(self) -> None:
        """Let go of all connections."""
        for close in self._closes:
            await close()

    def _made_project(self) -> "Project":
        # Imported here: the models and the client behind them cost a quarter second.
        from bot.sources.reigh import Project

        settings = self._settings
        project = Project(
            settings.supabase_url, settings.supabase_key, observe=self._observe
        )
        self._closes.append(project.close)
        return project

    def _made_engine(self) -> "Engine | None":
        if self._settings.clickhouse is None:
            return None
        from bot.sources.clickhouse import Engine

        engine = Engine(self._settings.clickhouse, observe=self._observe)
        self._closes.append(engine.close)
        return engine

    def _engine_of(self, system: str) -> "Engine | None":
        """Return where the system's lines are kept, unless it keeps them itself."""
        held = self._settings.clickhouse
        return self._engine() if held and system in held.systems else None

    def _reigh(self) -> System:
        from bot.sources.reigh import reigh
        from bot.sources.runpod import RunPod

        settings = self._settings
        system = reigh(
            self._project(),
            RunPod(settings.runpod_api_key, observe=self._observe),
            thresholds=settings.thresholds,
            settings=settings.orchestrator,
        )
        if (engine := self._engine_of(REIGH)) is None:
            return system
        from bot.sources.clickhouse import reigh_logs

        return _reading(system, reigh_logs(engine))

    def _agents(self) -> System:
        from bot.sources.agents import agents

        settings = self._settings
        system = agents(settings.agents, settings.agents_programs)
        if (engine := self._engine_of(AGENTS)) is None:
            return system
        from bot.sources.clickhouse import agents_logs

        return _reading(system, agents_logs(engine, system.logs))

    def _octollm(self) -> System:
        from bot.sources.octollm import Deployment, octollm

        if self._settings.octo is None:
            raise NotConfigured(OCTOLLM, "OCTOLLM_URL")
        logs = None
        if (engine := self._engine_of(OCTOLLM)) is not None:
            from bot.sources.clickhouse import OctoEngineLogs

            logs = OctoEngineLogs(engine)
        deployment = Deployment(self._settings.octo, clock=self._clock, logs=logs)
        self._closes.append(deployment.close)
        system = octollm(deployment, self._settings.octo_programs)
        return system if logs is None else _reading(system, logs)

    def _reigh_powers(self) -> "Powers":
        from bot.sources.powers import Powers
        from bot.sources.reigh.powers import ReighTaskPower, ReighWorkerPower
        from bot.sources.runpod import RunPodPower

        project = self._project()
        return Powers(
            pods=RunPodPower(self._settings.runpod_api_key, observe=self._observe),
            workers=ReighWorkerPower(project),
            tasks=ReighTaskPower(project),
        )

    def _pace(self) -> "Tempo":
        from bot.domain.watches import Tempo

        return self._tempo or Tempo()

    def _made_leases(self) -> "Leases":
        # Imported here, as the gate is.
        from bot.state.database import Database
        from bot.state.leases import LENGTH, Leases

        database = Database(self._settings.state_url)
        self._closes.append(database.close)
        return Leases(database, length=self._pace().lease or LENGTH)

    def _made_watches(self) -> "Watches":
        from bot.state.watches import Watches

        return Watches(self.leases(), lasts=self._pace().lasts)

    def _made_asked(self) -> "Asked":
        from bot.state.asked import Asked

        return Asked(self.leases())

    def _made_answers(self) -> "PrivateAnswers":
        from bot.state.answers import PrivateAnswers

        return PrivateAnswers(self.leases())

    def _made_told(self) -> "AlertBook":
        from bot.state.alerts import AlertBook

        return AlertBook(self.leases())

    def _made_gate(self) -> "Gate":
        # Imported here: the database library and the models cost a third of a second.
        from bot.gate.gate import Gate
        from bot.gate.ledger import Ledger
        from bot.gate.policy_file import PolicyFile

        ledger = Ledger(self._settings.state_url, clock=self._clock)
        self._closes.append(ledger.close)
        known = actions.book()
        policy = PolicyFile(self._settings.policy, {*known, "freeze", "unfreeze"})
        return Gate(
            actions=known,
            ledger=ledger,
            policy=policy.read,
            people=self._people,
            home_team=self._home_team,
            systems=self.systems,
            powers={REIGH: cache(self._reigh_powers)},
            clock=self._clock,
        )

    def _made_pins(self) -> "Pins":
        from bot.state.database import Database
        from bot.state.pins import Pins

        database = Database(self._settings.state_url)
        self._closes.append(database.close)
        return Pins(database)

    async def _pinned(
        self, window: Window, channel: str | None
    ) -> "tuple[Pinned, ...]":
        return await self.pins().within(window, channel=channel)

    async def _told(self, window: Window) -> "tuple[Notice, ...]":
        return await self.told().told_in(window)


def commands(
    gate: "Callable[[], Gate] | None" = None,
    watches: "Callable[[], Watches] | None" = None,
    told: "Callable[[], AlertBook] | None" = None,
) -> Commands:
    """Return every command; without a gate they only can be declared."""
    return (
        queries.book()
        | book.book(actions.book(), gate or _no_gate, told or _no_gate)
        | watching.book(queries.book(), watches or _no_gate)
    )


def _reading(system: System, logs: Logs) -> System:
    """Return the system with lines that an engine keeps, and tell so."""
    return replace(system, logs=logs, source=f"{system.source} and clickhouse")


def _no_gate() -> NoReturn:
    msg = "these commands are for reading their declarations only"
    raise RuntimeError(msg)


def _present(settings: Settings) -> frozenset[str]:
    found = {settings.system}
    if settings.supabase_url is not None:
        found.add(REIGH)
    if settings.agents is not None:
        found.add(AGENTS)
    if settings.octo is not None:
        found.add(OCTOLLM)
    return frozenset(found)
