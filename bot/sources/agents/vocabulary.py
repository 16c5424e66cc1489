"""The words in which answers speak of the agents (systems/agents.md, 1A.7)."""

from typing import Final

from bot.domain.vocabulary import Vocabulary
from bot.sources.agents.decisions import DECISION
from bot.sources.agents.task_files import FAILURES

WORDS: Final = Vocabulary(
    coordinator="brain",
    turn="somebody takes it, as who may looks every 5 s",
    writer=DECISION,
    made="",  # a folder is as old as it is, however often its agent began
    rents=False,
    batches=True,
    expires=False,
    silent=(
        "what it decides stands in logs/brain_decisions.log below AGENTS_ROOT: see"
        " whether that is the right folder, and whether brain.py runs"
    ),
    failures=FAILURES,
    start_untold="",
    end_untold="",
    zone="AGENTS_TZ",
    startup=(
        *("GPU agent initialized: ", "Worker initialized: ", "Starting brain: "),
        *(" starting", "starting: queue=", "[STARTUP] ", "Starting llama"),
        *("llama runtime initialized", "brain runtime ready", "Starting Ollama"),
        *("Ollama server ready", "Starting COLD", "Starting HOT", "GPU agent ready"),
        *("Worker ready", " crashed", "shutting down"),
    ),
    routine=(
        *("Heartbeat sent", "Queue empty", "No tasks claimed", "No suitable tasks"),
        *("Skipping ", "Claim attempt: ", "TASKS_", "llama health check failed"),
        *("No-progress stuck tasks", "Stuck tasks", "load_llm task available"),
        *("[MONITOR] ", "[GPU_MISSING] ", "[WORKER_MISSING] ", "[ABANDON] "),
        "Task * waiting on: ",
        *("[RESOURCE_COOLDOWN] ", "[TASK_WAITING_THERMAL] "),
    ),
)
"""Of generations that differ in their texts, those of all."""
