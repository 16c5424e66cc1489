"""What can be planted into a rig, by name: failures and near misses."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final, TypeAlias

from bot.demo import sick_agents as agents
from bot.demo import sick_brain as brain
from bot.demo import sick_endings as endings
from bot.demo import sick_queue as queue
from bot.demo import sick_task_files as files
from bot.demo.rig import Rig

Scenario: TypeAlias = Callable[[Rig], Any]

# What can be planted beside anything else, by its name.
SINGLY: Final[Mapping[str, Scenario]] = {
    "late": agents.plant_late,
    "late, just so": partial(agents.plant_late, seconds=61.5),
    "late, nearly lost": partial(agents.plant_late, seconds=118.5),
    "not late": agents.spare_late,
    "killed": agents.plant_killed,
    "killed, just so": partial(agents.plant_killed, seconds=122),
    "killed, idle": partial(agents.plant_killed, busy=False),
    "killed, long ago": partial(agents.plant_killed, seconds=1500),
    "killed, no log": agents.plant_unlogged,
    "crashed": agents.plant_crashed,
    "crashed just now": partial(agents.plant_crashed, seconds=40),
    "crashed, idle": partial(agents.plant_crashed, busy=False),
    "stopped at work": agents.plant_stopped,
    "stopped at work just now": partial(agents.plant_stopped, seconds=35),
    "stopped": agents.spare_stopped,
    "restarted": agents.plant_restarted,
    "never started": agents.plant_unstarted,
    "ahead": agents.plant_ahead,
    "slightly ahead": partial(agents.plant_ahead, seconds=40),
    "paused for heat": agents.plant_paused,
    "held back for heat": agents.plant_constrained,
    "cooled down": agents.spare_cooled,
    "overheated": agents.plant_overheated,
    "wedged": agents.plant_wedged,
    "runtime in error": partial(agents.plant_wedged, state="error_recoverable"),
    "frozen": agents.plant_unread,
    "kill unread": partial(agents.plant_unread, kind="kill", alive=True),
    "stop unread": partial(agents.plant_unread, kind="stop", alive=True, seconds=33),
    "abort just sent": agents.spare_unread,
    "kill just sent": partial(agents.spare_unread, kind="kill", seconds=28),
    "reserved": agents.plant_held_back,
    "modules missing": partial(agents.plant_held_back, reserved=False),
    "missed": agents.plant_missing,
    "back again": agents.spare_recovered,
    "too large": brain.plant_too_large,
    "load waits": brain.plant_load_waits,
    "load waits, in time": brain.spare_load_waits,
    "load hangs": brain.plant_load_hangs,
    "load under way": partial(brain.plant_load_hangs, seconds=170, owed=False),
    "load failed": brain.plant_load_failed,
    "load failed by itself": partial(brain.plant_load_failed, code="load_exception"),
    "half written": brain.spare_torn,
    "unwritable lock": brain.plant_unwritable,
    "stuck": files.plant_stuck,
    "stuck prompt": partial(files.plant_stuck, kind="llm"),
    "stuck cpu task": partial(files.plant_stuck, kind="cpu", seconds=3),
    "nearly stuck": files.spare_stuck,
    "nearly stuck prompt": partial(files.spare_stuck, kind="llm"),
    "nearly stuck cpu task": partial(files.spare_stuck, kind="cpu", seconds=3),
    "hung": files.plant_hung,
    "hung prompt": partial(files.plant_hung, kind="llm", seconds=2),
    "hung cpu task": partial(files.plant_hung, kind="cpu"),
    "long at work": files.spare_hung,
    "long": files.plant_long,
    "not long": files.spare_long,
    "disowned": files.plant_disowned,
    "disowned just now": partial(files.plant_disowned, seconds=70),
    "claimed just now": files.spare_claimed,
    "recovered": files.plant_recovered,
    "recovered by force": partial(files.plant_recovered, reason="force_kill_timeout"),
    "twice": files.plant_twice,
    "done just now": files.spare_just_done,
    "ghost": files.plant_ghost,
    "left sidecar": files.plant_left_sidecar,
    "blocked": files.plant_blocked,
    "blocked by an item": partial(files.plant_blocked, why="item"),
    "blocked by nothing": partial(files.plant_blocked, why="gone"),
    "released soon": files.spare_blocked,
    "waits in order": partial(files.spare_blocked, done=False),
    "archived": files.spare_archived,
    **{
        f"{rule}, {tries} of 3": partial(endings.plant_failure, rule=rule, tries=tries)
        for rule in endings.ERRORS
        for tries in (1, 3)
    },
    "out-of-memory, in lower case": partial(
        endings.plant_failure, rule="out-of-memory", variant=1
    ),
    "missing-path, a file": partial(
        endings.plant_failure, rule="missing-path", variant=1, tries=2
    ),
    "call-timeout, plainly": partial(
        endings.plant_failure, rule="call-timeout", variant=1
    ),
    "given up everywhere": partial(
        endings.plant_failure, rule="failed-task", tries=3, spread=True
    ),
    "subprocess killed": endings.plant_subprocess,
    "not allowed": endings.plant_not_allowed,
    "not allowed, thrice": partial(endings.plant_not_allowed, tries=3),
    "needs approval": partial(endings.plant_not_allowed, action="needs_approval"),
    "deferred": endings.spare_deferred,
    "failed plan": endings.plant_failed_plan,
    "abandoned": endings.plant_abandoned,
    "false completion": endings.plant_false_completion,
    "second try": endings.spare_completion,
    "shared id": endings.plant_shared_id,
}

# What concerns the whole rig: one of them at most.
WHOLE: Final[Mapping[str, Scenario]] = {
    "no agent alive": agents.plant_none_alive,
    "silent brain": brain.plant_silent_brain,
    "silent brain, just so": partial(brain.plant_silent_brain, seconds=122),
    "late brain": brain.plant_late_brain,
    "late brain, just so": partial(brain.plant_late_brain, seconds=32),
    "brain in time": brain.spare_brain,
    "stalled monitor": brain.plant_stalled_monitor,
    "no cpu agent": brain.plant_no_cpu_agent,
    "stale load lock": brain.plant_load_lock,
    "load lock": partial(brain.plant_load_lock, seconds=42, owed=False),
    "many locks": brain.plant_locks,
    "locks": brain.spare_locks,
    "big log": brain.plant_big_log,
    "uneven": brain.plant_uneven,
    "all busy": queue.plant_all_busy,
    "all busy, many wait": partial(queue.plant_all_busy, waiting=197),
    "all busy but one": queue.spare_one_free,
    "all busy, one stuck": queue.plant_one_stuck,
    "all busy, nothing waits": queue.spare_nothing_waits,
    "no model": queue.plant_no_model,
    "no model, just so": partial(queue.plant_no_model, seconds=61.5),
    "no model, no load": partial(queue.plant_no_model, load=None),
    "no model, load waits": partial(queue.plant_no_model, load=62.5),
    "no model, in time": partial(queue.plant_no_model, seconds=58, owed=False),
    "no model, loading": queue.plant_model_loads,
    "one model": queue.spare_one_model,
}
# What can be planted into a rig of February 2026, as far as systems/agents.md tells of
# it: by the time since its start alone a task is stuck there, of which 1A.1.
ELDER_ONLY: Final[Mapping[str, Scenario]] = {
    "stuck by its time": files.plant_elapsed,
    "nearly stuck by its time": partial(files.plant_elapsed, seconds=1190, owed=False),
}
ELDER_WHOLE: Final = (
    *("no agent alive", "stalled monitor", "many locks", "locks", "uneven"),
    *("all busy", "all busy, many wait", "all busy but one"),
    "all busy, nothing waits",
)
ELDER: Final[Mapping[str, Scenario]] = {
    **ELDER_ONLY,
    **{
        name: SINGLY[name]
        for name in (
            *("late", "late, just so", "late, nearly lost", "not late", "killed"),
            *("killed, just so", "killed, idle", "killed, long ago", "killed, no log"),
            *("crashed", "crashed just now", "crashed, idle", "stopped at work"),
            *("stopped at work just now", "stopped", "restarted", "never started"),
            *("ahead", "slightly ahead", "kill unread", "stop unread"),
            *("abort just sent", "kill just sent", "half written", "unwritable lock"),
            *("long", "not long", "claimed just now", "blocked by an item"),
            *("blocked by nothing", "released soon", "waits in order", "not allowed"),
            *("needs approval", "out-of-memory, in lower case"),
            *("call-timeout, plainly", "load waits", "load waits, in time"),
            *(f"{rule}, 1 of 3" for rule in endings.ERRORS),
        )
    },
}

# In these no GPU has a model of its own.
COLD: Final = frozenset(
    {"uneven", "one model", *(name for name in WHOLE if name.startswith("no model"))}
)
# Beside these nothing else can be true: nothing is planted with them.
ALONE: Final = frozenset(
    {
        "no agent alive",
        *(name for name in WHOLE if name.startswith("all busy")),
        *COLD - {"uneven"},
    }
)

RIG_SCENARIOS: Final[Mapping[str, Scenario]] = {**SINGLY, **WHOLE, **ELDER_ONLY}
