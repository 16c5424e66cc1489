"""Report → its JSON, as a message: what `--json` means in Slack."""

import itertools

from bot.domain.report import Report
from formatters import rich
from formatters.document import chunks
from formatters.packing import Message, message, packed
from formatters.parts import footer, headline

MOST = 2_500  # characters: below a block's 3000, and readable on a phone


def raw(report: Report) -> Message:
    """Return the answer's JSON in a box; what does not fit is counted.

    A long answer is read only as far as it is shown: the shell prints all of it.
    """
    kept = ""
    parts = chunks(report)
    for part in parts:
        kept += part
        if len(kept) > MOST:
            break
    left = len(kept) - MOST + sum(map(len, parts)) if len(kept) > MOST else 0
    groups = [(headline(report),), (rich.block(rich.preformatted(kept[:MOST])),)]
    if left:
        note = f"{left:,} more characters: debug-bot {report.words} --json, in a shell"
        groups.append((rich.block(rich.section(rich.text(note, italic=True))),))
    [blocks] = itertools.islice(packed([*groups, *footer(report)]), 1)
    return message(blocks)
