from typing import Any

from bot.domain.breakers import Spell, spells
from bot.domain.services import Turn
from tests.world import ago


def turn(state: str, minutes: float, **given: Any) -> Turn:
    return Turn(at=ago(minutes=minutes), service="orchestrator", state=state, **given)


def test_a_breaker_that_never_turned_had_no_spell() -> None:
    """Nor does a reset of a closed one make any."""
    assert spells([]) == ()
    assert spells([turn("reset", 5)]) == ()


def test_a_spell_lasts_until_it_closes() -> None:
    """Through its trial; the reason is that of its opening."""
    turns = [
        turn("open", 9, reason="failure_threshold_exceeded", count=5, refused=2),
        turn("half_open", 8),
        turn("closed", 7, reason="successful_recovery"),
    ]

    assert spells(turns) == (
        Spell(
            opened_at=ago(minutes=9),
            state="closed",
            last_at=ago(minutes=7),
            openings=1,
            refused=2,
            reason="failure_threshold_exceeded",
            count=5,
        ),
    )


def test_turns_may_come_in_any_order() -> None:
    """Those of one instant as well: it opens before it tries and closes."""
    turns = [
        turn("open", 9, count=5), turn("half_open", 8), turn("closed", 8),
        turn("open", 7),
    ]  # fmt: skip

    assert spells(reversed(turns)) == spells(turns)
    assert [each.state for each in spells(turns)] == ["closed", "open"]


def test_a_trial_that_fails_belongs_to_the_same_spell() -> None:
    """What was refused is counted together."""
    turns = [
        turn("open", 9, refused=2),
        turn("half_open", 8),
        turn("open", 8, reason="half_open_failure", refused=1),
    ]
    [it] = spells(turns)

    assert (it.opened_at, it.state, it.last_at) == (
        ago(minutes=9),
        "open",
        ago(minutes=8),
    )
    assert (it.openings, it.refused, it.reason) == (2, 3, "half_open_failure")


def test_a_reset_by_hand_closes_it() -> None:
    """What opens then is another spell."""
    first, second = spells([turn("open", 9), turn("reset", 8), turn("open", 5)])

    assert (first.state, second.state) == ("closed", "open")
    assert second.opened_at == ago(minutes=5)


def test_a_spell_may_have_begun_before() -> None:
    """Then its opening is not known."""
    [it] = spells([turn("half_open", 9), turn("closed", 8)])

    assert (it.opened_at, it.openings, it.state) == (None, 0, "closed")
