from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.domain.errors import Absent, NotConfigured, SourceDown
from bot.domain.service_names import Outcome
from bot.domain.services import Probe
from bot.sources.octollm.asking import Asker
from bot.sources.octollm.services import Addresses, Services
from tests.sources.octollm.replay import Given, Replay, replaying

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
WELL = Given({"status": "healthy", "version": "0.1.0"})
NOWHERE = "http://127.0.0.1:1"


class Ticking:
    """A clock that goes on by ten minutes each time it is looked at."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        self.now += timedelta(minutes=10)
        return self.now


@pytest.fixture
def alone(replay: Replay, asker: Asker) -> Services:
    """Return the recorded orchestrator without any arm."""
    return Services(Addresses(orchestrator=replay.url), asker, clock=Ticking())


def by_name(probes: tuple[Probe, ...]) -> dict[str, Probe]:
    return {each.service: each for each in probes}


async def test_every_service_is_asked_and_each_tells_its_own(asker: Asker) -> None:
    """Well, an arm's stub, one that says no, one that is not there."""
    with ExitStack() as stack:
        main = stack.enter_context(replaying())
        stub = stack.enter_context(replaying(health=Given("OK")))
        able = stack.enter_context(
            replaying(health=WELL, capabilities=Given({"capabilities": ["python"]}))
        )
        ill = stack.enter_context(replaying(health=Given({"detail": "no"}, 503)))
        addresses = Addresses(
            orchestrator=main.url,
            reflex=NOWHERE,
            arms=(("executor", stub.url), ("coder", able.url), ("judge", ill.url)),
        )
        probes = await Services(addresses, asker, clock=lambda: NOON).probes()

    found = by_name(probes)
    assert {name: each.outcome for name, each in found.items()} == {
        "orchestrator": Outcome.OK,
        "reflex-layer": Outcome.REFUSED,
        "executor": Outcome.OK,
        "coder": Outcome.OK,
        "judge": Outcome.STATUS,
    }
    assert found["coder"].capabilities == frozenset(frozenset({"python"}))
    assert found["executor"].capabilities is None
    assert found["judge"].said == "answered 503: no"
    assert found["orchestrator"].version == "0.1.0"
    assert found["orchestrator"].at == NOON


@pytest.mark.parametrize("wrapped", [True, False])
async def test_arms_of_a_registry_are_asked_too(
    replay: Replay, asker: Asker, wrapped: bool
) -> None:
    """The guide's endpoint, where there is one; it also tells capabilities."""
    with replaying(health=WELL) as arm:
        held: Any = {
            "coder": {"endpoint": arm.url, "capabilities": ["python"]},
            "judge": {"capabilities": ["review"]},
            "odd": 3,
        }
        replay.answers["/debug/arm-registry"] = Given(
            {"arms": held} if wrapped else held
        )
        addresses = Addresses(orchestrator=replay.url, arms=(("judge", NOWHERE),))
        found = by_name(await Services(addresses, asker, clock=lambda: NOON).probes())

    assert set(found) == {"orchestrator", "judge", "coder"}
    assert (found["coder"].outcome, found["coder"].capabilities) == (
        Outcome.OK,
        frozenset({"python"}),
    )
    assert (found["judge"].outcome, found["judge"].capabilities) == (
        Outcome.REFUSED, frozenset({"review"})
    )  # fmt: skip


@pytest.mark.parametrize("body", [[{"arm_id": ""}, 3, {"id": "x"}], "text", None])
async def test_an_odd_registry_adds_nobody(
    alone: Services, replay: Replay, body: Any
) -> None:
    """Nothing is asked that has no address."""
    replay.answers["/debug/arm-registry"] = Given(body)

    assert set(by_name(await alone.probes())) == {"orchestrator"}


async def test_without_settings_they_are_named(asker: Asker) -> None:
    """One line for each question."""
    nothing = Services(Addresses(), asker, clock=lambda: NOON)

    for ask in (nothing.probes, nothing.readiness, nothing.stats, nothing.memory):
        with pytest.raises(NotConfigured, match="OCTOLLM_URL is not set"):
            await ask()


async def test_arms_alone_can_be_asked(asker: Asker) -> None:
    """There is no registry then."""
    with replaying(health=Given("OK")) as arm:
        services = Services(
            Addresses(arms=(("coder", arm.url),)), asker, clock=lambda: NOON
        )

        assert set(by_name(await services.probes())) == {"coder"}


async def test_readiness_is_that_of_both_services(replay: Replay, asker: Asker) -> None:
    """One that does not say it is left out."""
    replay.answers["/ready"] = Given(
        {"error": {"ready": False, "checks": {"database": False}}}, 503
    )
    addresses = Addresses(orchestrator=replay.url, reflex=NOWHERE)
    [told] = await Services(addresses, asker, clock=lambda: NOON).readiness()

    assert (told.service, told.failing) == ("orchestrator", ("database",))


async def test_nobody_s_readiness_is_a_clear_line(asker: Asker) -> None:
    """With what happened."""
    services = Services(Addresses(orchestrator=NOWHERE), asker, clock=lambda: NOON)

    with pytest.raises(SourceDown, match="whether it is ready: connection refused"):
        await services.readiness()


