"""The grammar: what a command is, and what its arguments may be.

A command is declared once, by a frozen dataclass whose fields are its arguments: a
field without a default is positional, one with a default is an option, a `bool` is a
switch. The parser (`bot.words`), the help, the usage errors and the shell's `--help`
follow from it.
"""

import re
import shlex
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import MISSING, Field, dataclass, field, fields
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar, Final, Protocol, TypeAlias

from bot.domain.access import Access, Caller
from bot.domain.cases import Scene, Thresholds
from bot.domain.errors import Misread
from bot.domain.pages import Border
from bot.domain.report import Read, Report
from bot.domain.spelling import SHORTEST_PREFIX, clipped, too_short
from bot.domain.times import AHEAD, Window, stamp
from bot.sources import Gaps, System

if TYPE_CHECKING:  # most questions ask for none of these
    from bot.domain.notices import Notice
    from bot.domain.offers import Record
    from bot.domain.pins import Pinned

DEFAULT_HOURS: Final = 24.0
MOST_HOURS: Final = 24.0 * 366
LONGEST_ID: Final = 200
LONGEST_TEXT: Final = 500  # as part of an address, more is refused on the way

Value: TypeAlias = str | int | float | bool | datetime | Border | tuple[str, ...] | None
Reader: TypeAlias = Callable[[str, datetime], Value]


class Query(Protocol):
    """One command's arguments: a frozen dataclass of `argument` fields."""

    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]


async def _nothing_barred(caller: Caller) -> frozenset[str]:
    del caller
    return frozenset()


async def _no_records(window: Window) -> "tuple[Record, ...]":
    del window
    return ()


async def nothing_told(window: Window) -> "tuple[Notice, ...]":
    """Return no problems: nobody is told of any here."""
    del window
    return ()


async def _nothing_pinned(caller: Caller, window: Window) -> "tuple[Pinned, ...]":
    del caller, window
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a handler may know besides its query."""

    opens: Callable[[], System]
    """Gives the system; its adapters are imported only when something is asked."""
    caller: Caller
    now: datetime
    commands: Mapping[str, "Command"] = field(default_factory=dict)
    gaps: Gaps = field(default_factory=Gaps)
    words: str = ""
    """The command as understood, to be typed again."""
    of_system: str = ""
    """What the words lack to name the system, where one was named or found."""
    barred: Callable[[Caller], Awaitable[frozenset[str]]] = _nothing_barred
    """Returns the names of the commands that somebody may not use here."""
    records: "Callable[[Window], Awaitable[tuple[Record, ...]]]" = _no_records
    """Returns the audit of a window, oldest first, at most its newest 10,000."""
    pinned: "Callable[[Caller, Window], Awaitable[tuple[Pinned, ...]]]" = (
        _nothing_pinned
    )
    """Returns the marked messages of a window that somebody may see where they ask."""
    told: "Callable[[Window], Awaitable[tuple[Notice, ...]]]" = nothing_told
    """Returns the problems that were told of unasked and were there in a window."""
    told_of: str = ""
    """The one system of whose problems people are told, where another is asked."""
    draws: bool = False
    """Whether a picture is wanted; what only one needs is not asked for otherwise."""

    @property
    def system(self) -> System:
        """The system under investigation."""
        return self.opens()

    @property
    def thresholds(self) -> Thresholds:
        """The system's own limits."""
        return self.system.thresholds

    def reads(self, *, pods: bool = False) -> tuple[Read, ...]:
        """Return what an answer rests on, as of now: its system, and maybe the pods."""
        sources = (self.system.source, *(("runpod",) if pods else ()))
        return tuple(Read(source=source, at=self.now) for source in sources)

    async def scene(self, window: Window) -> Scene | None:
        """Return what only this system keeps; None where nothing, or not readable."""
        scene = await self.gaps.ask(self.system.scene(window), None)
        for gap in scene.gaps if scene else ():
            self.gaps.add(gap)
        return scene

    def window(self, hours: float) -> Window:
        """Return the last so many hours."""
        return Window.before(self.now, hours=hours)


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """What can be asked, and who answers."""

    name: str
    answers: str
    """The question that it answers, for help."""
    query: type[Query]
    handler: Callable[[Any, Asked], Awaitable[Report]]
    examples: tuple[str, ...] = ()
    access: Access = Access.READ
    data: type | None = None
    """What `data` holds in JSON: published as the command's schema."""
    place: int = 50
    """Where help lists it; lower is earlier."""
    hidden: bool = False
    charts: bool = False
    """Whether its answers may have a picture."""

    @property
    def arguments(self) -> tuple["Argument", ...]:
        """Its own arguments, in the order in which help lists them."""
        found = [_argument_of(each) for each in fields(self.query)]
        return tuple(sorted(found, key=lambda each: not each.positional))

    @property
    def usage(self) -> str:
        """Return one line such as `worker ID [--logs-only] [--hours N]`."""
        parts = (
            each.spelling if each.needed else f"[{each.spelling}]"
            for each in self.arguments
            if not each.quiet
        )
        return " ".join(parts if self.hidden else (self.name, *parts))


