from datetime import UTC, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bot.domain.cases import Thresholds
from bot.domain.errors import Misread
from bot.settings import (
    AgentsFolder,
    Alerting,
    ClickHouse,
    Octo,
    Setting,
    Settings,
)


def the(name: str, settings: Settings) -> Setting:
    [found] = [each for each in settings.orchestrator if each.name == name]
    return found


def test_an_empty_environment_gives_the_defaults() -> None:
    """Nothing has to be set to ask for help."""
    settings = Settings.of({})

    assert (settings.host, settings.port) == ("127.0.0.1", 3000)
    assert (settings.answers, settings.system) == ("channel", "reigh")
    assert (settings.log_level, settings.log_format) == ("INFO", "console")
    assert settings.supabase_url is None
    assert settings.thresholds == Thresholds()


def test_every_setting_is_read() -> None:
    """By the names that CONTRACT, 5 promises."""
    settings = Settings.of(
        {
            "SLACK_BOT_TOKEN": "a",
            "SLACK_APP_TOKEN": "b",
            "SLACK_SIGNING_SECRET": "c",
            "SLACK_API_URL": "http://127.0.0.1:9/api/",
            "SUPABASE_URL": "https://x.supabase.co/",
            "SUPABASE_SERVICE_ROLE_KEY": "d",
            "RUNPOD_API_KEY": "e",
            "RUNPOD_API_BASE_URL": "https://api.runpod.io",
            "DEBUG_BOT_HOST": "0.0.0.0",  # noqa: S104  only a text here
            "DEBUG_BOT_PORT": "65535",
            "DEBUG_BOT_ANSWERS": "private",
            "DEBUG_BOT_STATE_URL": "postgres://u:p@db/state",
            "DEBUG_BOT_POLICY": "/etc/debug-bot/policy.toml",
            "DEBUG_BOT_SYSTEM": "agents",
            "DEBUG_BOT_LOG_LEVEL": "warning",
            "DEBUG_BOT_LOG_LEVEL_SLACK": "debug",
            "DEBUG_BOT_LOG_FORMAT": "json",
        }
    )

    tokens = (settings.slack_bot_token, settings.slack_app_token)
    assert (*tokens, settings.slack_signing_secret) == ("a", "b", "c")
    assert settings.slack_api_url == "http://127.0.0.1:9/api"
    assert settings.supabase_url == "https://x.supabase.co"
    assert (settings.supabase_key, settings.runpod_api_key) == ("d", "e")
    assert settings.runpod_api_base_url == "https://api.runpod.io"
    assert (settings.host[:1], settings.port) == ("0", 65535)
    assert (settings.answers, settings.system) == ("private", "agents")
    assert settings.state_url == "postgresql://u:p@db/state"
    assert settings.policy == Path("/etc/debug-bot/policy.toml")
    assert (settings.log_level, settings.log_format) == ("WARNING", "json")
    assert settings.log_levels == {"slack": "DEBUG"}


def test_words_may_be_given_as_their_defaults() -> None:
    """Saying what holds anyway is no mistake."""
    settings = Settings.of(
        {"DEBUG_BOT_ANSWERS": "channel", "DEBUG_BOT_LOG_FORMAT": "console"}
    )

    assert settings == Settings.of({})


def test_a_blank_value_counts_as_not_set() -> None:
    """An `.env` often names what it leaves open."""
    settings = Settings.of({"SUPABASE_URL": "  ", "DEBUG_BOT_PORT": ""})

    assert (settings.supabase_url, settings.port) == (None, 3000)


def test_thresholds_are_the_orchestrator_s_own() -> None:
    """One `.env` serves both."""
    settings = Settings.of(
        {
            "GPU_IDLE_TIMEOUT_SEC": "300",
            "TASK_STUCK_TIMEOUT_SEC": "90.5",
            "ERROR_CLEANUP_GRACE_PERIOD_SEC": "0",
            "ORCHESTRATOR_POLL_SEC": "10",
            "MIN_ACTIVE_GPUS": "0",
        }
    )

    assert settings.thresholds == Thresholds(
        idle=timedelta(seconds=300),
        stuck=timedelta(seconds=90.5),
        error_grace=timedelta(0),
        poll=timedelta(seconds=10),
        min_active=0,
    )


