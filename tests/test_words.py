# ruff: noqa: RUF001  the quotes and dashes that chat programs type are the point
import shlex
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from bot import command
from bot.command import Asked, Command
from bot.domain.access import Access
from bot.domain.errors import Misread, Missing
from bot.domain.report import Report
from bot.keyboard import words_of
from bot.queries import book
from bot.words import Reading, read
from tests.world import NOW, ago


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskQuery:
    id: str = command.identifier("the task", listed_by="tasks --hours 2")
    logs_only: bool = command.switch("only its lines")
    hours: float = command.hours()


@dataclass(frozen=True, slots=True, kw_only=True)
class LogsQuery:
    search: str | None = command.text("what to find", meta="TEXT")
    level: str | None = command.argument(
        "how bad", meta="L", read=command.any_text, default=None
    )
    since: datetime | None = command.since()
    hours: float = command.hours()
    limit: int = command.limit(100, most=1000, what="lines")


@dataclass(frozen=True, slots=True, kw_only=True)
class HelpQuery:
    about: str | None = command.word("which command", meta="COMMAND")


@dataclass(frozen=True, slots=True, kw_only=True)
class NoQuery:
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceQuery:
    id: str = command.identifier("the request")


async def answer(query: Any, asked: Asked) -> Report:
    return Report(summary="fine")


def a_command(name: str, query: type[Any], *, hidden: bool = False) -> Command:
    return Command(name=name, answers="?", query=query, handler=answer, hidden=hidden)


COMMANDS = {
    each.name: each
    for each in (
        a_command("task", TaskQuery),
        a_command("logs", LogsQuery),
        a_command("health", NoQuery),
        a_command("runpod", NoQuery),
        a_command("runpod terminate", TaskQuery),
        a_command("trace", TraceQuery),
        a_command("help", HelpQuery),
        replace(a_command("freeze", NoQuery), access=Access.CHANGE),
        a_command("what", TaskQuery, hidden=True),
    )
}


def understood(text: str) -> Reading:
    """Return what a line of words means, as typed in Slack."""
    return read(words_of(text), COMMANDS, NOW)


def query_of(text: str) -> dict[str, Any]:
    """Return the arguments that a line of words gives."""
    query: Any = understood(text).query
    return asdict(query)


def misread(text: str) -> Misread:
    """Return why a line of words could not be read."""
    with pytest.raises(Misread) as caught:
        understood(text)
    return caught.value


# --- from words to a command --------------------------------------------------------


@pytest.mark.parametrize(
    "text", ["debug-bot task 4134", "$ debug-bot task 4134", "$ task 4134"]
)
def test_what_a_shell_begins_with_is_passed_over(text: str) -> None:
    """People copy it from an answer into a chat."""
    assert understood(text) == understood("task 4134")


@pytest.mark.parametrize("text", ["debug-bot", "$"])
def test_the_program_alone_asks_for_help(text: str) -> None:
    """As no words do."""
    assert understood(text) == understood("")


def test_a_command_with_its_arguments() -> None:
    """What is not given has its default."""
    reading = understood("task 41345358 --logs-only")

    assert reading.command.name == "task"
    assert reading.query == TaskQuery(id="41345358", logs_only=True)
    assert reading.words == ("task", "41345358", "--logs-only")
    assert not reading.notes


@pytest.mark.parametrize("text", ["", "-h", "--help", "—help", "--help --help"])
def test_no_words_ask_for_help(text: str) -> None:
    """And so does asking for it alone."""
    reading = understood(text)

    assert (reading.command.name, reading.query) == ("help", HelpQuery())


@pytest.mark.parametrize(
    "text",
    [
        "help task",
        "task --help",
        "--help task",
        "-h task",
        "task 4134 --help",
        "task --hours 2 -h",
        "TASK --no-such-flag --help",
    ],
)
def test_help_may_stand_anywhere(text: str) -> None:
    """Nothing else of the line matters then."""
    reading = understood(text)

    assert (reading.command.name, reading.query) == ("help", HelpQuery(about="task"))


@pytest.mark.parametrize(
    "text", ["--system agents health", "--json --system agents health --hours 2"]
)
def test_flags_may_stand_before_the_command(text: str) -> None:
    """With their values, of which none is the command."""
    reading = read(text.split(), book(), NOW)

    assert (reading.command.name, reading.common.system) == ("health", "agents")


