from bot.gate.book import book
from tests.gate.toys import BREAK, House


async def test_the_book_holds_every_command_of_the_gate(house: House) -> None:
    """Each action's own, the brakes, and those that tell."""
    found = book({BREAK: house.toy.action}, house.gate)

    assert set(found) == {BREAK, "freeze", "unfreeze", "audit", "whoami"}
    assert all(name == command.name for name, command in found.items())
