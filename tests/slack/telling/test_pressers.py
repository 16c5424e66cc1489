"""Who may press on alerts, asked of the gate as the words are."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from bot.domain.access import Caller
from bot.domain.offers import Decision, Fate
from bot.domain.report import Report
from bot.slack.doors.callers import Place
from bot.slack.sending.refusals import Unsent
from bot.slack.sending.sender import Hook
from bot.slack.telling.cares import Care, Wish
from bot.slack.telling.pressers import Pressers
from tests.databases import a_file
from tests.formatters.notices import a_notice
from tests.gate.people import MALLORY, a_person
from tests.gate.toys import PLACE, Clock, House, Shaky, caller

NOTICE = a_notice()


@dataclass
class Hall:
    """A gate, and what was whispered there; with *deaf* nothing can be."""

    house: House
    whispered: list[tuple[str, Report]] = field(default_factory=list)
    deaf: bool = False

    async def whisper(self, place: Place, report: Report, hook: Hook | None) -> None:
        """Hear it."""
        assert hook is not None
        if self.deaf:
            raise Unsent("expired_url")
        self.whispered.append((place.user, report))

    @property
    def pressers(self) -> Pressers:
        """Who stands at its door."""
        return Pressers(self.house.gate, self.whisper)

    async def audited(self) -> list[tuple[str, str, str, Decision, Fate | None]]:
        """Return what was written down."""
        return [
            (each.who, each.action, each.target, each.decision, each.outcome)
            for each in await self.house.records()
        ]


@pytest.fixture
async def hall(tmp_path: Path) -> AsyncIterator[Hall]:
    """Return one whose people all belong to the workspace."""
    clock = Clock()
    ledger = Shaky(a_file(tmp_path), clock=clock)
    yield Hall(House(ledger=ledger, clock=clock))
    await ledger.close()


def a_care(wish: Wish = Wish.MUTE, by: Caller | None = None, id: str = "") -> Care:
    """Return a press of somebody who belongs to the workspace, and has no role."""
    by = by or caller(MALLORY)
    place = Place(
        channel=PLACE, user=by.user_id or "", response_url="https://slack/answer"
    )
    return Care(
        id=id or NOTICE.id, wish=wish, caller=by, place=place, ts="1.0", keys=()
    )


@pytest.mark.parametrize("wish", list(Wish))
async def test_whoever_belongs_to_the_workspace_may(hall: Hall, wish: Wish) -> None:
    """No role is needed, as for the words."""
    assert await hall.pressers.admits(a_care(wish))
    assert hall.whispered == []
    assert await hall.audited() == []


@pytest.mark.parametrize(
    ("wish", "action"),
    [
        (Wish.ACKNOWLEDGE, "alerts acknowledge"),
        (Wish.MUTE, "alerts mute"),
        (Wish.SILENCE, "alerts mute"),
        (Wish.UNMUTE, "alerts unmute"),
    ],
)
async def test_somebody_of_another_workspace_may_not(
    hall: Hall, wish: Wish, action: str
) -> None:
    """They are told so, they alone, and it is written down."""
    by = replace(caller(MALLORY), team_id="T0OTHER")
    assert not await hall.pressers.admits(a_care(wish, by))

    [(told, report)] = hall.whispered
    assert told == MALLORY
    assert report.private
    assert report.summary == (
        f"{action} was refused, and nothing was changed:"
        " the request bears another workspace than yours"
    )
    assert await hall.audited() == [
        (MALLORY, action, NOTICE.id, Decision.REFUSED, None)
    ]


async def test_whom_slack_does_not_know_may_not(hall: Hall) -> None:
    """That nobody can tell who they are is no permission."""
    assert not await hall.pressers.admits(a_care(by=caller("U0EVE")))

    [(_, report)] = hall.whispered
    assert "slack knows no U0EVE" in report.summary


async def test_a_guest_may_not_even_if_that_can_not_be_told(hall: Hall) -> None:
    """What can't be said to somebody is refused all the same."""
    assert hall.house.people is not None
    hall.house.people.persons[MALLORY] = a_person(MALLORY, guest=True)
    hall.deaf = True

    assert not await hall.pressers.admits(a_care())
    assert len(await hall.audited()) == 1


async def test_what_names_no_alert_is_written_down_short_and_plain(hall: Hall) -> None:
    """Whatever a payload claims."""
    by = replace(caller(MALLORY), team_id="T0OTHER")
    await hall.pressers.admits(a_care(by=by, id="\n" + "x" * 500))

    [(_, _, target, _, _)] = await hall.audited()
    assert target == "\\n" + "x" * 62


async def test_what_was_muted_is_written_down(hall: Hall) -> None:
    """To take an alert up changes nothing, so it is not."""
    await hall.pressers.noted(a_care(Wish.ACKNOWLEDGE), NOTICE)
    await hall.pressers.noted(a_care(Wish.SILENCE), NOTICE)

    assert await hall.audited() == [
        (MALLORY, "alerts mute", NOTICE.name, Decision.ALLOWED, Fate.DONE)
    ]
