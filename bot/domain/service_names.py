"""The names of services, and of what becomes of a question to one."""

from enum import StrEnum
from typing import Final

ORCHESTRATOR: Final = "orchestrator"
REFLEX: Final = "reflex-layer"


class Outcome(StrEnum):
    """What became of a question to a service."""

    OK = "ok"
    REFUSED = "refused"
    TIMEOUT = "timeout"
    UNREACHABLE = "unreachable"
    """No such host, no route, or the connection broke."""
    STATUS = "status"
    """It answered, and said that it is not well."""
    NONSENSE = "nonsense"
    """It answered what nobody understands."""
