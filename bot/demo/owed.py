"""What the product owes for a made-up state: the truth that its maker writes down."""

from datetime import datetime, timedelta
from random import Random
from typing import NamedTuple


class Expected(NamedTuple):
    """A finding that the product owes: the rule's id and the subject's."""

    rule: str
    subject: str


class Owed:
    """What is due, what looks ill and is well, and what the page leaves open."""

    def __init__(self) -> None:
        self.expected: list[Expected] = []
        self.innocent: set[str] = set()
        """Ids of what looks ill and is well."""
        self.open: set[Expected] = set()
        """Findings that the system's page neither owes nor forbids."""
        self.forbidden: set[Expected] = set()
        """Findings that would be untrue even where they are only worth knowing."""
        self.same: dict[Expected, Expected] = {}
        """A finding that says of a task what another one says of its worker."""

    def owe(self, rule: str, subject: str, *, or_on: str = "") -> None:
        """Note that the product owes a finding by *rule* on *subject*.

        *or_on* is another subject on which it may as well be.
        """
        self.expected.append(Expected(rule, subject))
        if or_on:
            self.same[Expected(rule, or_on)] = Expected(rule, subject)

    def spare(self, *ids: str) -> None:
        """Note that these look ill and are well: no finding is due on them."""
        self.innocent.update(ids)

    def leave_open(self, rule: str, subject: str) -> None:
        """Note that a finding may be there or not: the page leaves it open."""
        self.open.add(Expected(rule, subject))

    def forbid(self, rule: str, subject: str) -> None:
        """Note that a finding would be untrue, even one of severity info."""
        self.forbidden.add(Expected(rule, subject))


class MadeUp(Owed):
    """A state as of *now*, of which the seed alone decides what chance does."""

    def __init__(self, now: datetime, *, seed: int) -> None:
        super().__init__()
        self.now = now
        self.random = Random(seed)

    def ago(self, **span: float) -> datetime:
        """Return the moment so long before now, as in `fleet.ago(minutes=8)`."""
        return self.now - timedelta(**span)

    def id(self, begins: str = "") -> str:
        """Return a new UUID; it begins with the hexadecimal digits given."""
        it = begins + f"{self.random.getrandbits(128):032x}"[len(begins) :]
        return f"{it[:8]}-{it[8:12]}-4{it[13:16]}-a{it[17:20]}-{it[20:]}"
