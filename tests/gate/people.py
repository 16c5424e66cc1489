"""Who is who, told from memory."""

from dataclasses import dataclass, field
from typing import TypeVar

from bot.domain.errors import SourceDown
from bot.domain.policy import Person

T = TypeVar("T")

HOME = "T01HOME"
ALICE, BOB, CAROL, DAVE = "U01ALICE", "U02BOB", "U03CAROL", "U04DAVE"
"""Alice and Bob operate, Carol and Dave approve (`tests.gate.toys.a_policy`)."""
MALLORY = "U05MALLORY"
"""Belongs to the workspace, and has no role."""
ONCALL = "S01ONCALL"


def a_person(user_id: str, **more: object) -> Person:
    """Return a member of the workspace, called after their id."""
    known: dict[str, object] = {"team_id": HOME, "name": user_id[3:].lower()}
    return Person(user_id=user_id, **(known | more))  # type: ignore[arg-type]


def everybody() -> dict[str, Person]:
    """Return all members of the workspace."""
    return {each: a_person(each) for each in (ALICE, BOB, CAROL, DAVE, MALLORY)}


@dataclass
class FakePeople:
    """People and groups in dictionaries. Set *down* to have every question fail."""

    persons: dict[str, Person] = field(default_factory=everybody)
    groups: dict[str, frozenset[str]] = field(default_factory=dict)
    down: SourceDown | None = None
    asked: list[str] = field(default_factory=list)

    async def person(self, user_id: str) -> Person:
        return self._answer(user_id, self.persons)

    async def members(self, usergroup_id: str) -> frozenset[str]:
        return self._answer(usergroup_id, self.groups)

    def _answer(self, id: str, known: dict[str, T]) -> T:
        self.asked.append(id)
        if self.down:
            raise self.down
        if id not in known:
            source, why = "slack", f"knows no {id}"
            raise SourceDown(source, why)
        return known[id]
