"""What can go wrong with an OctoLLM's tasks once they are stored.

Each plants one failure, or a near miss, of systems/octollm.md, 3B, 8 and 9; all but
lines of a router need a database that is read.
"""

from typing import Final

from bot.demo.octo import ABLE, ENDED, Octo

NO_ARM: Final = "No suitable arm found"


def plant_no_arm(octo: Octo) -> None:
    """Let the router find no arm for a task, by the line that the guide has (9)."""
    at = octo.ago(minutes=3)
    task = octo.submit(at)
    octo.say(
        *(octo.ago(minutes=2), "error", "arm_router.no_candidates"),
        task_id=task,
        required_capabilities=["code_generation", "web_search"],
        available_capabilities=sorted({name for it in ABLE.values() for name in it}),
    )
    octo.owe("no-suitable-arm", task)


def plant_failed_row(octo: Octo, *, error: str = NO_ARM, owed: bool = True) -> None:
    """Let a task have failed with this error, of which its row alone tells (9)."""
    made, ended = octo.ago(minutes=5), octo.ago(minutes=4)
    task = octo.row("FAILED", made, changed=ended, error=error)
    if owed:
        octo.owe("no-suitable-arm", task)
    else:
        octo.spare(task)


def plant_over_budget(
    octo: Octo, *, seconds: float = 305, allowed: int = 300, owed: bool = True
) -> None:
    """Let a task be in progress for so long (8: over what its budget allows)."""
    made, begun = octo.ago(seconds=seconds + 4), octo.ago(seconds=seconds)
    task = octo.row("PROCESSING", made, changed=begun, seconds=allowed)
    if owed:
        octo.owe("stuck-task", task)
    else:
        octo.spare(task)


def plant_pending(octo: Octo, *, seconds: float = 305, owed: bool = True) -> None:
    """Let a task be pending for so long, while others are taken up (8: over 300 s)."""
    task = octo.row("PENDING", octo.ago(seconds=seconds))
    if owed:
        octo.owe("waiting-task", "")
    else:
        octo.spare(task)


def plant_unconsumed(octo: Octo) -> None:
    """Let no task ever have been taken up: there are no arms at work (8)."""
    for row in octo.rows or ():
        if row["status"] in ENDED:
            row |= {"status": "PENDING", "updated_at": row["created_at"]}
    octo.results.clear()
    octo.owe("queue-without-workers", "")
    octo.leave_open("waiting-task", "")
