"""One request of a made-up OctoLLM, and its way over all services.

The reflex layer gives the request an id of its own, as its code does; the arms get the
client's, as systems/octollm.md, 1B, says of deployments that follow the guide.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from bot.demo.octo import ARMS, ORCHESTRATOR, Octo

CODER, JUDGE = ARMS
# At which milliseconds which service writes what; the judge keeps it for two seconds.
_WAY: Final[Sequence[tuple[int, str, str, Mapping[str, Any]]]] = (
    (15, ORCHESTRATOR, "task.passed_reflex_check", {"cache_hit": True}),
    (18, ORCHESTRATOR, "database.task_created", {"status": "pending"}),
    (25, ORCHESTRATOR, "arm.call.start", {"arm": CODER}),
    (29, CODER, "request.start", {}),
    (341, CODER, "request.complete", {"duration_ms": 312.0}),
    (346, ORCHESTRATOR, "arm.call.complete", {"arm": CODER}),
    (350, ORCHESTRATOR, "arm.call.start", {"arm": JUDGE}),
    (355, JUDGE, "request.start", {}),
    (2425, JUDGE, "request.complete", {"duration_ms": 2070.0}),
    (2431, ORCHESTRATOR, "arm.call.complete", {"arm": JUDGE}),
)
_TOOK: Final = 2434


def follow(octo: Octo, at: datetime) -> str:
    """Let a client's request come in *at* that time; return its id."""

    def after(milliseconds: float) -> datetime:
        return at + timedelta(milliseconds=milliseconds)

    request = f"req-{octo.random.getrandbits(24):06x}"
    about = {"request_id": request, "task_id": octo.id()}
    octo.reflex(after(13))
    for milliseconds, service, event, fields in _WAY:
        told = {"request_id": request} if service != ORCHESTRATOR else about
        octo.say(after(milliseconds), "info", event, service=service, **fields, **told)
    octo.request(after(_TOOK), 202, path="/submit", milliseconds=_TOOK)
    return request
