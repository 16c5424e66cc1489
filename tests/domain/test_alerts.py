"""One message per problem: opened once, edited, closed, and never lost."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from bot.domain.alerts import LOOKS_BLIND, RENEWED, SINGLES, after
from bot.domain.findings import Severity
from bot.domain.notices import AGAIN, Mark, Notice, Phase, Turn, acknowledged, muted
from bot.domain.problems import Kind, Look, Problem
from bot.domain.times import stamp
from tests.world import NOW

MINUTE = timedelta(minutes=1)


def a_problem(
    subject: str = "a", kind: Kind = Kind.STUCK_TASK, **given: object
) -> Problem:
    """Return a stuck task, unless told otherwise."""
    values: dict[str, object] = {
        "severity": Severity.WARNING,
        "title": f"{subject} is stuck",
    }
    return Problem(kind=kind, subject=subject, **(values | given))  # type: ignore[arg-type]


def a_look(minute: float, *problems: Problem, untold: Iterable[Kind] = ()) -> Look:
    """Return what was seen so many minutes after NOW."""
    at = NOW + minute * MINUTE
    return Look(at=at, problems=problems, untold=frozenset(untold))


def looked(*looks: Look, notices: Iterable[Notice] = ()) -> tuple[Notice, ...]:
    """Return the notices after these looks."""
    found = tuple(notices)
    for look in looks:
        found = after(found, look)
    return found


def turns(notice: Notice) -> list[Turn]:
    """Return what the thread is told."""
    return [each.turn for each in notice.lines]


def an_open(*problems: Problem) -> Notice:
    """Return the notice of a problem that was seen twice."""
    seen = problems or (a_problem(),)
    [notice] = looked(a_look(0, *seen), a_look(1, *seen))
    return notice


def test_a_problem_seen_once_is_not_told() -> None:
    """It may be gone in a minute, and then nobody was woken."""
    [suspected] = looked(a_look(0, a_problem()))

    assert suspected.opened_at is None
    assert looked(a_look(1), notices=[suspected]) == ()


def test_a_problem_seen_twice_in_a_row_is_told() -> None:
    """It is there since it was first seen."""
    notice = an_open()

    assert notice.opened_at == NOW + MINUTE
    assert notice.since == NOW
    assert (notice.revision, notice.lines) == (1, ())
    assert notice.heaviest.key == "stuck-task:a"


def test_a_look_that_cannot_tell_neither_drops_nor_closes() -> None:
    """Neither a suspicion nor an open problem: an empty list is no answer."""
    blind = [a_look(minute, untold=[Kind.STUCK_TASK]) for minute in range(2, 9)]
    suspicion = looked(a_look(0, a_problem()))

    assert looked(*blind, notices=suspicion) == suspicion
    assert looked(*blind, notices=[an_open()]) == (an_open(),)


def test_a_look_that_fails_a_few_times_is_not_told() -> None:
    """Only one that has failed for some minutes is."""
    blind = a_problem("", Kind.BLIND)
    looks = [a_look(minute, blind) for minute in range(LOOKS_BLIND)]
    [waiting] = looked(*looks[:-1])
    [told] = looked(*looks)

    assert waiting.opened_at is None
    assert told.opened_at is not None


def test_ages_alone_change_nothing_for_a_while() -> None:
    """The message is drawn anew before its ages mislead."""
    older = a_problem(evidence=("for 12 min",))
    open = an_open(a_problem(evidence=("for 11 min",)))
    [same] = looked(a_look(2, older), notices=[open])
    late = 1 + RENEWED / MINUTE
    [renewed] = looked(a_look(late, older), notices=[open])

    assert same.revision == 1
    assert renewed.revision == 2
    assert renewed.lines == ()


def promising(minute: float) -> Problem:
    """Return what is due to end by itself so many minutes after NOW."""
    return a_problem(remedy=f"it ends at about {stamp(NOW + minute * MINUTE)}")


def test_a_promise_that_is_due_edits_the_message() -> None:
    """Once, however late it is: who reads on would take it for kept."""
    [before] = looked(a_look(2, promising(3)), notices=[an_open(promising(3))])
    [due] = looked(a_look(3, promising(3)), notices=[before])
    [later] = looked(a_look(4, promising(3)), notices=[due])

    assert before.revision == 1
    assert due.revision == later.revision == 2
    assert due.lines == ()


def test_a_promise_that_moved_edits_the_message_when_the_shown_one_is_due() -> None:
    """Not sooner, for it may move with each look."""
    [moved] = looked(a_look(2, promising(9)), notices=[an_open(promising(3))])
    [due] = looked(a_look(3, promising(10)), notices=[moved])
    [next] = looked(a_look(9, promising(11)), notices=[due])
    [last] = looked(a_look(10, promising(11)), notices=[next])

    assert (moved.revision, due.revision) == (1, 2)
    assert (next.revision, last.revision) == (2, 3)


def test_a_promise_that_is_due_waits_for_a_look_that_can_tell() -> None:
    """The others have nothing newer to draw, and would edit it each time."""
    blind = [a_look(each, untold=Kind) for each in (3, 4, 5)]
    [unseen] = looked(*blind, notices=[an_open(promising(2))])
    [seen] = looked(a_look(6, promising(2)), notices=[unseen])

    assert (unseen.revision, seen.revision) == (1, 2)


def test_a_press_after_the_promise_was_due_does_not_hide_that() -> None:
    """It draws what the last look saw."""
    open = an_open(promising(1.5))
    pressed = acknowledged(open, Mark(by="U0ALICE", at=NOW + 1.6 * MINUTE))
    [due] = looked(a_look(2, promising(1.5)), notices=[pressed])

    assert (open.revision, pressed.revision, due.revision) == (1, 2, 3)


def test_other_numbers_edit_the_message() -> None:
    """Nothing is posted anew."""
    [changed] = looked(a_look(2, a_problem(title="37 of them")), notices=[an_open()])

    assert changed.revision == 2
    assert changed.lines == ()


def test_what_gets_worse_is_told_in_the_thread() -> None:
    """Once: it can't get worse again before it was better."""
    worse = a_problem(severity=Severity.CRITICAL)
    [once] = looked(a_look(2, worse), notices=[an_open()])
    [twice] = looked(a_look(3, a_problem()), a_look(4, worse), notices=[once])

    assert turns(once) == turns(twice) == [Turn.WORSE]


