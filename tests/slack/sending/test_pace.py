"""How fast messages may leave."""

from bot.slack.sending.pace import Manners, Meter, Pace


def test_after_a_burst_one_falls_due_at_a_time() -> None:
    """A pause fills the burst again, and no more than that."""
    meter, now = Meter(Pace(burst=2, seconds=1.0)), 1000.0
    meter.take(now)
    second = meter.due()
    meter.take(now)
    third = meter.due()
    meter.take(now + 100)
    later = meter.due()

    assert second <= now
    assert third == now + 1
    assert later == now + 100


def test_a_meter_lets_no_more_through_than_a_minute_may_hold() -> None:
    """Twelve updates of a channel, whenever the minute begins."""
    meter, now, went = Meter(Manners().updates), 0.0, list[float]()
    meter._spent = -1000.0
    while now < 300:
        if meter.due() <= now:
            meter.take(now)
            went.append(now)
        now += 0.5

    assert max(sum(at <= it < at + 60 for it in went) for at in went) == 12
