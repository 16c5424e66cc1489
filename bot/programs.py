"""What the programs that we look at read of their environment, and what it does there.

Nothing here is a setting of ours: `config --explain` tells what each of them means.
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """A setting of a program, as its code or its page declares it."""

    name: str
    default: str | None
    explanation: str
    used: bool = True
    secret: bool = False
    example: str | None = None
    """What the program's sample file sets, where that is not the default."""


def _declared(  # noqa: PLR0913  each has its name
    name: str,
    default: str | None,
    explanation: str,
    *,
    used: bool = True,
    secret: bool = False,
    example: str | None = None,
) -> Declared:
    return Declared(
        name=name,
        default=default,
        explanation=explanation,
        used=used,
        secret=secret,
        example=example,
    )


# systems/reigh.md, 4: what the orchestrator's code reads, its defaults, its meaning.
ORCHESTRATOR: Final = (
    _declared(
        "ORCHESTRATOR_POLL_SEC",
        "30",
        "seconds between cycles; a worker that finished a task within this time is"
        " not idle",
    ),
    _declared(
        "MIN_ACTIVE_GPUS",
        "2",
        "floor of active workers; starting ones do not count for it at scale-down",
    ),
    _declared("MAX_ACTIVE_GPUS", "10", "hard ceiling of workers"),
    _declared(
        "MACHINES_TO_KEEP_IDLE",
        "0",
        "warm spare workers on top of the busy ones, never more than the ceiling",
    ),
    _declared(
        "TASKS_PER_GPU_THRESHOLD",
        "3",
        "read but never applied: scaling is one worker per task",
        used=False,
    ),
    _declared(
        "SCALE_UP_MULTIPLIER", "1.0", "wanted workers = work times this, rounded up"
    ),
    _declared("SCALE_DOWN_MULTIPLIER", "0.9", "sets the target of early terminations"),
    _declared(
        "GPU_IDLE_TIMEOUT_SEC",
        "600",
        "one number with four uses: how long a heartbeat may be silent while there is"
        " work, idle time before scale-down, the failsafe's staleness, and how long a"
        " worker may go without a first heartbeat",
        example="300",
    ),
    _declared(
        "GPU_OVERCAPACITY_IDLE_TIMEOUT_SEC",
        "30",
        "idle time before scale-down when there are more workers than wanted",
    ),
    _declared(
        "SPAWNING_TIMEOUT_SEC",
        "600",
        "ends a start only while the pod has no SSH yet; later only the failsafe does",
        example="300",
    ),
    _declared(
        "SPAWNING_GRACE_PERIOD_SEC",
        "180",
        "a starting worker younger than this is not ended early",
    ),
    _declared("SCALE_DOWN_GRACE_PERIOD_SEC", "60", "pause between early scale-downs"),
    _declared("MIN_SCALING_INTERVAL_SEC", "45", "nothing reads it", used=False),
    _declared(
        "GRACEFUL_SHUTDOWN_TIMEOUT_SEC",
        "600",
        "nothing reads it: termination is immediate",
        used=False,
    ),
    _declared(
        "TASK_STUCK_TIMEOUT_SEC",
        "1200",
        "a task in progress for longer makes its worker fail; coordinators are exempt",
    ),
    _declared(
        "MAX_WORKER_FAILURE_RATE",
        "0.8",
        "computed and logged only: the brake has been switched off since 2025-10-17",
        used=False,
    ),
    _declared(
        "FAILURE_WINDOW_MINUTES", "5", "the window of that failure rate, by creation"
    ),
    _declared("MIN_WORKERS_FOR_RATE_CHECK", "5", "fewer workers give no failure rate"),
    _declared(
        "ERROR_CLEANUP_GRACE_PERIOD_SEC",
        "600",
        "how long a failed worker's row waits before its pod is ended by force",
    ),
    _declared(
        "GPU_HEALTH_CHECK_TIMEOUT_SEC",
        "120",
        "only logs that VRAM data is stale, in a function that nobody calls",
        used=False,
    ),
    _declared(
        "FAILSAFE_STALE_THRESHOLD_SEC",
        None,
        "nothing reads it: the failsafe uses GPU_IDLE_TIMEOUT_SEC",
        used=False,
        example="7200",
    ),
    _declared("WORKER_GRACE_PERIOD_SEC", None, "nothing reads it", used=False),
    _declared(
        "STORAGE_CHECK_INTERVAL_CYCLES", "10", "cycles between checks of the volumes"
    ),
    _declared(
        "STORAGE_MIN_FREE_GB", "50", "less free space than this makes a volume grow"
    ),
    _declared(
        "STORAGE_MAX_PERCENT_USED", "85", "more used than this makes a volume grow"
    ),
    _declared(
        "STORAGE_EXPANSION_INCREMENT_GB", "50", "by how much a volume grows; for good"
    ),
    _declared(
        "AUTO_START_WORKER_PROCESS", "true", "start the worker over SSH by itself"
    ),
    _declared("RUNPOD_API_KEY", None, "RunPod's key", secret=True),
    _declared("SUPABASE_URL", None, "the project that holds the queue", secret=True),
    _declared(
        "SUPABASE_SERVICE_ROLE_KEY", None, "the project's service key", secret=True
    ),
    _declared("RUNPOD_GPU_TYPE", "NVIDIA GeForce RTX 4090", "the GPU that is rented"),
    _declared(
        "RUNPOD_WORKER_IMAGE",
        "runpod/pytorch:2.4.0-py3.11-cuda12.4.1-devel-ubuntu22.04",
        "the image that pods run",
    ),
    _declared(
        "RUNPOD_STORAGE_NAME",
        None,
        "the default volume; a start tries Peter, EU-NO-1, EU-CZ-1 and EUR-IS-1 anyway",
    ),
    _declared("RUNPOD_VOLUME_MOUNT_PATH", "/workspace", "where the volume is mounted"),
    _declared("RUNPOD_DISK_SIZE_GB", "50", "size of a pod's own volume"),
    _declared("RUNPOD_CONTAINER_DISK_GB", "50", "size of a pod's container disk"),
    _declared("RUNPOD_MIN_VCPU_COUNT", "8", "fewer processors are not rented"),
    _declared("RUNPOD_MIN_MEMORY_GB", "32", "less memory is not rented"),
    _declared(
        "RUNPOD_RAM_TIER_FALLBACK",
        "true",
        "tries 72, 60, 48, 32, 16 GB, each over all volumes before the next",
    ),
    _declared("RUNPOD_SSH_PRIVATE_KEY", None, "key to reach pods by SSH", secret=True),
    _declared(
        "RUNPOD_SSH_PRIVATE_KEY_PATH", None, "or the file that holds it", secret=True
    ),
    _declared("RUNPOD_SSH_PUBLIC_KEY", None, "key that pods let in", secret=True),
    _declared(
        "RUNPOD_SSH_PUBLIC_KEY_PATH", None, "or the file that holds it", secret=True
    ),
    _declared(
        "ENABLE_DB_LOGGING",
        "false",
        "whether the orchestrator writes to system_logs at all",
    ),
    _declared("DB_LOG_LEVEL", "INFO", "the mildest level that it writes there"),
    _declared("DB_LOG_BATCH_SIZE", "50", "lines to a batch"),
    _declared("DB_LOG_FLUSH_INTERVAL", "5.0", "seconds between batches"),
    _declared("DB_LOGGING_REQUIRED", "false", "stop when logging can't be set up"),
    _declared("ORCHESTRATOR_INSTANCE_ID", None, "its name in the logs"),
    _declared("LOG_LEVEL", "INFO", "the mildest level on its console"),
    _declared("LOG_FORMAT", "json", "the form of its console log"),
    _declared("LOG_FILE", "./orchestrator.log", "the file of its console log"),
    _declared(
        "RUNPOD_COST_PER_HOUR",
        "0.69",
        "an old monitor's guess; costs shown here come from RunPod",
        used=False,
    ),
    _declared("RUNPOD_TEMPLATE_ID", None, "nothing reads it", used=False),
    _declared("RUNPOD_NETWORK_VOLUME_ID", None, "nothing reads it", used=False),
    _declared("API_WORKER_CONCURRENCY", "20", "tasks at once in the API worker"),
    _declared("API_RUN_TYPE", "api", "the run type that the API worker claims"),
    _declared("API_PARENT_POLL_SEC", "10", "seconds between its looks at parents"),
    _declared("API_WORKER_ID", "api-worker-main", "its id in the workers table"),
)
# systems/agents.md, 1A.7: each sets the mildest level of one program's console log.
AGENTS_PROGRAMS: Final = (
    _declared(
        "BRAIN_LOG_LEVEL",
        "INFO",
        "the brain's console: at INFO decisions and monitor lines; DEBUG adds what it"
        " waits for",
    ),
    _declared(
        "GPU_LOG_LEVEL",
        "INFO",
        "a GPU agent's console: at INFO claims and ends; DEBUG adds why it claims"
        " nothing, each cycle",
    ),
    _declared(
        "WORKER_LOG_LEVEL",
        "INFO",
        "a worker's console; that of an agent's subprocess goes to a pipe that nobody"
        " reads, at any level",
    ),
    _declared(
        "EXECUTOR_LOG_LEVEL",
        "INFO",
        "permission checks: at INFO what was blocked; DEBUG adds what was allowed",
    ),
)
# systems/octollm.md, 0.8, 1B.1 and 1B.3: what its code reads, and what its documents
# and compose files set without effect.
OCTO_PROGRAMS: Final = (
    _declared(
        "ORCHESTRATOR_DEBUG",
        "false",
        "true adds /debug/stats, which tells counts and the breaker's state, and has"
        " each statement of the database logged",
    ),
    _declared(
        "ORCHESTRATOR_DATABASE_URL",
        None,
        "where the orchestrator keeps its tasks",
        secret=True,
    ),
    _declared(
        "ORCHESTRATOR_DATABASE_POOL_SIZE",
        "10",
        "connections that are kept; each submit needs one",
    ),
    _declared(
        "ORCHESTRATOR_DATABASE_MAX_OVERFLOW",
        "20",
        "connections beyond these in a rush; then a submit waits for 30 s and fails",
    ),
    _declared(
        "DATABASE_URL",
        None,
        "compose files set it, the code reads ORCHESTRATOR_DATABASE_URL alone",
        used=False,
        secret=True,
    ),
    _declared(
        "REFLEX_URL",
        None,
        "compose files set it, the code does not read it",
        used=False,
    ),
    _declared(
        "LOG_LEVEL",
        "INFO",
        "the guide's: the published code configures no logging, so all levels are"
        " written; a deployment with the guide's logging_config.py goes by it, and"
        " DEBUG adds what was read from the database",
        used=False,
    ),
    _declared(
        "LOG_FORMAT",
        "console",
        "the guide's: json writes one object a line, once its logging_config.py is"
        " there; both forms are read here",
        used=False,
    ),
)
