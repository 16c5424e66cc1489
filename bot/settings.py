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

log = logging.getLogger(__name__)

Origin: TypeAlias = Literal["environment", ".env", "config.json", "default", "unset"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Own:
    """A setting of debug-bot itself, as the README lists it."""

    name: str
    meaning: str
    default: str = ""


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
        values: Mapping[str, str],
        *,
        from_file: Mapping[str, str] | None = None,
        given: Mapping[str, str] | None = None,
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
            slack_api_url=_url(values, "SLACK_API_URL"),
            supabase_url=_url(values, "SUPABASE_URL"),
            supabase_key=values.get("SUPABASE_SERVICE_ROLE_KEY"),
            runpod_api_key=values.get("RUNPOD_API_KEY"),
            runpod_api_base_url=_url(values, "RUNPOD_API_BASE_URL"),
            host=values.get("DEBUG_BOT_HOST", "127.0.0.1"),
            port=_whole(values, "DEBUG_BOT_PORT", 3000, most=65535),
            answers=_answers(values),
            pin_emoji=_emoji(values),
            state_url=_state_url(values),
            policy=Path(values["DEBUG_BOT_POLICY"])
            if "DEBUG_BOT_POLICY" in values
            else None,
            alerting=_alerting(values),
            system=values.get("DEBUG_BOT_SYSTEM") or _usual(values),
            log_level=_level(values, "DEBUG_BOT_LOG_LEVEL"),
            log_levels={
                name.removeprefix(prefix).lower(): _level(values, name)
                for name in values
                if name.startswith(prefix)
            },
            log_format=_log_format(values),
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


def _without(values: Mapping[str, str], name: str) -> dict[str, str]:
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
    values: Mapping[str, str],
    from_file: Mapping[str, str],
    given: Mapping[str, str],
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
    )


def _usual(values: Mapping[str, str]) -> str:
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


def _agents(values: Mapping[str, str]) -> AgentsFolder | None:
    root = values.get("AGENTS_ROOT")
    if root is None:
        return None
    globs = values.get("AGENTS_LOG_GLOBS", "")
    config = values.get("AGENTS_CONFIG")
    return AgentsFolder(
        root=Path(root),
        zone=_zone(values, "AGENTS_TZ"),
        log_globs=tuple(each.strip() for each in globs.split(",") if each.strip()),
        config=None if config is None else Path(config),
    )


def _octo(values: Mapping[str, str]) -> Octo | None:
    if not any(name.startswith("OCTOLLM_") for name in values):
        return None
    return Octo(
        url=_url(values, "OCTOLLM_URL"),
        reflex_url=_url(values, "OCTOLLM_REFLEX_URL"),
        arms=tuple(
            (name, _url({"OCTOLLM_ARMS": url}, "OCTOLLM_ARMS") or url)
            for name, url in _named(values, "OCTOLLM_ARMS", "coder=http://coder:8003")
        ),
        database_url=_postgres(values, "OCTOLLM_DATABASE_URL"),
        log_globs=_named(
            values, "OCTOLLM_LOG_GLOBS", "orchestrator=/var/log/octollm/*.log"
        ),
        zone=_zone(values, "OCTOLLM_TZ") or UTC,
        prometheus_url=_url(values, "OCTOLLM_PROMETHEUS_URL"),
    )


def _clickhouse(values: Mapping[str, str]) -> ClickHouse | None:
    url = _url(values, "CLICKHOUSE_URL")
    if url is None:
        return None
    told = values.get("CLICKHOUSE_SYSTEMS", "")
    systems = tuple(each.strip() for each in told.split(",") if each.strip())
    if not systems or not {*systems} <= {REIGH, AGENTS, OCTOLLM}:
        msg = "CLICKHOUSE_SYSTEMS wants the systems whose lines are there"
        raise Misread(msg, hint=f"of {REIGH}, {AGENTS} and {OCTOLLM}, commas between")
    table = values.get("CLICKHOUSE_TABLE", "logs")
    # It stands in the question as it is: no parameter can name a table.
    if not re.fullmatch(r"(?:[A-Za-z_]\w*\.)?[A-Za-z_]\w*", table, re.ASCII):
        msg = f"CLICKHOUSE_TABLE wants TABLE or DATABASE.TABLE, not '{table[:40]}'"
        raise Misread(msg)
    return ClickHouse(
        url=url,
        systems=systems,
        user=values.get("CLICKHOUSE_USER"),
        password=values.get("CLICKHOUSE_PASSWORD"),
        table=table,
    )


