"""How well the rules find what is wrong, where the truth is known: `make evaluate`.

Fleets, rigs and deployments are made with known failures and near misses, and the real
desk is asked about them: `health`, what else is asked of the whole, and `worker ID` or
`task ID` of whatever is guilty or looks so, `trace REQUEST` of each request that was
drawn, of which each claim counts as a finding. A finding that is owed and not made is
missed; one that is made and not owed is a false alarm, unless it is of severity info
and nobody forbids it. Where time was up before an answer was whole, as on a busy
machine, that fleet is cut short: none of it is right or wrong.
"""

import argparse
import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from multiprocessing import Pool
from typing import Any, Final

from bot.demo.fleet import Fleet
from bot.demo.fleets import make_fleet
from bot.demo.octo import Octo
from bot.demo.owed import Expected
from bot.demo.rig import Rig
from bot.demo.rig_scenarios import RIG_SCENARIOS
from bot.demo.rigs import make_rig
from bot.demo.scenarios import SCENARIOS
from bot.demo.sick_octo import OCTO_SCENARIOS, make_octo
from bot.domain.findings import Confidence, Finding, Severity
from bot.domain.ids import AGENTS, OCTOLLM, REIGH
from tests.tools.examiners import (
    MOST_ASKED,
    NOON,
    State,
    desks,
    findings,
    judging_timed,
    named,
)
from tests.tools.measured import Measured, Tally, figures, table

FLEETS: Final = 500
BIG: Final = (2_000, 20_000, timedelta(hours=48))
BIG_SEEDS: Final = 20
BIG_RIG: Final = 60  # GPU agents
REQUESTS: Final = 3  # of each OctoLLM that are traced


def compared(
    state: State, found: Mapping[Expected, Finding], seed: int
) -> dict[str, Tally]:
    """Return for each rule what is right and wrong with its findings."""
    tallies: dict[str, Tally] = {}
    owed = {named(state, *each) for each in state.expected}
    free = {named(state, *each) for each in state.open}
    never = {named(state, *each) for each in state.forbidden}
    for each in sorted(owed):
        tally = tallies.setdefault(each.rule, Tally())
        tally.planted += 1
        if each in found:
            tally.found += 1
        else:
            tally.missed.append(f"seed {seed}: {each.subject or 'all of it'}")
    for each, finding in found.items():
        tally = tallies.setdefault(each.rule, Tally())
        sure = finding.confidence is not Confidence.POSSIBLE
        if each in owed or each in free:
            tally.kept += sure
        elif each in never or finding.severity is not Severity.INFO:
            said = f"seed {seed}: {each.subject or 'all of it'}: {finding.title}"
            (tally.false if sure else tally.doubts).append(said)
    return tallies


def sizes(state: State) -> Mapping[str, int]:
    """Return how many workers, tasks and lines there are."""
    if isinstance(state, Octo):
        return {
            "workers": len(state.answers),
            "tasks": len(state.rows or ()),
            "lines": len(state.lines),
        }
    if isinstance(state, Rig):
        lines = len(state.decisions)
        return {
            "workers": len(state.agents),
            "tasks": len(state.tasks),
            "lines": lines,
        }
    return {
        "workers": len(state.workers),
        "tasks": len(state.tasks),
        "lines": len(state.lines()),
    }


def examined(
    seeds: Sequence[int],
    make: Callable[[int], State],
    *,
    system: str = REIGH,
    closely: int = MOST_ASKED,
) -> Measured:
    """Return what the fleets or rigs of these seeds show."""

    async def run() -> Measured:
        measured = Measured(system=system)
        for seed in seeds:
            begun = time.perf_counter()
            state = make(seed)
            desk = given.desk(state)
            made = time.perf_counter()
            found = await findings(desk, state, measured, seed=seed, most=closely)
            measured.asking += time.perf_counter() - made
            measured.making += made - begun
            measured.fleets += 1
            for name, size in sizes(state).items():
                setattr(measured, name, getattr(measured, name) + size)
            tallies = {} if found is None else compared(state, found, seed)
            for rule, tally in tallies.items():
                measured.rules.setdefault(rule, Tally()).add(tally)
        return measured

    with judging_timed() as spent, closing(desks(system)) as given:
        measured = asyncio.run(run())
    measured.judging = sum(spent)
    return measured


def a_mixed_fleet(seed: int) -> Fleet:
    """Return a fleet with a mix of failures that is drawn from the seed."""
    return make_fleet(NOON, seed)


def a_fleet_with(seed: int, *, name: str) -> Fleet:
    """Return a fleet in which one scenario is planted, and nothing else."""
    return make_fleet(NOON, seed, failures=[name])


def a_big_healthy_fleet(seed: int) -> Fleet:
    """Return two days of a big fleet on which nothing was wrong."""
    workers, tasks, span = BIG
    return make_fleet(NOON, seed, workers=workers, tasks=tasks, span=span, failures=())


