"""`config`: timing and scaling settings, with what they mean together."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from bot import command
from bot.command import Asked, Command
from bot.domain import agent_levels
from bot.domain.agent_levels import LevelsSeen
from bot.domain.errors import Lacks
from bot.domain.excerpts import start_of
from bot.domain.figures import some
from bot.domain.findings import Status
from bot.domain.orchestrator_limits import BUILT_IN
from bot.domain.report import Ask, Facts, Report, Section, Table, Text
from bot.domain.times import spoken
from bot.domain.workers import AGEING
from bot.settings import Setting

# systems/reigh.md, 3.2 and 5: constants of the worker, which no variable sets.
SEGMENT_TIMEOUT: Final = 1800.0
DEPENDENCY_INSTALL: Final = 1200.0

DAY_HOURS: Final = 24.0  # so long back the programs' newest lines are looked for
WRITTEN: Final = "config.json"  # the origin of what the agents' own file sets

_WHOSE: Final = (
    "values are those of the environment that debug-bot runs in; the deployed"
    " orchestrator reads its own, once, when it starts"
)

_DEFAULTS: Final = "Not set here; so it is if the deployed orchestrator sets none"
_AS_READ: Final = (
    "variables are those of the environment that debug-bot runs in; the programs read"
    " their own, once, when they start"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigQuery:
    """What `config` wants to know."""

    explain: bool = command.switch("say what each setting does, and all together")


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigEntry:
    """One setting. A secret's value is `set`, never its text; None: it has none."""

    name: str
    value: str | None
    default: str | None
    origin: str
    used: bool
    explanation: str
    example: str | None = None
    """What the orchestrator's sample file sets, where that is not the default."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigData:
    """What `config` found in this process's environment."""

    settings: tuple[ConfigEntry, ...]
    contradictions: tuple[str, ...]
    """What cannot work together, with a value that is set here."""
    by_default: tuple[str, ...]
    """What could not, if the deployed orchestrator leaves the defaults as well."""
    levels: tuple[LevelsSeen, ...] | None = None
    """How much each program writes down, explained; None where nobody tells."""
    built_in: Mapping[str, str] = field(default_factory=dict)
    """What no variable of the orchestrator sets."""


async def answer(query: ConfigQuery, asked: Asked) -> Report:
    """Return the settings as this process sees them.

    No source is asked but where a file holds some, whether it could be there, and, to
    explain them, for what the programs' own lines show.
    """
    settings = asked.system.settings
    if not settings:
        raise Lacks(asked.system.name, "settings to explain")
    values = _Values(settings)
    found, by_default = contradictions(values)
    reached = await asked.gaps.ask(_reached(asked), otherwise=False)
    explains = query.explain and reached
    scene = await asked.scene(asked.window(DAY_HOURS)) if explains else None
    queue = scene.file_queue if scene else None
    seen = agent_levels.levels_seen(queue) if queue else None
    data = ConfigData(
        settings=tuple(_entry(each) for each in settings),
        contradictions=found,
        by_default=by_default,
        levels=seen,
        built_in=BUILT_IN if values.of_orchestrator else {},
    )
    changed = sum(each.origin in ("environment", ".env") for each in settings)
    written = sum(each.origin == WRITTEN for each in settings)
    unused = [each for each in settings if not each.used]
    summary = (
        f"{len(data.settings)} settings, {changed} set here,"
        + (f" {written} in {WRITTEN}," if written else "")
        + f" {len(unused)} without effect, {some(len(found), 'contradiction')}"
        + ("" if reached else f"; {WRITTEN} could not be looked for")
    )
    if by_default:
        summary += (
            f"; {some(len(by_default), 'default')} of the code to be checked where the"
            " orchestrator is deployed"
        )
    return Report(
        summary=summary,
        status=_status(found, reached=reached),
        sections=_sections(data, values, explain=query.explain),
        asks=(
            Ask(label="Without the meaning", words="config")
            if query.explain
            else Ask(label="Explain them", words="config --explain"),
            Ask(
                label=asked.system.vocabulary.coordinator.capitalize(),
                words="orchestrator",
            ),
        ),
        data=data,
        notes=(_WHOSE if values.of_orchestrator else _AS_READ,),
        reads=asked.reads() if seen is not None else (),
        hint=asked.gaps.hint,
    )


