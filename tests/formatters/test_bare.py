"""What is told where Slack takes no blocks."""

from bot.domain.report import Ask, RedButton, Report
from formatters import blocks, limits
from formatters.bare import UNBUTTONED, UNPRESSABLE, bare, offer_of
from formatters.packing import Message, fallback, message

BUTTON = RedButton(offer_id="x1", label="Do it", question="Do it?", warning="gone")
PLAN = Report(summary="a plan", red_button=BUTTON, words="runpod terminate")
ANSWER = Report(summary="all is well", asks=(Ask(label="Queue", words="queue"),))


def test_an_answer_says_that_its_buttons_are_lost() -> None:
    """Below the sentence that answers."""
    shown = blocks.verdict(ANSWER)

    assert bare(shown, shown.text) == f"✅ all is well\n{UNBUTTONED}"
    assert bare(shown, "in short\nor so") == f"in short\n{UNBUTTONED}\nor so"
    assert offer_of(shown) == ""


def test_a_plan_says_that_nobody_can_confirm_it() -> None:
    """And its offer is known, to be closed."""
    shown = blocks.verdict(PLAN)

    assert UNPRESSABLE in bare(shown, shown.text).splitlines()
    assert offer_of(shown) == "x1"


def test_what_has_no_buttons_has_lost_none() -> None:
    """Its words are all."""
    shown = message(blocks.verdict(Report(summary="all is well")).blocks)

    assert bare(shown, shown.text) == shown.text
    assert bare(Message(blocks=(), text="x"), "x") == "x"


def test_a_text_points_at_nothing_that_is_not_there() -> None:
    """Nor does it grow too long for Slack, which counts bytes in places."""
    long = fallback("line\n" * 2_000)
    shown = Message(blocks=blocks.verdict(PLAN).blocks, text=long)

    assert bare(shown, long).endswith(" more characters left out")
    assert max(len(UNPRESSABLE), len(UNBUTTONED)) + 1 < 4_000 - limits.MAX_TEXT_BYTES