def test_what_is_gone_in_two_whole_looks_is_closed() -> None:
    """One look without it is not enough: rows flap."""
    [once] = looked(a_look(2), notices=[an_open()])
    [closed] = looked(a_look(3), notices=[once])

    assert once.closed_at is None
    assert once.revision == 1
    assert closed.closed_at == NOW + 3 * MINUTE
    assert (closed.revision, turns(closed)) == (2, [Turn.CLOSED])


def test_what_comes_back_soon_goes_on_in_its_message() -> None:
    """Its thread is told, and whoever took it up may not know."""
    closed = looked(a_look(2), a_look(3), notices=[an_open()])
    marked = replace(closed[0], acknowledged=Mark(by="U1", at=NOW))
    [back] = looked(a_look(30, a_problem()), a_look(31, a_problem()), notices=[marked])

    assert back.id == closed[0].id
    assert (back.closed_at, back.returns, back.acknowledged) == (None, 1, None)
    assert turns(back) == [Turn.CLOSED, Turn.BACK]


def test_a_moment_of_coming_back_is_nothing() -> None:
    """A closed one that is seen once stays closed."""
    closed = looked(a_look(2), a_look(3), notices=[an_open()])
    [still] = looked(a_look(4, a_problem()), a_look(5), notices=closed)

    assert (still.revision, still.lines) == (closed[0].revision, closed[0].lines)
    assert still.lives_until == closed[0].lives_until


def test_what_comes_back_late_is_told_anew() -> None:
    """Half an hour after its end it is another problem."""
    closed = looked(a_look(2), a_look(3), notices=[an_open()])
    old, new = looked(a_look(34, a_problem()), a_look(35, a_problem()), notices=closed)

    assert old == closed[0]
    assert new.id != old.id
    assert new.opened_at == NOW + 35 * MINUTE


def test_a_few_problems_have_a_message_each() -> None:
    """Of one kind at most so many."""
    few = [a_problem(str(number)) for number in range(SINGLES)]
    notices = looked(a_look(0, *few), a_look(1, *few))

    assert [len(each.open) for each in notices] == [1] * SINGLES