async def _reached(asked: Asked) -> bool:
    """Tell that a file of settings could be read, if it is there."""
    await asked.system.reach()
    return True


def _status(found: Sequence[str], *, reached: bool) -> Status:
    """Return how the settings are; what was not read may contradict others."""
    if found:
        return Status.WARNING
    return Status.OK if reached else Status.UNKNOWN


COMMAND: Final = Command(
    name="config",
    answers="Timing and scaling settings, with what they mean together",
    query=ConfigQuery,
    handler=answer,
    examples=("config --explain",),
    data=ConfigData,
    place=16,
)


def odd(settings: Sequence[Setting]) -> tuple[tuple[str, str], ...]:
    """Return the names of those that want a number and hold none, and what is wrong."""
    return tuple(
        (
            each.name,
            (
                f"is set to '{start_of(each.value or '', 40)}', which is no number"
                f" that it could be: {each.default} is reckoned with here"
            ),
        )
        for each in settings
        if _number(each.default) is not None and _number(each.value) is None
    )


class _Values:
    """The settings by name, as numbers where they are."""

    def __init__(self, settings: Sequence[Setting]) -> None:
        self._by_name: Mapping[str, Setting] = {each.name: each for each in settings}

    def number(self, name: str) -> float:
        each = self._by_name[name]
        for text in (each.value, each.default):
            number = _number(text)
            if number is not None:
                return number
        return 0.0

    def yes(self, name: str) -> bool:
        return (self._by_name[name].value or "").lower() in ("true", "1", "yes", "on")

    def given(self, name: str) -> bool:
        return self._by_name[name].origin in ("environment", ".env")

    @property
    def of_orchestrator(self) -> bool:
        """Whether they are those of a program that starts and ends workers."""
        return "TASK_STUCK_TIMEOUT_SEC" in self._by_name

    def every(self) -> Sequence[Setting]:
        return tuple(self._by_name.values())


def _number(text: str | None) -> float | None:
    """Return a number such as counts, seconds and sizes can be; None for all else."""
    try:
        number = float(text or "")
    except ValueError:
        return None
    return number if 0 <= number < 1e9 else None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Clash:
    """What cannot work together, and the settings that it rests on."""

    names: tuple[str, ...]
    said: str


