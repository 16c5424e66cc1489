import pytest

from bot.gate.book import book
from tests.gate.toys import BREAK, House


async def test_the_book_holds_every_command_of_the_gate(house: House) -> None:
    """Each action's own, the brakes, those that tell, and those about alerts."""
    found = book({BREAK: house.toy.action}, house.gate, lambda: pytest.fail("asked"))

    told = {"alerts", "alerts mute", "alerts unmute"}
    assert set(found) == {BREAK, "freeze", "unfreeze", "audit", "whoami", *told}
    assert all(name == command.name for name, command in found.items())
