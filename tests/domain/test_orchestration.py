from datetime import timedelta
from typing import Any

import pytest

from bot.domain.findings import Confidence, Finding, Severity, Subject
from bot.domain.orchestration import (
    Cycle,
    Liveness,
    Orchestration,
    Overlap,
    counts,
    liveness,
    moved_at,
    omission,
)
from bot.domain.times import Window
from tests.world import NOW, a_line, a_worker, ago


def a_finding(rule: str) -> Finding:
    return Finding(
        rule=rule,
        severity=Severity.CRITICAL,
        confidence=Confidence.CONFIRMED,
        title="something",
        subject=Subject(kind="orchestrator", id="orchestrator"),
        evidence=("a line",),
        remedy="look",
    )


def silent_for(**span: float) -> Orchestration:
    return Orchestration(last_line=a_line(at=ago(**span)))


@pytest.mark.parametrize(
    ("span", "word"),
    [
        ({"seconds": 0}, Liveness.HEALTHY),
        ({"minutes": 5}, Liveness.HEALTHY),
        ({"minutes": 5, "seconds": 1}, Liveness.WARNING),
        ({"minutes": 15}, Liveness.WARNING),
        ({"minutes": 15, "seconds": 1}, Liveness.STALE),
    ],
)
def test_the_age_of_its_newest_line_says_how_it_is(
    span: dict[str, Any], word: Liveness
) -> None:
    """Exactly at a limit is still the milder word."""
    assert liveness(silent_for(**span), [a_finding("other-rule")], NOW) is word


def test_failing_cycles_say_more_than_fresh_lines() -> None:
    """It runs, and that is not enough."""
    found = [a_finding("orchestrator-failing")]

    assert liveness(silent_for(minutes=1), found, NOW) is Liveness.FAILING


def test_silence_says_more_than_failing_cycles() -> None:
    """What failed before it fell silent is history."""
    found = [a_finding("orchestrator-failing")]

    assert liveness(silent_for(minutes=16), found, NOW) is Liveness.STALE


def test_without_any_line_nothing_is_known() -> None:
    """It logs only when told to."""
    assert liveness(Orchestration(last_line=None), [], NOW) is Liveness.NO_LOGS


@pytest.mark.parametrize(
    ("life", "told"),
    [
        (None, "see whether it lives"),
        (Orchestration(last_line=None), "see whether it lives"),
        (silent_for(minutes=5), "it lives and has not; see its errors"),
        (silent_for(minutes=5, seconds=1), "it has been silent for 5 min 1 s"),
    ],
)
def test_what_it_has_not_done_is_told_beside_its_life(
    life: Orchestration | None, told: str
) -> None:
    """Nobody is sent to see what is known already."""
    assert omission(life, NOW) == told


def test_without_workers_nothing_moved() -> None:
    """An empty fleet has no newest time."""
    assert moved_at([]) is None


def test_the_newest_move_of_any_worker_counts() -> None:
    """Made, promoted or ended."""
    workers = [
        a_worker("gpu-1", created_at=ago(hours=3), promoted_at=ago(hours=2)),
        a_worker("gpu-2", created_at=ago(hours=4), terminated_at=ago(hours=1)),
    ]

    assert moved_at(workers) == ago(hours=1)


def test_what_others_can_write_is_no_move() -> None:
    """A worker can give itself up, and API workers have rows of their own."""
    workers = [
        a_worker("gpu-1", created_at=ago(hours=3), error_at=ago(minutes=1)),
        a_worker("api-worker-main", created_at=ago(minutes=2), runs_on_gpu=False),
    ]

    assert moved_at(workers) == ago(hours=3)


