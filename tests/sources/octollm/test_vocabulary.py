from bot.domain.folds import folded
from bot.domain.logs import LogLine
from bot.domain.startup import of_startup
from bot.sources.octollm.vocabulary import WORDS
from tests.sources.octollm.samples import RUN, logs


async def lines() -> tuple[LogLine, ...]:
    return (await logs().all(RUN, lambda line: True)).rows


async def test_the_real_start_is_told_from_the_work() -> None:
    """By the words that it writes while it begins."""
    found = [line for line in await lines() if of_startup(line, WORDS.startup)]

    assert "orchestrator.startup" in [line.fields["event"] for line in found]
    assert 0 < len(found) < 12


async def test_what_others_ask_all_the_time_is_told_once() -> None:
    """Looks at its health; each submit is told."""
    whole = await lines()
    looks = [line for line in whole if "GET path=/ready " in line.message]
    submits = [line for line in whole if "path=/submit " in line.message]
    told = [line.message for line in folded(looks, WORDS.routine)]

    assert len(looks) == 6
    assert sum("status_code=503" in each for each in told) == 2
    assert sum("status_code=200" in each for each in told) == 2
    assert any("3 times until" in each for each in told)
    assert folded(submits, WORDS.routine) == tuple(submits)