def test_a_flag_without_its_value_takes_no_command_for_one() -> None:
    """It is the value that is missing."""
    with pytest.raises(Misread, match="--system wants a value"):
        read(["--system", "health"], book(), NOW)


def test_help_about_a_subcommand() -> None:
    """Both its words are its name."""
    assert query_of("runpod terminate --help") == {"about": "runpod terminate"}


def test_help_beside_an_id_is_help() -> None:
    """There is no command to explain."""
    assert understood("41345358 --help").query == HelpQuery()


def test_help_may_be_private_and_json() -> None:
    """The common flags hold for help as well."""
    reading = understood("task --help --json --private")

    assert reading.query == HelpQuery(about="task")
    assert reading.common.json
    assert reading.common.private


def test_common_flags_without_a_command_belong_to_help() -> None:
    """There is nothing else that they could belong to."""
    reading = understood("--json")

    assert (reading.command.name, reading.common.json) == ("help", True)


def test_a_flag_without_a_command_is_not_passed_over() -> None:
    """It was meant for something."""
    assert misread("--jsn").message == "help has no flag --jsn"


@pytest.mark.parametrize("text", ["Health", "HEALTH", "--json health", "`health`"])
def test_a_command_is_known_by_its_word(text: str) -> None:
    """Whatever its case and the switches before it."""
    assert understood(text).command.name == "health"


def test_a_subcommand_is_known_by_both_words() -> None:
    """Whatever their case."""
    reading = understood("Runpod TERMINATE abc1 --hours 2")

    assert reading.command.name == "runpod terminate"
    assert reading.words == ("runpod", "terminate", "abc1", "--hours", "2")


def test_a_flag_s_value_is_no_subcommand() -> None:
    """Only the very next word is."""
    assert misread("runpod --system x terminate").message == (
        "runpod has no use for 'terminate'"
    )


@pytest.mark.parametrize(
    "id",
    [
        "41345358",
        "gpu-20260131_110000-0a1b2c3d",
        "abcdef-abc",
        "deadbeef",
        "api-worker",
        "agents:deadbeef",
    ],
)
def test_an_id_alone_is_investigated(id: str) -> None:
    """It is told from a typo by its digits, its dashes or its hex letters."""
    reading = understood(f"{id} --hours 2")

    assert reading.command.name == "what"
    assert reading.words == (id, "--hours", "2")


@pytest.mark.parametrize("id", ["w1", "rack/7", "ärger-7"])
def test_a_worker_of_any_name_alone_is_investigated(id: str) -> None:
    """A digit tells it from a typo; what is only digits or only letters is one."""
    reading = read([id], book(), NOW)

    assert reading.command.name == "what"
    assert shlex.split(" ".join(reading.words)) == [id]
    for typo in ("7", "größe", "rack 7"):
        with pytest.raises(Misread, match=f"no command is called '{typo}'"):
            read([typo], book(), NOW)


def test_a_link_that_ends_in_an_id_is_investigated() -> None:
    """As people paste it; another address is none."""
    reading = understood("https://x.test/tasks/41345358-0000-4000-8000-000000000001")

    assert reading.words == ("41345358-0000-4000-8000-000000000001",)
    assert "no command is called" in misread("https://x.test/about").message


@pytest.mark.parametrize(
    "id",
    [
        *("coder", "judge", "brain", "safety-guardian", "reflex-layer", "judge-arm"),
        *("octollm:judge", "octollm:orchestrator", "agents:brain", "odd.dot:colon@at"),
    ],
)
def test_a_name_without_a_digit_is_an_id_where_it_can_be_nothing_else(id: str) -> None:
    """Workers and services are called so."""
    reading = understood(f"{id} --system octollm")

    assert reading.command.name == "what"
    assert reading.words[0] == id


@pytest.mark.parametrize("typo", ["runpod_terminate", "run.pod", "log:s", "health@"])
def test_what_is_near_a_command_is_rather_a_typo_of_it(typo: str) -> None:
    """Whatever signs are in it."""
    error = misread(typo)

    assert error.message == f"no command is called '{typo}'"


@pytest.mark.parametrize(
    ("typo", "meant"),
    [("helth", "health"), ("lgos", "logs"), ("run-pod", "runpod")],
)
def test_a_mistyped_command_gets_the_nearest_word(typo: str, meant: str) -> None:
    """Rather than an investigation of what is no id."""
    error = misread(f"{typo} 4134")

    assert error.message == f"no command is called '{typo}'"
    assert error.hint == f"did you mean '{meant}'? help lists all"
    assert error.meant == ""


