"""Which of a task's parameters help to see why it failed."""

from collections.abc import Mapping
from typing import Final

from bot.domain.excerpts import cut

# systems/reigh.md, 1.8
_TELLING: Final = (
    "model_name",
    "model",
    "segment_index",
    "sequence_index",
    "parsed_resolution_wh",
    "num_frames",
    "steps",
    "seed",
    "enhance_prompt",
    "orchestrator_run_id",
    "run_id",
    "generation_id",
    "shot_id",
    "based_on",
    "additional_loras",
    "prompt",
    "base_prompt",
)
_LONGEST: Final = 100


def telling(parameters: Mapping[str, object]) -> tuple[tuple[str, str], ...]:
    """Return those that are given, each cut to a line; of a mapping its names."""
    found = []
    for name in _TELLING:
        value = parameters.get(name)
        if value in (None, "", [], {}):
            continue
        shown = " ".join(value) if isinstance(value, dict) else str(value)
        found.append((name, cut(shown, _LONGEST)))
    return tuple(found)