async def test_the_recorded_counts_are_read(alone: Services) -> None:
    """With the reflex layer's."""
    counts, reflex = await alone.stats()

    assert counts["pending"] == 5
    assert reflex is not None
    assert (reflex.requests, reflex.breaker) == (6, "closed")


async def test_without_debug_there_are_no_counts(
    alone: Services, replay: Replay
) -> None:
    """That is normal, and told as such."""
    replay.answers["/debug/stats"] = Given({"detail": "Not Found"}, 404)

    with pytest.raises(Absent, match="only with ORCHESTRATOR_DEBUG=true"):
        await alone.stats()


@pytest.mark.parametrize(
    "given",
    [
        *(Given("<html>"), Given([]), Given({}, 500)),
        *(
            Given({"task_counts": {"pending": 1, "failed": odd}})
            for odd in (-5, 10**40, 1e400, None, True)
        ),
    ],
)
async def test_odd_counts_are_a_clear_line(
    alone: Services, replay: Replay, given: Given
) -> None:
    """Nothing is guessed."""
    replay.answers["/debug/stats"] = given

    with pytest.raises(SourceDown, match="does not tell its counts"):
        await alone.stats()


@pytest.mark.parametrize(
    ("given", "number"),
    [
        (None, None),
        (Given({"active_tasks": [1, 2]}), 2),
        (Given({"tasks": 3}), 3),
        (Given([1]), 1),
        (Given("?"), None),
    ],
)
async def test_active_tasks_are_those_of_the_guide_s_endpoint(
    alone: Services, replay: Replay, given: Given | None, number: int | None
) -> None:
    """Which the program does not have."""
    if given is not None:
        replay.answers["/debug/active-tasks"] = given

    assert await alone.active() == number


async def test_memory_is_remembered_from_look_to_look(
    alone: Services, replay: Replay
) -> None:
    """Three looks tell its growth."""
    seen = []
    for held in (100e6, 110e6, 120e6):
        replay.answers["/metrics"] = Given(
            f"process_resident_memory_bytes {held}\nprocess_start_time_seconds 7\n"
        )
        seen.append(await alone.memory())

    told = seen[-1]
    assert told.growth_per_hour == pytest.approx(60e6)
    assert told.scrapes == 3


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (Given("", 404), "does not tell its metrics: answered 404"),
        (Given("up 1"), "tells no process_resident_memory_bytes"),
        *(
            (Given(f"process_resident_memory_bytes {odd}"), "tells no process_resident")
            for odd in ("1e400", "NaN", "-1")
        ),
        (Given("<html>"), "not in Prometheus' format"),
    ],
)
async def test_metrics_that_are_none_are_a_clear_line(
    alone: Services, replay: Replay, given: Given, words: str
) -> None:
    """Whatever stands there instead."""
    replay.answers["/metrics"] = given

    with pytest.raises(SourceDown, match=words):
        await alone.memory()


async def test_metrics_can_be_had_as_they_are(alone: Services, replay: Replay) -> None:
    """For counts and rates."""
    assert len(await alone.samples()) == 196
    assert (load := await alone.load()) is not None
    assert (load.service, load.requests) == ("orchestrator", 36)

    replay.answers["/metrics"] = Given("", 500)
    with pytest.raises(SourceDown, match="does not tell its metrics"):
        await alone.samples()


async def test_prometheus_tells_an_hour(replay: Replay, asker: Asker) -> None:
    """Where it is set, nothing has to be remembered."""
    start = NOON.timestamp()
    values = [[start + 600 * n, str(100e6 + n * 10e6)] for n in range(4)]
    body = {"data": {"result": [{"metric": {"job": "orchestrator"}, "values": values}]}}
    replay.answers["/api/v1/query?query=process_resident_memory_bytes%5B1h%5D"] = Given(
        body
    )
    addresses = Addresses(orchestrator=replay.url, prometheus=replay.url)
    told = await Services(addresses, asker, clock=lambda: NOON).memory()

    assert told.growth_per_hour == pytest.approx(60e6)
    assert (told.scrapes, told.begun_at) == (4, None)


async def test_a_prometheus_that_knows_nothing_is_a_clear_line(
    replay: Replay, asker: Asker
) -> None:
    """It has no such series."""
    services = Services(Addresses(prometheus=replay.url), asker, clock=lambda: NOON)

    with pytest.raises(SourceDown, match="through Prometheus how much memory"):
        await services.memory()


async def test_a_task_is_told_as_it_was_recorded(alone: Services) -> None:
    """500 for every one that exists."""
    assert (await alone.task("23cb6baf-2b12-4c20-a00c-d443ca9174e7")).status == 500
    assert (await alone.task("task-123")).status == 404


async def test_the_second_look_tells_how_fast_tasks_come_in(
    alone: Services, replay: Replay
) -> None:
    """Each remembers the one before, if that told a number."""
    replay.answers["/metrics"] = Given("octollm_active_tasks 1")
    empty = await alone.counted()
    replay.answers["/metrics"] = Given("octollm_tasks_total 10")
    first = await alone.counted()
    replay.answers["/metrics"] = Given("octollm_tasks_total 30")
    second = await alone.counted()

    assert (empty.submitted, empty.active) == (None, 1)
    assert (first.submitted, first.per_minute) == (10, None)
    assert (second.submitted, second.per_minute) == (30, 2.0)
