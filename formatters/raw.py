"""Report → its JSON, as a message: what `--json` means in Slack."""

from bot.domain.report import Report
from formatters import limits, rich
from formatters.document import chunks
from formatters.length import JSON_SHOWN
from formatters.limits import clip, shortened
from formatters.packing import Message, message, packed
from formatters.parts import footer, headline
from formatters.visible import one_line

_WORDS = 300


def raw(report: Report) -> Message:
    """Return the answer's JSON in a box; what does not fit is counted.

    A long answer is read only as far as it is shown: the shell prints all of it.
    """
    kept = ""
    parts = chunks(report)
    for part in parts:
        kept += part
        if len(kept) > JSON_SHOWN:
            break
    shown = (
        kept
        if limits.size(kept) <= JSON_SHOWN
        else clip(kept, JSON_SHOWN).removesuffix("…")
    )
    left = len(kept) - len(shown) + sum(map(len, parts))
    groups = [(headline(report),), (rich.block(rich.preformatted(shown)),)]
    if left:
        words = shortened(one_line(report.words), _WORDS)
        note = (
            f"{left:,} more characters: in the attached file, or in a shell: "
            f"debug-bot {words} --json"
        )
        groups.append((rich.block(rich.section(rich.text(note, italic=True))),))
    blocks, *_ = packed([*groups, *footer(report)])
    return message(blocks)
