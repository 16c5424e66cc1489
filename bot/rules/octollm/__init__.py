"""What can be wrong with OctoLLM's services and tasks (systems/octollm.md, 3B)."""

from typing import Final

from bot.domain.findings import Finding

_NOW: Final = frozenset({"service-down", "not-ready"})


def breadth(finding: Finding) -> int:
    """Return whether it is over, as far as its rule tells.

    What does not answer at this moment goes before what lines tell of the last hours.
    """
    return int(finding.rule not in _NOW)