class Commands(Mapping[str, Command]):
    """Commands by their names, in the order in which help lists them.

    To know that there is one imports nothing; to look at it imports what it needs, and
    to go through them imports all.
    """

    def __init__(self, declares: Mapping[str, Callable[[], Command]]) -> None:
        """Take what declares each of them, by its name."""
        self._declares = {name: cache(each) for name, each in declares.items()}

    def __getitem__(self, name: str) -> Command:
        return self._declares[name]()

    def __contains__(self, name: object) -> bool:
        return name in self._declares

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._declares, key=lambda name: (self[name].place, name)))

    def __len__(self) -> int:
        return len(self._declares)

    def __or__(self, others: "Commands") -> "Commands":
        return Commands({**self._declares, **others._declares})


@dataclass(frozen=True, slots=True, kw_only=True)
class Argument:
    """One argument as declared."""

    name: str
    help: str
    meta: str
    read: Reader | None
    positional: bool = False
    optional: bool = False
    """A positional that may be left out."""
    many: bool = False
    """It takes all words that are left; a flag may be given again and again."""
    listed_by: str = ""
    """Words that list what it may be, such as `tasks --hours 2`."""
    quiet: bool = False
    """It is for buttons to write: help explains it, the usage leaves it out."""
    example: str = ""
    """A value as one would type it."""

    @property
    def flag(self) -> str:
        """Return `--logs-only` for a field called `logs_only`."""
        return "--" + self.name.replace("_", "-")

    @property
    def spelling(self) -> str:
        """Return how it is typed: `ID`, `--json` or `--hours N`."""
        if self.positional:
            return f"{self.meta} …" if self.many else self.meta
        if self.many:
            return f"{self.flag} {self.meta} …"
        return self.flag if self.read is None else f"{self.flag} {self.meta}"

    @property
    def shown(self) -> str:
        """Return how a flag is typed with a value, by example if there is one."""
        if not self.example:
            return f": {self.spelling}"
        return f", such as {self.flag} {quoted(self.example)}"

    @property
    def needed(self) -> bool:
        """Tell whether the command makes no sense without it."""
        return self.positional and not self.optional


# --- declaring ---------------------------------------------------------------------


def argument(
    help: str,
    *,
    meta: str,
    read: Reader,
    default: object = MISSING,
    example: str = "",
) -> Any:
    """Declare a value: positional without a default, otherwise a flag."""
    metadata = {"help": help, "meta": meta, "read": read, "example": example}
    if default is MISSING:
        return field(metadata=metadata)
    return field(default=default, metadata=metadata)


def word(help: str, *, meta: str) -> Any:
    """Declare a positional that may be left out."""
    metadata = {"help": help, "meta": meta, "read": any_text, "positional": True}
    return field(default=None, metadata=metadata)


def words(help: str, *, meta: str, read: Reader | None = None) -> Any:
    """Declare what takes all words that are left, of which there may be none.

    They are ids unless *read* reads them.
    """
    metadata = {"help": help, "meta": meta, "read": read or id_text, "positional": True}
    return field(default=(), metadata={**metadata, "many": True})


def flags(help: str, *, meta: str, read: Reader, example: str) -> Any:
    """Declare a flag that may be given several times; its values come as a tuple."""
    metadata = {"help": help, "meta": meta, "read": read, "example": example}
    return field(default=(), metadata={**metadata, "many": True})


def switch(help: str) -> Any:
    """Declare a flag without a value."""
    return field(default=False, metadata={"help": help, "meta": "", "read": None})


def hours(default: float = DEFAULT_HOURS, *, what: str = "to look") -> Any:
    """Declare `--hours N`."""
    return argument(
        f"how far back {what} (default {default:g})",
        meta="N",
        read=read_hours,
        default=default,
        example="2",
    )


def since() -> Any:
    """Declare `--since T`."""
    return argument(
        "from this time on: ISO 8601, HH:MM (today, UTC) or an age such as 90m",
        meta="T",
        read=moment,
        default=None,
        example="90m",
    )


