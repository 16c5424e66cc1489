"""What ends a worker, as the state of its pod allows."""

import pytest

from bot.domain.cures import Cure, Standing, by_namesake, cure
from tests.world import POD, WORKER, a_pod, a_worker

LOOK = f"worker {WORKER}"


def test_a_pod_that_is_there_is_ended() -> None:
    """Whatever the row says: a pod of a terminated one bills on."""
    words = f"worker terminate {WORKER}"
    due = Cure(words=words, told=f"{words} ends its pod and gives its tasks back")

    assert cure(a_worker(), Standing.THERE) == due
    assert cure(a_worker(status="terminated"), Standing.THERE) == due


def test_of_a_pod_that_is_gone_the_row_is_settled() -> None:
    """One that is merely not listed is asked for first, and that is said."""
    words = f"worker forget {WORKER}"

    gone = cure(a_worker(status="crashed"), Standing.GONE)
    unlisted = cure(a_worker(status="crashed"), Standing.UNLISTED)

    assert gone.words == unlisted.words == words
    assert gone.told == f"{words} settles its row and gives its tasks back"
    assert unlisted.told == (
        f"RunPod lists no pod of it: {words} looks once more, and settles its row"
    )


@pytest.mark.parametrize("standing", [Standing.GONE, Standing.UNLISTED])
def test_what_has_ended_leaves_nothing_to_end(standing: Standing) -> None:
    """Neither command would do anything."""
    found = cure(a_worker(status="terminated"), standing)

    assert (found.words, found.ends) == (LOOK, False)
    assert "nothing left to end" in found.told


def test_what_is_not_known_is_said() -> None:
    """With the question that tells."""
    found = cure(a_worker(status="crashed"), Standing.UNKNOWN)

    assert (found.words, found.ends) == (LOOK, False)
    assert found.told == (
        f"whether its pod still runs is not known here: {LOOK} or runpod tells"
    )


def test_a_worker_without_a_gpu_has_no_pod_to_end() -> None:
    """It is deployed elsewhere."""
    found = cure(a_worker(runs_on_gpu=False), Standing.THERE)

    assert (found.words, found.ends) == (LOOK, False)
    assert "where it is deployed" in found.told


def test_a_pod_that_only_bears_its_name_is_ended_elsewhere() -> None:
    """Neither `worker terminate` nor `worker forget` would do it."""
    pod = a_pod("other1")

    assert by_namesake(a_worker(status="crashed"), pod) == (
        f"its row names pod {POD}, which RunPod does not list, and pod other1 bears its"
        " name: end that one in RunPod's console, then worker forget"
        f" {WORKER} settles the row"
    )
    assert by_namesake(a_worker(status="terminated"), pod, orphaned=True) == (
        f"its row names pod {POD}, which RunPod does not list, and pod other1 bears its"
        " name: runpod terminate other1 ends that one"
    )
