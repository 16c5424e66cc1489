"""An action as a command."""

from dataclasses import replace

import pytest

from bot.domain.access import Access, Caller, Door
from bot.domain.errors import Lacks, Misread, SourceDown
from bot.domain.offers import Decision, Fate, Spared
from bot.domain.policy import Approval, Limits
from bot.domain.report import Outcome, Report
from bot.gate.offering import command_of, settled
from bot.gate.promises import LEASE
from tests.gate.people import BOB, MALLORY
from tests.gate.toys import (
    BREAK,
    SHELL,
    TOYS,
    House,
    ToyQuery,
    a_policy,
    caller,
    ledger_down,
)
from tests.world import table_of, titles_of, words_of

ALICE = caller(door=Door.SLASH)


async def planned(
    house: House,
    by: Caller = ALICE,
    *,
    dry_run: bool = False,
    yes: int | None = None,
    words: str = BREAK,
) -> Report:
    command = command_of(house.toy.action, house.gate)
    query = ToyQuery(dry_run=dry_run, yes=yes)
    return await command.handler(query, house.asked(by, words=words))


async def offered(house: House) -> int:
    """Return how many offers were made."""
    found = await house.records()
    return sum(each.decision is Decision.OFFERED for each in found)


async def test_an_action_is_a_command_that_changes(house: House) -> None:
    """Its words, its examples and its help are the action's own."""
    action = house.toy.action
    command = command_of(action, house.gate)

    assert (command.name, command.answers) == (BREAK, "Break toys")
    assert command.access is Access.CHANGE
    assert command.examples == action.examples
    assert command.query is ToyQuery


async def test_a_plan_is_offered(house: House) -> None:
    """And can be pressed."""
    house.toy.spared = (Spared(target="toy-duck", why="it is locked"),)
    report = await planned(house)

    assert report.red_button is not None
    assert [row[0] for row in table_of(report, "What would change")] == list(TOYS)
    assert [row[0] for row in table_of(report, "Left alone")] == ["toy-duck"]
    done = await house.redeem(report.red_button.offer_id)
    assert done.outcome is Outcome.ANSWERED
    assert house.toy.done.total() == 3


async def test_a_plan_names_who_asked(house: House) -> None:
    """Also when it is shown anew, as the ledger keeps it; the records stay by id."""
    house.toy.always_second = True
    report = await planned(house)
    assert report.red_button is not None
    waiting = await house.redeem(report.red_button.offer_id, BOB)
    made, *_ = await house.records()

    assert "; asked by alice (U01ALICE); " in report.summary
    assert "asked by alice (U01ALICE), confirmed by bob (U02BOB)" in waiting.summary
    assert made.who == "U01ALICE"


async def test_what_leads_on_from_a_press_names_the_system(house: House) -> None:
    """As the question did: the same words may mean another one where they are typed."""
    house.toy.items = house.toy.items[:1]
    command = command_of(house.toy.action, house.gate)
    asked = replace(house.asked(ALICE), of_system=" --system reigh")

    first = await command.handler(ToyQuery(), asked)
    second = await command.handler(ToyQuery(), asked)

    assert first.red_button is not None
    assert second.red_button is not None
    done = await house.redeem(first.red_button.offer_id)
    cancelled = await house.cancel(second.red_button.offer_id)
    assert words_of(done) == ["toy --system reigh"]
    assert words_of(cancelled) == [f"{BREAK} --system reigh"]


async def test_a_plan_knows_which_pods_are_locked(house: House) -> None:
    """It asks the gate, as it holds no powers itself."""
    await planned(house)

    assert house.toy.locked == frozenset()


async def test_a_system_that_is_only_read_gets_no_plan(house: House) -> None:
    """Nobody holds a power over it, so nothing is looked at."""
    command = command_of(house.toy.action, house.gate)
    asked = house.asked(ALICE, words=BREAK)
    other = replace(asked.system, name="agents")

    with pytest.raises(Lacks, match="has no actions: it is only read"):
        await command.handler(ToyQuery(), replace(asked, opens=lambda: other))

    assert await offered(house) == 0


async def test_nothing_to_do_is_no_offer(house: House) -> None:
    """There is nothing to confirm."""
    house.toy.items = ()
    report = await planned(house)

    assert report.red_button is None
    assert await offered(house) == 0


async def test_a_dry_run_is_for_everybody(house: House) -> None:
    """It only reads, and offers nothing; of a freeze it says what that stops."""
    await house.gate().freeze(SHELL, "bob")
    report = await planned(house, caller(MALLORY), dry_run=True)

    assert "3 items" in report.summary
    assert report.notes[0].startswith(
        "it could not be done now: everything is frozen, by bob at "
    )
    assert [each.source for each in report.reads] == ["supabase", "runpod"]
    assert report.red_button is None
    assert await offered(house) == 0


async def test_a_dry_run_needs_no_ledger(house: House) -> None:
    """Whether it could be done is then not said."""
    house.ledger.fails.add("frozen")
    report = await planned(house, SHELL, dry_run=True)

    assert "3 items" in report.summary
    assert not any("frozen" in note for note in report.notes)


