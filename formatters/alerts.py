"""Notice to Slack message: what, since when, how bad, its proof, and what to press.

Read at 3 a.m., so each line answers one question. All data stand in `rich_text`.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Final

from bot.domain.access import USER_ID
from bot.domain.figures import some
from bot.domain.notices import Alert, Line, Mark, Notice, Phase, Turn
from bot.domain.problems import Kind
from bot.domain.report import Ask, Report
from bot.domain.times import spoken, stamp
from formatters import limits, rich
from formatters.limits import shortened
from formatters.packing import Block, Group, Message, message, packed
from formatters.parts import MARK, asks, plain, small_print
from formatters.rich import moment, prose, text
from formatters.visible import one_line

_OVER: Final = "white_check_mark"
DOUBT: Final = "debug-bot was cut off while it posted this, so it may stand here twice"
_TITLE: Final = 200
_LINE: Final = 300
_LISTED: Final = 5  # of a flood

_BEFORE: Final = timedelta(hours=1)
"""So long before it was seen a report of it begins: its cause is older than it."""

# What many of a kind are called, what to do about them, and what to ask.
_MANY: Final[Mapping[Kind, str]] = {
    Kind.ORPHANED_TASK: "tasks are orphaned: nobody works on them any more",
    Kind.STUCK_TASK: "tasks have been running for too long",
}
_REMEDIES: Final[Mapping[Kind, str]] = {
    Kind.ORPHANED_TASK: "see what ended so many workers; `orphans requeue` gives the"
    " tasks back, after a plan",
    Kind.STUCK_TASK: "see what their workers have in common: a model, a volume, a tier",
}
_ASKS: Final[Mapping[Kind, tuple[Ask, ...]]] = {
    Kind.ORPHANED_TASK: (
        Ask(label="Orphans", words="orphans"),
        Ask(label="Workers", words="workers"),
    ),
    Kind.STUCK_TASK: (
        Ask(label="Health", words="health"),
        Ask(label="Workers", words="workers"),
    ),
}


def notice(notice: Notice, *, doubtful: bool = False) -> Message:
    """Return the message; one that is *doubtful* may stand there a second time.

    It is read long after it was drawn, so that its times are those of events.
    """
    groups: list[Group] = [(_headline(notice),)]
    if marks := [*_marks(notice)]:
        groups.append((rich.block(*marks),))
    groups += asks(Report(summary="", asks=_asks(notice)))
    if notice.closed_at is None:
        groups.append((_handling(notice),))
    groups.append((_footer(notice, [DOUBT] if doubtful else []),))
    blocks, *_ = packed(groups)
    return message(blocks)


def line(notice: Notice, line: Line, doubtful: bool = False) -> Message:
    """Return the line that the message's thread is told; a *doubtful* one may twice."""
    sections = [rich.section(*_words(notice, line))]
    if doubtful:
        sections.append(rich.section(text(DOUBT, italic=True)))
    block = rich.block(*sections)
    return message(({**block, "block_id": identity(notice, line)},))


def last_resort(notice: Notice) -> str:
    """Return one short plain text that Slack takes when it took nothing else."""
    over = "over: " if notice.closed_at else ""
    words = f"{over}{one_line(title(notice))} (alert {notice.id})"
    return limits.escaped(limits.clip(words, limits.LAST_RESORT))


def title(notice: Notice) -> str:
    """Return in a line what it is about."""
    shown = notice.open or notice.alerts
    if notice.flood and len(shown) > 1:
        return f"{len(shown):,} {_MANY.get(notice.kind, f'times {notice.kind}')}"
    return shortened(one_line(notice.heaviest.problem.title), _TITLE)


def identity(notice: Notice, line: Line | None = None) -> str:
    """Return the block_id by which the message, or its line, is recognised."""
    number = "" if line is None else f"{line.number}:"
    return f"alert:{number}{notice.id}"[: limits.ID_CHARS]


def _headline(notice: Notice) -> Block:
    problem = notice.heaviest.problem
    over = notice.closed_at
    mark = rich.emoji(_OVER if over else MARK[problem.severity])
    lead = f"over after {spoken(over - notice.since)} · " if over else ""
    name = prose(title(notice), bold=not over)
    sections = [rich.section([mark], text(" "), text(lead, bold=True), name)]
    sections.append(rich.section(*_when(notice)))
    if proofs := [*_proofs(notice)]:
        sections.append(rich.quotation(*proofs))
    words = _REMEDIES.get(notice.kind, "") if notice.flood else problem.remedy
    if words and not over:
        remedy = prose(shortened(one_line(words), _LINE))
        sections.append(rich.section(text("→ "), remedy))
    return {**rich.block(*sections), "block_id": identity(notice)}


