"""The only reader of the environment."""

import logging
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, time, timedelta, tzinfo
from pathlib import Path
from typing import Final, Literal, TypeAlias
from zoneinfo import ZoneInfo

from bot.domain.access import CHANNEL_ID
from bot.domain.cases import Thresholds
from bot.domain.errors import Misread
from bot.domain.ids import AGENTS, OCTOLLM, REIGH
from bot.programs import AGENTS_PROGRAMS, OCTO_PROGRAMS, ORCHESTRATOR, Declared
from bot.values import (
    Values,
    hour,
    number,
    one_of,
    pairs,
    postgres,
    refused,
    several,
    url,
    whole,
    zone,
)

LEVELS: Final = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")

log = logging.getLogger(__name__)

Origin: TypeAlias = Literal["environment", ".env", "config.json", "default", "unset"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """A declared setting with the value that this process sees.

    The value of a secret is `set`, never its text; None means that it has none.
    """

    name: str
    value: str | None
    default: str | None
    origin: Origin
    used: bool
    explanation: str
    example: str | None = None
    """What the program's sample file sets, where that is not the default."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alerting:
    """What is told without being asked, where and when; without a *channel* nothing.

    *digest* is the time of day of the digest, in UTC; None: there is none.
    """

    channel: str | None = None
    every: timedelta = timedelta(seconds=60)
    pods_usd: float = 1.0
    failure_rate: float = 0.5
    digest: time | None = time(7, 0, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentsFolder:
    """Where the agents' files are, and how to read them.

    No time in those files bears a zone, so without a *zone* they can't be read; None
    means that it is not set.
    """

    root: Path
    zone: ZoneInfo | None = None
    log_globs: tuple[str, ...] = ()
    """Where their console logs are, from the root; empty: where they mostly are."""
    config: Path | None = None
    """Their config.json; None: where it mostly is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Octo:
    """Where the services of an OctoLLM are, their database and their log files.

    Addresses and the database may hold passwords. Lists are of names and values.
    """

    url: str | None = field(default=None, repr=False)
    reflex_url: str | None = field(default=None, repr=False)
    arms: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    database_url: str | None = field(default=None, repr=False)
    log_globs: tuple[tuple[str, str], ...] = ()
    zone: tzinfo = UTC
    """In which log lines that bear no zone were written."""
    prometheus_url: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClickHouse:
    """A ClickHouse that holds log lines, and the systems whose lines it holds."""

    url: str = field(repr=False)
    """It may hold a password."""
    systems: tuple[str, ...]
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    table: str = "logs"
    """Its name, with that of its database before it where it is not the user's own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything that the environment may say. None means not set."""

    slack_bot_token: str | None = field(default=None, repr=False)
    slack_app_token: str | None = field(default=None, repr=False)
    slack_signing_secret: str | None = field(default=None, repr=False)
    slack_api_url: str | None = None
    supabase_url: str | None = None
    supabase_key: str | None = field(default=None, repr=False)
    runpod_api_key: str | None = field(default=None, repr=False)
    runpod_api_base_url: str | None = None
    host: str = "127.0.0.1"
    port: int = 3000
    answers: Literal["channel", "private"] = "channel"
    pin_emoji: str = "pushpin"
    """The emoji by which messages join the timeline of `report`, without colons."""
    state_url: str = field(default="sqlite://", repr=False)
    """Where the gate remembers; it may hold a password."""
    policy: Path | None = None
    """The file that says who may change what; None: nobody in Slack may."""
    alerting: Alerting = field(default_factory=Alerting)
    system: str = "reigh"
    log_level: str = "INFO"
    log_levels: Mapping[str, str] = field(default_factory=dict)
    """Levels of single components, by their lower-case names."""
    log_format: Literal["json", "console"] = "console"
    thresholds: Thresholds = field(default_factory=Thresholds)
    orchestrator: tuple[Setting, ...] = ()
    agents: AgentsFolder | None = None
    """The shared folder of the agents; None: there is none to read."""
    agents_programs: tuple[Setting, ...] = ()
    """What the agents' programs read from their environment."""
    octo: Octo | None = None
    """The services of an OctoLLM; None: no setting names any part of one."""
    octo_programs: tuple[Setting, ...] = ()
    """What OctoLLM's programs read from their environment."""
    clickhouse: ClickHouse | None = None
    """Where the lines of some systems are kept; None: each keeps its own."""

    @classmethod
    def read(cls, *, env_file: Path | None = None) -> "Settings":
        """Return the settings of this process; `.env` fills in what is not set.

        Raises:
            Misread: a value makes no sense; the message names the setting.
        """
        environment = {**os.environ}
        path = env_file or Path(".env")
        from_file = _dotenv(path)
        for error in _odd_lines(path):
            log.warning(
                "debug-bot: %s, and is left out (%s)", error.message, error.hint
            )
        for name, value in from_file.items():
            # RunPod's SDK reads its own variable, so .env has to reach it too.
            os.environ.setdefault(name, value)
        return cls.of(
            {**from_file, **environment}, from_file=from_file, given=environment
        )

    @classmethod
    def faults(cls, *, env_file: Path | None = None) -> tuple[Misread, ...]:
        """Return all values that make no sense, where `read` raises the first of them.

        Raises:
            Misread: `.env` itself cannot be read.
        """
        path = env_file or Path(".env")
        values = {**_dotenv(path), **os.environ}
        found = _odd_lines(path)
        while True:
            try:
                cls.of(values)
            except Misread as error:
                found.append(error)
                values = _without(values, error.message.split()[0])
            else:
                return tuple(found)

    @classmethod
    def of(
        cls,
        values: Values,
        *,
        from_file: Values | None = None,
        given: Values | None = None,
    ) -> "Settings":
        """Return what the values say; a blank one counts as not set."""
        values = {name: text.strip() for name, text in values.items() if text.strip()}
        from_file = from_file or {}
        given = values if given is None else given
        prefix = "DEBUG_BOT_LOG_LEVEL_"
        return cls(
            slack_bot_token=values.get("SLACK_BOT_TOKEN"),
            slack_app_token=values.get("SLACK_APP_TOKEN"),
            slack_signing_secret=values.get("SLACK_SIGNING_SECRET"),
            slack_api_url=url(values, "SLACK_API_URL"),
            supabase_url=url(values, "SUPABASE_URL"),
            supabase_key=values.get("SUPABASE_SERVICE_ROLE_KEY"),
            runpod_api_key=values.get("RUNPOD_API_KEY"),
            runpod_api_base_url=url(values, "RUNPOD_API_BASE_URL"),
            host=values.get("DEBUG_BOT_HOST", "127.0.0.1"),
            port=whole(values, "DEBUG_BOT_PORT", 3000, most=65535),
            answers=one_of(
                values, "DEBUG_BOT_ANSWERS", ("channel", "private"), "channel"
            ),
            pin_emoji=_emoji(values),
            state_url=_state_url(values),
            policy=Path(values["DEBUG_BOT_POLICY"])
            if "DEBUG_BOT_POLICY" in values
            else None,
            alerting=_alerting(values),
            system=values.get("DEBUG_BOT_SYSTEM") or _usual(values),
            log_level=one_of(values, "DEBUG_BOT_LOG_LEVEL", LEVELS, "INFO"),
            log_levels={
                name.removeprefix(prefix).lower(): one_of(values, name, LEVELS, "INFO")
                for name in values
                if name.startswith(prefix)
            },
            log_format=one_of(
                values, "DEBUG_BOT_LOG_FORMAT", ("json", "console"), "console"
            ),
            thresholds=_thresholds(values),
            orchestrator=tuple(
                _setting(each, values, from_file, given) for each in ORCHESTRATOR
            ),
            agents=_agents(values),
            agents_programs=tuple(
                _setting(each, values, from_file, given) for each in AGENTS_PROGRAMS
            ),
            octo=_octo(values),
            octo_programs=tuple(
                _setting(each, values, from_file, given) for each in OCTO_PROGRAMS
            ),
            clickhouse=_clickhouse(values),
        )


def _odd_lines(path: Path) -> list[Misread]:
    """Return what to say of each line of the file that sets nothing and should."""
    if not path.is_file():
        return []
    from dotenv.parser import parse_stream  # noqa: PLC0415  only where there is a .env

    with path.open(encoding="utf-8") as file:
        lines = [each.original.line for each in parse_stream(file) if each.error]
    hint = "it wants NAME=value"
    return [Misread(f"{path}: line {line} sets nothing", hint=hint) for line in lines]


def _without(values: Values, name: str) -> dict[str, str]:
    """Return the values without one; without all of its kind where it is not set."""
    if name in values:
        return {each: text for each, text in values.items() if each != name}
    kind = name.split("_", maxsplit=1)[0] + "_"
    return {each: text for each, text in values.items() if not each.startswith(kind)}


def _dotenv(path: Path) -> dict[str, str]:
    if not path.is_file():
        return {}
    from dotenv import dotenv_values  # noqa: PLC0415  only where there is a .env

    # Of a line that it can't read it says so itself, and not in which file.
    logging.getLogger("dotenv.main").setLevel(logging.ERROR)
    try:
        found = dotenv_values(path)
    except (UnicodeDecodeError, OSError) as error:
        msg = f"{path} cannot be read: {type(error).__name__}"
        raise Misread(msg, hint="it must be text in UTF-8") from error
    return {name: value for name, value in found.items() if value}


def _setting(
    each: Declared,
    values: Values,
    from_file: Values,
    given: Values,
) -> Setting:
    value = values.get(each.name)
    origin: Origin = "default" if each.default is not None else "unset"
    if value is not None:
        in_file = each.name in from_file and each.name not in given
        origin = ".env" if in_file else "environment"
    shown = "set" if value is not None and each.secret else value
    return Setting(
        name=each.name,
        value=shown if value is not None else each.default,
        default=each.default,
        origin=origin,
        used=each.used,
        explanation=each.explanation,
        example=each.example,
    )


def _usual(values: Values) -> str:
    """Return the system that is asked where none is named: the only one set up.

    Of several it is Reigh's, as where there is none.
    """
    begin = {
        REIGH: ("SUPABASE_", "RUNPOD_"),
        AGENTS: ("AGENTS_ROOT",),
        OCTOLLM: ("OCTOLLM_",),
    }
    there = [
        system
        for system, names in begin.items()
        if any(each.startswith(names) for each in values)
    ]
    return there[0] if len(there) == 1 else REIGH


def _agents(values: Values) -> AgentsFolder | None:
    root = values.get("AGENTS_ROOT")
    if root is None:
        return None
    config = values.get("AGENTS_CONFIG")
    return AgentsFolder(
        root=Path(root),
        zone=zone(values, "AGENTS_TZ"),
        log_globs=several(values, "AGENTS_LOG_GLOBS"),
        config=None if config is None else Path(config),
    )


def _octo(values: Values) -> Octo | None:
    if not any(name.startswith("OCTOLLM_") for name in values):
        return None
    return Octo(
        url=url(values, "OCTOLLM_URL"),
        reflex_url=url(values, "OCTOLLM_REFLEX_URL"),
        arms=tuple(
            (name, url({"OCTOLLM_ARMS": address}, "OCTOLLM_ARMS") or address)
            for name, address in pairs(
                values, "OCTOLLM_ARMS", "coder=http://coder:8003"
            )
        ),
        database_url=postgres(values, "OCTOLLM_DATABASE_URL"),
        log_globs=pairs(
            values, "OCTOLLM_LOG_GLOBS", "orchestrator=/var/log/octollm/*.log"
        ),
        zone=zone(values, "OCTOLLM_TZ") or UTC,
        prometheus_url=url(values, "OCTOLLM_PROMETHEUS_URL"),
    )


def _clickhouse(values: Values) -> ClickHouse | None:
    address = url(values, "CLICKHOUSE_URL")
    if address is None:
        return None
    systems = several(values, "CLICKHOUSE_SYSTEMS")
    if not systems or not {*systems} <= {REIGH, AGENTS, OCTOLLM}:
        msg = "CLICKHOUSE_SYSTEMS wants the systems whose lines are there"
        raise Misread(msg, hint=f"of {REIGH}, {AGENTS} and {OCTOLLM}, commas between")
    table = values.get("CLICKHOUSE_TABLE", "logs")
    # It stands in the question as it is: no parameter can name a table.
    if not re.fullmatch(r"(?:[A-Za-z_]\w*\.)?[A-Za-z_]\w*", table, re.ASCII):
        raise refused("CLICKHOUSE_TABLE", "TABLE or DATABASE.TABLE", table)
    return ClickHouse(
        url=address,
        systems=systems,
        user=values.get("CLICKHOUSE_USER"),
        password=values.get("CLICKHOUSE_PASSWORD"),
        table=table,
    )


def _thresholds(values: Values) -> Thresholds:
    def seconds(name: str) -> timedelta:
        return timedelta(seconds=number(values, name, float(_DEFAULTS[name] or 0)))

    return Thresholds(
        idle=seconds("GPU_IDLE_TIMEOUT_SEC"),
        stuck=seconds("TASK_STUCK_TIMEOUT_SEC"),
        error_grace=seconds("ERROR_CLEANUP_GRACE_PERIOD_SEC"),
        poll=seconds("ORCHESTRATOR_POLL_SEC"),
        min_active=whole(values, "MIN_ACTIVE_GPUS", 2, most=100_000, least=0),
    )


def _alerting(values: Values) -> Alerting:
    channel = values.get("DEBUG_BOT_ALERTS_CHANNEL")
    if channel is not None and not CHANNEL_ID.fullmatch(channel):
        hint = "it begins with C; Slack shows it below its details"
        raise refused("DEBUG_BOT_ALERTS_CHANNEL", "a channel's id", channel, hint=hint)
    every = number(
        values,
        "DEBUG_BOT_ALERTS_EVERY",
        60.0,
        wants="a number of seconds from 0.1 to 300",
        least=0.1,
        most=300.1,
    )
    usd = "an amount of US dollars"
    share = "a share above 0, at most 1"
    return Alerting(
        channel=channel,
        every=timedelta(seconds=every),
        pods_usd=number(values, "DEBUG_BOT_ALERTS_PODS_USD", 1.0, wants=usd),
        failure_rate=number(
            values,
            "DEBUG_BOT_ALERTS_FAILURE_RATE",
            0.5,
            wants=share,
            least=0.0001,
            most=1.0001,
        ),
        digest=hour(values, "DEBUG_BOT_ALERTS_DIGEST", "07:00"),
    )


def _state_url(values: Values) -> str:
    """Return where the ledger is; unless it is set, a file in the user's own folder."""
    text = values.get("DEBUG_BOT_STATE_URL")
    if text is None:
        home = values.get("XDG_STATE_HOME") or str(Path.home() / ".local" / "state")
        return f"sqlite:///{home}/debug-bot/ledger.sqlite3"
    if not text.startswith(("sqlite:///", "postgresql://", "postgres://")):
        msg = "DEBUG_BOT_STATE_URL wants postgresql://… or sqlite:///FILE"
        raise Misread(msg)
    return text.replace("postgres://", "postgresql://", 1)


def _emoji(values: Values) -> str:
    text = values.get("DEBUG_BOT_PIN_EMOJI", "pushpin")
    name = text.strip(":").lower()
    if not re.fullmatch(r"[a-z0-9_+'-]{1,100}", name):
        hint = "such as pushpin: what stands between the colons"
        raise refused("DEBUG_BOT_PIN_EMOJI", "an emoji's name", text, hint=hint)
    return name


_DEFAULTS: Final = {each.name: each.default for each in ORCHESTRATOR}
