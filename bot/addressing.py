"""Which system a question is about: the one it names, or the one that has its id."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import fields, replace
from datetime import datetime
from math import ceil
from typing import Final

from bot.command import DEFAULT_HOURS, MOST_HOURS, Command
from bot.domain.errors import Ambiguous, Known, Misread, NotFound
from bot.domain.ids import systems_of
from bot.domain.spelling import clipped, did_you_mean
from bot.domain.tasks import TaskId
from bot.domain.times import HOUR, Window
from bot.sources import System, written_ids
from bot.words import BARE_ID, Reading, read


class Addresses:
    """The systems, and which of them are set up."""

    def __init__(
        self,
        systems: Mapping[str, Callable[[], System]],
        *,
        default: str,
        present: frozenset[str] | None = None,
    ) -> None:
        """Know them by name; *present* are those that are set up (None: all)."""
        self.default = default
        """The system that is asked where none is named, and no id tells."""
        self._systems = systems
        self._present = frozenset(systems) if present is None else present

    def open(self, name: str | None) -> System:
        """Return the system of that name, or the one that is asked without a name.

        Raises:
            Misread: no system is called so.
        """
        return self._known(name)()

    def _known(self, name: str | None) -> Callable[[], System]:
        wanted = name or self.default
        system = self._systems.get(wanted)
        if system is None:
            hint = did_you_mean(wanted, self._systems)
            by = "" if name else "DEBUG_BOT_SYSTEM: "
            msg = f"{by}no system is called '{clipped(wanted)}'"
            raise Misread(msg, hint=f"{hint}known: {', '.join(self._systems)}")
        return system

    def named(self, reading: Reading) -> Reading:
        """Return the reading with the system that it names, by a flag or before an id.

        Raises:
            Misread: no system is called so, or two are named.
        """
        named = reading.common.system
        for name, id in _ids(reading, "ID", "REQUEST").items():
            system, colon, rest = id.partition(":")
            if not colon or not rest or system not in self._systems:
                continue
            if named not in (None, system):
                msg = f"'{clipped(id)}' is of {system}, not of {named}"
                raise Misread(msg)
            named = system
            reading = replace(
                reading,
                query=replace(reading.query, **{name: rest}),
                words=tuple(rest if word == id else word for word in reading.words),
            )
        if named is None:
            return reading
        self._known(named)
        return _of(reading, named)

    async def located(self, reading: Reading, now: datetime) -> Reading:
        """Return the reading with the system that has its id, unless one is named.

        The form of an id may tell. Where several systems write ids of that form, each
        is asked whether it knows this one: as a task, if it is the whole question as a
        request, and at last whether its lines tell of a task that it never stored. A
        request is else asked of a system that traces requests.

        Raises:
            Ambiguous: several do.
        """
        if reading.common.system is not None or self.default not in self._systems:
            return reading  # the handler says that it is not, if it asks at all
        for id in _ids(reading, "ID").values():
            bare = reading.command.hidden
            owner = await self._owner(id, _window(reading, now), bare=bare)
            if owner is not None:
                return reading if owner == self.default else _of(reading, owner)
        for id in _ids(reading, "REQUEST").values():
            owner = self._tracer(id)
            if owner is not None:
                return reading if owner == self.default else _of(reading, owner)
        return reading

    async def meant(
        self, reading: Reading, commands: Mapping[str, Command], now: datetime
    ) -> Reading:
        """Return what is asked where an id stands for something that is no task.

        Such as a batch, or an escalation about a task, of a system that has these.

        Raises:
            Ambiguous: it stands for several things.
            NotFound: it has such a form, and stands for nothing.
        """
        id = getattr(reading.query, "id", None)
        if not isinstance(id, str) or reading.command.name not in _TASK_OR_ANY:
            return reading
        try:
            found = await self.open(reading.common.system).meanings(id.lower())
        except NotFound:
            raise
        except Known:
            return reading  # the handler says what is wrong
        if not found:
            return reading
        if len(found) > 1:
            msg = f"{clipped(id)} may be {len(found)} things"
            raise Ambiguous(msg, candidates=[each.words for each in found])
        [meaning] = found
        asked: float = getattr(reading.query, "hours", DEFAULT_HOURS)
        since = meaning.since
        hours = asked if since is None else max(asked, _hours(since, now))
        words = meaning.words.split()
        if hours != DEFAULT_HOURS:
            words += ["--hours", f"{hours:.6f}".rstrip("0").rstrip(".")]
        bare = getattr(reading.query, "logs_only", False)
        words += ["--logs-only"] if bare and words[0] == "task" else []
        try:
            again = read(words, commands, now)
        except Misread:  # what is told of may be called anything
            return reading
        if again.command.name != words[0]:  # nor is any other question read of it
            return reading
        return replace(
            again, common=reading.common, notes=(*reading.notes, meaning.told)
        )

    async def _owner(self, id: str, window: Window, *, bare: bool) -> str | None:
        """Return the system that has the id; None where nobody can tell.

        Of a *bare* one nobody said what it is: in the window it may be a request's.
        """
        able = [each for each in systems_of(id) if each in self._present]
        if len(able) < 2:
            return able[0] if able else None
        owners = await self._knowing(able, lambda it: it.tasks.find(id.lower()))
        if not owners and bare:
            owners = await self._knowing(able, lambda it: _lines(it, id, window))
        if not owners:
            owners = await self._knowing(able, lambda it: it.meanings(id.lower()))
        if not owners:
            owners = await self._knowing(able, lambda it: _unstored(it, id, window))
        if len(owners) > 1:
            msg = f"{' and '.join(owners)} both know {clipped(id)}"
            raise Ambiguous(msg, candidates=[f"{each}:{id}" for each in owners])
        return owners[0] if owners else None

    async def _knowing(
        self, able: Sequence[str], find: Callable[[System], Awaitable[Sequence[object]]]
    ) -> Sequence[str]:
        """Return those of the systems in which something is found."""

        async def knows(name: str) -> bool:
            try:
                return bool(await find(self._systems[name]()))
            except Known:
                return False  # if nobody else has it, the usual one says what it lacks

        found = await asyncio.gather(*map(knows, able))
        return [name for name, known in zip(able, found, strict=True) if known]

    def _tracer(self, id: str) -> str | None:
        """Return the system to which the id's form points, else one that can trace."""
        able = [each for each in systems_of(id) if each in self._present]
        if len(able) == 1:
            return able[0]
        usual_first = sorted(self._present, key=lambda each: each != self.default)
        return next(filter(self._traces, usual_first), None)

    def _traces(self, name: str) -> bool:
        try:
            return self._known(name)().requests is not None
        except Known:
            return False