@pytest.mark.parametrize(
    ("name", "value", "wanted"),
    [
        ("DEBUG_BOT_PORT", "0", "a whole number from 1 to 65535, not '0'"),
        ("DEBUG_BOT_PORT", "65536", "a whole number from 1 to 65535"),
        ("DEBUG_BOT_PORT", "http", "a whole number from 1 to 65535"),
        ("MIN_ACTIVE_GPUS", "-1", "a whole number from 0 to 100000"),
        ("GPU_IDLE_TIMEOUT_SEC", "ten", "a number of seconds, not 'ten'"),
        ("GPU_IDLE_TIMEOUT_SEC", "-1", "a number of seconds"),
        ("GPU_IDLE_TIMEOUT_SEC", "nan", "a number of seconds"),
        ("GPU_IDLE_TIMEOUT_SEC", "inf", "a number of seconds"),
        ("SUPABASE_URL", "x.supabase.co", "an address that begins with https://"),
        ("SUPABASE_URL", "https://", "an address that begins with https://"),
        ("DEBUG_BOT_ANSWERS", "thread", "channel or private, not 'thread'"),
        ("DEBUG_BOT_LOG_FORMAT", "xml", "json or console, not 'xml'"),
        ("DEBUG_BOT_LOG_LEVEL", "loud", "DEBUG, INFO, WARNING, ERROR or CRITICAL"),
        ("DEBUG_BOT_LOG_LEVEL_SLACK", "loud", "DEBUG, INFO, WARNING, ERROR or"),
    ],
)
def test_a_value_that_makes_no_sense_names_its_setting(
    name: str, value: str, wanted: str
) -> None:
    """And what it would have to be."""
    with pytest.raises(Misread) as caught:
        Settings.of({name: value})

    assert caught.value.message.startswith(f"{name} wants {wanted}")


def test_an_address_that_makes_no_sense_is_not_repeated() -> None:
    """It may hold a password."""
    with pytest.raises(Misread) as caught:
        Settings.of({"SUPABASE_URL": "postgres://me:secret@host/db"})

    assert "secret" not in caught.value.message


def test_secrets_are_not_shown() -> None:
    """Neither where settings are printed, nor where they are listed."""
    settings = Settings.of(
        {"RUNPOD_API_KEY": "rpa_ABC", "SUPABASE_SERVICE_ROLE_KEY": "eyJ"}
    )

    assert "rpa_ABC" not in repr(settings)
    assert "eyJ" not in repr(settings)
    assert the("RUNPOD_API_KEY", settings).value == "set"


def test_a_setting_tells_where_its_value_comes_from() -> None:
    """The environment outweighs `.env`, and that the code's default."""
    from_file = {"MIN_ACTIVE_GPUS": "1", "MAX_ACTIVE_GPUS": "5"}
    given = {"MAX_ACTIVE_GPUS": "6"}

    settings = Settings.of({**from_file, **given}, from_file=from_file, given=given)

    assert the("MIN_ACTIVE_GPUS", settings).origin == ".env"
    assert the("MAX_ACTIVE_GPUS", settings).origin == "environment"
    assert the("MAX_ACTIVE_GPUS", settings).value == "6"
    assert the("ORCHESTRATOR_POLL_SEC", settings).origin == "default"
    assert the("ORCHESTRATOR_POLL_SEC", settings).value == "30"
    assert the("RUNPOD_TEMPLATE_ID", settings).origin == "unset"
    assert the("RUNPOD_TEMPLATE_ID", settings).value is None


def test_what_the_orchestrator_does_not_use_is_marked() -> None:
    """A value that changes nothing should not be tuned."""
    settings = Settings.of({"TASKS_PER_GPU_THRESHOLD": "5"})

    assert not the("TASKS_PER_GPU_THRESHOLD", settings).used
    assert the("GPU_IDLE_TIMEOUT_SEC", settings).used


