"""What `--json` means in Slack."""

from dataclasses import dataclass

from bot.domain.report import Report
from formatters.length import JSON_SHOWN as MOST
from formatters.raw import raw
from tests.formatters.referee import violations
from tests.world import NOW


@dataclass(frozen=True)
class Data:
    """Something typed to show."""

    words: str


def a_report(words: str) -> Report:
    return Report(
        summary="all is well",
        command="health",
        words="health",
        system="reigh",
        generated_at=NOW,
        data=Data(words=words),
        as_json=True,
    )


def boxed(report: Report) -> str:
    """Return the text of the box."""
    for block in raw(report).blocks:
        for element in block.get("elements", []):
            if element.get("type") == "rich_text_preformatted":
                text: str = element["elements"][0]["text"]
                return text
    return ""


def test_a_short_answer_is_shown_whole() -> None:
    """As the shell prints it."""
    text = boxed(a_report("short"))

    assert text.startswith("{")
    assert text.rstrip().endswith("}")
    assert '"short"' in text


def test_a_long_answer_says_how_much_is_left_out() -> None:
    """And where all of it is."""
    message = raw(a_report("x" * 10_000))

    assert len(boxed(a_report("x" * 10_000))) <= MOST
    assert (
        "more characters: in the attached file, or in a shell: debug-bot health --json"
        in str(message.blocks)
    )


def test_slack_takes_it() -> None:
    """Within every limit, whatever stands in the data."""
    message = raw(a_report("<!channel> ``` \x1b[31m \u202e" * 500))

    assert violations(message.blocks, message.text) == []
