"""The ledger's rows; how they are read and written the ledger's own tests show."""

from dataclasses import replace
from datetime import timedelta

from bot.domain.offers import Decision, Fate, Record
from bot.gate.rows import joined
from tests.world import NOW

BEGUN = Record(
    at=NOW,
    who="alice",
    action="toy break",
    decision=Decision.ALLOWED,
    target="toy-ball",
    offer_id="offer-1",
)
ENDED = replace(
    BEGUN, at=NOW + timedelta(seconds=5), outcome=Fate.DONE, reason="it is broken"
)
REFUSED = replace(BEGUN, decision=Decision.REFUSED, target="")


def test_the_two_lines_of_an_act_are_one_record() -> None:
    """Of the time at which it began, with what became of it."""
    assert joined([BEGUN, ENDED]) == (replace(ENDED, at=NOW),)


def test_acts_on_other_targets_are_records_of_their_own() -> None:
    """In the order in which they began."""
    other = replace(BEGUN, target="toy-bear")

    assert joined([BEGUN, other, ENDED]) == (replace(ENDED, at=NOW), other)


def test_refusals_alike_are_all_there() -> None:
    """Who pressed three times was refused three times."""
    assert joined([REFUSED, REFUSED, REFUSED]) == (REFUSED,) * 3


def test_what_is_done_at_once_is_a_record_each_time() -> None:
    """To mute an alert twice is no act that has two lines."""
    muted = replace(ENDED, offer_id="")

    assert joined([muted, muted]) == (muted, muted)
