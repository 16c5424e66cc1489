from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot import command
from bot.command import (
    Asked,
    Command,
    Value,
    any_text,
    border,
    id_text,
    moment,
    quoted,
    read_hours,
    window_of,
    worker_text,
)
from bot.domain.errors import Misread
from bot.domain.pages import Border
from bot.domain.report import Gap, Report
from bot.domain.times import AHEAD, Window
from tests.file_queues import a_queue
from tests.world import NOW, World, a_world, ago


@dataclass(frozen=True, slots=True, kw_only=True)
class EveryKind:
    """One argument of every kind that can be declared."""

    id: str = command.identifier("which one")
    about: str | None = command.word("what about it", meta="TOPIC")
    logs_only: bool = command.switch("only lines")
    hours: float = command.hours(6)
    since: datetime | None = command.since()
    until: datetime | None = command.until()
    limit: int = command.limit(20, most=500, what="lines")
    search: str | None = command.text("what to find", meta="TEXT")
    worker: str | None = command.id_flag("whose lines")


async def answer(query: EveryKind, asked: Asked) -> Report:
    return Report(summary="fine")


EVERY = Command(name="every", answers="?", query=EveryKind, handler=answer)


def read(name: str, text: str) -> Value:
    """Return what the argument makes of the text."""
    [found] = [each for each in EVERY.arguments if each.name == name]
    assert found.read is not None
    return found.read(text, NOW)


def test_usage_is_one_line_with_what_may_be_left_out_in_brackets() -> None:
    """In the order of the declaration."""
    assert EVERY.usage == (
        "every ID [TOPIC] [--logs-only] [--hours N] [--since T] [--until T]"
        " [--limit N] [--search TEXT] [--worker ID]"
    )


def test_the_usage_of_a_hidden_command_has_no_name() -> None:
    """An id alone is typed without one."""
    hidden = Command(
        name="what", answers="?", query=EveryKind, handler=answer, hidden=True
    )

    assert hidden.usage.startswith("ID [TOPIC]")


def test_what_is_positional_and_what_is_needed() -> None:
    """A field without a default must be given; a word may be left out."""
    kinds = {each.name: (each.positional, each.needed) for each in EVERY.arguments}

    assert kinds["id"] == (True, True)
    assert kinds["about"] == (True, False)
    assert kinds["hours"] == (False, False)


def test_a_query_without_arguments_has_the_defaults() -> None:
    """They are those of the declaration."""
    query: Any = EveryKind(id="4134")

    assert (query.about, query.logs_only, query.hours) == (None, False, 6)
    assert (query.since, query.limit, query.search) == (None, 20, None)


def test_help_names_default_and_limit() -> None:
    """Nobody has to try what is allowed."""
    helps = {each.name: each.help for each in EVERY.arguments}

    assert helps["limit"] == "how many lines to list (default 20, at most 500)"
    assert helps["hours"] == "how far back to look (default 6)"


@pytest.mark.parametrize(("text", "number"), [("1", 1), ("500", 500), ("007", 7)])
def test_a_limit_is_a_whole_number(text: str, number: int) -> None:
    """From one to the most that the command lists."""
    assert read("limit", text) == number


@pytest.mark.parametrize("text", ["0", "501", "-1", "1.5", "ten", "", "9" * 5000])
def test_another_limit_is_refused(text: str) -> None:
    """With the bounds that hold."""
    with pytest.raises(Misread, match="--limit wants a whole number from 1 to 500"):
        read("limit", text)


def test_a_text_is_taken_as_it_is() -> None:
    """With its case and its spaces."""
    assert read("search", " Out of memory ") == " Out of memory "


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("x" * 501, "may have 500 characters, not 501"),
        ("a\nb", "no letter"),
        ("\udcff", "no letter: '.udcff'"),
    ],
)
def test_a_text_that_no_address_can_hold_is_refused(text: str, why: str) -> None:
    """Before anything is asked."""
    with pytest.raises(Misread, match=why):
        read("search", text)


@pytest.mark.parametrize(
    ("text", "hours"),
    [("1", 1.0), ("0.5", 0.5), ("24", 24.0), ("8784", 8784.0), ("0.000001", 1e-6)],
)
def test_hours_are_a_number(text: str, hours: float) -> None:
    """With a fraction, if need be, and a leap year at most."""
    assert read_hours(text, NOW) == hours


@pytest.mark.parametrize(
    "text", ["0", "-1", "+1", "8784.1", "1e3", "nan", "inf", "two", "", "1.", "1h"]
)
def test_other_hours_are_refused(text: str) -> None:
    """Before anything is asked."""
    with pytest.raises(Misread, match="--hours wants a number from above 0 to 8784"):
        read_hours(text, NOW)


