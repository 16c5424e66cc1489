"""Whose turn it is: messages leave at the pace that Slack takes, the most urgent first.

Nothing is handed over to a queue. Who has a message to send waits in a lane for its
turn, and sends it then; who gives up, or dies, leaves the lane. So a message is sent by
one caller, once, and its caller knows what became of it.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from enum import IntEnum
from itertools import count
from typing import Final, TypeVar

from bot.slack.metrics import Metrics
from bot.slack.sending.pace import Manners, Meter, Pace
from bot.slack.sending.refusals import TooFast, Unsent

log = logging.getLogger("bot.slack.sending.outbox")

T = TypeVar("T")
_numbers: Final = count()


def _now() -> float:
    """Return the time by the clock that timers go by."""
    return asyncio.get_running_loop().time()


class Urgency(IntEnum):
    """What goes first where messages wait."""

    ANSWER = 0
    """Somebody asked, or pressed, and waits for it."""
    ALERT = 1
    """Nobody asked, but somebody should know."""
    LIVE = 2
    """A message that keeps itself current: the next change of it will do as well."""


@dataclass(slots=True, eq=False)
class Ticket:
    """A message's place in a lane; kept while Slack puts it off."""

    urgency: Urgency
    thread: str | None = None
    """Within a thread the order stays as it was, whatever is urgent."""
    subject: str | None = None
    """The message that is changed: only its latest change is sent."""
    method: str | None = None
    """By which it is sent, if not by its lane's own."""
    came: float = field(default_factory=_now)
    number: int = field(default_factory=lambda: next(_numbers))
    turn: "asyncio.Future[bool] | None" = None

    @property
    def again(self) -> bool:
        """Tell whether it has waited in the lane before."""
        return self.turn is not None

    @property
    def gone(self) -> bool:
        """Tell whether its caller has given up, or was told already."""
        return self.turn is not None and self.turn.done()


