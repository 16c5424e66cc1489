"""The incident of the demo: one bad day of a fleet, with its truth.

incident = make_incident(now)
incident.fleet.load(postgres, runpod)
incident.truth.failed_task      # what `task 41345358` is about
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from bot.demo.day import LANES, healthy_day
from bot.demo.fleet import Fleet
from bot.demo.labours import SINGLE, api_work, submit
from bot.demo.odd_pods import (
    plant_bare,
    plant_foreign_pod,
    plant_manual,
    plant_newborn,
    plant_orphaned_pod,
    plant_veteran,
)
from bot.demo.owed import Expected
from bot.demo.rows import ADA, BEN, CLEO, DAN, EVE, PEOPLE
from bot.demo.sick_tasks import (
    plant_cascade,
    plant_failed_upload,
    plant_out_of_memory,
    plant_running_family,
    plant_second_try,
)
from bot.demo.sick_workers import (
    plant_ageing,
    plant_beatless,
    plant_crash,
    plant_given_up,
    plant_never_started,
    plant_revived,
    plant_stale,
    plant_stuck,
)
from bot.domain.logs import SCALED_DOWN

FAILED_TASK: Final = "41345358"
SLOW_CYCLE: Final = timedelta(minutes=23)
RESTART: Final = timedelta(hours=14)
HOUR: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """What is the matter, by ids; whoever asks the product can compare.

    *findings* are owed, as (rule, subject). A subject in *innocent* deserves none.
    """

    now: datetime
    failed_task: str
    """Out of memory, which only output_location says."""
    failed_upload: str
    cascade_parent: str
    cascade_root: str
    cascade_children: tuple[str, ...]
    """Those that fell with the root."""
    retried_task: str
    """Complete, though an old reset stands in its error_message."""
    crashed_worker: str
    orphaned_task: str
    """In progress on the crashed worker, whose pod is EXITED."""
    loading_worker: str
    """Crashed within a model load; its pod is gone."""
    loading_task: str
    stuck_task: str
    stuck_worker: str
    stale_worker: str
    stale_task: str
    ageing_worker: str
    ageing_task: str
    beatless_worker: str
    unstarted_worker: str
    revived_worker: str
    revived_task: str
    given_up_workers: tuple[str, ...]
    bare_worker: str
    """Well, with NULL metadata."""
    newborn_worker: str
    newborn_pod: str
    veteran_worker: str
    manual_worker: str
    manual_pod: str
    exited_pod: str
    ended_orphan_pod: str
    """Its row is terminated."""
    rowless_orphan_pod: str
    foreign_pod: str
    coordinator: str
    """In progress for as long as its children are; well."""
    living_workers: tuple[str, ...]
    """Healthy, each with a running task."""
    scaled_down: tuple[str, ...]
    """Terminated for want of work, some with a reason that looks like an error."""
    slow_cycle: int
    workers_by_status: Mapping[str, int]
    tasks_by_status: Mapping[str, int]
    queue_by_reason: Mapping[str, int]
    errors_last_hour: int
    log_lines: int
    wasted_usd_per_hour: float
    secrets: tuple[str, ...]
    findings: frozenset[Expected]
    innocent: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """The rows and pods, and the truth about them."""

    fleet: Fleet
    truth: Truth


def make_incident(
    now: datetime, *, seed: int = 41345358, lanes: int = LANES
) -> Incident:
    """Return the incident as of *now*; the same for the same seed.

    *lanes* is how many healthy workers came and went at a time.
    """
    fleet = Fleet(now, seed=seed, slow_cycle=SLOW_CYCLE, restart=RESTART)
    oom = plant_out_of_memory(fleet, id=FAILED_TASK)
    upload = plant_failed_upload(fleet)
    cascade = plant_cascade(fleet)
    retried = plant_second_try(fleet)
    crash = plant_crash(fleet, pod="EXITED")
    loading = plant_crash(fleet, loading=True, pod="", minutes=4)
    stuck = plant_stuck(fleet)
    stale = plant_stale(fleet)
    ageing = plant_ageing(fleet)
    beatless = plant_beatless(fleet)
    unstarted = plant_never_started(fleet)
    revived = plant_revived(fleet)
    given_up = (
        plant_given_up(fleet, "Spawning timeout", minutes=512),
        plant_given_up(fleet, "Failed basic health check", minutes=1100),
    )
    bare = plant_bare(fleet)
    newborn = plant_newborn(fleet)
    veteran = plant_veteran(fleet)
    manual = plant_manual(fleet)
    ended_orphan = plant_orphaned_pod(fleet)
    rowless_orphan = plant_orphaned_pod(fleet, minutes=318, row=False)
    foreign = plant_foreign_pod(fleet)
    family = plant_running_family(fleet)
    day = healthy_day(fleet, lanes=lanes)
    queue = plant_queue(fleet, failed=oom.task.id)
    running = submit(fleet, fleet.ago(seconds=44), "qwen_image_edit", whose=EVE)
    api_work(fleet, running, fleet.ago(seconds=39), done=False)

    lines = fleet.lines()
    guilty = {each.subject for each in fleet.expected}
    suspects = {oom.worker.id, stuck.worker.id, ageing.task.id}
    everything = {*fleet.workers, *fleet.tasks, *fleet.pods}
    truth = Truth(
        now=now,
        failed_task=oom.task.id,
        failed_upload=upload.task.id,
        cascade_parent=cascade.parent.id,
        cascade_root=cascade.root.id,
        cascade_children=tuple(each.id for each in cascade.fallen),
        retried_task=retried.task.id,
        crashed_worker=crash.worker.id,
        orphaned_task=crash.task.id,
        loading_worker=loading.worker.id,
        loading_task=loading.task.id,
        stuck_task=stuck.task.id,
        stuck_worker=stuck.worker.id,
        stale_worker=stale.worker.id,
        stale_task=stale.task.id,
        ageing_worker=ageing.worker.id,
        ageing_task=ageing.task.id,
        beatless_worker=beatless.id,
        unstarted_worker=unstarted.id,
        revived_worker=revived.worker.id,
        revived_task=revived.task.id,
        given_up_workers=(*(each.id for each in given_up), retried.worker.id),
        bare_worker=bare.id,
        newborn_worker=newborn.worker.id,
        newborn_pod=newborn.pod.id,
        veteran_worker=veteran.id,
        manual_worker=manual.id,
        manual_pod=str(manual.pod_id),
        exited_pod=str(crash.worker.pod_id),
        ended_orphan_pod=ended_orphan.id,
        rowless_orphan_pod=rowless_orphan.id,
        foreign_pod=foreign.id,
        coordinator=family.task.id,
        living_workers=tuple(
            each.id for each in (*day.living, family.worker, veteran, manual, bare)
        ),
        scaled_down=tuple(each.id for each in day.scaled_down),
        slow_cycle=fleet.orchestrator.slow_cycle or 0,
        workers_by_status=fleet.workers_by_status(),
        tasks_by_status=fleet.tasks_by_status(),
        queue_by_reason=queue,
        errors_last_hour=sum(
            row.log_level == "ERROR"
            or (row.log_level == "CRITICAL" and row.source_type != "orchestrator_gpu")
            for row in lines
            if row.timestamp >= now - HOUR and SCALED_DOWN not in row.message
        ),
        log_lines=len(lines),
        wasted_usd_per_hour=round(
            ended_orphan.cost_per_hour_usd + rowless_orphan.cost_per_hour_usd, 4
        ),
        secrets=tuple(fleet.secrets),
        findings=frozenset(fleet.expected),
        innocent=frozenset(everything - guilty - suspects),
    )
    return Incident(fleet=fleet, truth=truth)


def plant_queue(fleet: Fleet, *, failed: str) -> Mapping[str, int]:
    """Let tasks wait for every reason there is; one waits for the task *failed*.

    Returns:
        How many wait for which reason, those that waited before among them.
    """
    by_person = {person.project_id: person for person in PEOPLE}
    for minutes in (19, 12, 7, 2):
        submit(fleet, fleet.ago(minutes=minutes), SINGLE[0], whose=ADA)
    for minutes in (31, 26, 17, 9, 8, 3):
        submit(fleet, fleet.ago(minutes=minutes), "vace_22", whose=BEN)
    for minutes in (160, 41):
        submit(fleet, fleet.ago(minutes=minutes), "t2v_22", whose=CLEO)
    submit(fleet, fleet.ago(minutes=75), "i2v_22", whose=DAN)
    submit(
        fleet,
        fleet.ago(minutes=50),
        "travel_stitch",
        whose=EVE,
        dependant_on=[failed],
    )
    reasons: Counter[str] = Counter()
    for task in fleet.tasks.values():
        if task.status != "Queued":
            continue
        person = by_person[task.project_id]
        if task.dependant_on:
            gone = failed in task.dependant_on
            reasons["dependency failed" if gone else "waits for dependency"] += 1
        elif person is BEN:
            reasons["user at capacity"] += 1
        elif person.credits <= 0:
            reasons["no credits"] += 1
        else:
            reasons["claimable" if person.in_cloud else "cloud disabled"] += 1
    return dict(reasons)