def contradictions(values: _Values) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return what cannot work together, and what could not if nobody set it elsewhere.

    The first rests on a value that is set here. The second rests on defaults of the
    orchestrator's code alone, and says nothing of the deployed one, whose own
    environment may well set them (systems/reigh.md, 4).
    """
    clashes = [*_clashes(values)]
    ours = [each for each in clashes if any(map(values.given, each.names))]
    return (
        tuple(each.said for each in ours),
        tuple(each.said for each in clashes if each not in ours),
    )


def _clashes(values: _Values) -> Iterator[_Clash]:
    if values.of_orchestrator:
        yield from _of_orchestrator(values)
    for each in values.every():
        if not each.used and values.given(each.name):
            said = f"{each.name} is set but has no effect: {each.explanation}"
            yield _Clash(names=(each.name,), said=said)


def _of_orchestrator(values: _Values) -> Iterator[_Clash]:
    number = values.number
    stuck, idle = number("TASK_STUCK_TIMEOUT_SEC"), number("GPU_IDLE_TIMEOUT_SEC")
    least, most = number("MIN_ACTIVE_GPUS"), number("MAX_ACTIVE_GPUS")
    spare = number("MACHINES_TO_KEEP_IDLE")
    for name, wrong in odd(values.every()):
        yield _Clash(names=(name,), said=f"{name} {wrong}")
    if stuck < SEGMENT_TIMEOUT:
        said = (
            f"TASK_STUCK_TIMEOUT_SEC ({stuck:g} s) is below the worker's own segment"
            f" timeout ({SEGMENT_TIMEOUT:g} s): the worker is ended before it can fail"
            " the task"
        )
        yield _Clash(names=("TASK_STUCK_TIMEOUT_SEC",), said=said)
    if idle < DEPENDENCY_INSTALL:
        said = (
            f"GPU_IDLE_TIMEOUT_SEC ({idle:g} s) is below the time that a fresh install"
            f" of the dependencies takes (about {DEPENDENCY_INSTALL:g} s): the failsafe"
            " ends such workers before they start"
        )
        yield _Clash(names=("GPU_IDLE_TIMEOUT_SEC",), said=said)
    for name, value in (("MIN_ACTIVE_GPUS", least), ("MACHINES_TO_KEEP_IDLE", spare)):
        if value > most:
            said = f"{name} ({value:g}) is above MAX_ACTIVE_GPUS ({most:g})"
            yield _Clash(names=(name, "MAX_ACTIVE_GPUS"), said=said)
    if not values.yes("ENABLE_DB_LOGGING"):
        said = (
            "ENABLE_DB_LOGGING is false: an orchestrator with this setting writes"
            " nothing to system_logs, so its log cannot tell whether it lives"
            " (`orchestrator` shows whether lines come)"
        )
        yield _Clash(names=("ENABLE_DB_LOGGING",), said=said)


def _entry(each: Setting) -> ConfigEntry:
    return ConfigEntry(
        name=each.name,
        value=each.value,
        default=each.default,
        origin=each.origin,
        used=each.used,
        explanation=each.explanation,
        example=each.example,
    )


def _sections(
    data: ConfigData, values: _Values, *, explain: bool
) -> tuple[Section, ...]:
    sections: list[Section] = []
    if data.contradictions:
        text = "\n".join(f"- {each}" for each in data.contradictions)
        sections.append(Text(title="Contradictions", text=text))
    if data.by_default:
        text = "\n".join(f"- {each}" for each in data.by_default)
        sections.append(Text(title=_DEFAULTS, text=text))
    header: tuple[str, ...] = ("setting", "value", "from")
    if explain:
        if values.of_orchestrator:
            story = _story(values)
            sections.append(Text(title="When a worker is ended", text=story))
            built_in = tuple(data.built_in.items())
            sections.append(Facts(title="Built in, without a variable", rows=built_in))
        header = (*header, "meaning")
    sections += agent_levels.table(data.levels or ())
    rows = tuple(
        (
            each.name,
            each.value if each.value is not None else "not set",
            each.origin if each.used else f"{each.origin}, unused",
            *((_meaning(each),) if explain else ()),
        )
        for each in data.settings
    )
    sections.append(Table(title="Settings", header=header, rows=rows))
    return tuple(sections)


def _meaning(each: ConfigEntry) -> str:
    """Return what it means, and what the sample file sets where that differs."""
    sample = f"; its sample file sets {each.example}" if each.example else ""
    return each.explanation + sample


def _story(values: _Values) -> str:
    """Return the true story of idling (systems/reigh.md, 4) in present numbers."""
    idle = spoken(timedelta(seconds=values.number("GPU_IDLE_TIMEOUT_SEC")))
    over = spoken(timedelta(seconds=values.number("GPU_OVERCAPACITY_IDLE_TIMEOUT_SEC")))
    poll = spoken(timedelta(seconds=values.number("ORCHESTRATOR_POLL_SEC")))
    stuck = spoken(timedelta(seconds=values.number("TASK_STUCK_TIMEOUT_SEC")))
    least = f"{values.number('MIN_ACTIVE_GPUS'):g}"
    spare = f"{values.number('MACHINES_TO_KEEP_IDLE'):g}"
    return (
        f"With an empty queue and no task, a worker above the floor of {least} is ended"
        f" {idle} after its last completed task (or its creation), and at most {poll}"
        f" later. When there are more workers than wanted, already {over} suffice, the"
        f" newest first; {spare} spare and {least} active ones are kept. An idle"
        f" worker without a heartbeat for {AGEING.seconds} s fails at once; one"
        f" with work after {idle}. A task in progress for {stuck} makes its worker"
        " fail."
    )