class Lane:
    """What one method may send to one channel; one message at a time."""

    def __init__(
        self, method: str, pace: Pace, manners: Manners, metrics: Metrics
    ) -> None:
        """Begin empty."""
        self._method = method
        self._meter = Meter(pace)
        self._manners = manners
        self._metrics = metrics
        self._changed: dict[str, Meter] = {}
        self._waiting: list[Ticket] = []
        self._busy = False
        self._held_until = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._told = False
        self._told_at = 0.0
        self._left_out = 0
        self._owed = 0

    @property
    def idle(self) -> bool:
        """Tell whether nothing would be lost by forgetting it."""
        now = _now()
        quiet = now >= max(self._meter.due(), self._held_until)
        quiet = quiet and all(now >= each.due() for each in self._changed.values())
        return quiet and not (self._busy or self._waiting or self._left_out)

    async def send(
        self,
        ticket: Ticket,
        send: Callable[[], Awaitable[T]],
        say: Callable[[str], Awaitable[None]] | None = None,
    ) -> T | None:
        """Send when it is the ticket's turn; None when a later change replaced it.

        *say* tells the channel that it is behind.

        Raises:
            Unsent: too many wait, or Slack put it off for too long.
        """
        turn = self._line_up(ticket)
        while turn is not None and await self._called(ticket, turn):
            turn = None
            try:
                # First, and in a turn of its own: a caller who then gives up has sent
                # nothing, and never half of it.
                if say is None or not (words := self._words()):
                    return await send()
                await say(words)
                self._said()
                turn = self._line_up(ticket)
            except TooFast as refused:
                self._hold(ticket, refused)
                turn = self._line_up(ticket)
            finally:
                self._busy = False
                self._call()
        return None

    async def _called(self, ticket: Ticket, turn: "asyncio.Future[bool]") -> bool:
        """Wait for the turn; False when a later one of the same subject has come."""
        try:
            return await turn
        except asyncio.CancelledError:
            if ticket in self._waiting:
                self._leave(ticket)
            elif not turn.cancelled() and turn.exception() is None and turn.result():
                self._busy = False  # called, and gone before it heard
                self._call()
            raise

    def _line_up(self, ticket: Ticket) -> "asyncio.Future[bool] | None":
        others = [
            each
            for each in self._waiting
            if ticket.subject is not None and each.subject == ticket.subject
        ]
        if others and ticket.again:  # those came while it was sent
            self._metrics.count("collapsed_updates_total")
            return None
        for other in others:
            # The newest takes the place of the oldest, or it might wait for ever.
            ticket.number = min(ticket.number, other.number)
            ticket.urgency = min(ticket.urgency, other.urgency)
            self._metrics.count("collapsed_updates_total")
            self._leave(other, False)
        if not ticket.again:
            self._make_room(ticket)
        turn = ticket.turn = asyncio.get_running_loop().create_future()
        self._waiting.append(ticket)
        self._metrics.count("waiting_messages", method=self._method)
        self._call()
        return turn

    def _make_room(self, ticket: Ticket) -> None:
        """Leave out the newest of the least urgent when the lane is full."""
        if len(self._waiting) < self._manners.most:
            return
        *_, last = sorted(
            [*self._waiting, ticket], key=lambda it: (it.urgency, it.number)
        )
        self._left_out += 1
        self._metrics.count("left_out_total", urgency=last.urgency.name.lower())
        if last is ticket:
            raise Unsent("too_many_waiting")
        self._leave(last, Unsent("too_many_waiting"))

    def _leave(self, ticket: Ticket, why: bool | Unsent | None = None) -> None:
        self._waiting.remove(ticket)
        self._metrics.count("waiting_messages", amount=-1, method=self._method)
        if ticket.turn is None or ticket.turn.done():
            return
        if isinstance(why, Unsent):
            ticket.turn.set_exception(why)
        elif why is not None:
            ticket.turn.set_result(why)

    def _call(self) -> None:
        """Call the next one, now or when it is due."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        # Whose caller has just given up is about to leave, and must not be called.
        waiting = [each for each in self._waiting if not each.gone]
        if self._busy or not waiting:
            return
        now = _now()
        ready = [each for each in waiting if self._due(each) <= now]
        if not ready:
            soon = min(self._due(each) for each in waiting) - now
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(soon, self._call)
            return
        first = min(ready, key=lambda it: (it.urgency, it.number))
        if first.thread is not None:
            before = (each for each in ready if each.thread == first.thread)
            first = min(before, key=lambda it: it.number)
        self._busy = True
        self._count(first, now)
        self._leave(first, True)

    def _due(self, ticket: Ticket) -> float:
        if ticket.subject is None:
            return max(self._held_until, self._meter.due())
        if ticket.urgency is Urgency.ANSWER:
            return self._held_until
        changed = self._changed.get(ticket.subject)
        due = max(self._held_until, self._meter.due())
        return due if changed is None else max(due, changed.due())

    def _count(self, ticket: Ticket, now: float) -> None:
        self._meter.take(now)
        urgency = ticket.urgency.name.lower()
        self._metrics.observe("wait_seconds", now - ticket.came, urgency=urgency)
        if ticket.subject is not None:
            self._changed = {
                ts: meter for ts, meter in self._changed.items() if meter.due() > now
            }
            meter = Meter(self._manners.same_message)
            meter.take(now)
            self._changed[ticket.subject] = meter

    def _hold(self, ticket: Ticket, refused: TooFast) -> None:
        """Let nothing go before Slack takes it; the ticket keeps its place."""
        now = _now()
        method = ticket.method or self._method
        self._metrics.count("rate_limited_total", method=method)
        self._held_until = max(self._held_until, now + refused.seconds)
        if self._held_until - ticket.came > self._manners.patience:
            raise Unsent("ratelimited") from refused

    def _words(self) -> str:
        """Return what is to be told now: that it is behind, or what was left out."""
        waiting, few = len(self._waiting), self._manners
        quiet_for = _now() - self._told_at
        self._owed = 0
        if waiting >= few.behind and not self._told:
            return (
                f"{waiting + 1:,} messages behind: Slack takes about one a second "
                "here. Answers go first, the rest follows."
            )
        if self._left_out and (not waiting or quiet_for > few.left_out_seconds):
            self._owed = self._left_out
            them = "message was" if self._owed == 1 else "messages were"
            return (
                f"{self._owed:,} {them} left out here: "
                f"more than {few.most:,} waited at once."
            )
        self._told = self._told and bool(waiting)
        return ""

    def _said(self) -> None:
        self._told_at = _now()
        if self._owed:
            log.warning("messages were left out", extra={"count": self._owed})
            self._left_out -= self._owed
        else:
            self._told = True


class Outbox:
    """The lanes of all channels."""

    def __init__(self, metrics: Metrics, manners: Manners | None = None) -> None:
        """Begin without any."""
        self.manners = manners or Manners()
        self._metrics = metrics
        self._lanes: dict[tuple[str, str], Lane] = {}

    def posts(self, channel: str) -> Lane:
        """Return the lane of new messages in the channel."""
        return self._lane("chat.postMessage", channel, self.manners.posts)

    def updates(self, channel: str) -> Lane:
        """Return the lane of changes to messages in the channel."""
        return self._lane("chat.update", channel, self.manners.updates)

    def _lane(self, method: str, channel: str, pace: Pace) -> Lane:
        if (method, channel) not in self._lanes:
            self._lanes = {
                key: lane for key, lane in self._lanes.items() if not lane.idle
            }
            lane = Lane(method, pace, self.manners, self._metrics)
            self._lanes[method, channel] = lane
        return self._lanes[method, channel]

    async def patiently(self, method: str, send: Callable[[], Awaitable[T]]) -> T:
        """Send what has no lane, and again when Slack takes it.

        Raises:
            Unsent: Slack put it off for too long.
        """
        begun = _now()
        while True:
            try:
                return await send()
            except TooFast as refused:
                self._metrics.count("rate_limited_total", method=method)
                late = _now() + refused.seconds - begun
                if late > self.manners.patience:
                    raise Unsent("ratelimited") from refused
                await asyncio.sleep(refused.seconds)