def until() -> Any:
    """Declare `--until T`."""
    return argument(
        "up to this time, written like --since",
        meta="T",
        read=moment,
        default=None,
        example="14:30",
    )


def before() -> Any:
    """Declare `--before AT/ID`."""
    return _border("only what is older than this row, as a page's button writes it")


def after() -> Any:
    """Declare `--after AT/ID`."""
    return _border("only what is newer, written like --before")


def _border(help: str) -> Any:
    metadata = {"help": help, "meta": "AT/ID", "read": border, "quiet": True}
    return field(default=None, metadata=metadata)


def limit(default: int, *, most: int, what: str) -> Any:
    """Declare `--limit N`."""

    def read(text: str, now: datetime) -> int:
        del now
        if not re.fullmatch(r"\d{1,9}", text) or not 1 <= int(text) <= most:
            msg = (
                f"--limit wants a whole number from 1 to {most}, not '{clipped(text)}'"
            )
            raise Misread(msg)
        return int(text)

    help = f"how many {what} to list (default {default}, at most {most})"
    return argument(help, meta="N", read=read, default=default, example="50")


def identifier(
    help: str, *, listed_by: str = "", meta: str = "ID", read: Reader | None = None
) -> Any:
    """Declare the ID that a command is about, and the words that list such ids."""
    metadata = {"help": help, "meta": meta, "read": read or id_text}
    return field(metadata={**metadata, "listed_by": listed_by})


def text(help: str, *, meta: str, example: str = "") -> Any:
    """Declare a flag that takes any text."""

    def read(value: str, now: datetime) -> str:
        del now
        if len(value) > LONGEST_TEXT:
            msg = f"{meta} may have {LONGEST_TEXT} characters, not {len(value):,}"
            raise Misread(msg)
        if not value.isprintable():
            msg = f"{meta} holds a sign that is no letter: '{clipped(value)}'"
            raise Misread(msg.encode("ascii", "backslashreplace").decode())
        return value

    return argument(help, meta=meta, read=read, default=None, example=example)


def id_flag(help: str, *, read: Reader | None = None) -> Any:
    """Declare a flag that takes an id or a part of one."""
    return argument(help, meta="ID", read=read or id_text, default=None)


class Paged(Protocol):
    """The arguments of a list that is shown in pages of a window."""

    @property
    def hours(self) -> float:
        """How far back to look, unless *since* tells."""
        ...

    @property
    def since(self) -> datetime | None:
        """From when on."""
        ...

    @property
    def until(self) -> datetime | None:
        """Up to when; None is now."""
        ...

    @property
    def before(self) -> Border | None:
        """Only what is older than this."""
        ...

    @property
    def after(self) -> Border | None:
        """Only what is newer than this."""
        ...


def page_window(query: Paged, asked: Asked) -> Window:
    """Return the window of which one page is asked for.

    Raises:
        Misread: as `window_of`, or two borders are given.
    """
    if query.before is not None and query.after is not None:
        msg = "--before and --after lead two ways: give one of them"
        raise Misread(msg)
    return window_of(asked, hours=query.hours, since=query.since, until=query.until)


def window_of(
    asked: Asked, *, hours: float, since: datetime | None, until: datetime | None
) -> Window:
    """Return the window that the flags of one query mean.

    Raises:
        Misread: it would end before it begins, begin before there are dates, or
            begin at two times.
    """
    if since is not None and hours != DEFAULT_HOURS:
        raise two_beginnings()
    if since is not None and since >= asked.now:
        msg = f"--since {stamp(since)} is not in the past"
        raise Misread(msg, hint=f"it is {stamp(asked.now)} now")
    ongoing = until is None
    # A page whose end is fixed holds what bears the time of a clock ahead of ours.
    known = until is not None and until <= asked.now + AHEAD
    end = until if until is not None and known else asked.now
    try:
        begin = since if since is not None else end - timedelta(hours=hours)
    except OverflowError as error:
        msg = "--until is too long ago"
        raise Misread(msg) from error
    if begin >= end:
        msg = "--since must be earlier than --until"
        raise Misread(msg)
    return Window(since=begin, until=end, ongoing=ongoing)


def two_beginnings() -> Misread:
    """Return that a window was given two beginnings."""
    return Misread("--since and --hours both say where to begin: give one of them")


# --- reading values ----------------------------------------------------------------

