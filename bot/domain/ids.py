"""Which systems an id may belong to, told by its form."""

import re
from typing import Final

REIGH: Final = "reigh"
AGENTS: Final = "agents"
OCTOLLM: Final = "octollm"

# systems/agents.md, 4: the forms that ids have, and the systems that write them. A form
# that no line names tells nothing.
_FORMS: Final = tuple(
    (re.compile(form, re.ASCII), systems)
    for form, systems in (
        (r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", (AGENTS, REIGH, OCTOLLM)),
        (r"[0-9a-f]{4,8}|[0-9a-f]{8}-[0-9a-f-]*", (AGENTS, REIGH, OCTOLLM)),
        (r"(manual-)?gpu-\d{8}_\d{6}-[0-9a-f]{8}", (REIGH,)),
        (r"\d{8}_\d{6}(_[0-9a-f]{8})?|inc_\d{8}_\d{6}_[0-9a-f]{8}", (AGENTS,)),
        (r"gpu-\d{1,3}|worker-(gpu)?\d{1,3}|cpu-[\w.-]+|brain", (AGENTS,)),
        (r"(gpu|cpu)-.+-(w\d+|meta)(-[0-9a-f]{8})?", (AGENTS,)),
        (r"req-.+|task[-_]\w+", (OCTOLLM,)),
        (r"(planner|executor|retriever|coder|judge)(-arm)?(-\d+)?", (OCTOLLM,)),
        (r"safety-guardian(-arm)?(-\d+)?|orchestrator|reflex-layer", (OCTOLLM,)),
    )
)


def systems_of(id: str) -> tuple[str, ...]:
    """Return the systems that an id of this form may belong to; empty: any or none."""
    text = id.lower()
    for form, systems in _FORMS:
        if form.fullmatch(text):
            return systems
    return ()
