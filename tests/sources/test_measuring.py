import asyncio
import contextlib

import pytest

from bot.domain.errors import OutOfTime, SourceDown
from bot.sources.measuring import measured, unobserved
from bot.tracing import given_up, request


class Heard(list[tuple[str, str]]):
    """Remembers what was told, and that it took no time to speak of."""

    def __call__(self, source: str, outcome: str, seconds: float) -> None:
        assert 0 <= seconds < 60
        self.append((source, outcome))


def test_an_answer_is_told() -> None:
    """Once, when it is there."""
    heard = Heard()

    with measured("supabase", heard):
        assert heard == []

    assert heard == [("supabase", "answered")]


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (OutOfTime("supabase", "did not answer within 6 s"), "late"),
        (SourceDown("supabase", "refused"), "failed"),
        (KeyError("data"), "failed"),
        (asyncio.CancelledError(), "given_up"),
    ],
)
def test_what_came_instead_is_told_and_goes_on(
    error: BaseException, outcome: str
) -> None:
    """Whoever asked hears of it as before."""
    heard = Heard()

    with pytest.raises(type(error)), measured("supabase", heard):
        raise error

    assert heard == [("supabase", outcome)]


async def test_a_source_that_is_given_up_is_known_to_the_request() -> None:
    """Its answer was waited for to the end."""
    with request():
        with pytest.raises(TimeoutError), measured("supabase", unobserved):
            async with asyncio.timeout(0):
                await asyncio.sleep(60)
        assert given_up() == ()

        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(0):
                with measured("supabase", unobserved):
                    await asyncio.sleep(60)
        assert given_up() == ("supabase",)


def test_nobody_needs_to_listen() -> None:
    """A shell does not."""
    with measured("supabase", unobserved):
        pass