@pytest.mark.parametrize(
    ("given", "usual"),
    [
        ({}, "reigh"),
        ({"SUPABASE_URL": "https://x.supabase.co"}, "reigh"),
        ({"AGENTS_ROOT": "/x"}, "agents"),
        ({"OCTOLLM_REFLEX_URL": "http://reflex:8080"}, "octollm"),
        ({"AGENTS_TZ": "UTC", "OCTOLLM_URL": "http://orchestrator"}, "octollm"),
        ({"AGENTS_ROOT": "/x", "OCTOLLM_URL": "http://orchestrator"}, "reigh"),
        ({"AGENTS_ROOT": "/x", "RUNPOD_API_KEY": "rpa_X"}, "reigh"),
        ({"AGENTS_ROOT": "/x", "DEBUG_BOT_SYSTEM": "reigh"}, "reigh"),
    ],
)
def test_the_only_system_that_is_set_up_is_the_usual_one(
    given: dict[str, str], usual: str
) -> None:
    """Unless another one is named; of several it is Reigh's."""
    assert Settings.of(given).system == usual


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Give one test an environment of its own, empty."""
    given: dict[str, str] = {}
    monkeypatch.setattr("os.environ", given)
    return given


def test_settings_without_a_file(environment: dict[str, str], tmp_path: Path) -> None:
    """The environment alone is enough."""
    environment["DEBUG_BOT_PORT"] = "4000"

    settings = Settings.read(env_file=tmp_path / ".env")

    assert settings.port == 4000


def test_a_file_fills_in_what_is_not_set(
    environment: dict[str, str], tmp_path: Path
) -> None:
    """What is set wins, also where it was set to nothing."""
    environment["DEBUG_BOT_PORT"] = "4000"
    environment["RUNPOD_API_KEY"] = ""
    file = tmp_path / ".env"
    file.write_text(
        "DEBUG_BOT_PORT=5000\nDEBUG_BOT_HOST='::1'\nRUNPOD_API_KEY=k\nMAX_ACTIVE_GPUS=\n"
    )

    settings = Settings.read(env_file=file)

    assert (settings.port, settings.host) == (4000, "::1")
    assert settings.runpod_api_key is None
    assert the("MAX_ACTIVE_GPUS", settings).origin == "default"


def test_a_file_reaches_what_reads_the_environment_itself(
    environment: dict[str, str], tmp_path: Path
) -> None:
    """RunPod's SDK knows only its own variable."""
    file = tmp_path / ".env"
    file.write_text("RUNPOD_API_BASE_URL=http://127.0.0.1:9\n")

    Settings.read(env_file=file)

    assert environment["RUNPOD_API_BASE_URL"] == "http://127.0.0.1:9"


