"""The queue's lock files hinder: they cannot be written, or are too many (3A, 21)."""

from collections.abc import Iterator
from typing import Final

from bot.domain.agent_limits import LOCKS_MANY
from bot.domain.cases import Case
from bot.domain.figures import some
from bot.domain.findings import Confidence, Finding, Severity, Subject

EXPLAINS: Final = ("not-claiming", "waiting-task")

ANSWERS: Final = ("queue",)


def lock_files(case: Case) -> Iterator[Finding]:
    """Yield a finding for locks that cannot be written, and for over 1000 of them.

    That they stay after a claim is normal.
    """
    queue = case.file_queue
    locks = queue.locks if queue else None
    if locks is None or not (locks.unwritable or locks.total > LOCKS_MANY):
        return
    bad = bool(locks.unwritable)
    # Where none may be written, mostly it is a copy that is looked at.
    all = bad and locks.unwritable == locks.total
    yield Finding(
        rule="lock-files",
        severity=_severity(bad=bad, all=all),
        confidence=_confidence(bad=bad, all=all),
        title=f"{some(locks.unwritable, 'lock file')} of the queue cannot be written"
        if bad
        else f"{locks.total:,} lock files are left in the queue",
        subject=Subject(kind="queue", id="queue"),
        evidence=(
            f"tasks/queue: {locks.total:,} *.lock, {locks.unwritable} not writable",
        ),
        remedy="give the agents' user the right to write them: what it cannot lock, it"
        " cannot claim"
        if bad
        else "remove those without a task beside them while no agent runs: each slows"
        " every look at the queue",
        ask="queue",
    )


def _severity(*, bad: bool, all: bool) -> Severity:
    if all:
        return Severity.INFO
    return Severity.CRITICAL if bad else Severity.WARNING


def _confidence(*, bad: bool, all: bool) -> Confidence:
    if all:
        return Confidence.POSSIBLE
    return Confidence.LIKELY if bad else Confidence.CONFIRMED