@pytest.mark.parametrize(
    ("typed", "id"),
    [
        ("4134", "4134"),
        (
            "41345358-0000-4000-8000-000000000001",
            "41345358-0000-4000-8000-000000000001",
        ),
        ("gpu-20260131_110000-0a1b2c3d", "gpu-20260131_110000-0a1b2c3d"),
        ("41345358…", "41345358"),
        ("41345358...", "41345358"),
        (" 41345358 ", "41345358"),
        ("GPU_old", "GPU_old"),
        ("https://x.test/tasks/41345358/?tab=logs#end", "41345358"),
    ],
)
def test_an_id_or_its_beginning(typed: str, id: str) -> None:
    """As it stands in lists, cut short with an ellipsis or not."""
    assert id_text(typed, NOW) == id


@pytest.mark.parametrize("typed", ["", "413", "41…", "abc..."])
def test_an_id_that_is_too_short(typed: str) -> None:
    """Three characters fit too many."""
    with pytest.raises(Misread, match="is too short for an id") as caught:
        id_text(typed, NOW)

    assert caught.value.hint == "give at least 4 characters of it"


@pytest.mark.parametrize("typed", ["4134*", "%%%%", "-4134", "41 34", "a" * 201])
def test_what_cannot_be_an_id(typed: str) -> None:
    """Wildcards, spaces and dashes in front are no id's."""
    with pytest.raises(Misread, match="is not an id"):
        id_text(typed, NOW)


@pytest.mark.parametrize(
    ("typed", "id"),
    [
        ("…90d281bc", "90d281bc"),
        (" gpu-2026… ", "gpu-2026"),
        ("rack/7", "rack/7"),
        ("größe", "größe"),
        ("ömega-1", "ömega-1"),
        (' my "worker" ', 'my "worker"'),
        ("100%*", "100%*"),
        ("rag", "rag"),
        ("a/b", "a/b"),
    ],
)
def test_a_worker_may_be_called_anything(typed: str, id: str) -> None:
    """Most as other things are (systems/reigh.md, 1.3); short ones are looked for."""
    assert worker_text(typed, NOW) == id


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("…", "is too short for an id"),
        ("  ", "is too short for an id"),
        ("a b" * 70, "is not an id"),
        ("a\tbcd", "is not an id"),
    ],
)
def test_what_no_worker_is_called(typed: str, why: str) -> None:
    """What can't be shown can't be typed either."""
    with pytest.raises(Misread, match=why):
        worker_text(typed, NOW)


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("90m", ago(minutes=90)),
        ("90min", ago(minutes=90)),
        ("2h", ago(hours=2)),
        ("1.5H", ago(hours=1.5)),
        ("3d", ago(days=3)),
        ("45s", ago(seconds=45)),
        ("14:30", NOW.replace(hour=14, minute=30)),
        ("9:05", NOW.replace(hour=9, minute=5)),
        ("09:05:30", NOW.replace(hour=9, minute=5, second=30)),
        ("2026-01-30", datetime(2026, 1, 30, tzinfo=UTC)),
        ("2026-01-30T08:15", datetime(2026, 1, 30, 8, 15, tzinfo=UTC)),
        ("2026-01-30 08:15:01Z", datetime(2026, 1, 30, 8, 15, 1, tzinfo=UTC)),
        ("2026-01-30T08:15+02:00", datetime(2026, 1, 30, 6, 15, tzinfo=UTC)),
        (" 2h ", ago(hours=2)),
    ],
)
def test_the_ways_to_write_a_time(text: str, at: datetime) -> None:
    """An age, a time of today, or ISO 8601, in UTC unless it names a zone."""
    assert moment(text, NOW) == at


def test_a_time_of_today_is_today_in_utc() -> None:
    """Wherever the clock that was looked at stands."""
    east = NOW.replace(hour=23).astimezone(tz=None)

    assert moment("14:30", east) == NOW.replace(hour=14, minute=30)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yesterday",
        "25:00",
        "12:60",
        "2026-02-30",
        "-2h",
        "2w",
        "9" * 400 + "d",
        "99999999d",
        "0001-01-01T00:00+14:00",
    ],
)
def test_other_times_are_refused(text: str) -> None:
    """With the ways to write one."""
    with pytest.raises(Misread, match="is not a time") as caught:
        moment(text, NOW)

    assert "an age such as 90m" in caught.value.hint


def test_any_text_stays() -> None:
    """Not even a space is lost."""
    assert any_text(" A b ", NOW) == " A b "


ASKED = a_world().asked()


def test_the_last_hours_end_now() -> None:
    """Unless told otherwise."""
    window = window_of(ASKED, hours=2, since=None, until=None)

    assert window == ASKED.window(2)
    assert window == Window(since=ago(hours=2), until=NOW, ongoing=True)


def test_hours_count_back_from_the_end() -> None:
    """Which may be in the past."""
    window = window_of(ASKED, hours=2, since=None, until=ago(hours=1))

    assert window == Window(since=ago(hours=3), until=ago(hours=1))


