"""Which variables debug-bot itself reads, and what each of them means."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Variable:
    """A variable of debug-bot itself, as the README lists it."""

    name: str
    meaning: str
    default: str = ""


def _variable(name: str, meaning: str, default: str = "") -> Variable:
    return Variable(name=name, meaning=meaning, default=default)


OWN: Final = (
    _variable("SUPABASE_URL", "the project whose `tasks`, `workers` and logs are read"),
    _variable("SUPABASE_SERVICE_ROLE_KEY", "its service key; another one sees no rows"),
    _variable("RUNPOD_API_KEY", "reads the pods; without it they are left out"),
    _variable(
        "RUNPOD_API_BASE_URL",
        "another base for RunPod's API (the SDK's own variable)",
        "https://api.runpod.io",
    ),
    _variable("SLACK_BOT_TOKEN", "`xoxb-…`, of the app's page *OAuth & Permissions*"),
    _variable("SLACK_APP_TOKEN", "`xapp-…`; when it is set, the bot uses Socket Mode"),
    _variable(
        "SLACK_SIGNING_SECRET", "checks Slack's requests when the bot listens on HTTP"
    ),
    _variable(
        "SLACK_API_URL", "another base for Slack's Web API", "https://slack.com/api/"
    ),
    _variable("DEBUG_BOT_HOST", "where the HTTP listener binds", "127.0.0.1"),
    _variable("DEBUG_BOT_PORT", "and its port", "3000"),
    _variable(
        "DEBUG_BOT_ANSWERS",
        "`channel` or `private`: where a slash command answers",
        "channel",
    ),
    _variable(
        "DEBUG_BOT_PIN_EMOJI",
        "a message that somebody of the workspace marks with it joins the timeline of"
        " `report` there",
        "pushpin",
    ),
    _variable(
        "DEBUG_BOT_STATE_URL",
        "where offers, approvals, watches, recent questions, private answers and the"
        " audit live: `postgresql://…` when"
        " several replicas share the work, or `sqlite:///FILE`",
        "a file under `~/.local/state/debug-bot`",
    ),
    _variable(
        "DEBUG_BOT_POLICY",
        "the file that says who may change what; without it nobody may",
    ),
    _variable(
        "DEBUG_BOT_ALERTS_CHANNEL",
        "the id of the channel that is told of problems; without it nobody is",
    ),
    _variable(
        "DEBUG_BOT_ALERTS_EVERY", "seconds between two looks at the system", "60"
    ),
    _variable(
        "DEBUG_BOT_ALERTS_PODS_USD",
        "what orphaned pods may cost an hour before that is an alert",
        "1.0",
    ),
    _variable(
        "DEBUG_BOT_ALERTS_FAILURE_RATE",
        "which share of the workers of six hours may fail before that is one",
        "0.5",
    ),
    _variable(
        "DEBUG_BOT_ALERTS_DIGEST",
        "when the day's digest is posted there: `HH:MM` in UTC, or `never`",
        "07:00",
    ),
    _variable("AGENTS_ROOT", "the shared folder of the agents, mounted or a copy"),
    _variable(
        "AGENTS_TZ",
        "the time zone of the host on which they write, such as `Europe/Berlin`: no"
        " time in their files bears one, so `AGENTS_ROOT` needs it",
    ),
    _variable(
        "AGENTS_LOG_GLOBS",
        "where their console logs are: patterns from that folder, with commas between",
        "logs/*.log,logs/*/*.log",
    ),
    _variable("AGENTS_CONFIG", "their configuration, from there", "agents/config.json"),
    _variable(
        "OCTOLLM_URL", "OctoLLM's orchestrator, such as `http://orchestrator:8000`"
    ),
    _variable("OCTOLLM_REFLEX_URL", "its reflex layer, such as `http://reflex:8080`"),
    _variable(
        "OCTOLLM_ARMS", "its arms: `coder=http://coder:8003,judge=http://judge:8004`"
    ),
    _variable(
        "OCTOLLM_DATABASE_URL",
        "the orchestrator's database, `postgresql://…`: without it tasks can't be"
        " listed; a login that may only read is enough",
    ),
    _variable(
        "OCTOLLM_LOG_GLOBS",
        "where the services' log files are: `orchestrator=/var/log/octollm/o*.log,…`",
    ),
    _variable("OCTOLLM_TZ", "the time zone of lines in them that bear none", "UTC"),
    _variable("OCTOLLM_PROMETHEUS_URL", "tells memory over an hour, if there is one"),
    _variable(
        "CLICKHOUSE_URL",
        "a ClickHouse in which log lines are kept, such as `https://clickhouse:8443`",
    ),
    _variable(
        "CLICKHOUSE_USER", "who may read them; one with `readonly = 2` is enough"
    ),
    _variable("CLICKHOUSE_PASSWORD", "and the password"),
    _variable("CLICKHOUSE_TABLE", "their table: `TABLE` or `DATABASE.TABLE`", "logs"),
    _variable(
        "CLICKHOUSE_SYSTEMS",
        "the systems whose lines are read there and no longer where they were written,"
        " such as `octollm,agents`",
    ),
    _variable(
        "DEBUG_BOT_SYSTEM",
        "the system that is asked without `--system`; where only another one is set up,"
        " that one",
        "reigh",
    ),
    _variable("DEBUG_BOT_LOG_LEVEL", "the mildest level of the bot's own log", "INFO"),
    _variable(
        "DEBUG_BOT_LOG_LEVEL_<COMPONENT>",
        "the same for one part: `SLACK`, `DISPATCH`, `SOURCES`, …",
    ),
    _variable("DEBUG_BOT_LOG_FORMAT", "`console` or `json`", "console"),
    _variable(
        "thresholds, timing and scaling",
        "the orchestrator's own variables, such as `GPU_IDLE_TIMEOUT_SEC`:"
        " `debug-bot config --explain` lists them all",
    ),
)