@pytest.mark.usefixtures("environment")
def test_the_file_is_looked_for_where_the_bot_was_started(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """It is called `.env`."""
    (tmp_path / ".env").write_text("DEBUG_BOT_PORT=5000\n")
    monkeypatch.chdir(tmp_path)

    assert Settings.read().port == 5000


def test_an_env_file_that_is_no_text_is_named(tmp_path: Path) -> None:
    """As one line."""
    path = tmp_path / ".env"
    path.write_bytes(b"SUPABASE_URL=https://caf\xe9.test\n")

    with pytest.raises(Misread, match="cannot be read: UnicodeDecodeError"):
        Settings.read(env_file=path)


@pytest.mark.parametrize("name", ["DEBUG_BOT_PORT", "MIN_ACTIVE_GPUS"])
def test_a_number_of_very_many_digits_is_refused(name: str) -> None:
    """Reading it would be refused by Python itself."""
    with pytest.raises(Misread, match=f"{name} wants a whole number"):
        Settings.of({name: "9" * 5000})


def test_the_ledger_is_a_file_of_the_user_unless_it_is_set() -> None:
    """Where such files belong on their machine."""
    settings = Settings.of({"XDG_STATE_HOME": "/var/lib"})

    assert settings.state_url == "sqlite:////var/lib/debug-bot/ledger.sqlite3"
    assert settings.policy is None


def test_the_ledger_s_default_is_below_the_home_folder() -> None:
    """For a shell on a laptop."""
    url = Settings.of({}).state_url

    assert url.startswith(f"sqlite:///{Path.home()}")


@pytest.mark.parametrize("url", ["mysql://a/b", "sqlite://a", "ledger.sqlite3"])
def test_another_kind_of_ledger_is_refused(url: str) -> None:
    """Without repeating it: it may hold a password."""
    with pytest.raises(Misread, match="DEBUG_BOT_STATE_URL wants") as refused:
        Settings.of({"DEBUG_BOT_STATE_URL": url})

    assert url not in refused.value.message


def test_alerts_are_off_until_a_channel_is_named() -> None:
    """All else has a default."""
    alerting = Settings.of({}).alerting

    assert alerting == Alerting()
    assert alerting.channel is None
    assert alerting.digest == time(7, 0, tzinfo=UTC)


def test_every_setting_of_alerts_is_read() -> None:
    """Where, how often, from what price and share on, and when the digest comes."""
    values = {
        "DEBUG_BOT_ALERTS_CHANNEL": "C01ALERTS",
        "DEBUG_BOT_ALERTS_EVERY": "30",
        "DEBUG_BOT_ALERTS_PODS_USD": "2.5",
        "DEBUG_BOT_ALERTS_FAILURE_RATE": "1",
        "DEBUG_BOT_ALERTS_DIGEST": "6:30",
    }

    assert Settings.of(values).alerting == Alerting(
        channel="C01ALERTS",
        every=timedelta(seconds=30),
        pods_usd=2.5,
        failure_rate=1.0,
        digest=time(6, 30, tzinfo=UTC),
    )
    never = Settings.of({"DEBUG_BOT_ALERTS_DIGEST": "Never"})
    assert never.alerting.digest is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DEBUG_BOT_ALERTS_CHANNEL", "#ops"),
        ("DEBUG_BOT_ALERTS_EVERY", "0"),
        ("DEBUG_BOT_ALERTS_EVERY", "3600"),
        ("DEBUG_BOT_ALERTS_PODS_USD", "-1"),
        ("DEBUG_BOT_ALERTS_FAILURE_RATE", "0"),
        ("DEBUG_BOT_ALERTS_FAILURE_RATE", "50"),
        ("DEBUG_BOT_ALERTS_DIGEST", "24:00"),
        ("DEBUG_BOT_ALERTS_DIGEST", "7"),
    ],
)
def test_a_setting_of_alerts_that_makes_no_sense_is_named(
    name: str, value: str
) -> None:
    """With what it wants."""
    with pytest.raises(Misread, match=f"^{name} wants .*, not '{value}'"):
        Settings.of({name: value})


@pytest.mark.parametrize(
    ("given", "emoji"),
    [
        ({}, "pushpin"),
        ({"DEBUG_BOT_PIN_EMOJI": ":Memo:"}, "memo"),
        ({"DEBUG_BOT_PIN_EMOJI": "+1"}, "+1"),
    ],
)
def test_an_emoji_is_named_with_or_without_colons(
    given: dict[str, str], emoji: str
) -> None:
    """As people copy it."""
    assert Settings.of(given).pin_emoji == emoji


def test_what_is_no_emoji_is_refused() -> None:
    """Rather than waited for in vain."""
    with pytest.raises(Misread, match="DEBUG_BOT_PIN_EMOJI wants an emoji's name"):
        Settings.of({"DEBUG_BOT_PIN_EMOJI": "push pin"})


def test_without_a_folder_there_are_no_agents() -> None:
    """Their other settings mean nothing then."""
    assert Settings.of({"AGENTS_TZ": "UTC"}).agents is None


