"""The incidents that the demo can open, one per system, behind one face."""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import Final, Protocol

from bot.demo.incident import FAILED_TASK, Incident, make_incident
from bot.demo.keeper import Keeper
from bot.demo.octo import SPAN, SUBMITS, WARM
from bot.demo.octo_server import served, settings
from bot.demo.octo_way import follow
from bot.demo.postgres import Postgres
from bot.demo.rig_files import Shared
from bot.demo.rig_incident import make_rig_incident
from bot.demo.rig_keeper import RigKeeper
from bot.demo.runpod_double import RunpodDouble
from bot.demo.sick_octo import make_octo
from bot.domain.ids import AGENTS, OCTOLLM, REIGH

ON_AGENTS: Final = f"--system {AGENTS}"
ON_OCTOLLM: Final = f"--system {OCTOLLM}"

SEED: Final = 41345358
PLANTED: Final = ("arm down", "breaker", "pool", "no budget", "lost", "personal data")


class Play(Protocol):
    """An incident of one system, played until somebody ends it."""

    system: str
    """Whose incident it is."""
    alerts: bool
    """Whether anything in it is told unasked."""

    @property
    def told(self) -> str:
        """How much of it there is, in a few words."""

    @property
    def asks(self) -> Sequence[tuple[str, str]]:
        """What to type in Slack, and what that answers."""

    @property
    def questions(self) -> Mapping[str, str]:
        """What a check asks, and what is due in the answer."""

    @property
    def secrets(self) -> Sequence[str]:
        """What no answer may show."""

    def beat(self, now: datetime) -> None:
        """Bring it up to *now*."""


class ReighPlay:
    """A fleet in a database, and its pods."""

    system = REIGH
    alerts = True
    settings: Final = {"MAX_ACTIVE_GPUS": "40"}
    """What its orchestrator was given, which wants more than the default allows."""

    def __init__(
        self, now: datetime, postgres: Postgres, runpod: RunpodDouble | None
    ) -> None:
        """Load it."""
        self._incident: Incident = make_incident(now)
        self._lines = self._incident.fleet.load(postgres, runpod)
        self._keeper = Keeper(self._incident, postgres, runpod)
        self.beat = self._keeper.beat

    @property
    def told(self) -> str:
        """How much of it there is."""
        fleet = self._incident.fleet
        workers, tasks = len(fleet.workers), len(fleet.tasks)
        return f"{workers} workers, {tasks} tasks, {self._lines} log lines"

    @property
    def asks(self) -> Sequence[tuple[str, str]]:
        """What to type: a way through the incident."""
        truth = self._incident.truth
        return (
            (f"/debug task {FAILED_TASK}", "why did this task fail?"),
            ("/debug health", "what is wrong right now?"),
            (f"@debug worker {truth.loading_worker}", "how did this one die?"),
            (f"@debug {truth.cascade_children[0][:8]}", "a bare id: a task that fell"),
            ("/debug runpod", "what do pods cost that nobody uses?"),
            ("/debug runpod terminate", "end them: a plan, and a red button"),
            ("@debug queue", "why do tasks wait?"),
        )

    @property
    def questions(self) -> Mapping[str, str]:
        """One about all, one about a task."""
        return {"health": "crashed", f"task {FAILED_TASK}": "CUDA out of memory"}

    @property
    def secrets(self) -> Sequence[str]:
        """Those that stand in its rows."""
        return self._incident.truth.secrets


class RigPlay:
    """A brain and its agents around a folder."""

    system = AGENTS
    alerts = True

    def __init__(self, now: datetime, root: Path) -> None:
        """Write it."""
        self._incident = make_rig_incident(now)
        self._keeper = RigKeeper(self._incident.rig, Shared(root))
        self.beat = self._keeper.beat

    @staticmethod
    def settings(root: Path) -> dict[str, str]:
        """Return the settings that point a bot at the folder."""
        return {"AGENTS_ROOT": str(root), "AGENTS_TZ": "UTC"}

    @property
    def told(self) -> str:
        """How much of it there is."""
        rig = self._incident.rig
        return f"{len(rig.agents)} agents, {len(rig.tasks)} task files"

    @property
    def asks(self) -> Sequence[tuple[str, str]]:
        """What to type: a way through the incident; most ids need no system's name."""
        it = self._incident
        return (
            (f"/debug health {ON_AGENTS}", "what is wrong on the rig right now?"),
            (f"/debug task {it.failed_task[:8]}", "why did this task fail?"),
            (f"@debug {it.twice[:8]}", "a bare id: a task that runs twice"),
            (f"/debug worker {it.killed_agent}", "how did this agent end?"),
            (f"/debug worker {it.paused_agent}", "why does this one not claim?"),
            (f"/debug queue {ON_AGENTS}", "what waits, and for what?"),
            (f"/debug orchestrator {ON_AGENTS}", "does the brain live?"),
        )

    @property
    def questions(self) -> Mapping[str, str]:
        """One about all, one about a task, one about an agent."""
        it = self._incident
        return {
            f"health {ON_AGENTS}": "crashed",
            f"task {it.failed_task[:8]}": "CUDA out of memory",
            f"worker {it.killed_agent}": "killed",
        }

    @property
    def secrets(self) -> Sequence[str]:
        """None: its files hold none."""
        return ()


class OctoPlay:
    """The services of an OctoLLM, which answer over HTTP and write lines."""

    system = OCTOLLM
    alerts = False  # those are of tasks, which only its database could list

    def __init__(self, now: datetime, folder: Path) -> None:
        """Answer, and write the lines."""
        self._octo = octo = make_octo(now, SEED, failures=PLANTED)
        octo.structured = True  # as the guide has it; the other form tells no fractions
        self._followed = follow(octo, octo.ago(minutes=8))
        self._folder = folder
        self._held = ExitStack()
        url = self._held.enter_context(served(octo))
        self.settings = settings(octo, url, folder)
        self._next = now + SPAN / SUBMITS
        octo.write(folder)

    def close(self) -> None:
        """Answer no more."""
        self._held.close()

    def beat(self, now: datetime) -> None:
        """Let clients submit tasks until *now*."""
        octo = self._octo
        octo.now = now
        while self._next < now:
            octo.submit(self._next, cached=octo.random.random() < WARM)
            self._next += SPAN / SUBMITS
        octo.write(self._folder)

    @property
    def told(self) -> str:
        """How much of it there is."""
        return f"{len(self._octo.answers)} services, {len(self._octo.lines)} log lines"

    @property
    def asks(self) -> Sequence[tuple[str, str]]:
        """What to type: a way through the incident."""
        return (
            (f"/debug health {ON_OCTOLLM}", "what is wrong with the services?"),
            (f"/debug trace {self._followed}", "where did this request's time go?"),
            ("/debug worker coder", "why does this arm not answer?"),
            (f"/debug workers {ON_OCTOLLM}", "which services and arms answer?"),
            (f"/debug logs --level ERROR {ON_OCTOLLM}", "what went wrong, by line?"),
        )

    @property
    def questions(self) -> Mapping[str, str]:
        """One about all, one about a request, one about the services."""
        return {
            f"health {ON_OCTOLLM}": "never stored",
            f"trace {self._followed}": "the slowest hop: 2.07 s within judge",
            f"workers {ON_OCTOLLM}": "coder",
        }

    @property
    def secrets(self) -> Sequence[str]:
        """None: its lines hold none."""
        return ()
