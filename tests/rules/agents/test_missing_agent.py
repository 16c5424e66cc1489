from bot.domain.file_queue import BrainState, Missing
from tests.file_queues import a_decision, a_folder, an_agent, found, of_queue
from tests.world import ago

RULE = "missing-agent"
GONE = an_agent(beat_at=ago(hours=1))


def test_an_agent_that_is_there_or_is_back() -> None:
    """Its heartbeat, or the brain, says so."""
    missed = a_decision("GPU_MISSING", "gpu-1", at=ago(minutes=9))
    back = a_decision("GPU_RECOVERED", "gpu-1", at=ago(minutes=8))
    saved = BrainState(missing=(Missing(worker="gpu-1"),))

    assert not found(RULE, a_folder(told=(missed,), state=saved))
    assert not found(RULE, a_folder(agents=(GONE,), told=(missed, back)))
    assert not found(RULE, a_folder(agents=(GONE,), told=(back,), state=saved))
    assert not found(RULE, a_folder(told=(a_decision("GPU_MISSING", ""),)))
    assert not found(RULE, of_queue(None))


def test_an_agent_that_the_brain_misses() -> None:
    """Folded: since when, how often, and whom it told."""
    told = (
        a_decision("GPU_RECOVERED", "gpu-1", at=ago(hours=2)),
        a_decision("GPU_MISSING", "gpu-1", at=ago(minutes=9), times=18),
        a_decision("GPU_MISSING_ESCALATED", "gpu-1", at=ago(minutes=7)),
    )
    state = BrainState(
        missing=(Missing(worker="gpu-1", since=ago(minutes=8), escalation="e_1"),)
    )

    [one] = found(RULE, a_folder(agents=(GONE,), told=told, state=state))

    assert one.title == "the brain misses gpu-1 since 2026-01-31 11:51:00Z"
    assert one.evidence[1:] == (
        "it missed it 18 times",
        "it wrote brain/escalations/e_1.json",
        "0 tasks wait",
    )


def test_what_the_state_alone_tells() -> None:
    """Neither since when nor how often."""
    state = BrainState(missing=(Missing(worker="gpu-4"),))

    [one] = found(RULE, a_folder(state=state))

    assert one.title == "the brain misses gpu-4"
    assert len(one.evidence) == 2
