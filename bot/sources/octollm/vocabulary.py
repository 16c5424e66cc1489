"""The words in which answers speak of an OctoLLM (systems/octollm.md, 1B.5)."""

from datetime import timedelta
from typing import Final

from bot.domain.service_names import ORCHESTRATOR
from bot.domain.vocabulary import Vocabulary

_LOOKS: Final = ("/health", "/ready", "/metrics", "/debug/stats")
"""What others ask again and again, this program among them."""
_ASKED: Final = ("http.request", "uvicorn.access")

WORDS: Final = Vocabulary(
    coordinator=ORCHESTRATOR,
    turn="the orchestrator comes to it",
    writer=ORCHESTRATOR,
    made="",  # that of an arm is not known; memory tells that of the orchestrator
    beat="last answer",
    taker="arm",
    zone="OCTOLLM_TZ",
    zoned_tasks=False,  # rows are UTC's, whatever is set
    slow=timedelta(seconds=10),  # systems/octollm.md, 2B, B5
    rents=False,
    expires=False,
    silent=(
        "its lines are looked for where OCTOLLM_LOG_GLOBS says; whether it answers,"
        " `health` asks it"
    ),
    start_untold="",
    end_untold="",
    startup=(
        *("orchestrator.startup", "orchestrator.database_", "orchestrator.reflex_"),
        *("orchestrator.shutdown", "database.initialized", "database.tables_"),
        *("reflex_client.initialized", "Started server process", "Uvicorn running"),
        *("Application startup", "application startup", "Starting Reflex Layer"),
    ),
    # Only looks that found it well: readers fold what differs in numbers alone.
    routine=tuple(
        f"{said} method=GET path={path} status_code=200"
        for said in _ASKED
        for path in _LOOKS
    ),
)
