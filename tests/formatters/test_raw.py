"""What `--json` means in Slack."""

from dataclasses import dataclass

from bot.domain.report import Report
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


def test_an_answer_as_json_is_one_line_and_a_file() -> None:
    """Nobody reads braces on a phone."""
    message = raw(a_report("short"))

    sentence, note, *small_print = message.text.splitlines()
    assert sentence.endswith("all is well")
    assert note == (
        "as JSON in the attached file, or in a shell: debug-bot health --json"
    )
    assert len(small_print) == 1
    assert "short" not in str(message.blocks)


def test_slack_takes_it() -> None:
    """Within every limit, whatever stands in the data."""
    message = raw(a_report("<!channel> ``` \x1b[31m \u202e" * 500))

    assert violations(message.blocks, message.text) == []