def test_the_agents_folder_is_read_with_its_zone() -> None:
    """Patterns have commas between them, and maybe spaces."""
    settings = Settings.of(
        {
            "AGENTS_ROOT": "/srv/shared",
            "AGENTS_TZ": "Europe/Berlin",
            "AGENTS_LOG_GLOBS": "logs/*.log, old/*.log,",
            "AGENTS_CONFIG": "agents/other.json",
        }
    )

    assert settings.agents == AgentsFolder(
        root=Path("/srv/shared"),
        zone=ZoneInfo("Europe/Berlin"),
        log_globs=("logs/*.log", "old/*.log"),
        config=Path("agents/other.json"),
    )


def test_a_folder_without_a_zone_is_known_but_cannot_be_read() -> None:
    """Only a question to the agents needs it."""
    assert Settings.of({"AGENTS_ROOT": "/srv"}).agents == AgentsFolder(
        root=Path("/srv")
    )


@pytest.mark.parametrize("zone", ["Berlin", "Europe", "../etc/passwd", "+02:00"])
def test_a_zone_that_is_none_is_refused(zone: str) -> None:
    """A wrong one would make every age wrong by hours."""
    with pytest.raises(Misread, match="AGENTS_TZ wants a time zone"):
        Settings.of({"AGENTS_ROOT": "/srv", "AGENTS_TZ": zone})


def test_the_agents_log_levels_are_declared() -> None:
    """All four, with what the environment of this process says."""
    settings = Settings.of({"GPU_LOG_LEVEL": "DEBUG"})

    assert {each.name: each.value for each in settings.agents_programs} == {
        "BRAIN_LOG_LEVEL": "INFO",
        "GPU_LOG_LEVEL": "DEBUG",
        "WORKER_LOG_LEVEL": "INFO",
        "EXECUTOR_LOG_LEVEL": "INFO",
    }


def test_without_any_part_there_is_no_octollm() -> None:
    """Its sources are then left out."""
    assert Settings.of({}).octo is None


def test_the_parts_of_an_octollm_are_read() -> None:
    """Lists are of names and values, whichever driver the database names."""
    settings = Settings.of(
        {
            "OCTOLLM_URL": "http://orchestrator:8000/",
            "OCTOLLM_REFLEX_URL": "http://reflex:8080",
            "OCTOLLM_ARMS": "coder=http://coder:8003/, judge = http://judge:8004,",
            "OCTOLLM_DATABASE_URL": "postgresql+asyncpg://u:p@db/octollm",
            "OCTOLLM_LOG_GLOBS": "orchestrator=/var/log/a*.log,reflex-layer=/b.log",
            "OCTOLLM_TZ": "Europe/Berlin",
            "OCTOLLM_PROMETHEUS_URL": "http://prometheus:9090",
        }
    )

    assert settings.octo == Octo(
        url="http://orchestrator:8000",
        reflex_url="http://reflex:8080",
        arms=(("coder", "http://coder:8003"), ("judge", "http://judge:8004")),
        database_url="postgresql://u:p@db/octollm",
        log_globs=(("orchestrator", "/var/log/a*.log"), ("reflex-layer", "/b.log")),
        zone=ZoneInfo("Europe/Berlin"),
        prometheus_url="http://prometheus:9090",
    )
    assert "u:p" not in repr(settings)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("OCTOLLM_ARMS", "http://me:secret@coder"),
        ("OCTOLLM_ARMS", "coder=secret"),
        ("OCTOLLM_LOG_GLOBS", "/var/log/secret.log"),
        ("OCTOLLM_LOG_GLOBS", "a b=/secret.log"),
        ("OCTOLLM_DATABASE_URL", "mysql://u:secret@db"),
        ("OCTOLLM_TZ", "Mars"),
        ("OCTOLLM_URL", "secret"),
    ],
)
def test_an_octollm_s_value_that_makes_no_sense_names_its_setting(
    name: str, value: str
) -> None:
    """And repeats nothing that may be a password."""
    with pytest.raises(Misread) as caught:
        Settings.of({name: value})

    assert caught.value.message.startswith(f"{name} wants")
    assert "secret" not in caught.value.message


