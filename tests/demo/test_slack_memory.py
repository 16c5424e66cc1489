"""What the strict front remembers."""

from bot.demo.slack_memory import BURST, Kept, Memory, ResponseUrl, with_ids


def a_response_url(memory: Memory) -> str:
    """Return the id of a fresh response_url."""
    return memory.new_response_url(
        bot="U0DEBUG", channel="C", user="U", message_ts=None, thread_ts=None
    )


def test_a_short_burst_is_let_through() -> None:
    """The message after it comes too soon."""
    memory = Memory()

    fast = [memory.too_fast("bot", "C") for _ in range(BURST + 1)]

    assert fast == [False] * BURST + [True]


def test_each_channel_has_its_own_rate() -> None:
    """A busy channel does not silence another."""
    memory = Memory()
    while not memory.too_fast("bot", "busy"):
        pass

    assert not memory.too_fast("bot", "calm")


def test_no_rate_is_no_limit() -> None:
    """Tests about something else turn it off."""
    memory = Memory()
    memory.options.rate = 0

    assert not any(memory.too_fast("bot", "C") for _ in range(100))


def test_a_share_of_calls_is_put_off_evenly() -> None:
    """Two of three, each for the same time."""
    memory = Memory()
    memory.options.ratelimited = {"m": (2 / 3, 7.0)}

    assert [memory.put_off("m") for _ in range(6)] == [None, 7.0, 7.0] * 2
    assert memory.put_off("other") is None


def test_a_response_url_works_five_times() -> None:
    """The sixth use is told why not."""
    memory = Memory()
    id = a_response_url(memory)

    uses = [memory.use_response_url(id) for _ in range(6)]

    assert all(isinstance(use, ResponseUrl) for use in uses[:5])
    assert uses[5] == "used_url"


def test_an_old_response_url_does_not_work() -> None:
    """Half an hour is its life."""
    memory = Memory()
    id = a_response_url(memory)
    memory.response_urls[id].made -= 1801

    assert memory.use_response_url(id) == "expired_url"


def test_a_trigger_works_once() -> None:
    """The second use is told why not."""
    memory = Memory()
    memory.new_trigger("t", "U1")

    assert memory.use_trigger("t") is None
    assert memory.use_trigger("t") == "exchanged_trigger_id"


def test_a_trigger_never_given_does_not_work() -> None:
    """A bot can't make one up."""
    assert Memory().use_trigger("t") == "invalid_trigger_id"


def test_a_message_is_given_back_as_it_was_meant() -> None:
    """What was drawn otherwise is replaced, the rest stays."""
    memory = Memory()
    memory.kept["C", "1"] = Kept(text="&lt;", blocks=None)

    original = memory.original("C", {"ts": "1", "text": "<", "user": "U"})

    assert original == {"ts": "1", "text": "&lt;", "user": "U"}


def test_blocks_without_an_id_get_one() -> None:
    """Those that have one keep it."""
    first, second = with_ids(
        [{"type": "divider"}, {"type": "divider", "block_id": "x"}]
    )

    assert first["block_id"]
    assert second["block_id"] == "x"


def test_forgetting_keeps_the_options() -> None:
    """What a test asked for holds on."""
    memory = Memory()
    memory.options.rate = 0
    memory.note("refused")
    memory.forget()

    assert memory.notes == []
    assert memory.options.rate == 0