@pytest.mark.parametrize(
    ("text", "message", "meant"),
    [
        ("taks 4134", "no command is called 'taks'", "task 4134"),
        ("--json helth", "no command is called 'helth'", "--json health"),
        (
            "logs --hours 2 oom",
            "logs has no use for 'oom'",
            "logs --search oom --hours 2",
        ),
        ("why is task 4134 slow?", "no command is called 'why'", "task 4134"),
        ("why did 41345358 fail", "no command is called 'why'", "41345358"),
        ("please freeze it", "no command is called 'please'", None),
        ("health 4134", "health has no use for '4134'", None),
        ("status", "no command is called 'status'", "health"),
        ("pod", "no command is called 'pod'", "runpod"),
        ("runpod terminat 4134", "runpod has no use for", "runpod terminate 4134"),
        ("task --level ERROR", "task has no flag --level", None),
    ],
)
def test_a_line_that_was_meant_is_told_whole(
    text: str, message: str, meant: str | None
) -> None:
    """If the rest of it fits one command that is called alike."""
    error = misread(text)

    assert error.message.startswith(message)
    assert error.meant == (meant or "")
    assert error.hint.startswith(f"did you mean '{meant}'? ") is bool(meant)
    assert error.hint.count("did you mean") == int(bool(meant))


def test_a_search_without_its_flag_is_understood_as_one() -> None:
    """All of its words."""
    error = misread("logs out of memory")

    assert error.meant == "logs --search 'out of memory'"
    assert error.hint.startswith("did you mean 'logs --search 'out of memory''? usage")


@pytest.mark.parametrize(
    "word", ["xyzzy", "bogus", "stats", "413", "4134*", "what", "face it"]
)
def test_a_word_that_is_near_to_nothing(word: str) -> None:
    """The hidden command has no name that could be typed."""
    error = misread(f"'{word}'")

    assert error.message == f"no command is called '{word}'"
    assert error.hint == "help lists all"


def test_without_investigation_an_id_is_no_command() -> None:
    """Where no command takes it."""
    commands = {name: each for name, each in COMMANDS.items() if name != "what"}

    with pytest.raises(Misread, match="no command is called '41345358'"):
        read(["41345358"], commands, NOW)


# --- flags and values ---------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "task 4134 --logs-only --hours 2",
        "task 4134 --hours=2 --logs-only",
        "task --hours 2 4134 --logs-only",
        "task 4134 —logs-only —hours 2",
        "task 4134 –logs-only ―hours=2",
        "task 4134 -logs-only ---hours 2",
        "task 4134 --logs_only --HOURS 2",
    ],
)
def test_a_flag_is_known_however_a_keyboard_wrote_it(text: str) -> None:
    """Before or after the id, with an equals sign or not."""
    assert query_of(text) == {"id": "4134", "logs_only": True, "hours": 2.0}


def test_the_common_flags_hold_for_every_command() -> None:
    """They are no arguments of its own."""
    reading = understood("health --json --private --system reigh")

    assert (reading.common.json, reading.common.private) == (True, True)
    assert reading.common.system == "reigh"
    assert reading.words == ("health",)


def test_hours_are_taken_and_noted_where_they_make_no_difference() -> None:
    """Habit types them everywhere."""
    reading = understood("health --hours 2")

    assert reading.notes == ("--hours makes no difference to health",)


def test_hours_are_checked_where_they_make_no_difference() -> None:
    """A bad value stays a bad value."""
    assert misread("health --hours two").message.startswith("--hours wants a number")


@pytest.mark.parametrize(
    ("typo", "hint"),
    [
        ("--log-only", "did you mean '--logs-only'? usage: task ID"),
        ("--hour=2", "did you mean '--hours'? usage: task ID"),
        ("--jason", "did you mean '--json'? usage: task ID"),
        ("--xyzzy", "usage: task ID"),
        ("--bogus", "usage: task ID"),
        ("--log", "did you mean '--logs-only'? usage: task ID"),
        ("--lo", "usage: task ID"),
        ("--since", "how far back it looks is --hours N, such as --hours 2; usage"),
        ("--since=2h", "how far back it looks is --hours N, such as --hours 2; "),
    ],
)
def test_a_mistyped_flag_gets_the_nearest_word(typo: str, hint: str) -> None:
    """And the usage of its command."""
    error = misread(f"task 4134 {typo}")

    assert error.message == f"task has no flag {typo.partition('=')[0]}"
    assert error.hint.startswith(hint)


