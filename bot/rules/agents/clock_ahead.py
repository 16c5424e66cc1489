"""A heartbeat lies in the future: a clock or the time zone is wrong (3A, 1)."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from bot.domain.agent_limits import BeatAge, beat_age
from bot.domain.agent_lives import agents
from bot.domain.cases import Case
from bot.domain.file_proofs import beat
from bot.domain.findings import Confidence, Finding, Severity, Subject
from bot.domain.times import iso, spoken

SEVERAL: Final = "heartbeats ahead of the clock"
# Time zones lie a quarter of an hour apart at least; a clock drifts by less.
ZONE: Final = timedelta(minutes=14)


def clock_ahead(case: Case) -> Iterator[Finding]:
    """Yield a finding for every heartbeat over 5 s ahead, the brain's included."""
    queue = case.file_queue
    if queue is None:
        return
    for each in (*agents(queue), *([queue.brain] if queue.brain else [])):
        age = each.age(case.now)
        if age is None or beat_age(age) is not BeatAge.AHEAD:
            continue
        zone = -age >= ZONE
        yield Finding(
            rule="clock-ahead",
            severity=Severity.WARNING,
            confidence=Confidence.CONFIRMED,
            title=f"{each.id} writes times {spoken(-age)} ahead of the clock here",
            subject=Subject(kind="worker", id=each.id),
            evidence=(
                beat(each, case.now),
                f"the clock here says {iso(case.now)}",
                "the files name no zone: they are read in that of AGENTS_TZ",
            ),
            remedy="set AGENTS_TZ to the zone of its host: every age told of it is off"
            if zone
            else "set its host's clock by NTP: every age told of it is off",
            ask="config --explain" if zone else f"worker {each.id}",
        )
