"""A LoRA could not be had (systems/reigh.md, F30)."""

from collections.abc import Iterator, Sequence
from typing import Final

from bot.domain.cases import Case
from bot.domain.excerpts import start_of
from bot.domain.failures import FailureKind, failure_kind, loras
from bot.domain.figures import some
from bot.domain.findings import Confidence, Finding, Severity, Subject
from bot.domain.proofs import ending
from bot.domain.tasks import TaskPhase

SEVERAL: Final = "tasks that failed over a LoRA"
EXPLAINS: Final = ("failed-task",)
REPLACES: Final = EXPLAINS
LISTED: Final = 3


def missing_lora(case: Case) -> Iterator[Finding]:
    """Yield a finding for failed tasks whose text names a LoRA or its file."""
    for task in case.tasks or ():
        text = (task.error or "").strip()
        if (
            task.phase is not TaskPhase.FAILED
            or task.cascaded_from is not None
            or failure_kind(text) is not FailureKind.LORA
        ):
            continue
        asked = loras(task.parameters)
        evidence = [f"its row says: {start_of(text, 160)}"]
        if text.endswith(":"):
            evidence.append("that text is incomplete: what followed the colon is lost")
        if asked:
            evidence.append(f"its parameters name {some(len(asked), 'LoRA')}")
        elif task.parameters:
            evidence.append("its parameters name no LoRA")
        evidence += ending(task)
        yield Finding(
            rule="missing-lora",
            severity=Severity.CRITICAL,
            confidence=Confidence.LIKELY,
            title=f"task {task.id[:8]} failed over a LoRA",
            subject=Subject(kind="task", id=task.id),
            evidence=tuple(evidence),
            remedy=_remedy(asked, known=bool(task.parameters)),
            ask=f"task {task.id}",
        )


def _remedy(asked: Sequence[str], *, known: bool) -> str:
    """Return what to do; *known* is whether the parameters were read."""
    if known and not asked:
        return (
            "see in its worker's lines which file was missing: put it where the worker"
            " looks for it, and submit the task anew"
        )
    return (
        f"open {_named(asked)}; replace or leave out the one that does not answer, and"
        " submit the task anew"
    )


def _named(asked: Sequence[str]) -> str:
    """Return what to open, by its address where the parameters were read."""
    if not asked:
        return "the addresses of its LoRAs, if its parameters name any"
    more = len(asked) - LISTED
    rest = f" and {more} more" if more > 0 else ""
    return f"{', '.join(asked[:LISTED])}{rest}"
