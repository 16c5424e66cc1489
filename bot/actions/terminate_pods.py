"""`runpod terminate [POD …]`: end pods that nobody uses and everybody pays for."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, TypeAlias

from bot import command
from bot.action import Action, Gated, Hands, Planning
from bot.actions import ending, worker_pods
from bot.domain.errors import Misread, NotFound, SourceDown
from bot.domain.fleet import Claim, PodFate, claims
from bot.domain.offers import Ended, Fate, Item, Plan, Spared
from bot.domain.pods import Pod, PodId, called
from bot.domain.tasks import Task
from bot.domain.times import HOUR, ago
from bot.domain.workers import AGEING, Worker
from bot.sources import Listing, Ownership, ownership

FLEET_HOURS: Final = 1.0  # living rows come whatever their age; the dead if a pod asks

_Held: TypeAlias = Mapping[PodId, Sequence[Worker]]
_Tasks: TypeAlias = Mapping[str, Sequence[Task]]


@dataclass(frozen=True, slots=True, kw_only=True)
class TerminatePodsQuery(Gated):
    """Which pods; all orphans when none is named."""

    pods: tuple[str, ...] = command.words(
        "ids or names of orphaned pods (default: all orphans)", meta="POD"
    )


async def plan(query: TerminatePodsQuery, planning: Planning) -> Plan:
    """Return the orphans that may be ended, and every pod that is left alone.

    Raises:
        SourceDown: pods and workers could not be read whole; nobody can tell an orphan.
        NotFound: a pod that was named does not exist.
    """
    system, now = planning.system, planning.now
    pods, locked, fleet = await asyncio.gather(
        system.pods.all(),
        planning.locked(),
        system.workers.fleet(planning.asked.window(FLEET_HOURS)),
    )
    owned = await _owned(pods, fleet, planning)
    named = _named(query.pods, pods)
    held = await _held(owned, planning)
    tasks = await _tasks(held, planning)
    items, spared = [], []
    for claim in owned.claims:
        if named and claim.pod.id not in named:
            continue
        why = _why_spared(claim, held, locked, planning)
        if why is None:
            items.append(_item(claim, held, tasks, now))
        elif named or claim.fate is not PodFate.CLAIMED:
            spared.append(Spared(target=claim.pod.id, label=claim.pod.name, why=why))
    items.sort(key=lambda item: -(item.cost_per_hour_usd or 0.0))
    return Plan(items=tuple(items), left_alone=tuple(spared))


async def look(item: Item, hands: Hands) -> Ended | None:
    """Return why the pod is no longer to be ended, or could not be looked at."""
    id, name, now = PodId(item.target), str(item.seen["pod_name"]), hands.clock()
    try:
        pod, locked, owners = await asyncio.gather(
            hands.system.pods.get(id),
            ending.locked(hands),
            ending.owners(id, name, hands),
        )
    except SourceDown as error:
        return ending.unseen(item, error)
    if pod is None:
        return ending.left(item, "it is gone already")
    if pod.name != name:
        return ending.left(item, f"it has another name now: {pod.name}")
    if kept := ending.why_kept(pod, locked, hands.limits):
        return ending.left(item, kept)
    if anew := ending.restarted(item.seen, pod, now):
        return ending.left(item, anew)
    [claim] = claims(
        [pod],
        owners,
        prefixes=hands.system.pods.name_prefixes,
        minimum_age=hands.limits.minimum_pod_age,
        error_grace=hands.system.thresholds.error_grace,
        now=now,
    )
    if claim.fate is not PodFate.ORPHANED:
        return ending.left(item, claim.why)
    for owner in owners:
        beat = owner.last_heartbeat_at
        before = item.seen.get(f"heartbeat {owner.id}")
        if beat is not None and beat.isoformat() != before:
            return ending.left(item, f"its worker {owner.id} beat since the plan")
    return None


async def do(item: Item, hands: Hands) -> Ended:
    """End the pod; when it is gone, settle the rows and tasks behind it."""
    stays = await ending.end_pod(PodId(item.target), hands)
    return stays or await _settled(item, hands, "the pod is gone")


async def settle(item: Item, hands: Hands) -> Ended:
    """Find out what became of the pod; settle what is behind it if it is gone."""
    stays = await ending.gone(
        PodId(item.target), hands, asked=ending.STOPPED, otherwise=Fate.UNKNOWN
    )
    return stays or await _settled(item, hands, f"{ending.STOPPED}; the pod is gone")


ACTION: Final = Action(
    name="runpod terminate",
    answers="End orphaned pods for good: all of them, or those that are named",
    query=TerminatePodsQuery,
    plan=plan,
    look=look,
    do=do,
    settle=settle,
    warning="The pods are ended for good, with all that is on their disks.",
    examples=("runpod terminate", "runpod terminate abc123def456gh --dry-run"),
    place=17,
)


async def _settled(item: Item, hands: Hands, first: str) -> Ended:
    try:
        rows = await ending.owners(item.target, str(item.seen["pod_name"]), hands)
    except SourceDown as error:
        why = f"its rows could not be read: {error.message}"
        return ending.Aftermath(trouble=[why]).ended(item.target, first)
    after = await ending.give_back(_behind(item.target, rows), hands)
    return after.ended(item.target, first)


def _behind(pod: str, rows: Sequence[Worker]) -> Sequence[Worker]:
    """Return the rows that end with the pod.

    A namesake with another pod may still be at work there, and is left alone.
    """
    return [row for row in rows if row.runpod_id in (None, pod)]


async def _owned(
    pods: Sequence[Pod], fleet: Listing[Worker], planning: Planning
) -> Ownership:
    age = planning.limits.minimum_pod_age
    owned = await ownership(
        pods,
        fleet,
        system=planning.system,
        gaps=planning.gaps,
        thresholds=replace(planning.asked.thresholds, minimum_pod_age=age),
        now=planning.now,
        confirm=False,
    )
    if owned is None:
        failed = [gap.reason for gap in planning.gaps.all if gap.failed]
        why = "; ".join(failed) or "did not show all workers"
        msg = f"{why}, so nobody can tell which pods are orphaned"
        raise SourceDown(planning.system.name, msg)
    return owned


def _named(texts: Sequence[str], pods: Sequence[Pod]) -> frozenset[PodId]:
    """Return the pods that are meant, by id, by name, or by a part of one of them."""
    found = set()
    for text in texts:
        # What is to be ended is named as it is written, case and all.
        meant = [it for it in called(text, pods) if text in it.id or text in it.name]
        if not meant:
            msg = f"no pod is called {text}"
            raise NotFound(msg, hint="runpod lists them all")
        if len(meant) > 1:
            msg = f"the ids or names of {len(meant)} pods begin or end with {text}"
            ids = ", ".join(pod.id for pod in meant)
            raise Misread(msg, hint=f"give more of it: {ids}")
        found.add(meant[0].id)
    return frozenset(found)


async def _held(owned: Ownership, planning: Planning) -> _Held:
    """Return the rows, of any status, that orphans once belonged to."""
    orphans = [c.pod for c in owned.claims if c.fate is PodFate.ORPHANED]
    if not orphans:
        return {}
    rows = await planning.system.workers.known_as(
        [pod.name for pod in orphans], [pod.id for pod in orphans]
    )
    return {
        pod.id: [row for row in rows if row.id == pod.name or row.runpod_id == pod.id]
        for pod in orphans
    }


def _why_spared(
    claim: Claim, held: _Held, locked: frozenset[PodId] | None, planning: Planning
) -> str | None:
    if claim.fate is not PodFate.ORPHANED:
        return claim.why
    if kept := ending.why_kept(claim.pod, locked, planning.limits):
        return kept
    for owner in held[claim.pod.id]:
        beat, now = owner.last_heartbeat_at, planning.now
        if beat is not None and now - beat <= AGEING:
            return f"its worker {owner.id} is {owner.status}, yet beat {ago(beat, now)}"
    return None


async def _tasks(held: _Held, planning: Planning) -> _Tasks:
    """Return what the rows of orphans still hold, by worker."""
    if not any(held.values()):
        return {}
    running = await planning.system.tasks.running()
    return worker_pods.by_worker([task for task, _ in running.rows])


def _item(claim: Claim, held: _Held, tasks: _Tasks, now: datetime) -> Item:
    pod, rows = claim.pod, held[claim.pod.id]
    ends = [row.terminated_at or row.error_at for row in rows]
    age = pod.age(now)
    born = None if age is None else now - age
    since = max((end for end in ends if end is not None), default=born)
    cost = pod.cost_per_hour_usd if pod.running else None
    so_far = None
    if cost is not None and since is not None:
        so_far = round(cost * max((now - since) / HOUR, 0.0), 2)
    beats = {
        f"heartbeat {row.id}": row.last_heartbeat_at.isoformat()
        for row in rows
        if row.last_heartbeat_at is not None
    }
    rows = _behind(pod.id, rows)
    given_back = [task for row in rows for task in tasks.get(row.id, ())]
    return Item(
        target=pod.id,
        label=pod.name,
        action="terminate pod",
        then=ending.then(rows, given_back),
        why=claim.why if pod.running else f"{claim.why}; it is {pod.status}",
        since=since,
        cost_per_hour_usd=cost,
        cost_so_far_usd=so_far,
        pods=1,
        running=pod.running,
        seen={**ending.pod_seen(pod, now), **beats},
    )
