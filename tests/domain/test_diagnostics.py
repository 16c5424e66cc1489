"""What was seen of a worker before it was given up, told to people."""

import pytest

from bot.domain.diagnostics import Diagnostics, HeldThen, section
from tests.world import NOW

HELD = HeldThen(id="task-1", task_type="vace", running_seconds=100.0)


def test_all_that_was_collected_is_told() -> None:
    """In the order in which one asks."""
    seen = Diagnostics(
        collected_at=NOW,
        succeeded=True,
        running_tasks_count=2,
        running_tasks=(HELD,),
        vram_used_mb=23000,
        vram_total_mb=24564,
        vram_usage_percent=93.6,
        pod_status="RUNNING",
        git_commit="50066ea",
        git_branch="main",
    )

    assert section(seen).rows == (
        ("collected at", NOW),
        ("tasks then", "2 running tasks: vace task-1 for 1 min 40 s"),
        ("VRAM then", "94%, 23000 of 24564 MB"),
        ("pod then", "RUNNING"),
        ("its code", "50066ea of main"),
    )


@pytest.mark.parametrize(
    ("seen", "told"),
    [
        (Diagnostics(), ("collected", "nothing that is told here")),
        (Diagnostics(running_tasks_count=0), ("tasks then", "0 running tasks")),
        (
            Diagnostics(
                running_tasks=(
                    HeldThen(id="task-1", task_type=None, running_seconds=None),
                )
            ),
            ("tasks then", "1 running task: task-1"),
        ),
        (Diagnostics(vram_used_mb=1, vram_total_mb=2), ("VRAM then", "1 of 2 MB")),
        (Diagnostics(git_commit="50066ea"), ("its code", "50066ea")),
        (Diagnostics(succeeded=False), ("not collected", "not all of it")),
        (
            Diagnostics(succeeded=False, errors=("no pod", "no git")),
            ("not collected", "no pod; no git"),
        ),
    ],
)
def test_what_was_not_collected_is_left_out(
    seen: Diagnostics, told: tuple[str, str]
) -> None:
    """Or said, where that is all."""
    assert section(seen).rows == (told,)