def _named(
    values: Mapping[str, str], name: str, example: str
) -> tuple[tuple[str, str], ...]:
    """Return the pairs of a list such as `a=x, b=y`; what it holds is not repeated."""
    found = []
    for each in values.get(name, "").split(","):
        if not each.strip():
            continue
        key, _, value = (part.strip() for part in each.partition("="))
        if not value or not re.fullmatch(r"[A-Za-z][\w.-]{0,63}", key, re.ASCII):
            msg = f"{name} wants a list of names and values with = between them"
            raise Misread(msg, hint=f"such as {example}")
        found.append((key, value))
    return tuple(found)


def _postgres(values: Mapping[str, str], name: str) -> str | None:
    """Return a database's address, whichever driver it names."""
    text = values.get(name)
    if text is None:
        return None
    if not re.match(r"postgres(ql)?(\+\w+)?://", text):
        msg = f"{name} wants postgresql://…"
        raise Misread(msg)
    return re.sub(r"^postgres(ql)?(\+\w+)?://", "postgresql://", text)


def _zone(values: Mapping[str, str], name: str) -> ZoneInfo | None:
    text = values.get(name)
    if text is None:
        return None
    try:
        return ZoneInfo(text)
    except (KeyError, ValueError, OSError) as error:  # absent, no key, a folder
        msg = f"{name} wants a time zone, not '{text[:40]}'"
        raise Misread(msg, hint="such as Europe/Berlin or UTC") from error


def _thresholds(values: Mapping[str, str]) -> Thresholds:
    def seconds(name: str) -> timedelta:
        return timedelta(seconds=_number(values, name, float(_DEFAULTS[name] or 0)))

    return Thresholds(
        idle=seconds("GPU_IDLE_TIMEOUT_SEC"),
        stuck=seconds("TASK_STUCK_TIMEOUT_SEC"),
        error_grace=seconds("ERROR_CLEANUP_GRACE_PERIOD_SEC"),
        poll=seconds("ORCHESTRATOR_POLL_SEC"),
        min_active=_whole(values, "MIN_ACTIVE_GPUS", 2, most=100_000, least=0),
    )


def _number(  # noqa: PLR0913  each has its name at the call
    values: Mapping[str, str],
    name: str,
    default: float,
    *,
    what: str = "a number of seconds",
    least: float = 0.0,
    most: float = 1e9,
) -> float:
    text = values.get(name)
    if text is None:
        return default
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if not least <= number < most:
        msg = f"{name} wants {what}, not '{text[:40]}'"
        raise Misread(msg)
    return number


def _alerting(values: Mapping[str, str]) -> Alerting:
    channel = values.get("DEBUG_BOT_ALERTS_CHANNEL")
    if channel is not None and not CHANNEL_ID.fullmatch(channel):
        msg = f"DEBUG_BOT_ALERTS_CHANNEL wants a channel's id, not '{channel[:40]}'"
        raise Misread(msg, hint="it begins with C; Slack shows it below its details")
    every = _number(
        values,
        "DEBUG_BOT_ALERTS_EVERY",
        60.0,
        what="a number of seconds from 0.1 to 300",
        least=0.1,
        most=300.1,
    )
    usd = "an amount of US dollars"
    share = "a share above 0, at most 1"
    return Alerting(
        channel=channel,
        every=timedelta(seconds=every),
        pods_usd=_number(values, "DEBUG_BOT_ALERTS_PODS_USD", 1.0, what=usd),
        failure_rate=_number(
            values,
            "DEBUG_BOT_ALERTS_FAILURE_RATE",
            0.5,
            what=share,
            least=0.0001,
            most=1.0001,
        ),
        digest=_digest(values),
    )


def _digest(values: Mapping[str, str]) -> time | None:
    text = values.get("DEBUG_BOT_ALERTS_DIGEST", "07:00")
    if text.lower() == "never":
        return None
    found = re.fullmatch(r"([01]?[0-9]|2[0-3]):([0-5][0-9])", text)
    if found is None:
        msg = f"DEBUG_BOT_ALERTS_DIGEST wants HH:MM (UTC) or never, not '{text[:40]}'"
        raise Misread(msg)
    return time(int(found[1]), int(found[2]), tzinfo=UTC)