ID: Final = re.compile(r"[A-Za-z0-9][\w.:@-]*")
_LINK = re.compile(r"https?://[^\s?#]*/([^\s/?#]+)/?(?:[?#].*)?", re.DOTALL)
_ROW = re.compile(r"[\w.:@-]{1,200}", re.ASCII)
_AGE = re.compile(r"(\d+(?:\.\d+)?)(s|m|min|h|d)")
_UNITS = {"s": 1, "m": 60, "min": 60, "h": 3600, "d": 86400}


def linked(word: str) -> str:
    """Return what an address ends in, such as an id; else the word itself."""
    address = _LINK.fullmatch(word)
    return address[1] if address else word


def id_text(value: str, now: datetime) -> str:
    """Return an id or a part of one, as typed, or what a link to it ends in."""
    del now
    value = linked(value.strip()).strip("…").rstrip(".")
    if len(value) < SHORTEST_PREFIX:
        raise too_short(value)
    if len(value) > LONGEST_ID or not ID.fullmatch(value):
        msg = f"'{clipped(value)}' is not an id"
        raise Misread(msg, hint="ids hold letters, digits, - and _")
    return value


def worker_text(value: str, now: datetime) -> str:
    """Return a worker's id or a part of one: any text that can be shown.

    Most are as other ids are (systems/reigh.md, 1.3). One that is too short for a part
    may be a whole id: whoever looks for it tells.
    """
    text = value.strip()
    part = text.strip("…").rstrip(".")
    if not part:
        raise too_short(text)
    if ID.fullmatch(part) and len(part) >= SHORTEST_PREFIX:
        return id_text(value, now)
    if len(text) > LONGEST_ID or not text.isprintable():
        msg = f"'{clipped(text)}' is not an id"
        hint = f"a worker's may be any text of up to {LONGEST_ID} characters"
        raise Misread(msg, hint=hint)
    return text


def moment(value: str, now: datetime) -> datetime:
    """Return the time that is meant: ISO 8601, `HH:MM` or an age such as `90m`.

    `HH:MM` is today's, in UTC; a time without a zone is taken as UTC.
    """
    try:
        if age := _AGE.fullmatch(value.strip().lower()):
            return now - timedelta(seconds=float(age[1]) * _UNITS[age[2]])
        if clock := re.fullmatch(r"(\d{1,2}):(\d{2})(?::(\d{2}))?", value.strip()):
            return now.astimezone(UTC).replace(
                hour=int(clock[1]),
                minute=int(clock[2]),
                second=int(clock[3] or 0),
                microsecond=0,
            )
        at = datetime.fromisoformat(value.strip())
        at = at if at.tzinfo else at.replace(tzinfo=UTC)
        return at.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        msg = f"'{clipped(value)}' is not a time"
        hint = "write 2026-01-31T12:00Z, 14:30 (today, UTC) or an age such as 90m, 2h"
        raise Misread(msg, hint=hint) from error


def border(value: str, now: datetime) -> Border:
    """Return where a page ends: the time of a row, a slash and its id."""
    at, slash, id = value.strip().partition("/")
    if not (slash and _ROW.fullmatch(id)):
        msg = f"'{clipped(value)}' is not the border of a page"
        raise Misread(msg, hint="write the row's time, a slash and its id")
    return Border(at=moment(at, now), id=id)


def read_hours(value: str, now: datetime) -> float:
    """Return a number of hours."""
    del now
    if not re.fullmatch(r"\d{1,6}(\.\d{1,6})?", value) or not (
        0 < float(value) <= MOST_HOURS
    ):
        span = f"above 0 to {MOST_HOURS:g}"
        msg = f"--hours wants a number from {span}, not '{clipped(value)}'"
        raise Misread(msg)
    return float(value)


def whole_number(value: str, now: datetime) -> int:
    """Return a whole number, as people count things."""
    del now
    if not re.fullmatch(r"[0-9]{1,6}", value):
        msg = f"a whole number is wanted, not '{clipped(value)}'"
        raise Misread(msg)
    return int(value)


def any_text(value: str, now: datetime) -> str:
    """Return the word as it is."""
    del now
    return value


def _argument_of(each: Field[Any]) -> Argument:
    required = each.default is MISSING and each.default_factory is MISSING
    return Argument(
        name=each.name,
        help=each.metadata["help"],
        meta=each.metadata["meta"],
        read=each.metadata["read"],
        positional=required or "positional" in each.metadata,
        optional=not required,
        many="many" in each.metadata,
        listed_by=each.metadata.get("listed_by", ""),
        quiet="quiet" in each.metadata,
        example=each.metadata.get("example", ""),
    )


def quoted(word: str) -> str:
    """Return the word so that it is read as one word again."""
    return shlex.quote(word)
