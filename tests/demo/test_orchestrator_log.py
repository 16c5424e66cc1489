"""What the orchestrator writes."""

from datetime import timedelta
from itertools import pairwise

from bot.demo.orchestrator_log import OrchestratorLog
from tests.demo.times import NOON
from tests.demo.told import a_fleet


class _Nothing:
    def at(self, moment: object) -> tuple[int, int, int, int]:
        return 1, 2, 3, 4


def _log(**more: timedelta) -> OrchestratorLog:
    chance = a_fleet().random
    return OrchestratorLog(chance, NOON, span=timedelta(hours=1), **more)


def test_a_cycle_every_thirty_seconds() -> None:
    """None is missing, and the last one was just now."""
    starts = [turn.start for turn in _log().turns]

    gaps = {round((b - a).total_seconds()) for a, b in pairwise(starts)}
    assert gaps == {30}
    assert NOON - starts[-1] < timedelta(seconds=30)


def test_routine_is_called_critical() -> None:
    """Counting tasks is no fault, whatever its level says."""
    lines = [*_log().said(_Nothing())]

    critical = [it.message for it in lines if it.level == "CRITICAL"]
    assert "Queued=3, Active=4, Total=7" in critical[0]
    assert not [it for it in lines if it.level == "ERROR"]


def test_what_is_done_stands_between_the_cycles_begin_and_end() -> None:
    """It is counted in the sum of that cycle, and named in the text alone."""
    log = _log()
    log.say(
        NOON - timedelta(minutes=9),
        "Terminated idle worker w",
        did="workers_terminated",
    )

    lines = [*log.said(_Nothing())]

    [at] = [n for n, it in enumerate(lines) if it.message.startswith("Terminated")]
    cycle = [it for it in lines if it.cycle == lines[at].cycle]
    assert cycle[0].message.startswith("Starting orchestrator cycle")
    assert "'workers_terminated': 1" in cycle[-1].message


def test_a_slow_cycle_complains_and_delays_the_next() -> None:
    """Only that one does."""
    log = _log(slow=timedelta(minutes=20))

    warned = [it for it in log.said(_Nothing()) if it.level == "WARNING"]

    assert [it.cycle for it in warned] == [log.slow_cycle]
    assert "longer than" in warned[0].message


def test_a_deployment_counts_from_one_again() -> None:
    """And leaves a gap behind."""
    numbers = [turn.number for turn in _log(restart=timedelta(minutes=30)).turns]

    fresh = numbers.index(1)
    assert numbers[fresh:] == [*range(1, len(numbers) - fresh + 1)]
    assert numbers[fresh - 1] > 900


def test_without_a_slow_cycle_there_is_none() -> None:
    """Nor does anything said before its log began stand in it."""
    log = _log()
    log.say(NOON - timedelta(hours=9), "long ago")

    assert log.slow_cycle is None
    assert not [it for it in log.said(_Nothing()) if it.message == "long ago"]


def test_it_may_have_fallen_silent() -> None:
    """So long ago its last line was written; the one before is not far."""
    last = max(it.at for it in _log(stops=timedelta(minutes=7)).said(_Nothing()))

    assert timedelta(minutes=7) <= NOON - last <= timedelta(minutes=7, seconds=40)


def test_cycles_may_fail_or_break_off() -> None:
    """One that fails ends with its error, one that breaks off with nothing."""
    log = _log()
    log.break_off(since=NOON - timedelta(minutes=10), error="no", most=2)
    log.break_off(since=NOON - timedelta(minutes=5))

    said = [it for it in log.said(_Nothing()) if it.at > NOON - timedelta(minutes=10)]
    errors = [it.message for it in said if it.level == "ERROR"]
    ended = [it.at for it in said if "cycle completed" in it.message]
    assert errors == ["Error in orchestrator cycle: no"] * 2
    assert max(ended) < NOON - timedelta(minutes=5)


def test_cycles_may_be_counted_anew() -> None:
    """From 1 on, from that time on."""
    log = _log()
    at = NOON - timedelta(minutes=10)
    log.count_anew(at)

    numbers = [turn.number for turn in log.turns if turn.start >= at]
    assert numbers == list(range(1, len(numbers) + 1))
    assert min(turn.number for turn in log.turns if turn.start < at) > 100