def test_many_problems_share_one_message() -> None:
    """What comes later joins it."""
    many = [a_problem(f"{number:03}") for number in range(500)]
    more = [*many, a_problem("one more")]
    flood = looked(a_look(0, *many), a_look(1, *many))
    [joined] = looked(a_look(2, *more), a_look(3, *more), notices=flood)

    assert len(flood) == 1
    assert flood[0].flood
    assert len(joined.open) == 501
    assert (joined.id, joined.revision) == (flood[0].id, 2)


def test_problems_that_trickle_in_share_one_message_in_the_end() -> None:
    """Those that have a message keep it."""
    trickle = [a_problem(f"{number:02}") for number in range(12)]
    notices: tuple[Notice, ...] = ()
    for minute in range(14):
        notices = looked(a_look(minute, *trickle[: minute + 1]), notices=notices)
    told = [each for each in notices if each.opened_at]

    assert [each.flood for each in told] == [False] * SINGLES + [True]
    assert len(told[-1].open) == 12 - SINGLES


def test_a_flood_forgets_what_closed_long_ago() -> None:
    """And takes it in again when it comes back."""
    many = [a_problem(str(number)) for number in range(9)]
    flood = looked(a_look(0, *many), a_look(1, *many))
    fewer = [a_look(minute, *many[:5]) for minute in range(2, 40)]
    [smaller] = looked(*fewer, notices=flood)
    [back] = looked(a_look(41, *many), a_look(42, *many), notices=[smaller])

    assert len(smaller.alerts) == 5
    assert len(back.open) == 9
    assert back.id == flood[0].id


def test_somebody_takes_it_up() -> None:
    """The message shows who."""
    mark = Mark(by="U1", at=NOW)
    taken = acknowledged(an_open(), mark)

    assert (taken.acknowledged, taken.revision) == (mark, 2)


def test_a_muted_problem_says_nothing_in_its_thread() -> None:
    """Its message is still true."""
    mark = Mark(by="U1", at=NOW)
    worse = a_problem(severity=Severity.CRITICAL)
    quiet = muted(an_open(), mark, NOW)
    [changed] = looked(a_look(2, worse), notices=[quiet])
    [closed] = looked(a_look(3), a_look(4), notices=[changed])

    assert changed.lines == closed.lines == ()
    assert changed.revision > quiet.revision
    assert closed.closed_at is not None
    assert closed.muted is None


def test_a_mute_keeps_what_comes_back_in_its_message() -> None:
    """However long after its end, until the mute runs out."""
    mark = Mark(by="U1", at=NOW, until=NOW + 120 * MINUTE)
    quiet = muted(an_open(), mark, NOW)
    closed = looked(a_look(2), a_look(3), notices=[quiet])
    [back] = looked(a_look(100, a_problem()), a_look(101, a_problem()), notices=closed)

    assert back.id == quiet.id
    assert back.lines == ()
    assert back.muted == mark


def test_a_mute_that_runs_out_is_said_where_the_problem_is_still_there() -> None:
    """Else nobody would think of it any more."""
    mark = Mark(by="U1", at=NOW, until=NOW + 60 * MINUTE)
    quiet = muted(an_open(), mark, NOW)
    [still] = looked(a_look(60, a_problem()), notices=[quiet])
    closed = looked(a_look(2), a_look(3), notices=[quiet])
    [over] = looked(a_look(60), notices=closed)

    assert (still.muted, turns(still)) == (None, [Turn.STILL])
    assert (over.muted, over.lines) == (None, ())


# --- whatever is seen ------------------------------------------------------------

SUBJECTS = "abcdefgh"
STEPS = st.lists(
    st.tuples(
        st.sets(st.sampled_from(SUBJECTS)),  # what is there
        st.booleans(),  # whether the look can tell
        st.sampled_from([0.5, 1, 1, 1, 7, 31]),  # minutes until the next
        st.booleans(),  # whether Slack was reached
        st.sampled_from(["", "", "", "hour", "fixed"]),  # somebody mutes all
    ),
    max_size=25,
)
Step = tuple[set[str], bool, float, bool, str]


class Channel:
    """What the channel holds: it knows nothing but what it was told."""

    def __init__(self) -> None:
        self.messages: dict[str, int] = {}
        self.threads: dict[str, list[Turn]] = {}

    def told(self, notice: Notice) -> Notice:
        """Return the notice after all it has to tell was told."""
        if notice.opened_at is None:
            return notice
        self.messages[notice.id] = notice.revision
        thread = self.threads.setdefault(notice.id, [])
        thread += [each.turn for each in notice.lines]
        return replace(notice, lines=())