def _whole(
    values: Mapping[str, str], name: str, default: int, *, most: int, least: int = 1
) -> int:
    text = values.get(name)
    if text is None:
        return default
    if not re.fullmatch(r"[0-9]{1,9}", text) or not least <= int(text) <= most:
        msg = f"{name} wants a whole number from {least} to {most}, not '{text[:40]}'"
        raise Misread(msg)
    return int(text)


def _url(values: Mapping[str, str], name: str) -> str | None:
    text = values.get(name)
    if text is None:
        return None
    if not text.startswith(("http://", "https://")) or len(text.split("//")[1]) < 1:
        msg = f"{name} wants an address that begins with https:// or http://"
        raise Misread(msg)
    return text.rstrip("/")


def _state_url(values: Mapping[str, str]) -> str:
    """Return where the ledger is; unless it is set, a file in the user's own folder."""
    text = values.get("DEBUG_BOT_STATE_URL")
    if text is None:
        home = values.get("XDG_STATE_HOME") or str(Path.home() / ".local" / "state")
        return f"sqlite:///{home}/debug-bot/ledger.sqlite3"
    if not text.startswith(("sqlite:///", "postgresql://", "postgres://")):
        msg = "DEBUG_BOT_STATE_URL wants postgresql://… or sqlite:///FILE"
        raise Misread(msg)
    return text.replace("postgres://", "postgresql://", 1)


def _level(values: Mapping[str, str], name: str) -> str:
    text = values.get(name, "INFO").upper()
    if text not in ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"):
        msg = f"{name} wants DEBUG, INFO, WARNING, ERROR or CRITICAL, not '{text[:40]}'"
        raise Misread(msg)
    return text


def _answers(values: Mapping[str, str]) -> Literal["channel", "private"]:
    text = values.get("DEBUG_BOT_ANSWERS", "channel")
    if text == "channel":
        return "channel"
    if text == "private":
        return "private"
    msg = f"DEBUG_BOT_ANSWERS wants channel or private, not '{text[:40]}'"
    raise Misread(msg)


def _emoji(values: Mapping[str, str]) -> str:
    text = values.get("DEBUG_BOT_PIN_EMOJI", "pushpin")
    name = text.strip(":").lower()
    if not re.fullmatch(r"[a-z0-9_+'-]{1,100}", name):
        msg = f"DEBUG_BOT_PIN_EMOJI wants an emoji's name, not '{text[:40]}'"
        raise Misread(msg, hint="such as pushpin: what stands between the colons")
    return name


def _log_format(values: Mapping[str, str]) -> Literal["json", "console"]:
    text = values.get("DEBUG_BOT_LOG_FORMAT", "console")
    if text == "console":
        return "console"
    if text == "json":
        return "json"
    msg = f"DEBUG_BOT_LOG_FORMAT wants json or console, not '{text[:40]}'"
    raise Misread(msg)


def _own(name: str, meaning: str, default: str = "") -> Own:
    return Own(name=name, meaning=meaning, default=default)


