import asyncio

from bot.tracing import current, request


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
