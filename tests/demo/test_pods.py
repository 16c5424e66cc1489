"""A pod in the words of both of RunPod's interfaces."""

import dataclasses
from datetime import timedelta

import pytest

from bot.demo.pods import Pod, exited
from tests.demo.times import NOON

POD = Pod(id="abcdefgh", name="gpu-1", created_at=NOON)
LATER = NOON + timedelta(hours=1, seconds=5)


def test_a_running_pod_counts_its_uptime_from_its_start() -> None:
    """The start is five seconds after the creation unless told."""
    assert POD.as_graphql(LATER)["uptimeSeconds"] == 3600
    assert POD.as_rest(LATER)["runtime"]["uptime"] == 3600


@pytest.mark.parametrize("status", ["EXITED", "PROVISIONING", "ERROR"])
def test_a_pod_that_does_not_run_has_no_runtime(status: str) -> None:
    """Both interfaces say null."""
    pod = dataclasses.replace(POD, status=status)

    assert pod.as_graphql(LATER)["runtime"] is None
    assert pod.as_rest(LATER)["runtime"] is None


def test_a_stopped_pod_costs_nothing_in_rest_and_the_same_in_graphql() -> None:
    """The two interfaces differ there."""
    pod = dataclasses.replace(POD, status="EXITED", cost_per_hour_usd=0.4)

    assert pod.as_rest(LATER)["cost"] == 0
    assert pod.as_graphql(LATER)["costPerHr"] == 0.4


@pytest.mark.parametrize(
    ("status", "graphql", "rest"),
    [
        ("RUNNING", "RUNNING", "RUNNING"),
        ("PROVISIONING", "CREATED", "PROVISIONING"),
        ("DEAD", "DEAD", "ERROR"),
    ],
)
def test_each_interface_has_its_own_statuses(
    status: str, graphql: str, rest: str
) -> None:
    """A status one lacks is said with its nearest word."""
    pod = dataclasses.replace(POD, status=status)

    assert pod.as_graphql(LATER)["desiredStatus"] == graphql
    assert pod.as_rest(LATER)["status"] == rest


def test_a_pod_carries_a_secret() -> None:
    """Whoever shows raw pods is found out."""
    assert "SUPABASE_SERVICE_ROLE_KEY" in POD.as_rest(LATER)["env"]
    assert any("never-show" in line for line in POD.as_graphql(LATER)["env"])


def test_a_change_of_status_is_told_in_words() -> None:
    """The format is RunPod's free text."""
    said = exited(NOON)

    assert said == (
        "Exited by user: Sat Jan 31 2026 12:00:00 GMT+0000 (Coordinated Universal Time)"
    )
