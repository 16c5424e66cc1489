import asyncio
import contextlib

import pytest

from bot.tracing import asking, current, given_up, request, waiting


def test_without_a_request_there_is_no_id() -> None:
    """As while the bot starts."""
    assert current() == ""


def test_a_request_has_an_id_until_it_ends() -> None:
    """Eight digits, each time others."""
    with request() as one:
        assert current() == one
    with request() as another:
        assert current() == another

    assert current() == ""
    assert len({one, another}) == 2
    assert all(len(each) == 8 for each in (one, another))


async def test_what_is_done_at_the_same_time_belongs_to_the_request() -> None:
    """In tasks and in threads; other requests beside it have their own."""

    async def ask() -> tuple[str, list[str]]:
        with request() as id:
            found = await asyncio.gather(
                asyncio.to_thread(current), asyncio.sleep(0, current())
            )
        return id, list(found)

    for id, found in await asyncio.gather(ask(), ask()):
        assert found == [id, id]


async def sleep(source: str, seconds: float = 60.0) -> None:
    with asking(source):
        await asyncio.sleep(seconds)


async def test_sources_that_had_answered_were_not_given_up() -> None:
    """Nor one that failed, or that gave up a question by its own time."""

    async def fail() -> None:
        with asking("runpod"):
            raise KeyError

    async def end_in_time() -> None:
        with asking("agents"):
            async with asyncio.timeout(0):
                await asyncio.sleep(60)

    with request():
        await asyncio.gather(
            sleep("supabase", 0), fail(), end_in_time(), return_exceptions=True
        )

        assert given_up() == ()


async def test_sources_that_a_given_up_request_waited_for_are_known() -> None:
    """Each once, in whatever task it was asked; another request knows its own."""
    with request():
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await asyncio.gather(
                    sleep("supabase"), sleep("runpod"), sleep("supabase")
                )

        assert given_up() == ("runpod", "supabase")
        with request():
            assert given_up() == ()

    assert given_up() == ()


async def test_what_nobody_asked_for_is_not_remembered() -> None:
    """As what looks after alerts."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(0):
            await sleep("supabase")

    assert given_up() == ()


async def test_sources_that_are_waited_for_are_known_meanwhile() -> None:
    """Each once, for as long as one question of it is open; others know their own."""
    with waiting() as sources:
        async with asyncio.TaskGroup() as group:
            group.create_task(sleep("runpod", 0))
            short = group.create_task(sleep("supabase", 0.01))
            long = group.create_task(sleep("supabase"))
            await asyncio.sleep(0)
            with waiting() as none:
                assert (sources(), none()) == (("runpod", "supabase"), ())
            await short
            assert sources() == ("supabase",)
            long.cancel()

        assert sources() == ()