def test_an_end_in_the_future_is_now() -> None:
    """Nothing is known of later."""
    later = NOW + timedelta(hours=1)

    window = window_of(ASKED, hours=24, since=ago(hours=9), until=later)

    assert window == Window(since=ago(hours=9), until=NOW)


def test_a_window_begins_at_one_time() -> None:
    """The default of the one is outweighed by the other, a given one is not."""
    with pytest.raises(Misread, match="--since and --hours both"):
        window_of(ASKED, hours=2, since=ago(hours=9), until=None)


@pytest.mark.parametrize("since", [NOW, NOW + timedelta(hours=1)])
def test_a_window_must_begin_in_the_past(since: datetime) -> None:
    """A clock time may be today's and still to come."""
    with pytest.raises(Misread, match="is not in the past") as refused:
        window_of(ASKED, hours=24, since=since, until=None)

    assert refused.value.hint == "it is 2026-01-31 12:00:00Z now"


@pytest.mark.parametrize("since", [ago(hours=1), ago(minutes=59)])
def test_a_window_must_begin_before_it_ends(since: datetime) -> None:
    """A moment, or less, holds nothing."""
    with pytest.raises(Misread, match="--since must be earlier than --until"):
        window_of(ASKED, hours=24, since=since, until=ago(hours=1))


def test_a_window_before_all_dates() -> None:
    """The first day has no day before it."""
    first = datetime(1, 1, 1, tzinfo=UTC)

    with pytest.raises(Misread, match="too long ago"):
        window_of(ASKED, hours=2, since=None, until=first)


@pytest.mark.parametrize("word", ["plain", "two words", "it's", "", "$HOME"])
def test_a_quoted_word_is_one_word(word: str) -> None:
    """Also for a shell."""
    from bot.keyboard import words_of

    assert words_of(quoted(word)) == [word]


@dataclass(frozen=True, slots=True, kw_only=True)
class ManyQuery:
    dry_run: bool = command.switch("only look")
    pods: tuple[str, ...] = command.words("which pods", meta="POD")


def test_a_command_may_take_all_words_that_are_left() -> None:
    """They stand first, whatever the order of the fields, and may be none."""
    many = Command(name="end", answers="?", query=ManyQuery, handler=answer)

    assert many.usage == "end [POD …] [--dry-run]"


@pytest.mark.parametrize(("text", "number"), [("0", 0), ("12", 12)])
def test_a_whole_number(text: str, number: int) -> None:
    """As people count things."""
    assert command.whole_number(text, NOW) == number


@pytest.mark.parametrize("text", ["", "-1", "1.5", "two", "1234567", "٣"])
def test_what_is_no_whole_number(text: str) -> None:
    """One line says what is wanted."""
    with pytest.raises(Misread, match="a whole number is wanted"):
        command.whole_number(text, NOW)


async def test_nothing_is_barred_where_nobody_says_so() -> None:
    """A handler that is asked alone, as in tests."""
    asked = a_world().asked()

    assert await asked.barred(asked.caller) == frozenset()


def test_a_border_is_a_time_and_an_id() -> None:
    """As a page's button writes it, or as somebody types it."""
    id = "41345358-0000-4000-8000-000000000001"

    assert border(f"2026-01-31T11:59:00.000001Z/{id}", NOW) == Border(
        at=ago(minutes=1).replace(microsecond=1), id=id
    )
    assert border("90m/gpu-1", NOW) == Border(at=ago(minutes=90), id="gpu-1")


@pytest.mark.parametrize("typed", ["12:00", "/a", "12:00/", "12:00/a b", "12:00/a,b"])
def test_what_is_no_border_is_refused(typed: str) -> None:
    """Before anything is asked."""
    with pytest.raises(Misread, match=r"not the border of a page|is not a time"):
        border(typed, NOW)


def test_an_end_a_little_ahead_is_kept() -> None:
    """A page that was fixed there must stay the same; a later one is cut to now."""
    soon, later = NOW + AHEAD, NOW + AHEAD + timedelta(seconds=1)

    assert window_of(ASKED, hours=1, since=None, until=soon).until == soon
    assert window_of(ASKED, hours=1, since=None, until=later).until == NOW


def test_what_buttons_write_is_explained_and_not_in_the_usage() -> None:
    """It would make a long line longer, and nobody types it."""

    @dataclass(frozen=True, slots=True, kw_only=True)
    class PagedQuery:
        before: Border | None = command.before()
        after: Border | None = command.after()

    paged = Command(name="list", answers="?", query=PagedQuery, handler=answer)

    assert paged.usage == "list"
    assert [each.spelling for each in paged.arguments] == [
        "--before AT/ID",
        "--after AT/ID",
    ]


async def test_what_a_scene_could_not_read_is_told() -> None:
    """As a gap of the answer, whatever was asked."""
    gap = Gap(source="agents", reason="has 1 unreadable task file: x")
    asked = World(scene=a_queue(gaps=(gap,))).asked()

    scene = await asked.scene(asked.window(1))

    assert scene is not None
    assert asked.gaps.all == (gap,)
