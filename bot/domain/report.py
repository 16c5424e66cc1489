"""The answer, before anybody formats it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum
from typing import TYPE_CHECKING, TypeAlias

from bot.domain.findings import Finding, Status
from bot.domain.logs import LogLine
from bot.domain.times import Window

if TYPE_CHECKING:
    from bot.domain.charts import Mark, Panel

Cell: TypeAlias = str | int | float | datetime | None
"""What a table or a fact may hold; None is shown as unknown."""


class Outcome(IntEnum):
    """How a question ended; the value is the shell's exit code (CONTRACT, 3)."""

    ANSWERED = 0
    FAILED = 1
    """A fault of this bot itself."""
    MISREAD = 2
    NOT_FOUND = 3
    SOURCE_DOWN = 4
    REFUSED = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """What could not be read.

    *failed* is False where nothing went wrong: a source that is not configured, or
    a table that this project never had.
    """

    source: str
    reason: str
    failed: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Labels with values, in reading order."""

    title: str
    rows: tuple[tuple[str, Cell], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """Log lines, oldest first, all of them; a formatter may show fewer and say so.

    With *writers* it says of each line which of several programs wrote it.
    """

    title: str
    lines: tuple[LogLine, ...]
    writers: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Rows under a header, all of the same length as the header."""

    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A paragraph of our own words, or a text that was found (then *quoted*)."""

    title: str
    text: str
    quoted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """A next question: becomes a harmless button, or a line to type."""

    label: str
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One item of a plan that may be unticked before it is confirmed."""

    label: str
    description: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RedButton:
    """A plan that may be confirmed or cancelled: becomes two buttons.

    The id is all that they hold; what is done is what the gate remembers under it.
    """

    offer_id: str
    label: str
    question: str
    warning: str
    choices: tuple[Choice, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """One picture of a span of time. Without panels, *alt* says why there is none.

    *alt* tells its main figures in a sentence or two, for whoever can't see it.
    *marks* go through all panels; *notes* say what the data cannot tell.
    """

    title: str
    alt: str
    since: datetime
    until: datetime
    panels: "tuple[Panel, ...]" = ()
    marks: "tuple[Mark, ...]" = ()
    notes: tuple[str, ...] = ()


Section: TypeAlias = Facts | Timeline | Table | Text | Chart


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """A source that was asked, and when its data was true."""

    source: str
    at: datetime


@dataclass(frozen=True, kw_only=True, repr=False)
class Report:
    """One answer. A handler fills the upper half, the desk the lower.

    *data* is the command's own frozen dataclass, published as its JSON Schema.
    *private* answers (help, usage errors, refusals) are for the asker alone.
    """

    summary: str
    status: Status = Status.OK
    findings: tuple[Finding, ...] = ()
    sections: tuple[Section, ...] = ()
    asks: tuple[Ask, ...] = ()
    red_button: RedButton | None = None
    data: object | None = None
    window: Window | None = None
    truncated: bool = False
    notes: tuple[str, ...] = ()
    glance: tuple[tuple[str, str], ...] = ()
    """What somebody wants to see who looks again and again: labels with values."""
    settled: bool = False
    """What it is about has ended, and will not change any more."""
    watched: str = ""
    """The words to ask again and again, where the answer is to be kept current."""
    private: bool = False
    attachment: str = ""
    """The title of an answer that is to be kept: a shell prints it as Markdown, and in
    Slack it is attached as a file."""
    shareable: bool = False
    """Private only because the asker wanted so, who may show it to all later."""
    copy_to: str | None = None
    """A channel where it is posted as well."""

    gaps: tuple[Gap, ...] = ()
    reads: tuple[Read, ...] = ()
    outcome: Outcome = Outcome.ANSWERED
    hint: str = ""
    command: str = ""
    words: str = ""
    """The command as understood, to be typed again."""
    retold: str = ""
    """What tells it again, where its *words* would have something done again."""
    arguments: Mapping[str, object] = field(default_factory=dict)
    system: str = ""
    generated_at: datetime | None = None
    request_id: str = ""
    asked_by: str = ""
    """What people call the asker, where all see the answer and not the question."""
    as_json: bool = False

    @property
    def chart(self) -> Chart | None:
        """Its picture; None where it has none."""
        return next((each for each in self.sections if isinstance(each, Chart)), None)

    def __repr__(self) -> str:
        """Return what it answers, not all of it.

        The event loop writes out a finished task's result when it ends, which for a
        hundred thousand lines took seconds and more memory than the lines.
        """
        return f"<Report {self.words or self.command!r}: {self.summary!r}>"


def refused(why: str, hint: str = "") -> Report:
    """Return the calm line, for the asker alone, that something is not done."""
    return Report(
        summary=why,
        hint=hint,
        status=Status.UNKNOWN,
        outcome=Outcome.REFUSED,
        private=True,
    )
