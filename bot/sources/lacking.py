"""Parts that a system does not have: whoever asks them is told so in one line."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.domain.errors import Lacks
from bot.domain.pods import Pod, PodId


@dataclass(frozen=True, slots=True)
class NoPods:
    """Fulfils `bot.sources.Pods` for a system that rents no machines."""

    system: str
    name_prefixes: Sequence[str] = ()

    async def all(self) -> Sequence[Pod]:
        """Say that there are none to list."""
        raise self._lack()

    async def get(self, id: PodId) -> Pod | None:
        """Say that there are none to look for."""
        del id
        raise self._lack()

    def _lack(self) -> Lacks:
        hint = f"what runs there is listed by: workers --system {self.system}"
        return Lacks(self.system, "pods", hint=hint)
