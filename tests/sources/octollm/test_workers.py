from datetime import UTC, datetime, timedelta

import pytest

from bot.domain.errors import NotFound
from bot.domain.service_names import Outcome
from bot.domain.services import Probe
from bot.domain.times import Window
from bot.domain.workers import WorkerId, WorkerPhase
from bot.sources.octollm.asking import Asker
from bot.sources.octollm.services import Addresses, Services
from bot.sources.octollm.workers import OctoWorkers, worker
from tests.sources.octollm.replay import Given, Replay

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
NOWHERE = "http://127.0.0.1:1"


@pytest.fixture
def workers(replay: Replay, asker: Asker) -> OctoWorkers:
    """Return the recorded orchestrator, and an arm that is not there."""
    addresses = Addresses(
        orchestrator=replay.url, reflex=NOWHERE, arms=(("coder", NOWHERE),)
    )
    services = Services(addresses, asker, clock=lambda: NOON)
    return OctoWorkers(services, clock=lambda: NOON)


async def test_the_fleet_are_the_services_and_arms(workers: OctoWorkers) -> None:
    """With what each answered just now."""
    fleet = await workers.fleet(Window.before(NOON, hours=1))

    assert [(each.id, each.status, each.phase) for each in fleet.rows] == [
        ("orchestrator", "healthy", WorkerPhase.ACTIVE),
        ("reflex-layer", "refused", WorkerPhase.FAILED),
        ("coder", "refused", WorkerPhase.FAILED),
    ]
    assert fleet.whole
    assert fleet.rows[1].error_reason == "connection refused"
    assert all(each.pulse(NOON) is None for each in fleet.rows)


@pytest.mark.parametrize(
    ("status", "ready", "expected"),
    [(200, True, "healthy"), (503, False, "not_ready"), (404, None, "healthy")],
)
async def test_a_service_that_says_it_is_not_ready_is_not_called_healthy(
    workers: OctoWorkers,
    replay: Replay,
    status: int,
    ready: bool | None,
    expected: str,
) -> None:
    """Its `/health` checks nothing. It is there all the same."""
    told = {"ready": ready, "checks": {"database": bool(ready)}}
    replay.answers["/ready"] = Given(told if ready else {"error": told}, status)

    found = await workers.get(WorkerId("orchestrator"))

    assert (found.status, found.phase) == (expected, WorkerPhase.ACTIVE)
    assert expected in OctoWorkers.statuses


def test_a_service_that_is_down_is_called_so_whatever_it_says_of_being_ready() -> None:
    """That it does not answer says more."""
    probe = Probe(
        service="x", at=NOON, outcome=Outcome.REFUSED, took=timedelta(0), said="no"
    )

    assert worker(probe, ready=False).status == "refused"


async def test_nobody_recorded_the_fleet_of_the_past(workers: OctoWorkers) -> None:
    """What answers now says nothing of then."""
    past = Window(since=NOON - timedelta(hours=2), until=NOON - timedelta(hours=1))

    assert (await workers.fleet(past)).rows == ()


async def test_one_can_be_asked(workers: OctoWorkers) -> None:
    """By its name."""
    found = await workers.get(WorkerId("orchestrator"))

    assert (found.status, found.last_heartbeat_at) == ("healthy", NOON)
    with pytest.raises(NotFound, match="no worker is called judge"):
        await workers.get(WorkerId("judge"))


async def test_names_are_found_by_either_end(workers: OctoWorkers) -> None:
    """The one that equals the part first."""
    assert await workers.find("co") == ["coder"]
    assert await workers.find("layer") == ["reflex-layer"]
    assert await workers.find("orchestrator") == ["orchestrator"]
    assert await workers.find("r") == ["coder", "orchestrator", "reflex-layer"]
    assert await workers.find("a/b") == ()
    assert workers.is_id("coder")
    assert not workers.is_id("code")


async def test_known_ones_are_asked_and_others_not(
    workers: OctoWorkers, replay: Replay
) -> None:
    """No service has a pod."""
    assert [it.id for it in await workers.known_as(["orchestrator", "x"], ["p"])] == [
        "orchestrator"
    ]
    asked = len(replay.asked)
    assert await workers.known_as(["x"], []) == ()
    assert await workers.of_pod("p") == ()
    assert len(replay.asked) == asked


def test_a_service_that_tells_since_when_it_runs_was_made_then() -> None:
    """Else at the time of the question."""
    begun = NOON - timedelta(days=1)
    probe = Probe(
        service="x", at=NOON, outcome=Outcome.OK, took=timedelta(0), begun_at=begun
    )

    assert worker(probe).created_at == begun


async def test_without_addresses_there_are_no_names(asker: Asker) -> None:
    """Nothing begins so."""
    workers = OctoWorkers(
        Services(Addresses(), asker, clock=lambda: NOON), clock=lambda: NOON
    )

    assert not workers.is_id("orchestrator")
    assert workers.may_bound("orch")