async def test_without_a_policy_that_can_be_read_nothing_is_planned(
    house: House,
) -> None:
    """Its limits are not known: that is a refusal, not a wrong word."""
    house.policy = Misread("DEBUG_BOT_POLICY: gone")
    report = await planned(house, SHELL, dry_run=True)

    assert report.outcome is Outcome.REFUSED
    assert "the policy cannot be read: DEBUG_BOT_POLICY: gone" in report.summary


async def test_whom_the_policy_does_not_allow_gets_no_offer(house: House) -> None:
    """They hear why, and the audit has it."""
    report = await planned(house, caller(MALLORY))

    assert report.outcome is Outcome.REFUSED
    assert "only role operator may `toy break`" in report.summary
    assert [each.decision for each in await house.records()] == [Decision.REFUSED]


async def test_nothing_is_offered_while_all_is_frozen(house: House) -> None:
    """Not in a shell either; it says who froze it."""
    await house.gate().freeze(ALICE, "bob")

    for by in (ALICE, SHELL):
        report = await planned(house, by)
        assert report.outcome is Outcome.REFUSED
        assert "everything is frozen, by bob at 2026-01-31" in report.summary
        assert report.summary.endswith(
            "`unfreeze` ends that: roles approver and operator may, and any shell"
        )
    found = [each.decision for each in await house.records()]
    assert found == [Decision.FROZEN, Decision.REFUSED, Decision.REFUSED]


async def test_one_confirmation_holds_so_many(house: House) -> None:
    """The rest is for another one."""
    house.policy = replace(a_policy(), limits=Limits(items_per_confirmation=2))
    report = await planned(house)

    assert report.truncated
    assert "1 more item left for another confirmation" in report.notes[0]
    assert report.red_button is not None
    await house.redeem(report.red_button.offer_id)
    assert house.toy.done.total() == 2


async def test_yes_is_for_the_shell(house: House) -> None:
    """In Slack a button confirms."""
    with pytest.raises(Misread, match="--yes is for the shell"):
        await planned(house, yes=3)

    assert (await planned(house, SHELL, yes=3)).red_button is not None


@pytest.mark.parametrize(
    "words",
    [f"{BREAK} --yes 3", f"{BREAK} --dry-run", f"{BREAK} --dry-run --yes 12"],
)
async def test_flags_are_not_part_of_what_is_planned_again(
    house: House, words: str
) -> None:
    """They were for that one time."""
    report = await planned(house, SHELL, dry_run=True, words=words)

    assert words_of(report) == [BREAK]


async def test_words_that_only_look_like_flags_are_kept(house: House) -> None:
    """They belong to the action."""
    words = f"{BREAK} --yes-or-no --yes x"
    report = await planned(house, dry_run=True, words=words)

    assert words_of(report) == [words]


async def test_without_a_ledger_nothing_is_offered(house: House) -> None:
    """The error says so."""
    house.ledger.fails.add("frozen")

    with pytest.raises(SourceDown, match="disk I/O error"):
        await planned(house)


async def test_a_refusal_needs_no_ledger(house: House) -> None:
    """Whoever may not do it hears that, and not that it is down."""
    house.ledger.fails.update({"frozen", "write"})
    report = await planned(house, caller(MALLORY))

    assert report.outcome is Outcome.REFUSED


async def test_what_was_cut_off_is_settled(house: House) -> None:
    """And said in one line for each offer."""
    offer = await house.offer(SHELL)
    await house.ledger.take(
        offer.id,
        who="shell: root",
        runner="dead",
        where=None,
        ticked=frozenset({0, 1, 2}),
        now=house.clock(),
    )
    house.clock.advance(seconds=LEASE.total_seconds() + 1)

    [pending] = await settled(house.gate(), dry_run=True)
    assert pending == (
        "1 action that was cut off is not settled yet: the next one that is neither a"
        " dry run nor frozen does it"
    )
    assert set(await house.fates()) == set()

    await house.gate().freeze(SHELL, "root")
    assert await settled(house.gate(), dry_run=False) == (pending,)
    assert set(await house.fates()) == set()

    await house.gate().unfreeze(SHELL, "root")
    [said] = await settled(house.gate(), dry_run=False)
    assert said == (
        "what was cut off before is settled now: toy break: 3 left alone,"
        " started by shell: root"
    )
    assert set((await house.fates()).values()) == {Fate.LEFT_ALONE}


async def test_what_nobody_could_confirm_is_not_offered(house: House) -> None:
    """A button that can only disappoint is none; it is refused, and recorded."""
    house.toy.always_second = True
    house.policy = a_policy(approval=Approval())
    report = await planned(house)

    assert report.outcome is Outcome.REFUSED
    assert report.private
    assert "the policy names no approvers" in report.summary
    assert await offered(house) == 0
    [record] = await house.records()
    assert record.decision is Decision.REFUSED


async def test_without_a_ledger_nothing_is_settled(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It waits; a plan alone needs none."""

    async def down(**_: object) -> None:
        raise ledger_down()

    monkeypatch.setattr(house.ledger, "adopt", down)
    assert await settled(house.gate(), dry_run=False) == ()

    report = await planned(house, SHELL, dry_run=True)
    assert report.outcome is Outcome.ANSWERED
    assert "What would change" in titles_of(report)
