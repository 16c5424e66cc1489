"""Which error lines belong to a cause: by an id, by what they name, by a proof."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Final

from bot.domain.incident import RootCause
from bot.domain.logs import LogLine
from bot.domain.root_causes import named_by
from bot.domain.service_names import REFLEX

BY_ID: Final = frozenset({"task", "worker", "pod"})
"""What causes are about that lines name by an id."""
_WRITERS: Final = {"orchestrator_gpu": "orchestrator"}
# systems/octollm.md, 1B.5: what a service's logger, event or error type tells of.
_DATABASE: Final = "database"
_PARTS: Final = {_DATABASE: _DATABASE, "reflex_client": REFLEX}
_EVENTS: Final = {
    **dict.fromkeys(
        ("task.reflex_unavailable", "task.reflex_circuit_breaker_open"), REFLEX
    ),
    "orchestrator.database_init_failed": _DATABASE,
}
_KINDS: Final = {"OperationalError": _DATABASE}
_CLAUSES: Final = re.compile(r"[:;,] ")
_QUOTED: Final = 20  # of an evidence's parts, shorter ones may stand anywhere


class How(Enum):
    """How it is known that a line belongs to a cause."""

    ID = "it names the subject"
    PROOF = "the cause's proof quotes it"
    PART = "it is about the part that the cause is about"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tie:
    """That a line is about one of a cause's subjects, and how that is known."""

    subject: str
    how: How

    @property
    def own(self) -> bool:
        """Tell whether it is the cause's own error: of a part there are others."""
        return self.how is not How.PART


def tied(line: LogLine, cause: RootCause) -> Tie | None:
    """Return how a line belongs to a cause; None where nothing tells that it does.

    A coordinator writes of everything: of its lines those alone count that the cause's
    proof quotes. A line from before the cause began tells only of what bears an id.
    """
    known = cause.kind in BY_ID
    early = cause.begun_at is not None and line.at < cause.begun_at
    if early and not known:
        return None
    named, writer = named_by(line, cause.subjects), _writer(line)
    if known and named is not None:
        return Tie(subject=named, how=How.ID)
    if writer in cause.subjects and _quoted(line, cause.evidence):
        return Tie(subject=writer, how=How.PROOF)
    if writer in cause.subjects and not known:
        return None  # its own name begins its events
    parts = {*_parts(line), writer}
    about = named or next((id for id in cause.subjects if id in parts), None)
    return None if about is None else Tie(subject=about, how=How.PART)


def _writer(line: LogLine) -> str:
    """Return who wrote it, as findings name programs and services."""
    return line.writer or _WRITERS.get(line.source, line.source)


def _parts(line: LogLine) -> Iterable[str]:
    """Yield what its logger, its event and its error's type are about."""
    event = str(line.fields.get("event", ""))
    logger = line.source_id.rpartition(".")[2] if event else ""
    told = (
        _PARTS.get(logger),
        _PARTS.get(event.partition(".")[0]),
        _EVENTS.get(event),
        _KINDS.get(str(line.fields.get("error_kind", ""))),
    )
    return (each for each in told if each is not None)


def _quoted(line: LogLine, evidence: Iterable[str]) -> bool:
    """Tell whether some part of a proof stands in the line as it is."""
    text = " ".join(line.message.split())
    clauses = (part for each in evidence for part in _CLAUSES.split(each))
    return any(len(part) >= _QUOTED and part in text for part in clauses)
