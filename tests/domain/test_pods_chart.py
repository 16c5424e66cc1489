"""The picture of pods and their cost."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import pytest

from bot.domain.charts import Steps
from bot.domain.fleet import Claim, PodFate
from bot.domain.pods_chart import pods_chart
from bot.domain.report import Chart
from bot.domain.times import Window
from bot.domain.workers import Worker
from tests.world import NOW, a_pod, a_worker, ago

SINCE = ago(hours=48)


def claim(id: str, fate: PodFate = PodFate.CLAIMED, **given: Any) -> Claim:
    """Return a pod and what it is to us."""
    return Claim(pod=a_pod(id, name=f"gpu-{id}", **given), fate=fate, why="")


def ended(id: str, **given: Any) -> Worker:
    """Return a worker that was ended, whose pod is gone."""
    values = {
        "created_at": ago(hours=5),
        "terminated_at": ago(hours=4),
        "instance_type": "4090",
        "runpod_id": id,
    }
    return a_worker(id, status="terminated", **(values | given))


def drawn(*claims: Claim, workers: Sequence[Worker] | None = ()) -> Chart:
    """Return the picture of the last day."""
    return pods_chart(Window.before(NOW, hours=24), claims, workers, SINCE)


def values(chart: Chart, panel: int) -> dict[str, dict[datetime, float | None]]:
    """Return the values by the names of the series."""
    steps = chart.panels[panel]
    assert isinstance(steps, Steps)
    return {each.name: dict(each.values) for each in steps.series}


def test_pods_are_counted_from_their_birth() -> None:
    """Orphans lie lowest, where they are read best."""
    chart = drawn(
        claim("a", named_at=ago(hours=30)),
        claim("b", named_at=ago(hours=2)),
        claim("c", PodFate.ORPHANED, named_at=ago(hours=3)),
    )

    counts = values(chart, 0)
    assert list(counts) == ["orphaned", "claimed"]
    assert counts["claimed"] == {ago(hours=24): 1.0, ago(hours=2): 2.0}
    assert counts["orphaned"] == {ago(hours=24): 0.0, ago(hours=3): 1.0}


def test_dollars_are_what_runpod_states() -> None:
    """Per hour, at each moment."""
    chart = drawn(
        claim("a", named_at=ago(hours=2), cost_per_hour_usd=0.5),
        claim("b", named_at=ago(hours=1), cost_per_hour_usd=0.25),
    )

    assert values(chart, 1)["claimed"] == {
        ago(hours=24): 0.0,
        ago(hours=2): 0.5,
        ago(hours=1): 0.75,
    }


def test_pods_that_ended_cost_what_the_same_gpu_costs_now() -> None:
    """Which the picture says, and its words count what is known."""
    living = a_worker("gpu-a", runpod_id="a", instance_type="4090")
    chart = drawn(
        claim("a", named_at=ago(hours=1), cost_per_hour_usd=0.7),
        workers=(living, ended("x")),
    )

    assert values(chart, 0)["ended since"][ago(hours=5)] == 1.0
    assert values(chart, 1)["ended since"][ago(hours=5)] == 0.7
    assert values(chart, 1)["ended since"][ago(hours=4)] == 0.0
    assert any("price of the same GPU" in note for note in chart.notes)
    assert chart.alt.endswith("What is known of the last 1 d comes to $1.40.")


def test_what_nobody_tells_is_left_out_and_said() -> None:
    """Age, price, and end."""
    chart = drawn(
        claim("a", named_at=None),
        claim("b", cost_per_hour_usd=None),
        workers=(
            ended("x", terminated_at=None, last_heartbeat_at=None),
            ended("y", runpod_id=None),
        ),
    )

    assert len(chart.panels) == 1
    assert chart.notes[1:] == (
        "1 running pod of untold age left out",
        "1 ended pod left out: when they ended is not on record",
        "1 pod of untold price left out of the dollars",
    )


def test_a_row_without_an_end_ends_with_its_last_heartbeat() -> None:
    """Scale-downs set no time."""
    worker = ended("x", terminated_at=None, last_heartbeat_at=ago(hours=3))
    chart = drawn(workers=(worker,))

    assert values(chart, 0)["ended since"][ago(hours=3)] == 0.0


def test_a_pod_that_is_listed_has_not_ended() -> None:
    """Whatever its row says; a stopped one does not run."""
    chart = drawn(
        claim("x", PodFate.ORPHANED),
        claim("y", status="EXITED"),
        workers=(ended("x"),),
    )

    assert list(values(chart, 0)) == ["orphaned"]


def test_without_the_workers_the_past_is_missing() -> None:
    """It says so, and otherwise how far back they were read."""
    assert "were not read" in drawn(claim("a"), workers=None).notes[0]
    assert "2026-01-29" in drawn(claim("a")).notes[0]


def test_the_main_figures_are_in_words() -> None:
    """The title tells the first of them."""
    chart = drawn(
        claim("a"), claim("b", PodFate.ORPHANED), workers=(ended("x"), ended("y"))
    )

    assert chart.title == "2 pods at $1.38 an hour"
    assert chart.alt.startswith(
        "2 pods run now at $1.38 an hour, 1 of them orphaned at $0.69"
    )
    assert "1 pod runs now" in drawn(claim("a")).alt


def test_more_pods_than_now_are_told_with_the_time() -> None:
    """A peak explains a bill."""
    chart = drawn(claim("a"), workers=(ended("x"), ended("y")))

    assert "at most 2 ran at 2026-01-31 07:00:00Z" in chart.alt


@pytest.mark.parametrize("claims", [(), (claim("a", named_at=None),)])
def test_nothing_known_is_no_picture(claims: tuple[Claim, ...]) -> None:
    """A line says why."""
    chart = drawn(*claims)

    assert not chart.panels
    assert chart.alt == "No picture of the pods: of none is it known when it ran."
