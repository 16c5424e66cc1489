"""Requests that chance draws, and what is true of them."""

from datetime import datetime, timedelta

from bot.demo.octo import MORE_ARMS, ORCHESTRATOR, REFLEX, Octo
from bot.demo.octo_requests import UNPROVEN, draw_ways
from tests.demo.times import NOON


def drawn(seed: int, *, structured: bool = True) -> Octo:
    """Return five services, over which three requests went."""
    octo = Octo(NOON, seed=seed, arms=MORE_ARMS, structured=structured)
    draw_ways(octo, 3)
    return octo


def test_requests_go_over_five_services() -> None:
    """Some break off, of some a hop stands out, and most clocks are off."""
    made = [drawn(seed) for seed in range(9)]
    ways = [way for octo in made for way in octo.ways.values()]

    assert {it for way in ways for it in way.services} == {
        *(ORCHESTRATOR, REFLEX, *MORE_ARMS)
    }
    assert {way.cut for way in ways} == {True, False}
    assert {way.slowest.partition(" ")[0] for way in ways} == {"", "within", "from"}
    assert len({it for way in ways for it in way.off.values()}) > 4


def test_the_truth_of_each_is_owed() -> None:
    """Clocks are off for all requests of the same services."""
    octo = drawn(2)

    owed = {(it.rule, it.subject) for it in octo.expected}
    for id, way in octo.ways.items():
        assert ("trace-order", f"{id}: {' > '.join(way.services)}") in owed
        assert (("trace-cut", id) in owed) is way.cut
        for service, (ahead, _) in way.off.items():
            assert ("trace-clock", f"{id}: {service}") in owed
            assert octo.clocks[service] == ahead
            assert abs(ahead) > UNPROVEN


def test_what_lines_cannot_tell_is_not_owed() -> None:
    """A console tells no fractions: neither an order within a second nor a hop."""
    octo = drawn(1, structured=False)

    assert {it.rule for it in octo.expected} <= {"trace-clock", "trace-cut"}
    assert all(abs(ahead) != timedelta(seconds=0.4) for ahead in octo.clocks.values())


def test_a_service_writes_by_its_own_clock() -> None:
    """Its log tells another time than that of the truth."""
    octo = Octo(NOON)
    before = octo.log(REFLEX)
    octo.clocks[REFLEX] = timedelta(days=-1)

    def first(log: str) -> datetime:
        return datetime.fromisoformat(log.split('"')[3])

    assert first(before) - first(octo.log(REFLEX)) == timedelta(days=1)
