"""The brakes."""

from bot.domain.access import Access, Caller
from bot.domain.errors import Misread
from bot.domain.findings import Status
from bot.domain.report import Outcome, Report
from bot.gate.freezing import FreezeData, FreezeQuery, UnfreezeQuery, freeze, unfreeze
from tests.gate.people import BOB, CAROL, MALLORY
from tests.gate.toys import SHELL, House, caller
from tests.world import data_of, words_of

ALICE = caller()


async def frozen(house: House, by: Caller = ALICE) -> Report:
    return await freeze(house.gate).handler(FreezeQuery(), house.asked(by))


async def unfrozen(house: House, by: Caller = ALICE) -> Report:
    return await unfreeze(house.gate).handler(UnfreezeQuery(), house.asked(by))


async def test_both_are_commands_that_change(house: House) -> None:
    """Help hides them from whoever may not use them."""
    for command in (freeze(house.gate), unfreeze(house.gate)):
        assert command.access is Access.CHANGE
        assert command.examples == (command.name,)


async def test_whoever_may_do_anything_may_freeze(house: House) -> None:
    """Operators and approvers alike, and a shell."""
    for by, who in (
        (ALICE, "alice (U01ALICE)"),
        (caller(CAROL), "carol (U03CAROL)"),
        (SHELL, "shell: root"),
    ):
        report = await frozen(house, by)
        assert report.summary == (
            f"frozen now, by {who} at 2026-01-31 12:00:00Z:"
            " no action runs; `unfreeze` ends that: roles approver and operator may,"
            " and any shell"
        )
        assert report.status is Status.WARNING
        assert data_of(report, FreezeData) == FreezeData(frozen=True, changed=True)
        assert words_of(report) == ["audit"]
        await unfrozen(house, by)
    found = [(each.who, each.action) for each in await house.records()]
    assert found[::2] == [
        ("alice (U01ALICE)", "freeze"),
        ("carol (U03CAROL)", "freeze"),
        ("shell: root", "freeze"),
    ]


async def test_a_second_freeze_hears_of_the_first(house: House) -> None:
    """Who, and when."""
    await frozen(house)
    house.clock.advance(minutes=1)
    report = await frozen(house, caller(BOB))

    assert report.summary == (
        "frozen already, by alice (U01ALICE) at 2026-01-31 12:00:00Z:"
        " no action runs; `unfreeze` ends that: roles approver and operator may,"
        " and any shell"
    )
    assert not data_of(report, FreezeData).changed


async def test_a_thaw_may_be_quicker_than_the_answer(house: House) -> None:
    """Then nobody is named."""
    await frozen(house)
    house.ledger.before["frozen"] = lambda: unfrozen(house)
    report = await frozen(house, caller(BOB))

    assert report.summary.startswith("frozen already: no action runs")


async def test_all_may_run_again(house: House) -> None:
    """Once somebody says so; a second time changes nothing."""
    await frozen(house)
    first, second = await unfrozen(house), await unfrozen(house, caller(BOB))

    assert first.summary == (
        "actions may run again, unfrozen by alice (U01ALICE) at 2026-01-31 12:00:00Z"
    )
    assert data_of(first, FreezeData) == FreezeData(frozen=False, changed=True)
    assert second.summary == "nothing was frozen"
    assert not data_of(second, FreezeData).changed
    assert await house.gate().frozen() is None


async def test_nobody_else_may_brake(house: House) -> None:
    """Nor let go; both wishes are recorded."""
    for report in (
        await frozen(house, caller(MALLORY)),
        await unfrozen(house, caller(MALLORY)),
    ):
        assert report.outcome is Outcome.REFUSED
        assert report.private
    assert await house.gate().frozen() is None
    found = [(each.action, each.decision) for each in await house.records()]
    assert found == [("freeze", "refused"), ("unfreeze", "refused")]


async def test_a_shell_brakes_without_a_policy(house: House) -> None:
    """Whoever is in a hurry need not mend a file first."""
    house.policy = Misread("DEBUG_BOT_POLICY: gone")

    assert data_of(await frozen(house, SHELL), FreezeData).changed
    assert (await frozen(house)).outcome is Outcome.REFUSED
    assert data_of(await unfrozen(house, SHELL), FreezeData).changed