def a_mixed_rig(seed: int) -> Rig:
    """Return a rig with a mix of failures that is drawn from the seed."""
    return make_rig(NOON, seed)


def a_rig_with(seed: int, *, name: str) -> Rig:
    """Return a rig in which one scenario is planted, and nothing else."""
    return make_rig(NOON, seed, failures=[name])


def a_big_healthy_rig(seed: int) -> Rig:
    """Return a big rig on which nothing was wrong."""
    return make_rig(NOON, seed, gpus=BIG_RIG, failures=())


def a_mixed_octo(seed: int) -> Octo:
    """Return an OctoLLM with a mix of failures that is drawn from the seed."""
    return make_octo(NOON, seed, requests=REQUESTS)


def an_octo_with(seed: int, *, name: str) -> Octo:
    """Return an OctoLLM in which one scenario is planted, and nothing else."""
    return make_octo(NOON, seed, failures=(name,), requests=REQUESTS)


def a_healthy_octo(seed: int) -> Octo:
    """Return an OctoLLM with which nothing was wrong."""
    return make_octo(NOON, seed, failures=(), requests=REQUESTS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A system that is measured: how its states are made, and what can be planted."""

    mixed: Callable[[int], State]
    one: Callable[..., State]
    healthy: Callable[[int], State]
    scenarios: Mapping[str, Any]


SYSTEMS: Final[Mapping[str, Subject]] = {
    REIGH: Subject(
        mixed=a_mixed_fleet,
        one=a_fleet_with,
        healthy=a_big_healthy_fleet,
        scenarios=SCENARIOS,
    ),
    AGENTS: Subject(
        mixed=a_mixed_rig,
        one=a_rig_with,
        healthy=a_big_healthy_rig,
        scenarios=RIG_SCENARIOS,
    ),
    OCTOLLM: Subject(
        mixed=a_mixed_octo,
        one=an_octo_with,
        healthy=a_healthy_octo,
        scenarios=OCTO_SCENARIOS,
    ),
}


def spread(  # noqa: PLR0913 - each has its name at the call
    seeds: Sequence[int],
    make: Callable[[int], State],
    *,
    jobs: int,
    at_once: int,
    system: str = REIGH,
    closely: int = MOST_ASKED,
) -> Measured:
    """Return what the states show; a process does *at_once* of them, of *jobs*."""
    parts = [seeds[i : i + at_once] for i in range(0, len(seeds), at_once)]
    whole = Measured(system=system)
    work = partial(examined, system=system, closely=closely)
    if jobs == 1:
        for part in parts:
            whole.add(work(part, make))
        return whole
    with Pool(jobs) as pool:
        for measured in pool.starmap(work, [(part, make) for part in parts], 1):
            whole.add(measured)
    return whole


def main(words: Sequence[str] | None = None) -> int:
    """Measure, print the tables, and return 1 if a rule missed or raised an alarm."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--system", choices=[*SYSTEMS], help="this one alone")
    parser.add_argument("--fleets", type=int, default=FLEETS)
    parser.add_argument("--seed", type=int, default=1, help="the first one")
    parser.add_argument(
        "--closely", type=int, default=MOST_ASKED, help="of so many more is asked"
    )
    parser.add_argument("--jobs", type=int, default=1, help="processes to use")
    parser.add_argument(
        "--healthy", action="store_true", help="big ones with nothing planted"
    )
    names = {name for each in SYSTEMS.values() for name in each.scenarios}
    parser.add_argument(
        "--only",
        metavar="SCENARIO",
        choices=sorted(names),
        help="plant this alone, in each of them",
    )
    given = parser.parse_args(words)
    failed = False
    for system, subject in SYSTEMS.items():
        asked = given.system in (None, system)
        if asked and (given.only is None or given.only in subject.scenarios):
            failed |= _measured(system, subject, given)
    return int(failed)


def _measured(system: str, subject: Subject, given: argparse.Namespace) -> bool:
    """Measure one system and print what it shows; tell whether something failed."""
    begun = time.perf_counter()
    count, at_once, make = given.fleets, 25, subject.mixed
    if given.healthy:
        count, at_once, make = min(count, BIG_SEEDS), 1, subject.healthy
    elif given.only is not None:
        make = partial(subject.one, name=given.only)
    seeds = range(given.seed, given.seed + count)
    measured = spread(
        *(seeds, make),
        jobs=given.jobs,
        at_once=at_once,
        system=system,
        closely=given.closely,
    )
    print(f"{system}, seeds {seeds.start} to {seeds.stop - 1}")
    for line in (*table(measured), *figures(measured, time.perf_counter() - begun)):
        print(line)
    return measured.failed


if __name__ == "__main__":
    raise SystemExit(main())
