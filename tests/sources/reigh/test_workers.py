"""The `workers` table, over a network in memory."""

import pytest

from bot.domain.errors import NotFound
from bot.domain.times import Window
from bot.domain.workers import WorkerId
from bot.sources.reigh.workers import ReighWorkers
from tests.sources.reigh.rest import Rest, a_worker_row, rows
from tests.world import NOW, WORKER, ago

DAY = Window(since=ago(days=1), until=NOW)


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        (WORKER, True),
        (f"manual-{WORKER}", True),
        (WORKER[:-1], False),
        (WORKER + "-2", False),
        ("api-worker-main", False),
    ],
)
def test_a_whole_id_is_known_by_its_form(text: str, *, whole: bool) -> None:
    """Other ids exist as well: they are then looked up."""
    assert ReighWorkers(Rest(rows()).project()).is_id(text) is whole


@pytest.mark.parametrize(
    ("text", "may"),
    [
        ("gpu-", True),
        ("legacy_1", True),
        ("90d281bc", True),
        ("-gpu", True),
        ("a%", True),
        ('my "worker"', True),
        ("", False),
    ],
)
def test_any_text_may_bound_an_id(text: str, *, may: bool) -> None:
    """Most ids have a form, but any is taken (systems/reigh.md, 1.3)."""
    assert ReighWorkers(Rest(rows()).project()).may_bound(text) is may


async def test_a_part_of_an_id_is_asked_for_literally() -> None:
    """An underscore stands for any sign in a pattern, unless told otherwise."""
    rest = Rest(rows({"id": WORKER}))

    found = await ReighWorkers(rest.project()).find("gpu-20260131_11")

    assert found == [WORKER]
    [asked] = rest.asked
    assert asked["or"] == (
        r'(id.like."gpu-20260131\\_11*",id.like."*gpu-20260131\\_11")'
    )
    assert asked["order"] == "created_at.desc,id.desc"
    assert asked["limit"] == "11"


async def test_signs_of_a_pattern_or_a_filter_stand_for_themselves() -> None:
    """Twice: for the pattern, and for the quotes around it."""
    rest = Rest(rows())

    assert await ReighWorkers(rest.project()).find('1%\\"),x') == []
    [asked] = rest.asked
    form = r"1\\%\\\\\"),x"
    assert asked["or"] == f'(id.like."{form}*",id.like."*{form}")'


async def test_with_a_star_only_the_whole_id_is_found() -> None:
    """PostgREST takes each for a wildcard, whatever stands before it."""
    rest = Rest(rows({"id": "gpu*1"}))

    assert await ReighWorkers(rest.project()).find("gpu*1") == ["gpu*1"]
    [asked] = rest.asked
    assert asked["id"] == "eq.gpu*1"
    assert "or" not in asked


async def test_nothing_begins_no_id() -> None:
    """All would."""
    rest = Rest(rows())

    assert await ReighWorkers(rest.project()).find("") == ()
    assert rest.requests == []


async def test_among_very_many_the_exact_one_is_looked_up() -> None:
    """It may be older than the eleven newest that begin so."""
    many = [{"id": f"gpu-{n}"} for n in range(11)]
    rest = Rest(rows(*many), rows({"id": "gpu"}))

    found = await ReighWorkers(rest.project()).find("gpu")

    assert found[0] == "gpu"
    assert len(found) == 12
    assert rest.asked[1]["id"] == "eq.gpu"


async def test_an_exact_one_among_the_newest_is_not_looked_up_again() -> None:
    """One question suffices."""
    many = [{"id": "gpu"}, *({"id": f"gpu-{n}"} for n in range(10))]
    rest = Rest(rows(*many))

    assert len(await ReighWorkers(rest.project()).find("gpu")) == 11
    assert len(rest.requests) == 1


async def test_one_worker_is_read_by_its_id() -> None:
    """Signs in it end nothing."""
    rest = Rest(rows(a_worker_row()))

    found = await ReighWorkers(rest.project()).get(WorkerId("a,b"))

    assert found.id == WORKER
    assert rest.asked[0]["id"] == "eq.a,b"


async def test_a_worker_that_does_not_exist_is_not_found() -> None:
    """With its id."""
    with pytest.raises(NotFound, match=WORKER):
        await ReighWorkers(Rest(rows()).project()).get(WORKER)


async def test_the_fleet_is_all_that_live_and_all_of_the_window() -> None:
    """A plus in a time would be read as a space, a colon as an end."""
    rest = Rest(rows(a_worker_row()))

    listing = await ReighWorkers(rest.project()).fleet(DAY)

    [asked] = rest.asked
    assert [worker.id for worker in listing.rows] == [WORKER]
    day, before = "2026-01-30T12:00:00", '"2026-01-29T12:00:00+00:00"'
    assert asked["or"] == (
        f'(status.neq.terminated,created_at.gte."{day}+00:00",'
        f"and(or(last_heartbeat.gte.{before},created_at.gte.{before}),"
        f'or(metadata->>error_time.gte."{day}",metadata->>terminated_at.gte."{day}")))'
    )
    assert asked["created_at"] == "lte.2026-01-31T12:00:00+00:00"
    assert asked["order"] == "created_at.desc,id.desc"


async def test_what_did_not_end_in_the_window_is_left_out() -> None:
    """A time in a row is a text, which anything may stand in."""
    old = {"status": "terminated", "created_at": ago(days=9).isoformat()}
    rest = Rest(
        rows(
            a_worker_row(id="gpu-5", **old, error_time=ago(hours=1).isoformat()),
            a_worker_row(id="gpu-4", **old, error_time="yesterday"),
            a_worker_row(id="gpu-3", **old, terminated_at=ago(days=-1).isoformat()),
        )
    )

    listing = await ReighWorkers(rest.project()).fleet(DAY)

    assert [worker.id for worker in listing.rows] == ["gpu-5"]


async def test_names_and_pods_are_looked_up_in_portions() -> None:
    """An address has room for no more than some hundred ids."""
    rest = Rest(rows(a_worker_row()))
    names = [f"gpu-{n}" for n in range(101)]

    found = await ReighWorkers(rest.project()).known_as(names, ["pod1"])

    assert [worker.id for worker in found] == [WORKER]
    asked = [
        (name, len(value.split(",")))
        for query in rest.asked
        for name, value in query.items()
        if name != "select"
    ]
    assert sorted(asked) == [("id", 1), ("id", 100), ("metadata->>runpod_id", 1)]


async def test_odd_names_of_pods_are_quoted() -> None:
    """A pod may be called anything."""
    rest = Rest(rows())

    await ReighWorkers(rest.project()).known_as(['gpu-"a",b)'], [])

    assert rest.asked[0]["id"] == r'in.("gpu-\"a\",b)")'


async def test_nobody_is_asked_for_without_a_question() -> None:
    """No names and no pods: no request."""
    rest = Rest(rows())

    assert await ReighWorkers(rest.project()).known_as([], []) == []
    assert rest.requests == []
