"""What can be planted into a fleet, by name: failures and near misses."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import partial
from typing import Any, Final, TypeAlias

from bot.demo import odd_pods as pods
from bot.demo import sick_claims as claims
from bot.demo import sick_loads as loads
from bot.demo import sick_machines as machines
from bot.demo import sick_orchestrator as whole
from bot.demo import sick_results as results
from bot.demo import sick_workers as sick
from bot.demo.fleet import Fleet
from bot.demo.rows import Worker

Scenario: TypeAlias = Callable[[Fleet], Any]


def _stuck(fleet: Fleet) -> None:
    held = sick.plant_stuck(fleet)
    fleet.owe("silent-worker", held.worker.id)  # F32 as well: it wrote nothing


def _newborn(fleet: Fleet) -> None:
    newborn = pods.plant_newborn(fleet)
    fleet.spare(newborn.worker.id, newborn.pod.id)


def _young_crash(fleet: Fleet) -> None:
    """Let a young worker crash whose pod is gone: F17 asks for no age."""
    worker = loads.plant_init_crash(fleet, killed=True, seconds=100)
    del fleet.pods[str(worker.pod_id)]
    fleet.owe("worker-without-pod", worker.id)


def _quiet(fleet: Fleet) -> None:
    """Let the orchestrator have nothing to do: F22 asks for a queue."""
    fleet.spare(whole.ORCHESTRATOR)


def _spared(plant: Callable[[Fleet], Worker], fleet: Fleet) -> None:
    fleet.spare(plant(fleet).id)


# What can be planted beside anything else, by its name.
SINGLY: Final[Mapping[str, Scenario]] = {
    "crash": sick.plant_crash,
    "crash, pod gone": partial(sick.plant_crash, pod=""),
    "crash, pod stopped": partial(sick.plant_crash, pod="EXITED"),
    "crash after a load": loads.plant_crash_after_load,
    "stale": sick.plant_stale,
    "ageing": sick.plant_ageing,
    "ageing, nearly stale": partial(sick.plant_ageing, seconds=299),
    "beatless": sick.plant_beatless,
    "never started": sick.plant_never_started,
    "revived": sick.plant_revived,
    "given up": partial(sick.plant_given_up, reason="Spawning timeout", minutes=140),
    "stuck": _stuck,
    "slow task": machines.plant_slow_task,
    "slow task, in time": partial(machines.plant_slow_task, seconds=1198.5),
    "init crash": loads.plant_init_crash,
    "init crash, long ago": partial(loads.plant_init_crash, seconds=420),
    "init crash, killed": partial(loads.plant_init_crash, killed=True),
    "waking": loads.spare_waking,
    "waking, nearly late": partial(loads.spare_waking, seconds=58.9),
    "load death": loads.plant_load_death,
    "load death, silent": partial(loads.plant_load_death, crashed=False),
    "load under way": loads.spare_load,
    "load ended": loads.spare_loaded,
    "vlm hang": loads.plant_vlm_hang,
    "vlm hang, talking": partial(loads.plant_vlm_hang, talks=True),
    "vlm hang, dead": partial(loads.plant_vlm_hang, dead=True),
    "vlm under way": loads.spare_vlm,
    "vlm ended": partial(loads.spare_vlm, seconds=400, ends=True),
    "disk full": machines.plant_full_disk,
    "disk full at start": partial(machines.plant_full_disk, starts=False),
    "volume full": machines.plant_full_volume,
    "no space": machines.plant_no_space,
    "disk nearly full": machines.spare_roomy,
    "no driver": machines.plant_no_driver,
    "no vram": partial(machines.plant_no_driver, says=False),
    "starved": machines.plant_starved,
    "idle": machines.plant_idle,
    "idle, in time": partial(machines.plant_idle, seconds=560),
    "beating": machines.spare_beating,
    "young": machines.spare_young,
    "vanished": machines.plant_vanished,
    "unlisted": machines.spare_unlisted,
    "unended": machines.plant_unended,
    "in its grace": machines.spare_grace,
    "out of memory": results.plant_memory,
    "out of memory, cuda error": partial(results.plant_memory, variant=1),
    "out of memory, in a line": partial(results.plant_memory, variant=2),
    "upload": results.plant_upload,
    "completion timed out": partial(results.plant_upload, variant=1),
    "upload unreachable": partial(results.plant_upload, variant=2),
    "upload refused": partial(results.plant_upload, variant=3),
    "cascade": results.plant_lora,
    "lora, cut off": partial(results.plant_lora, variant=1),
    "lora not found": partial(results.plant_lora, variant=2),
    "failed": results.plant_failure,
    "second thoughts": results.spare_second_thoughts,
    "no generation": results.plant_no_generation,
    "no generation due": results.spare_no_generation,
    "child without generation": partial(results.spare_no_generation, child=True),
    "unclosed": results.plant_unclosed,
    "stuck parent": results.plant_stuck_parent,
    "parent lacks a child": partial(results.plant_stuck_parent, found=3),
    "family": results.spare_family,
    "unassigned": claims.plant_unassigned,
    "unassigned, in time": partial(claims.plant_unassigned, seconds=898.5),
    "api late": claims.plant_api_late,
    "api in time": partial(claims.plant_api_late, seconds=418.5),
    "hopeless": claims.plant_hopeless,
    "unheard claim": claims.plant_unheard_claim,
    "unheard claim, in time": partial(claims.plant_unheard_claim, seconds=80),
    "late start": claims.spare_late_start,
    "reset loop": claims.plant_reset_loop,
    "second try": claims.spare_second_try,
    "no credits": claims.plant_broke,
    "off the cloud": claims.plant_off_the_cloud,
    "switched off": claims.plant_switched_off,
    "at capacity": claims.plant_at_capacity,
    "blocked": claims.plant_blocked,
    "blocked by a failure": partial(claims.plant_blocked, status="Failed"),
    "dependant": claims.spare_dependant,
    "orphaned pod": pods.plant_orphaned_pod,
    "orphaned pod, no row": partial(pods.plant_orphaned_pod, minutes=128, row=False),
    "newborn": _newborn,
    "veteran": partial(_spared, pods.plant_veteran),
    "manual": partial(_spared, pods.plant_manual),
    "bare": partial(_spared, pods.plant_bare),
    "foreign pod": pods.plant_foreign_pod,
    "no counts": whole.plant_no_counts,
    "no capacity": whole.plant_no_capacity,
    "hiccup": whole.spare_hiccup,
    "spawn loop": whole.plant_spawn_loop,
    "two made": whole.spare_two,
    "ebb": whole.spare_ebb,
    "weak tier": whole.plant_weak_tier,
    "weak tier, too few": partial(whole.plant_weak_tier, count=4),
    "young crash, pod gone": _young_crash,
    "slow task, late worker": partial(machines.plant_slow_task, silence=90),
}

# What concerns the whole fleet: one of them at most.
WHOLE: Final[Mapping[str, Scenario]] = {
    "failing cycles": whole.plant_failing_cycles,
    "endless cycles": whole.plant_endless_cycles,
    "restarts": whole.plant_restarts,
    "stumbles": whole.spare_stumbles,
    "silence": whole.plant_silence,
    "long silence": whole.plant_silence,
    "broken log": partial(whole.plant_silence, lives=True),
    "short silence": _quiet,
    "quiet orchestrator": _quiet,
    "api silence": whole.plant_api_silence,
    "abandoned queue": whole.plant_abandoned_queue,
}
# Beside these nothing else can happen: it would have to be written down.
SILENT: Final[Mapping[str, timedelta]] = {
    "silence": timedelta(minutes=7),
    "long silence": timedelta(minutes=18),
    "broken log": timedelta(minutes=9),
    "short silence": timedelta(seconds=265),
    "quiet orchestrator": timedelta(minutes=9),
}
ALONE: Final = frozenset({*SILENT, "abandoned queue", "api silence"})
SCENARIOS: Final[Mapping[str, Scenario]] = {**SINGLY, **WHOLE}