def test_a_flag_of_another_command_is_refused() -> None:
    """It would be passed over silently otherwise."""
    assert misread("health --limit 3").message == "health has no flag --limit"


def test_a_positional_has_no_flag() -> None:
    """`--id` is not how the id is given."""
    assert misread("task --id 4134").message == "task has no flag --id"


def test_an_id_alone_has_no_name_to_complain_with() -> None:
    """The hidden command is not spoken of."""
    assert misread("41345358 --xyzzy").message == "an id alone has no flag --xyzzy"
    assert misread("41345358 4134").message == "an id alone has no use for '4134'"


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("4134 5358", "4134 or 5358"),
        ("41345358 gpu-1 51345358", "41345358 or gpu-1 or 51345358"),
        ("41345358 and 51345358", "41345358 or 51345358"),
    ],
)
def test_of_several_ids_none_is_guessed(text: str, ids: str) -> None:
    """Half of an id that was parted would be about something else."""
    error = misread(text)

    assert not error.meant
    assert error.hint == (
        f"one id at a time: {ids}? if it is one, write it without the blank"
    )


def test_what_follows_an_id_is_no_question_of_its_own() -> None:
    """Asked alone it would leave out what was asked about."""
    error = misread("41345358 health")

    assert not error.meant
    assert error.hint.startswith("usage: ")


@pytest.mark.parametrize("text", ["logs --search", "logs --search --hours 2"])
def test_a_missing_value_is_named(text: str) -> None:
    """At the end as well as before the next flag."""
    error = misread(text)

    assert error.message == "--search wants a value: --search TEXT"
    assert error.hint == "what to find"


@pytest.mark.parametrize(
    ("flag", "example"),
    [("--since", "90m"), ("--hours", "2"), ("--limit", "50")],
)
def test_a_missing_value_is_told_by_example(flag: str, example: str) -> None:
    """Nobody knows by heart how a time is written."""
    reader = understood(f"logs {flag} {example}")

    assert reader.command.name == "logs"
    told = f"{flag} wants a value, such as {flag} {example}"
    assert misread(f"logs {flag}").message == told


@pytest.mark.parametrize("value", ["--hours", "-foo", "—"])
def test_a_value_that_looks_like_a_flag_stands_after_an_equals_sign(value: str) -> None:
    """Then it is taken as it is."""
    assert query_of(f"logs --search={value}")["search"] == value


def test_two_dashes_alone_are_a_value() -> None:
    """They are no flag."""
    assert query_of("logs --search --")["search"] == "--"


@pytest.mark.parametrize(
    "text", ["task 4134 --hours 2 --hours 3", "task 4134 —hours=2 --HOURS=2"]
)
def test_a_flag_that_is_given_twice_is_refused(text: str) -> None:
    """Nobody knows which was meant."""
    assert misread(text).message == "--hours is given twice"


def test_a_switch_takes_no_value() -> None:
    """`--json=false` would be read as yes by some and as no by others."""
    assert misread("health --json=false").message == "--json takes no value"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("task 4134 --hours -5", "--hours wants a number from above 0"),
        ("task 4134 --hours=", "--hours must not be empty"),
        ("logs --limit 0", "--limit wants a whole number from 1 to 1000"),
        ("logs --search ''", "--search must not be empty"),
        ("logs --search '  '", "--search must not be empty"),
        ("logs --since never", "'never' is not a time"),
        ("task 413", "'413' is too short for an id"),
    ],
)
def test_a_bad_value_is_refused(text: str, message: str) -> None:
    """Before anything is asked."""
    assert misread(text).message.startswith(message)


@pytest.mark.parametrize("hours", ["2", "24"])
def test_a_window_begins_once(hours: str) -> None:
    """Also where the number of hours is the usual one."""
    error = misread(f"logs --since 2h --hours {hours}")

    assert error.message == (
        "--since and --hours both say where to begin: give one of them"
    )


def test_a_missing_id_is_named() -> None:
    """With the command that lists some, and for a door that can ask for it."""
    error = misread("task --logs-only")

    assert error.message == "task wants ID: the task"
    assert error.hint == "recent ones: tasks --hours 2"
    assert isinstance(error, Missing)
    assert (error.command, error.argument) == ("task", "id")
    assert error.listed_by == "tasks --hours 2"


