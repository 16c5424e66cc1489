"""Digest to Slack message: a day in a few lines, with how each number was got."""

from collections.abc import Iterator
from typing import Final

from bot.domain.deaths import Death
from bot.domain.digests import Digest
from bot.domain.figures import some
from bot.domain.findings import Severity
from bot.domain.report import Ask, Report
from bot.domain.times import HOUR, iso, spoken, stamp
from formatters import limits, rich
from formatters.alerts import DOUBT, title
from formatters.packing import Block, Group, Message, message, packed
from formatters.parts import asks, small_print
from formatters.rich import moment, prose, text
from formatters.wording import span

_LISTED: Final = 8  # problems that are still open
_ASKS: Final = (
    Ask(label="Health", words="health"),
    Ask(label="Tasks", words="tasks"),
    Ask(label="Workers", words="workers"),
    Ask(label="Pods", words="runpod"),
)


def digest(digest: Digest, *, doubtful: bool = False) -> Message:
    """Return the message; one that is *doubtful* may stand there a second time."""
    hours = (digest.window.until - digest.window.since) / HOUR
    head = rich.section(
        [rich.emoji("sunrise"), *text(" ")],
        text(f"{hours:g} h until ", bold=True),
        moment(digest.window.until, bold=True),
        text(f": {_verdict(digest)}"),
    )
    lines = [_row(name, words) for name, words in _rows(digest)]
    block = {**rich.block(head, *lines), "block_id": identity(digest)}
    groups: list[Group] = [(block,)]
    if digest.open:
        groups.append((_open(digest),))
    groups += asks(Report(summary="", asks=_ASKS))
    notes = [span(digest.window), *([DOUBT] if doubtful else [])]
    groups.append((small_print(notes),))
    blocks, *_ = packed(groups)
    return message(blocks)


def last_resort(digest: Digest) -> str:
    """Return one short plain text that Slack takes when it took nothing else."""
    rows = "; ".join(f"{name}: {words}" for name, words in _rows(digest))
    words = f"the day until {stamp(digest.window.until)}: {_verdict(digest)}; {rows}"
    return limits.escaped(limits.clip(words, limits.LAST_RESORT))


def identity(digest: Digest) -> str:
    """Return the block_id by which the message is recognised in the channel."""
    return f"digest:{iso(digest.due_at)}"


def _verdict(digest: Digest) -> str:
    if digest.open:
        return f"{some(len(digest.open), 'problem')} open then"
    if digest.opened or digest.closed:
        return "all problems are over"
    return "no problem was seen"


def _row(name: str, words: str) -> rich.Json:
    return rich.section(text(f"{name}  ", bold=True), prose(words))


def _rows(digest: Digest) -> Iterator[tuple[str, str]]:
    """Yield each line's name and what it says, with how that is known."""
    yield "Problems", f"{digest.opened:,} opened, {digest.closed:,} over"
    if digest.tasks is None:
        yield "Tasks", "could not be read"
    else:
        made = sum(digest.tasks.values())
        by = [f"{number:,} {status}" for status, number in digest.tasks.items()]
        yield "Tasks", f"{made:,} made" + (f", of which {', '.join(by)}" if by else "")
    yield "Workers", _deaths(digest)
    yield "Money", _money(digest)


def _deaths(digest: Digest) -> str:
    if digest.deaths is None:
        return "could not be read"
    dead = [each for each in digest.deaths if each.way is not Death.SCALED_DOWN]
    ended = sum(each.total for each in digest.deaths) - sum(e.total for e in dead)
    ways = ", ".join(f"{each.total:,} {each.way}" for each in dead)
    died = (
        f"{sum(each.total for each in dead):,} died ({ways})" if dead else "none died"
    )
    return f"{died}; {ended:,} scaled down"


def _money(digest: Digest) -> str:
    if not digest.watched:
        return "what orphaned pods cost could not be watched"
    now = digest.wasted_usd_per_hour
    going = "" if now is None else f"; ${now:.2f} an hour at its end"
    return (
        f"${digest.wasted_usd:.2f} wasted on orphaned pods{going} (their hourly price"
        f" at each look, over the {spoken(digest.watched)} that were watched)"
    )


def _open(digest: Digest) -> Block:
    """Return a line for each problem that is still there, worst first."""
    order = sorted(
        digest.open, key=lambda it: (-it.heaviest.problem.weight, it.since, it.id)
    )
    lines = []
    for each in order[:_LISTED]:
        critical = each.heaviest.problem.severity is Severity.CRITICAL
        mark = rich.emoji("red_circle" if critical else "large_orange_diamond")
        since = [*text("  since ", italic=True), *moment(each.since, italic=True)]
        lines.append(rich.section([mark, *text(" ")], prose(title(each)), since))
    if (more := len(order) - len(lines)) > 0:
        lines.append(rich.section(text(f"{more:,} more", italic=True)))
    return rich.block(*lines)
