"""What the ledger promises: how long it remembers, and who has an offer."""

from datetime import timedelta
from typing import Final

KEPT: Final = timedelta(days=90)
"""So long the audit and the offers are kept."""
LEASE: Final = timedelta(seconds=20)
"""A process that has not been heard of for so long is dead, and another takes over."""


class Busy(Exception):
    """Another confirmation has begun with the same target, and not ended."""


class Lost(Exception):
    """Another process has the offer, or its item was begun before."""