def test_what_nothing_lists_is_missed_with_the_usage() -> None:
    """So that the line says at least how it is typed."""
    assert misread("trace").hint == "usage: trace ID"


def test_a_word_too_many_is_named() -> None:
    """The first of them."""
    error = misread("task 4134 and more")

    assert error.message == "task has no use for 'and'"
    assert error.hint == "usage: task ID [--logs-only] [--hours N]"


@pytest.mark.parametrize(
    ("typed", "at"),
    [
        ("90m", ago(minutes=90)),
        ("09:30", NOW.replace(hour=9, minute=30)),
        ("2026-01-31T09:30", NOW.replace(hour=9, minute=30)),
        ("2026-01-31T10:30+01:00", NOW.replace(hour=9, minute=30)),
    ],
)
def test_times_are_read(typed: str, at: datetime) -> None:
    """Ages, times of today, and ISO with and without a zone."""
    assert query_of(f"logs --since {typed}")["since"] == at


# --- as understood ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("LOGS —limit=5", "logs --limit 5"),
        ("logs --since 2h", "logs --since 2026-01-31T10:00:00Z"),
        ("logs --search “two words”", "logs --search 'two words'"),
        ("logs --search=--flag", "logs --search=--flag"),
        ("logs --search='—a b'", "logs --search='—a b'"),
        ("logs --hours 0.000010", "logs --hours 0.00001"),
        ("logs --hours 1234.123456", "logs --hours 1234.123456"),
        ("task 41345358… --json", "task 41345358"),
    ],
)
def test_the_command_as_understood(text: str, words: str) -> None:
    """One proper spelling, with times made absolute and common flags left out."""
    assert " ".join(understood(text).words) == words


def says(words: Sequence[str]) -> Reading | None:
    """Return what the words mean, or None where that is not known."""
    try:
        return read(words, COMMANDS, NOW)
    except Misread:
        return None


PIECES = st.one_of(
    st.text(max_size=12),
    st.sampled_from(
        [
            *("task", "logs", "health", "runpod", "terminate", "help", "what"),
            *("--help", "-h", "--json", "--hours", "--search", "--since", "--limit"),
            *("—hours", "–search", "--logs-only", "--search=", "--hours=", "--", "-"),
            *("41345358", "gpu-1", "90m", "14:30", "2026-01-31T12:00", "2", "0.00001"),
            *("'", '"', "“", "`", "\\", "<https://x|y>", "<@U1>", "&amp;", "\u00a0"),
            *("--search='a b'", "'--x y'", "—a", "-foo"),
        ]
    ),
)
LINES = st.one_of(st.text(), st.lists(PIECES, max_size=8).map(" ".join))


@given(text=LINES)
def test_any_line_is_a_question_or_a_misreading(text: str) -> None:
    """Never anything else, whatever is typed."""
    says(words_of(text))


@given(words=st.lists(PIECES, max_size=8))
def test_any_words_of_a_shell_are_a_question_or_a_misreading(words: list[str]) -> None:
    """A shell hands over words that no line could give."""
    says(words)


VALUES = {
    "--search": st.text(min_size=1).filter(str.strip),
    "--level": st.text(),
    "--since": st.sampled_from(["90m", "14:30", "2026-01-31T12:00:00.5+02:00"]),
    "--hours": st.decimals("0.000001", 8784, places=6).map("{:f}".format),
    "--limit": st.integers(1, 1000).map(str),
}
QUESTIONS = st.one_of(
    st.lists(st.sampled_from(sorted(VALUES)), unique=True)
    .flatmap(
        lambda flags: st.tuples(*(st.tuples(st.just(f), VALUES[f]) for f in flags))
    )
    .map(lambda pairs: ["logs", *("=".join(pair) for pair in pairs)]),
    st.text().map(lambda about: ["help", about]),
    st.from_regex(r"[0-9a-f]{4,36}", fullmatch=True).map(lambda each: ["task", each]),
    st.from_regex(r"gpu-[0-9]{8}", fullmatch=True).map(lambda each: [each, "--json"]),
)


@given(words=QUESTIONS)
def test_words_as_understood_read_the_same_again(words: list[str]) -> None:
    """Typed into a shell, or sent back by a button."""
    once = says(words)
    assume(once is not None)
    assert once is not None

    again = read(shlex.split(" ".join(once.words)), COMMANDS, NOW)

    assert (again.command, again.query) == (once.command, once.query)
    assert again.words == once.words