OWN: Final = (
    _own("SUPABASE_URL", "the project whose `tasks`, `workers` and logs are read"),
    _own("SUPABASE_SERVICE_ROLE_KEY", "its service key; another one sees no rows"),
    _own("RUNPOD_API_KEY", "reads the pods; without it they are left out"),
    _own(
        "RUNPOD_API_BASE_URL",
        "another base for RunPod's API (the SDK's own variable)",
        "https://api.runpod.io",
    ),
    _own("SLACK_BOT_TOKEN", "`xoxb-…`, of the app's page *OAuth & Permissions*"),
    _own("SLACK_APP_TOKEN", "`xapp-…`; when it is set, the bot uses Socket Mode"),
    _own(
        "SLACK_SIGNING_SECRET", "checks Slack's requests when the bot listens on HTTP"
    ),
    _own("SLACK_API_URL", "another base for Slack's Web API", "https://slack.com/api/"),
    _own("DEBUG_BOT_HOST", "where the HTTP listener binds", "127.0.0.1"),
    _own("DEBUG_BOT_PORT", "and its port", "3000"),
    _own(
        "DEBUG_BOT_ANSWERS",
        "`channel` or `private`: where a slash command answers",
        "channel",
    ),
    _own(
        "DEBUG_BOT_PIN_EMOJI",
        "a message that somebody of the workspace marks with it joins the timeline of"
        " `report` there",
        "pushpin",
    ),
    _own(
        "DEBUG_BOT_STATE_URL",
        "where offers, approvals, watches, recent questions, private answers and the"
        " audit live: `postgresql://…` when"
        " several replicas share the work, or `sqlite:///FILE`",
        "a file under `~/.local/state/debug-bot`",
    ),
    _own(
        "DEBUG_BOT_POLICY",
        "the file that says who may change what; without it nobody may",
    ),
    _own(
        "DEBUG_BOT_ALERTS_CHANNEL",
        "the id of the channel that is told of problems; without it nobody is",
    ),
    _own("DEBUG_BOT_ALERTS_EVERY", "seconds between two looks at the system", "60"),
    _own(
        "DEBUG_BOT_ALERTS_PODS_USD",
        "what orphaned pods may cost an hour before that is an alert",
        "1.0",
    ),
    _own(
        "DEBUG_BOT_ALERTS_FAILURE_RATE",
        "which share of the workers of six hours may fail before that is one",
        "0.5",
    ),
    _own(
        "DEBUG_BOT_ALERTS_DIGEST",
        "when the day's digest is posted there: `HH:MM` in UTC, or `never`",
        "07:00",
    ),
    _own("AGENTS_ROOT", "the shared folder of the agents, mounted or a copy"),
    _own(
        "AGENTS_TZ",
        "the time zone of the host on which they write, such as `Europe/Berlin`: no"
        " time in their files bears one, so `AGENTS_ROOT` needs it",
    ),
    _own(
        "AGENTS_LOG_GLOBS",
        "where their console logs are: patterns from that folder, with commas between",
        "logs/*.log,logs/*/*.log",
    ),
    _own("AGENTS_CONFIG", "their configuration, from there", "agents/config.json"),
    _own("OCTOLLM_URL", "OctoLLM's orchestrator, such as `http://orchestrator:8000`"),
    _own("OCTOLLM_REFLEX_URL", "its reflex layer, such as `http://reflex:8080`"),
    _own("OCTOLLM_ARMS", "its arms: `coder=http://coder:8003,judge=http://judge:8004`"),
    _own(
        "OCTOLLM_DATABASE_URL",
        "the orchestrator's database, `postgresql://…`: without it tasks can't be"
        " listed; a login that may only read is enough",
    ),
    _own(
        "OCTOLLM_LOG_GLOBS",
        "where the services' log files are: `orchestrator=/var/log/octollm/o*.log,…`",
    ),
    _own("OCTOLLM_TZ", "the time zone of lines in them that bear none", "UTC"),
    _own("OCTOLLM_PROMETHEUS_URL", "tells memory over an hour, if there is one"),
    _own(
        "CLICKHOUSE_URL",
        "a ClickHouse in which log lines are kept, such as `https://clickhouse:8443`",
    ),
    _own("CLICKHOUSE_USER", "who may read them; one with `readonly = 2` is enough"),
    _own("CLICKHOUSE_PASSWORD", "and the password"),
    _own("CLICKHOUSE_TABLE", "their table: `TABLE` or `DATABASE.TABLE`", "logs"),
    _own(
        "CLICKHOUSE_SYSTEMS",
        "the systems whose lines are read there and no longer where they were written,"
        " such as `octollm,agents`",
    ),
    _own(
        "DEBUG_BOT_SYSTEM",
        "the system that is asked without `--system`; where only another one is set up,"
        " that one",
        "reigh",
    ),
    _own("DEBUG_BOT_LOG_LEVEL", "the mildest level of the bot's own log", "INFO"),
    _own(
        "DEBUG_BOT_LOG_LEVEL_<COMPONENT>",
        "the same for one part: `SLACK`, `DISPATCH`, `SOURCES`, …",
    ),
    _own("DEBUG_BOT_LOG_FORMAT", "`console` or `json`", "console"),
    _own(
        "thresholds, timing and scaling",
        "the orchestrator's own variables, such as `GPU_IDLE_TIMEOUT_SEC`:"
        " `debug-bot config --explain` lists them all",
    ),
)

_DEFAULTS: Final = {each.name: each.default for each in ORCHESTRATOR}
