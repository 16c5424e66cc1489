"""What was started is remembered, for a while and within bounds."""

from datetime import timedelta

from bot.slack.doors.deliveries import Deliveries


def test_a_first_delivery_is_first() -> None:
    """Also when it calls itself a retry: nobody asks what it calls itself."""
    assert Deliveries().first(("event:1",), 0.0)


def test_a_second_delivery_is_not() -> None:
    """Under the same key."""
    deliveries = Deliveries()
    deliveries.first(("event:1",), 0.0)

    assert not deliveries.first(("event:1",), 1.0)


def test_any_key_gives_a_second_delivery_away() -> None:
    """And its other keys are known from then on."""
    deliveries = Deliveries()
    deliveries.first(("event:1", "message:a"), 0.0)

    assert not deliveries.first(("event:2", "message:a"), 1.0)
    assert not deliveries.first(("event:2",), 2.0)


def test_other_deliveries_are_first_too() -> None:
    """One does not hide another."""
    deliveries = Deliveries()
    deliveries.first(("event:1",), 0.0)

    assert deliveries.first(("event:2",), 0.0)


def test_a_delivery_without_keys_is_always_first() -> None:
    """It is better answered twice than never."""
    deliveries = Deliveries()
    deliveries.first((), 0.0)

    assert deliveries.first((), 1.0)


def test_a_delivery_is_forgotten_in_time() -> None:
    """Slack does not come back after a day."""
    deliveries = Deliveries(keep=timedelta(seconds=10))
    deliveries.first(("event:1",), 0.0)

    assert not deliveries.first(("event:1",), 10.0)
    assert deliveries.first(("event:1",), 10.1)


def test_the_oldest_is_forgotten_when_there_are_too_many() -> None:
    """Memory has a bound."""
    deliveries = Deliveries(most=2)
    for key in ("a", "b", "c"):
        deliveries.first((key,), 0.0)

    assert not deliveries.first(("b",), 0.0)
    assert deliveries.first(("a",), 0.0)