def test_a_life_is_cut_to_a_window() -> None:
    """A cycle counts by its start, else by its end; the newest line stays."""
    begun = Cycle(number=1, started_at=ago(minutes=3), completed_at=None)
    before = Cycle(number=2, started_at=ago(minutes=9), completed_at=ago(minutes=3))
    ended = Cycle(number=3, started_at=None, completed_at=ago(minutes=2))
    untold = Cycle(number=4, started_at=None, completed_at=None)
    old, new = a_line(at=ago(minutes=9)), a_line(at=ago(minutes=4))
    life = Orchestration(
        last_line=old,
        cycles=(begun, before, ended, untold),
        errors=(old, new),
        restarts=(ago(minutes=9), ago(minutes=4)),
    )

    shown = life.within(Window.before(NOW, hours=0.1))

    assert shown == Orchestration(
        last_line=old,
        cycles=(begun, ended, untold),
        errors=(new,),
        restarts=(ago(minutes=4),),
    )


def test_a_brain_lives_by_its_heartbeat_and_is_late_by_its_lines() -> None:
    """It does not live when both are old."""
    limits: dict[str, Any] = {
        "late": timedelta(seconds=90),
        "down": timedelta(seconds=120),
    }

    def status(line: float | None, beat: float | None) -> Liveness:
        last = None if line is None else a_line(at=ago(seconds=line))
        at = None if beat is None else ago(seconds=beat)
        return liveness(Orchestration(last_line=last, beat_at=at, **limits), (), NOW)

    assert status(90, 5) is Liveness.HEALTHY
    assert status(91, 5) is Liveness.WARNING
    assert status(None, 5) is Liveness.WARNING
    assert status(500, 120) is Liveness.WARNING
    assert status(500, 121) is Liveness.STALE
    assert status(None, None) is Liveness.NO_LOGS


def test_a_stretch_without_a_cycle_is_a_pause() -> None:
    """The last one lasts until now; a cycle without a start tells nothing."""
    cycles = tuple(
        Cycle(number=None, started_at=at, completed_at=None)
        for at in (ago(minutes=9), ago(minutes=8), None, ago(minutes=2))
    )
    life = Orchestration(last_line=None, cycles=cycles, pause=timedelta(seconds=60))

    assert [(each.at, each.seconds) for each in life.pauses(NOW)] == [
        (ago(minutes=8), 360.0),
        (ago(minutes=2), 120.0),
    ]
    assert Orchestration(last_line=None).pauses(NOW) == ()


@pytest.mark.parametrize(
    ("minutes", "word"), [(-10, Liveness.HEALTHY), (-10.1, Liveness.WARNING)]
)
def test_signs_of_later_than_now_tell_nothing_of_now(
    minutes: float, word: Liveness
) -> None:
    """So little as clocks differ is nothing."""
    assert liveness(silent_for(minutes=minutes), (), NOW) is word


def cycles_of(name: str, *begun: float) -> tuple[Cycle, ...]:
    """Return cycles of an instance that began so many minutes ago."""
    return tuple(
        Cycle(number=1, started_at=ago(minutes=each), completed_at=None, instance=name)
        for each in begun
    )


def test_instances_that_follow_each_other_do_not_overlap() -> None:
    """Neither does one that is alone, nor one of which only ends are known."""
    ended = Cycle(number=1, started_at=None, completed_at=ago(minutes=1), instance="c")
    cycles = (*cycles_of("a", 9, 8, 7), *cycles_of("b", 6, 5), ended)

    assert Orchestration(last_line=None, cycles=cycles).overlap is None


def test_the_last_overlap_of_instances_is_told() -> None:
    """As a rule a deployment overlaps the one before it."""
    before = (*cycles_of("a", 30, 20), *cycles_of("b", 21, 10))

    life = Orchestration(last_line=None, cycles=(*before, *cycles_of("c", 12, 1)))

    assert life.overlap == Overlap(
        instances=("b", "c"), since=ago(minutes=12), until=ago(minutes=10)
    )


def test_what_scaling_counts_is_read_from_its_line() -> None:
    """What is worded otherwise tells nothing."""
    line = "🔢 TASK COUNT (Cycle #109): Queued=3, Active=1, Total=4"

    assert counts(line) == {"queued": "3", "active": "1", "total": "4"}
    assert counts("Task count spike: Queued=3, Active=1, Total=4") == {}
    assert counts(line.replace(":", ":" + 300 * " ")) == {}
