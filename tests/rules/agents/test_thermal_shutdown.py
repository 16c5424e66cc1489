from typing import Any

from bot.domain.cases import Case
from bot.rules.book import judge
from tests.file_queues import a_life, a_queue, an_agent, found, of_queue
from tests.world import a_line, ago

RULE = "thermal-shutdown"
LINE = a_line(
    "THERMAL SAFETY SHUTDOWN: 91C >= 90C", at=ago(minutes=5), worker_id="gpu-1"
)
GONE = an_agent(beat_at=ago(minutes=5))


def shown(*lines: Any, **given: Any) -> Case:
    return of_queue(
        a_queue(**({"agents": (GONE,)} | given)), marked={LINE.message[:23]: lines}
    )


def test_an_agent_that_did_not_or_is_back() -> None:
    """A line of another agent is of no interest, nor one before the last start."""
    back = a_life(started_at=ago(minutes=4))

    assert not found(RULE, shown())
    assert not found(RULE, shown(a_line(worker_id="gpu-2", source_id="gpu-2")))
    assert not found(RULE, shown(LINE, agents=(an_agent(),)))
    assert not found(RULE, shown(LINE, lives=back))
    assert not found(RULE, of_queue(None))


def test_an_agent_that_shut_itself_down() -> None:
    """The line may name it as its source alone; no log of its life is needed."""
    line = a_line(LINE.message, at=LINE.at, worker_id=None, source_id="gpu-1")

    [one] = found(RULE, shown(line))

    assert one.title == "gpu-1 shut itself down for heat at 2026-01-31 11:55:00Z"


def test_it_tells_more_than_that_the_agent_stopped() -> None:
    """Told once, of the same agent."""
    lives = a_life(stopped_at=ago(minutes=5))
    queue = a_queue(agents=(GONE,), lives=lives)

    found_ones = judge(of_queue(queue, lines=(LINE,)))

    assert [each.rule for each in found_ones] == [RULE]


def test_its_life_tells_where_its_lines_were_not_read() -> None:
    """As in an answer about its task: it did not merely stop."""
    lives = a_life(stopped_at=ago(minutes=5), overheated=LINE)

    found_ones = judge(of_queue(a_queue(agents=(GONE,), lives=lives), lines=()))

    assert [each.rule for each in found_ones] == [RULE]
    assert LINE.message in found_ones[0].evidence[0]
