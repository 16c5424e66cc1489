"""Requests of a made-up OctoLLM that chance draws, and what is true of each.

Clocks of hosts are off, one hop is slow, and what a request leads to may break off: of
it nobody writes anything more. What lines can't prove is not drawn, as the clock of an
arm that never answered and is ahead.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import groupby, pairwise
from typing import Any, Final

from bot.demo.octo import ORCHESTRATOR, REFLEX, Line, Octo, Way

RIGHT: Final = timedelta(0)
MS: Final = timedelta(milliseconds=1)
OFF: Final = (*(0, 0, 0.002, -0.002), *(0.03, -0.03, 0.4, -0.4, 3, -3, 90, -90))
"""By how many seconds clocks are ahead; by less than lines prove, or by more."""
OFF_COARSE: Final = (0, 0, 4, -4, 90, -90)
"""The same where the orchestrator's lines bear no fractions of seconds."""
UNPROVEN: Final = 3 * MS  # less than any call is on its way
EXACTLY: Final = 10 * MS  # half of the longest time that a call is on its way
COARSELY: Final = timedelta(seconds=1.1)
QUIET: Final = timedelta(seconds=2)
LONGEST: Final = timedelta(seconds=7)
CLEARLY: Final = 20 * MS  # by so much the slowest hop is slower than the next
ODDS_OF_CUT: Final = 0.4


def draw_ways(octo: Octo, number: int) -> None:
    """Let so many requests come in at services whose clocks are off."""
    chance = octo.random
    for service in (REFLEX, *octo.arms):
        seconds = chance.choice(OFF if octo.structured else OFF_COARSE)
        octo.clocks[service] = timedelta(seconds=seconds)
    for _ in range(number):
        cut = chance.random() < ODDS_OF_CUT
        at = octo.ago(minutes=chance.uniform(5, 40))
        while cut and _busy(octo, at):
            at -= timedelta(seconds=7)
        lines = _written(octo, at)
        if cut:
            lines = lines[: chance.choice([*_cuts(octo, lines)])]
            if chance.random() < 1 / 2:  # whoever looks whether it is ready
                octo.request(lines[-1].at + 40 * MS)
        octo.lines += lines
        _note(octo, lines, cut=cut)


def _busy(octo: Octo, at: datetime) -> bool:
    """Tell whether another submit ends then: it could be the end of one cut off."""
    ends = (line.at for line in octo.lines if line.fields.get("path") == "/submit")
    return any(-QUIET < end - at < QUIET + LONGEST for end in ends)


def _written(octo: Octo, begun: datetime) -> list[Line]:
    """Return what all services write of a request, in order."""
    chance, kept = octo.random, octo.lines
    arms = chance.sample(octo.arms, chance.randrange(2, len(octo.arms) + 1))
    near = [arm for arm in arms if abs(octo.clocks[arm]) < UNPROVEN]
    ways = [f"to {arm}" for arm in near]  # a clock that is off would hide that
    place = chance.choice([REFLEX, ORCHESTRATOR, *arms, *ways])
    slow, octo.lines = chance.randrange(400, 5000), []

    def took(where: str, milliseconds: float) -> timedelta:
        return (slow if where == place else milliseconds) * MS

    checked = slow if place == REFLEX else 3
    at = begun + (checked + 10) * MS
    octo.reflex(at, milliseconds=checked)
    about = {"request_id": f"req-{chance.getrandbits(24):06x}", "task_id": octo.id()}

    def say(event: str, service: str = ORCHESTRATOR, **fields: Any) -> None:
        told = {"request_id": about["request_id"]} if service in arms else about
        octo.say(at, "info", event, service=service, **fields, **told)

    at += 2 * MS
    say("task.passed_reflex_check", cache_hit=True)
    at += took(ORCHESTRATOR, 3)
    say("database.task_created", status="pending")
    held = chance.sample(range(60, 300, 40), len(arms))
    for arm, milliseconds in zip(arms, held, strict=True):
        at += 7 * MS
        say("arm.call.start", arm=arm)
        at += took(f"to {arm}", chance.uniform(3.5, 9))
        say("request.start", arm)
        worked = took(arm, milliseconds)
        at += worked
        say("request.complete", arm, duration_ms=worked / MS)
        at += chance.uniform(3.5, 9) * MS
        say("arm.call.complete", arm=arm)
    at += 3 * MS
    octo.request(at, 202, path="/submit", milliseconds=(at - begun) / MS)
    lines, octo.lines = octo.lines, kept
    return sorted(lines, key=lambda line: line.at)


def _cuts(octo: Octo, lines: Sequence[Line]) -> Iterator[int]:
    """Yield after how many lines it can break off: its task was stored before."""
    stored = [line.event for line in lines].index("database.task_created")
    for number in range(stored + 1, len(lines)):
        last = lines[number - 1].service
        if octo.clocks.get(last, RIGHT) < UNPROVEN:
            yield number


def _note(octo: Octo, lines: Sequence[Line], *, cut: bool) -> None:
    """Note what is true of the request, and that it is due in an answer."""
    request = next(
        str(line.fields["request_id"]) for line in lines if "task_id" in line.fields
    )
    exactly = EXACTLY if octo.structured else COARSELY
    clocks = {line.service: octo.clocks.get(line.service, RIGHT) for line in lines}
    way = Way(
        # Lines without fractions don't tell in which order others were between them.
        services=tuple(it for it, _ in groupby(line.service for line in lines))
        if octo.structured
        else (),
        slowest=_slowest(lines) if octo.structured else "",
        off={
            service: (ahead, exactly)
            for service, ahead in clocks.items()
            if abs(ahead) > UNPROVEN
        },
        cut=cut,
    )
    octo.ways[request] = way
    if way.services:
        octo.owe("trace-order", f"{request}: {' > '.join(way.services)}")
    if way.slowest:
        octo.owe("trace-slowest", f"{request}: {way.slowest}")
    for service in way.off:
        octo.owe("trace-clock", f"{request}: {service}")
    if cut:
        octo.owe("trace-cut", request)


def _slowest(lines: Sequence[Line]) -> str:
    """Return where most time passed between two lines; empty where it's close."""
    *_, second, first = sorted(pairwise(lines), key=lambda it: it[1].at - it[0].at)
    longest, next_one = (it[1].at - it[0].at for it in (first, second))
    if longest - next_one < CLEARLY:
        return ""
    here, there = (line.service for line in first)
    return f"within {here}" if here == there else f"from {here} to {there}"
