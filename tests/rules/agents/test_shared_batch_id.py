from tests.file_queues import (
    BATCH,
    OTHER,
    a_decision,
    a_file,
    a_folder,
    found,
    of_queue,
)

RULE = "shared-batch-id"


def test_a_batch_of_one_plan() -> None:
    """Meta tasks of all plans are called `system`; many name no plan."""
    tasks = (
        a_file(plan="a"),
        a_file(OTHER),
        a_file("1", plan="a", batch="system"),
        a_file("2", plan="b", batch="system"),
        a_file("3", plan="c", batch=""),
    )
    told = (a_decision("PLAN_READ", BATCH), a_decision("X", "x", plan="q"))

    assert not found(RULE, a_folder(tasks=tasks, told=told))
    assert not found(RULE, a_folder(tasks=None, told=None))
    assert not found(RULE, of_queue(None))


def test_a_batch_id_of_two_plans() -> None:
    """Submitted within one second."""
    told = (a_decision("BATCH_COMPLETE", BATCH, batch=BATCH, plan="b"),)

    [one] = found(RULE, a_folder(tasks=(a_file(plan="a"),), told=told))

    assert one.title == f"batch id {BATCH} is shared by the plans a, b"
    assert len(one.evidence) == 2
