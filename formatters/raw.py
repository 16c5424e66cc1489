"""Report → what `--json` means in Slack: its sentence, and its JSON as a file."""

from bot.domain.report import Report
from formatters import rich
from formatters.limits import shortened
from formatters.packing import Message, message, packed
from formatters.parts import footer, headline
from formatters.visible import one_line

_WORDS = 300


def raw(report: Report) -> Message:
    """Return the answer in one line; its JSON follows as a file.

    Nobody reads JSON in a channel, and what one copies out of a message is not what
    was put into it.
    """
    words = shortened(one_line(report.words), _WORDS)
    note = f"as JSON in the attached file, or in a shell: debug-bot {words} --json"
    said = rich.block(rich.section(rich.text(note, italic=True)))
    blocks, *_ = packed([(headline(report),), (said,), *footer(report)])
    return message(blocks)
