"""What programs write word for word, where more than one of ours looks for it.

Fragments that hold still while the rest of a line changes (systems/reigh.md, 3). Their
case matters: "Model switch completed" is no "MODEL SWITCH:".
"""

from typing import Final

# The worker, in the order of its life (3.2).
UP: Final = " started. Polling every"
QUEUE_MADE: Final = "HeadlessTaskQueue initialized"
QUEUE_STARTED: Final = "Task queue started with"
CUDA_MISSING: Final = "is_available() returned False"
NVML: Final = "Failed to initialize NVML"
TASK_BEGUN: Final = "HEADLESS: Processing"
VLM_BEGUN: Final = "[RAM] Before VLM loading"
VLM_ENDED: Final = "After VLM cleanup"
SWITCH_BEGUN: Final = "MODEL SWITCH:"
SWITCH_ENDED: Final = "Model switch completed"
LOADED: Final = ("Loaded model:", "MODEL Loaded model")
GENERATES: Final = "executing generation for task"
TASK_FINISHED: Final = "Finished task"

# The orchestrator, of the workers that it makes (3.3).
RENTED: Final = "SUCCESS: "
POD_REFUSED: Final = "Error creating pod"
TIER_REFUSED: Final = "not available in any storage"
RAPID: Final = "ANOMALY DETECTED: Rapid scale-up"
LAUNCH_FAILED: Final = "Failed to launch startup script"
SCRIPT_UNMADE: Final = "Failed to create startup script"
PROMOTED: Final = "detected as active via logging"

# Its copies of what stands on a worker's disks (3.3).
STATUS: Final = "system status:"
DISK_ISSUE: Final = "DISK SPACE ISSUE"
STORAGE: Final = "STORAGE_HEALTH"
SCRIPT_FAILED: Final = "SCRIPT FAILED at line"
MODULE_MISSING: Final = "ModuleNotFoundError"
NO_SPACE: Final = "No space left"
DIED_AT_ONCE: Final = "died immediately"

# Its last resort, which ends what has not beaten and leaves no reason (3.3).
FAILSAFE: Final = "FAILSAFE: Worker"

# Its counting of tasks (3.3).
COUNTS_FAILED: Final = "Failed to get detailed task counts"
COUNTS_SIMPLE: Final = "falling back to simple counting"
COUNTS_STATUS: Final = "counts endpoint returned status"
COUNT_FAILED: Final = "Failed to get task count"

# What it counts in each cycle, and what else of it is worth a look (3.3).
TASK_COUNT: Final = "TASK COUNT (Cycle"
TOOK_LONG: Final = "Cycle took"
COUNT_SPIKE: Final = "Task count spike"
COUNT_JUMP: Final = "Task count jumped from 0 to"
LOG_DEAD: Final = "log handler thread is DEAD"
LOG_FAILING: Final = "Database logging error rate high"
POD_UNRECORDED: Final = "Failed to update worker"
POD_ABANDONED: Final = "MANUAL INTERVENTION REQUIRED"
SPAWN_FAILED: Final = "Failed to spawn worker"
STATUS_UNREAD: Final = "startup status: No module named"

# An edge function, of a claim (3.4).
CLAIMED: Final = "Task claimed successfully"
