"""The words of a message; the check itself is run by test_run."""

from bot.demo.check import words_of


def test_every_text_of_a_message_counts() -> None:
    """Whatever block it stands in."""
    message = {
        "text": "first",
        "blocks": [
            {"type": "section", "text": {"type": "mrkdwn", "text": "second"}},
            {"type": "context", "elements": [{"type": "mrkdwn", "text": "third"}]},
            {"type": "divider"},
        ],
    }

    assert words_of(message) == "first second third"