def told_keys(notices: Sequence[Notice]) -> Mapping[str, list[Notice]]:
    """Return by key the notices that people were told of."""
    found: dict[str, list[Notice]] = {}
    for notice in notices:
        for alert in notice.alerts if notice.opened_at else ():
            found.setdefault(alert.key, []).append(notice)
    return found


def play(
    steps: Sequence[Step], channel: Channel
) -> tuple[tuple[Notice, ...], datetime]:
    """Return what is known at the end, and when that is."""
    notices: tuple[Notice, ...] = ()
    at = NOW
    for there, tells, minutes, reached, mutes in steps:
        before = [key for notice in notices for key in _open(notice)]
        problems = tuple(map(a_problem, sorted(there) if tells else ()))
        untold = frozenset() if tells else frozenset(Kind)
        notices = after(notices, Look(at=at, problems=problems, untold=untold))
        now = [key for notice in notices for key in _open(notice)]
        assert tells or now == before, "a look that can't tell changed something"
        if mutes:
            until = at + 60 * MINUTE if mutes == "hour" else None
            mark = Mark(by="U1", at=at, until=until)
            notices = tuple(
                muted(each, mark, at) if each.opened_at and each.open else each
                for each in notices
            )
        if reached:
            notices = tuple(map(channel.told, notices))
        at += minutes * MINUTE
    return notices, at


def _open(notice: Notice) -> list[str]:
    return [each.key for each in notice.open] if notice.opened_at else []


@given(STEPS)
def test_no_problem_has_two_messages_within_half_an_hour(steps: list[Step]) -> None:
    """It opens anew only when it was gone for longer, and never twice at once."""
    notices, _ = play(steps, Channel())
    there = [key for notice in notices for key in _open(notice)]

    assert len(there) == len(set(there))
    for notice in notices:
        for alert in notice.alerts:
            others = [
                each
                for each in told_keys(notices).get(alert.key, [])
                if each.id != notice.id
                and each.opened_at
                and notice.opened_at
                and each.opened_at >= notice.opened_at
            ]
            for other in others:
                assert alert.phase is Phase.CLOSED
                assert alert.closed_at is not None
                again = next(e for e in other.alerts if e.key == alert.key)
                assert again.since - alert.closed_at > AGAIN


@given(STEPS)
def test_everything_that_opened_closes(steps: list[Step]) -> None:
    """Two whole looks without any problem close all, and the threads are told."""
    channel = Channel()
    notices, at = play(steps, channel)
    notices = looked(
        Look(at=at), Look(at=at + MINUTE), Look(at=at + 2 * MINUTE), notices=notices
    )
    for each in map(channel.told, notices):
        assert each.opened_at is not None
        assert each.closed_at is not None
        assert channel.messages[each.id] == each.revision
        thread = channel.threads[each.id]
        assert len(thread) == each.numbered
        loud = [turn for turn in thread if turn in (Turn.CLOSED, Turn.BACK)]
        assert loud.count(Turn.BACK) <= each.returns
        assert loud.count(Turn.CLOSED) <= each.returns + 1


@given(STEPS)
def test_without_mutes_every_turn_is_told_once_and_in_order(steps: list[Step]) -> None:
    """However seldom Slack was reached in between."""
    channel = Channel()
    notices, at = play([(*step[:4], "") for step in steps], channel)
    notices = looked(
        Look(at=at), Look(at=at + MINUTE), Look(at=at + 2 * MINUTE), notices=notices
    )
    for each in map(channel.told, notices):
        expected = [Turn.CLOSED, Turn.BACK] * each.returns + [Turn.CLOSED]
        assert channel.threads[each.id] == expected


@given(STEPS)
def test_messages_of_one_kind_are_few(steps: list[Step]) -> None:
    """Whatever happens, half an hour opens no more than so many, and a flood."""
    notices, _ = play(steps, Channel())
    opened = sorted(each.opened_at for each in notices if each.opened_at)

    for place, first in enumerate(opened):
        within = [each for each in opened[place:] if each - first < AGAIN]
        assert len(within) <= SINGLES + 2
