"""What was told outlives every process, and one alone writes it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.notices import AGAIN, Mark, Notice, Posting, acknowledged
from bot.domain.problems import Look, Problem
from bot.domain.times import Window
from bot.state.alerts import KEPT, LEASE, AlertBook
from bot.state.leases import TermOver
from tests.formatters.notices import a_problem
from tests.gate.toys import Clock
from tests.state.replicas import LENGTH, Replicas, taken
from tests.world import NOW

MINUTE = timedelta(minutes=1)
POSTING = Posting(channel="C1", ts="1.0", shown=1)


def a_look(minute: float, *problems: Problem) -> Look:
    """Return what was seen so many minutes after NOW."""
    return Look(at=NOW + minute * MINUTE, problems=problems)


async def test_what_one_process_saw_the_next_goes_on_with(
    replicas: Replicas, clock: Clock
) -> None:
    """Also a suspicion: no edge is lost when somebody else leads."""
    first, second = replicas.one(), replicas.one()
    evil = a_problem(title="a \0 title \udfff with <!channel>", evidence=("1", "2"))
    [suspected] = await AlertBook(first).look(await taken(first), a_look(0, evil))
    clock.advance(seconds=LENGTH.total_seconds() + 1)
    book, term = AlertBook(second), await taken(second)
    [opened] = await book.look(term, a_look(1, evil))

    assert suspected.opened_at is None
    assert opened.id == suspected.id
    assert opened.opened_at == NOW + MINUTE
    assert await book.living(NOW + MINUTE) == (opened,)
    assert opened.heaviest.problem.asks == evil.asks


async def test_who_no_longer_leads_writes_nothing(
    replicas: Replicas, clock: Clock
) -> None:
    """A process that was frozen sees old things."""
    old, new = replicas.one(), replicas.one()
    term = await taken(old)
    clock.advance(seconds=LENGTH.total_seconds() + 1)
    await taken(new)

    with pytest.raises(TermOver):
        await AlertBook(old).look(term, a_look(0, a_problem()))
    assert await AlertBook(new).living(NOW) == ()


async def test_whether_somebody_looks_can_be_told(
    replicas: Replicas, clock: Clock
) -> None:
    """By whoever asks, until the term runs out."""
    looking, asking = replicas.one(), replicas.one()
    before = await AlertBook(asking).watched()
    await taken(looking, LEASE)
    meanwhile = await AlertBook(asking).watched()
    clock.advance(seconds=LENGTH.total_seconds() + 1)

    assert (before, meanwhile) == (False, True)
    assert not await AlertBook(asking).watched()


async def test_a_suspicion_that_falls_leaves_nothing(replicas: Replicas) -> None:
    """It was never told."""
    leases = replicas.one()
    book, term = AlertBook(leases), await taken(leases)
    await book.look(term, a_look(0, a_problem()))

    assert await book.look(term, a_look(1)) == ()
    assert await book.living(NOW) == ()


async def test_where_the_message_stands_and_what_was_told_is_kept(
    replicas: Replicas,
) -> None:
    """Lines that were told are not told again; later ones are."""
    leases = replicas.one()
    book, term = AlertBook(leases), await taken(leases)
    *_, (notice,) = [
        await book.look(term, a_look(minute, *[a_problem()] * there))
        for minute, there in enumerate((1, 1, 0, 0, 1, 1))
    ]
    await book.shown(notice.id, POSTING, lines=1)
    [found] = await book.living(NOW)

    assert [each.number for each in notice.lines] == [1, 2]
    assert [each.number for each in found.lines] == [2]
    assert found.posting == POSTING


async def test_anybody_may_change_a_notice(replicas: Replicas) -> None:
    """A press comes to whichever replica; one on nothing changes nothing."""
    leases, other = replicas.one(), replicas.one()
    book, term = AlertBook(leases), await taken(leases)
    await book.look(term, a_look(0, a_problem()))
    [notice] = await book.look(term, a_look(1, a_problem()))
    mark = Mark(by="U1", at=NOW)

    def taken_up(notice: Notice) -> Notice:
        return acknowledged(notice, mark)

    changed = await AlertBook(other).change(notice.id, taken_up)
    [seen] = await book.look(term, a_look(2, a_problem()))

    assert changed is not None
    assert seen.acknowledged == mark
    assert seen.revision == notice.revision + 1
    assert await AlertBook(other).change("nothing", taken_up) is None


async def test_a_day_knows_what_opened_and_what_closed_in_it(
    replicas: Replicas,
) -> None:
    """And what is still open, however old; suspicions were never told."""
    leases = replicas.one()
    book, term = AlertBook(leases), await taken(leases)
    one, two, three = (a_problem(subject=each) for each in "abc")
    for minute, there in enumerate(((one, two), (one, two), (two,), (two, three))):
        await book.look(term, a_look(minute, *there))

    def in_window(since: float) -> Window:
        return Window(since=NOW + since * MINUTE, until=NOW + 60 * MINUTE)

    early = await book.told_in(in_window(0))
    late = await book.told_in(in_window(10))
    assert {each.heaviest.problem.subject for each in early} == {"a", "b"}
    assert {each.heaviest.problem.subject for each in late} == {"b"}


async def test_what_is_over_is_left_alone_and_then_forgotten(
    replicas: Replicas,
) -> None:
    """After half an hour no look reads it, after a month it is gone."""
    leases = replicas.one()
    book, term = AlertBook(leases), await taken(leases)
    for minute, there in enumerate((1, 1, 0, 0)):
        await book.look(term, a_look(minute, *[a_problem()] * there))
    always = Window(since=NOW, until=NOW)
    over = NOW + 3 * MINUTE + AGAIN

    assert len(await book.living(over)) == 1
    assert await book.living(over + MINUTE) == ()
    assert len(await book.told_in(always)) == 1
    await book.look(term, replace(a_look(0), at=NOW + KEPT + 4 * MINUTE))
    assert await book.told_in(always) == ()
