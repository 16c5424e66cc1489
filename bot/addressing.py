"""Which system a question is about: the one it names, or the one that has its id."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import fields, replace

from bot.domain.errors import Ambiguous, Known, Misread
from bot.domain.ids import systems_of
from bot.domain.spelling import clipped, did_you_mean
from bot.sources import System
from bot.words import Reading


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
            msg = f"{by}no system is called '{wanted[:60]}'"
            raise Misread(msg, hint=f"{hint}known: {', '.join(self._systems)}")
        return system

    def named(self, reading: Reading) -> Reading:
        """Return the reading with the system that it names, by a flag or before an id.

        Raises:
            Misread: no system is called so, or two are named.
        """
        named = reading.common.system
        for name, id in _ids(reading).items():
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

    async def located(self, reading: Reading) -> Reading:
        """Return the reading with the system that has its id, unless one is named.

        The form of an id may tell. Where several systems write ids of that form, each
        is asked whether it knows this one.

        Raises:
            Ambiguous: several do.
        """
        if reading.common.system is not None or self.default not in self._systems:
            return reading  # the handler says that it is not, if it asks at all
        for id in _ids(reading).values():
            owner = await self._owner(id)
            if owner is not None:
                return reading if owner == self.default else _of(reading, owner)
        return reading

    async def _owner(self, id: str) -> str | None:
        """Return the system that has the id; None where nobody can tell."""
        able = [each for each in systems_of(id) if each in self._present]
        if len(able) < 2:
            return able[0] if able else None
        knows = await asyncio.gather(*(self._knows(each, id) for each in able))
        owners = [name for name, known in zip(able, knows, strict=True) if known]
        if len(owners) > 1:
            msg = f"{' and '.join(owners)} both know {clipped(id)}"
            raise Ambiguous(msg, candidates=[f"{each}:{id}" for each in owners])
        return owners[0] if owners else None

    async def _knows(self, name: str, id: str) -> bool:
        system = self._systems[name]()
        try:
            return bool(await system.tasks.find(id.lower()))
        except Known:
            return False  # if nobody else has it, the usual one is asked, and says so


def _of(reading: Reading, system: str) -> Reading:
    return replace(reading, common=replace(reading.common, system=system))


def _ids(reading: Reading) -> Mapping[str, str]:
    """Return the ids that the question names, by their arguments."""
    return {
        each.name: value
        for each in fields(reading.query)
        if each.metadata.get("meta") == "ID"
        and isinstance(value := getattr(reading.query, each.name), str)
    }
