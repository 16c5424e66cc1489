from bot.domain.agent_levels import levels_seen, table
from bot.domain.agent_names import AgentKind
from tests.file_queues import BRAIN, a_life, a_queue, an_agent
from tests.world import ago

LEVELS = frozenset({"INFO", "DEBUG", "ERROR", "TRACE"})


def test_consoles_that_were_not_read_tell_nothing() -> None:
    """Those without lines tell of nobody."""
    assert levels_seen(a_queue(lives=None)) is None
    assert table(levels_seen(a_queue(lives={})) or ()) == ()


def test_each_program_is_told_with_its_levels() -> None:
    """From the least to the gravest, with the variable that sets them."""
    lives = {
        **a_life(levels=LEVELS),
        **a_life("cpu-pi1", last_line=None),
        **a_life("brain"),
        **a_life("odd"),
    }
    cpu = an_agent("cpu-pi1", kind=AgentKind.CPU)
    queue = a_queue(lives=lives, agents=(an_agent(), cpu, BRAIN))

    [found] = table(levels_seen(queue) or ())

    assert found.rows == (
        ("brain", "", ago(minutes=1), "BRAIN_LOG_LEVEL"),
        ("cpu-pi1", "", None, "no variable"),
        ("gpu-1", "DEBUG, INFO, ERROR, TRACE", ago(minutes=1), "GPU_LOG_LEVEL"),
        ("odd", "", ago(minutes=1), "no variable"),
    )