_ODD_SPACES: Final = "\u00a0\u2007\u202f\u200b\u2060"
_PLAIN: Final = st.characters(exclude_characters="&<>`“”„‟«»‘’‚‛" + _ODD_SPACES)


# Some seeds begin with a run of texts that are no search, such as blanks alone.
@settings(suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow])
@given(search=st.text(_PLAIN, min_size=1))
def test_words_as_understood_read_the_same_in_slack(search: str) -> None:
    """Copied from an answer into the next question."""
    once = says(["logs", f"--search={search}"])
    assume(once is not None)
    assert once is not None

    assert says(words_of(" ".join(once.words))) == once


def test_a_backslash_is_meant_as_one() -> None:
    """People type Windows paths and patterns, not escapes."""
    assert words_of(r"logs --search C:\temp\x") == ["logs", "--search", r"C:\temp\x"]


@dataclass(frozen=True, slots=True, kw_only=True)
class EndQuery:
    dry_run: bool = command.switch("only look")
    pods: tuple[str, ...] = command.words("which pods", meta="POD")


ENDS = {
    "runpod": Command(name="runpod", answers="?", query=NoQuery, handler=answer),
    "runpod end": Command(
        name="runpod end", answers="?", query=EndQuery, handler=answer
    ),
}


def ends(line: str) -> Reading:
    return read(words_of(line), ENDS, NOW)


@pytest.mark.parametrize(
    ("line", "pods"),
    [
        ("runpod end", ()),
        ("runpod end abcd", ("abcd",)),
        ("runpod end abcd --dry-run efgh", ("abcd", "efgh")),
    ],
)
def test_all_words_that_are_left_may_belong_together(
    line: str, pods: tuple[str, ...]
) -> None:
    """None, one, or several."""
    query = ends(line).query
    assert isinstance(query, EndQuery)

    assert query.pods == pods


def test_many_words_are_typed_again_as_they_are() -> None:
    """What was understood reads the same again."""
    assert ends("runpod end efgh abcd").words == ("runpod", "end", "efgh", "abcd")


def test_each_of_many_words_is_checked() -> None:
    """As an id alone would be."""
    with pytest.raises(Misread, match="too short"):
        ends("runpod end abcd x")


@pytest.mark.parametrize("line", ["runpod --end", "--end runpod", "runpod —end"])
def test_a_flag_may_stand_for_the_longer_command(line: str) -> None:
    """People know it so from other tools."""
    assert ends(line).command.name == "runpod end"


def test_another_flag_does_not() -> None:
    """It is refused as before."""
    with pytest.raises(Misread, match="has no flag --stop"):
        ends("runpod --stop")


def test_flags_about_pictures_are_common_and_not_repeated() -> None:
    """Where they make no sense, the desk says so."""
    reading = understood("task 41345358 --chart out.png --no-chart")

    assert (reading.common.chart, reading.common.no_chart) == ("out.png", True)
    assert reading.words == ("task", "41345358")


def test_a_flag_of_several_values_may_be_given_again() -> None:
    """Each value once, in the order typed; it is spelled the same again."""
    words = "logs --field a=1 --field 'b=x y' --field=a=1 --limit 5"
    reading = read(shlex.split(words), book(), NOW)

    assert reading.query.field == ("a=1", "b=x y")  # type: ignore[attr-defined]
    again = read(shlex.split(" ".join(reading.words)), book(), NOW)
    assert again.query == reading.query
    assert "--field a=1 --field 'b=x y'" in " ".join(reading.words)


def test_fields_that_are_typed_without_their_flag_are_meant() -> None:
    """As other tools take them; other words are searched for."""
    with pytest.raises(Misread) as fields:
        read(["logs", "event=task.failed", "priority=high"], book(), NOW)
    with pytest.raises(Misread) as text:
        read(["logs", "event=task.failed", "memory"], book(), NOW)

    assert fields.value.meant == "logs --field event=task.failed --field priority=high"
    assert text.value.meant == "logs --search 'event=task.failed memory'"


def test_a_field_of_another_form_is_refused_before_anybody_is_asked() -> None:
    """With an example of one."""
    with pytest.raises(Misread, match="not a field and its value"):
        read(["logs", "--field", "failed"], book(), NOW)
