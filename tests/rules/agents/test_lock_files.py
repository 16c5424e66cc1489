from typing import Any

import pytest

from bot.domain.file_queue import Locks
from bot.domain.findings import Severity
from tests.file_queues import a_folder, found, of_queue

RULE = "lock-files"


@pytest.mark.parametrize("locks", [None, Locks(total=1000, unwritable=0)])
def test_locks_that_are_left_over(locks: Any) -> None:
    """They stay after a claim: a thousand exactly are well."""
    assert not found(RULE, a_folder(locks=locks))
    assert not found(RULE, of_queue(None))


def test_locks_that_cannot_be_written() -> None:
    """What cannot be locked cannot be claimed."""
    [one] = found(RULE, a_folder(locks=Locks(total=14, unwritable=2)))

    assert one.severity is Severity.CRITICAL
    assert one.title == "2 lock files of the queue cannot be written"


def test_too_many_locks() -> None:
    """A warning."""
    [one] = found(RULE, a_folder(locks=Locks(total=1001, unwritable=0)))

    assert one.severity is Severity.WARNING
    assert one.title == "1,001 lock files are left in the queue"


def test_where_none_may_be_written_it_is_mostly_a_copy() -> None:
    """Its files lost their rights."""
    [one] = found(RULE, a_folder(locks=Locks(total=14, unwritable=14)))

    assert one.severity is Severity.INFO
