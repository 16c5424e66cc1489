"""A log has outgrown what the guide allows, for nothing rotates it (2A, A13)."""

from collections.abc import Iterator
from typing import Final

from bot.domain.agent_limits import LOG_BIG
from bot.domain.cases import Case
from bot.domain.findings import Confidence, Finding, Severity, Subject

SEVERAL: Final = "large logs"
_MB: Final = 1024 * 1024


def big_log(case: Case) -> Iterator[Finding]:
    """Yield a finding for every log of over 100 MB."""
    queue = case.file_queue
    for log in (queue.logs if queue else None) or ():
        if log.size <= LOG_BIG:
            continue
        yield Finding(
            rule="big-log",
            severity=Severity.WARNING,
            confidence=Confidence.CONFIRMED,
            title=f"{log.path} has grown to {log.size / _MB:,.0f} MB",
            subject=Subject(kind="log", id=log.path),
            evidence=(f"{log.size:,} bytes; {LOG_BIG // _MB} MB is the most",),
            remedy="rotate it (logrotate with copytruncate: its writer keeps it open)",
            ask="logs",
        )