_TASK_OR_ANY: Final = ("task", BARE_ID)


def _hours(since: datetime, now: datetime) -> float:
    """Return how many hours hold all since then, as far as hours may go."""
    return min(max(1.0, ceil((now - since) / HOUR) + 1.0), MOST_HOURS)


async def _lines(system: System, id: str, window: Window) -> Sequence[object]:
    """Return the lines of the window that bear the request's id."""
    return (await system.requests.of(id, window)).rows if system.requests else ()


async def _unstored(system: System, id: str, window: Window) -> Sequence[TaskId]:
    """Return tasks that lines tell of, where a task may be taken in and not stored."""
    if system.requests is None or not system.tasks.may_begin(id):
        return ()
    return await written_ids(id, system, window)


def _window(reading: Reading, now: datetime) -> Window:
    """Return the hours that are asked about, or those that a question has unasked."""
    hours = getattr(reading.query, "hours", DEFAULT_HOURS)
    return Window.before(now, hours=hours)


def _of(reading: Reading, system: str) -> Reading:
    return replace(reading, common=replace(reading.common, system=system))


def _ids(reading: Reading, *kinds: str) -> Mapping[str, str]:
    """Return the ids of these kinds that the question names, by their arguments."""
    return {
        each.name: value
        for each in fields(reading.query)
        if each.metadata.get("meta") in kinds
        and isinstance(value := getattr(reading.query, each.name), str)
    }