def test_an_engine_that_keeps_lines_is_read() -> None:
    """With the systems whose lines it keeps; most have a default."""
    least = {"CLICKHOUSE_URL": "https://ch:8443/", "CLICKHOUSE_SYSTEMS": "octollm"}
    more = {
        "CLICKHOUSE_USER": "me",
        "CLICKHOUSE_PASSWORD": "made up",
        "CLICKHOUSE_TABLE": "observed.lines",
        "CLICKHOUSE_SYSTEMS": "octollm, agents,",
    }

    assert Settings.of({}).clickhouse is None
    assert Settings.of(least).clickhouse == ClickHouse(
        url="https://ch:8443", systems=("octollm",)
    )
    assert Settings.of(least | more).clickhouse == ClickHouse(
        url="https://ch:8443",
        systems=("octollm", "agents"),
        user="me",
        password="made up",
        table="observed.lines",
    )
    assert "made up" not in repr(Settings.of(least | more))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CLICKHOUSE_SYSTEMS", ""),
        ("CLICKHOUSE_SYSTEMS", "octolm"),
        ("CLICKHOUSE_TABLE", "logs; DROP TABLE logs"),
        ("CLICKHOUSE_TABLE", "a.b.c"),
        ("CLICKHOUSE_TABLE", "`logs`"),
        ("CLICKHOUSE_URL", "clickhouse://ch:9000"),
    ],
)
def test_an_engine_that_makes_no_sense_is_named(name: str, value: str) -> None:
    """By its setting: nothing is read from elsewhere in silence."""
    values = {"CLICKHOUSE_URL": "http://ch:8123", "CLICKHOUSE_SYSTEMS": "octollm"}

    with pytest.raises(Misread, match=f"{name} wants"):
        Settings.of({**values, name: value})


def test_what_octollm_s_programs_read_is_told_with_what_has_no_effect() -> None:
    """An address of a database is said to be set, and not repeated."""
    settings = Settings.of(
        {
            "ORCHESTRATOR_DEBUG": "true",
            "DATABASE_URL": "postgresql://me:secret@there/octollm",
        }
    )
    told = {each.name: each for each in settings.octo_programs}

    assert told["ORCHESTRATOR_DEBUG"].value == "true"
    assert told["ORCHESTRATOR_DATABASE_POOL_SIZE"].value == "10"
    assert (told["DATABASE_URL"].value, told["DATABASE_URL"].used) == ("set", False)
    assert "secret" not in repr(settings.octo_programs)


def test_all_that_is_wrong_is_told_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each once; of settings that need each other, what is missing."""
    monkeypatch.setenv("DEBUG_BOT_PORT", "many")
    monkeypatch.setenv("DEBUG_BOT_LOG_LEVEL", "loud")
    monkeypatch.setenv("DEBUG_BOT_LOG_LEVEL_SLACK", "louder")
    monkeypatch.setenv("CLICKHOUSE_URL", "http://clickhouse:8123")
    file = tmp_path / ".env"
    file.write_text("AGENTS_ROOT=/mnt/shared\nAGENTS_TZ=Nowhere\n")

    assert [each.message.split()[0] for each in Settings.faults(env_file=file)] == [
        "DEBUG_BOT_PORT",
        "DEBUG_BOT_LOG_LEVEL",
        "DEBUG_BOT_LOG_LEVEL_SLACK",
        "AGENTS_TZ",
        "CLICKHOUSE_SYSTEMS",
    ]


def test_a_line_that_sets_nothing_is_named_with_its_file(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Once, and the other lines are read; the library's own words name no file."""
    file = tmp_path / ".env"
    file.write_text("DEBUG_BOT_PORT=5000\nSUPABASE_URL https://x.example\n")

    settings = Settings.read(env_file=file)

    assert settings.port == 5000
    assert caplog.messages == [
        f"debug-bot: {file}: line 2 sets nothing, and is left out (it wants NAME=value)"
    ]
    [fault] = Settings.faults(env_file=file)
    assert fault.message == f"{file}: line 2 sets nothing"