def _when(notice: Notice) -> Iterator[rich.Inline]:
    """Yield how bad it is and since when it was seen, or when it was over."""
    if notice.closed_at is not None:
        yield text("seen from ")
        yield moment(notice.since)
        yield text(" to ")
        yield moment(notice.closed_at, rich.CLOCK)
    else:
        yield text(notice.heaviest.problem.severity.value, bold=True)
        yield text(", seen since ")
        yield moment(notice.since)
    if notice.returns:
        yield text(f", came back {some(notice.returns, 'time')}")


def _proofs(notice: Notice) -> Iterator[rich.Inline]:
    """Yield the evidence in one line; of a flood its worst problems, a line each."""
    shown = notice.open or notice.alerts
    if not notice.flood:
        if evidence := notice.heaviest.problem.evidence:
            yield prose(shortened(one_line(" · ".join(evidence)), _LINE))
        return
    for alert in _worst(shown)[:_LISTED]:
        yield prose(shortened(one_line(alert.problem.title), _TITLE))
    more = len(shown) - _LISTED
    over = sum(alert.phase is Phase.CLOSED for alert in notice.alerts)
    rest = [f"{more:,} more" if more > 0 else ""]
    rest.append(f"{over:,} over" if over and notice.open else "")
    if words := ", ".join(each for each in rest if each):
        yield text(words, italic=True)


def _worst(alerts: Sequence[Alert]) -> Sequence[Alert]:
    return sorted(alerts, key=lambda it: (-it.problem.weight, it.since, it.key))


def _marks(notice: Notice) -> Iterator[rich.Json]:
    """Yield who took it up, and who muted it for how long."""
    if (taken := notice.acknowledged) is not None:
        eyes = [rich.emoji("eyes"), *text(" ")]
        yield rich.section(eyes, _by("taken up by ", taken))
    if (mute := notice.muted) is not None:
        until = (
            text("until fixed")
            if mute.until is None
            else [*text("until "), *moment(mute.until, rich.CLOCK)]
        )
        bell = [rich.emoji("no_bell"), *text(" muted ")]
        yield rich.section(bell, until, _by(", by ", mute))


def _by(words: str, mark: Mark) -> rich.Inline:
    person: rich.Inline = text(one_line(mark.by))  # who muted it in a shell
    if USER_ID.fullmatch(mark.by):
        person = [{"type": "user", "user_id": mark.by}]
    return [*text(words), *person, *text(" at "), *moment(mark.at, rich.CLOCK)]


def _asks(notice: Notice) -> tuple[Ask, ...]:
    report: tuple[Ask, ...] = ()
    if (over := notice.closed_at) is not None:
        since, until = (
            stamp(each).replace(" ", "T") for each in (notice.since - _BEFORE, over)
        )
        bounds = f"--since {since} --until {until}"
        report = (Ask(label="Report", words=f"report {bounds}"),)
    if notice.flood:
        return (*report, *_ASKS.get(notice.kind, ()))
    return (*report, *notice.heaviest.problem.asks)


def _handling(notice: Notice) -> Block:
    """Return the buttons that say who cares; their value is the notice's id alone."""
    wanted = [] if notice.acknowledged else [("ack", "Acknowledge")]
    if notice.muted is None:
        wanted += [("mute", "Mute 1 h"), ("silence", "Mute until fixed")]
    else:
        wanted += [("unmute", "Unmute")]
    buttons = [
        {
            "type": "button",
            "action_id": f"alert:{name}",
            "text": plain(words, limits.BUTTON_VISIBLE),
            "value": notice.id,
            **({"style": "primary"} if name == "ack" else {}),
        }
        for name, words in wanted
    ]
    return {"type": "actions", "elements": buttons}


def _footer(notice: Notice, notes: Sequence[str]) -> Block:
    return small_print((f"alert {notice.kind}", f"as of {stamp(notice.as_of)}", *notes))


def _words(notice: Notice, line: Line) -> Iterator[rich.Inline]:
    said = {
        Turn.CLOSED: (_OVER, f"over after {spoken(line.at - notice.since)}"),
        Turn.BACK: ("arrows_counterclockwise", "it is back"),
        Turn.WORSE: ("red_circle", f"it got worse: {title(notice)}"),
        Turn.STILL: ("bell", "the mute has run out, and it is still there"),
    }
    mark, words = said[line.turn]
    yield [rich.emoji(mark), *text(" ")]
    yield prose(words)
    yield text(", at ")
    yield moment(line.at, rich.CLOCK)
