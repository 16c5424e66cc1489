from datetime import timedelta

import pytest

from bot.domain.pods import called
from tests.world import NOW, a_pod, ago


@pytest.mark.parametrize(
    ("status", "running"),
    [
        ("RUNNING", True),
        ("CREATED", True),
        ("A_NEW_WORD", True),
        ("EXITED", False),
        ("PAUSED", False),
        ("DEAD", False),
        ("TERMINATED", False),
    ],
)
def test_which_pods_may_be_billing_as_running(status: str, *, running: bool) -> None:
    """A word that nobody knows counts as running: money goes first."""
    assert a_pod(status=status).running is running


def test_the_name_tells_the_age_first() -> None:
    """An uptime begins anew with every restart, the name does not."""
    pod = a_pod(named_at=ago(hours=2), uptime=timedelta(minutes=1))

    assert pod.age(NOW) == timedelta(hours=2)


def test_a_name_of_the_future_tells_no_age() -> None:
    """It was made by another clock; without an uptime the pod is new."""
    named_at = NOW + timedelta(hours=2)
    pod = a_pod(named_at=named_at, uptime=timedelta(hours=1))

    assert pod.age(NOW) == timedelta(hours=1)
    assert a_pod(named_at=named_at).age(NOW) == timedelta(0)


def test_the_uptime_tells_the_age_of_other_names() -> None:
    """A pod whose name holds no time is at least as old as its uptime."""
    pod = a_pod(named_at=None, uptime=timedelta(minutes=1))

    assert pod.age(NOW) == timedelta(minutes=1)


def test_an_age_that_nobody_tells() -> None:
    """Neither name nor uptime: not known, rather than zero."""
    assert a_pod(named_at=None, uptime=None).age(NOW) is None


def test_a_name_from_the_future_is_new() -> None:
    """The clock of another machine may be ahead of ours."""
    pod = a_pod(named_at=NOW + timedelta(seconds=20))

    assert pod.age(NOW) == timedelta(0)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("pod1", ["pod1"]),
        ("name-pod1", ["other"]),
        ("pod", ["pod1", "pod12"]),
        ("od12", ["pod12"]),
        ("THER", ["other"]),
        ("xyzzy", []),
    ],
)
def test_a_pod_is_called_by_a_part_of_its_id_or_name(
    text: str, found: list[str]
) -> None:
    """An exact one wins."""
    pods = [
        a_pod("pod1", name="gpu-1"),
        a_pod("pod12", name="gpu-2"),
        a_pod("other", name="name-pod1"),
    ]

    assert [pod.id for pod in called(text, pods)] == found
