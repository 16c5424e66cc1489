"""What ends a worker: the words to type, as the state of its pod allows."""

from dataclasses import dataclass
from enum import StrEnum

from bot.domain.pods import Pod
from bot.domain.spelling import typed
from bot.domain.workers import Worker, WorkerPhase


class Standing(StrEnum):
    """What is known of a worker's pod."""

    THERE = "there"
    UNLISTED = "unlisted"
    """The list lacks it, and lists can leave one out."""
    GONE = "gone"
    NAMESAKE = "namesake"
    """It is not there, and another pod bears the worker's name."""
    UNKNOWN = "unknown"
    """Nobody asked, or nobody answered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cure:
    """What to type about a worker that is to end, and what that does.

    *ends* is False where there is nothing left to end, or nobody knows whether.
    """

    words: str
    told: str
    ends: bool = True


def cure(worker: Worker, standing: Standing) -> Cure:
    """Return what ends the worker, or settles one whose pod is gone.

    `worker forget` asks for the very pod before it is offered, so that it fits one
    that a list merely lacks; `worker terminate` needs one to be listed.
    """
    look = f"worker {typed(worker.id)}"
    if not worker.runs_on_gpu:
        told = "it has no pod that could be ended here: see where it is deployed"
        return Cure(words=look, told=told, ends=False)
    if standing is Standing.UNKNOWN:
        told = f"whether its pod still runs is not known here: {look} or runpod tells"
        return Cure(words=look, told=told, ends=False)
    if standing is Standing.THERE:
        words = f"worker terminate {typed(worker.id)}"
        return Cure(words=words, told=f"{words} ends its pod and gives its tasks back")
    if worker.phase is WorkerPhase.ENDED:
        told = "it has ended and so has its pod: there is nothing left to end"
        return Cure(words=look, told=told, ends=False)
    words = f"worker forget {typed(worker.id)}"
    told = f"{words} settles its row and gives its tasks back"
    if standing is Standing.UNLISTED:
        told = (
            f"RunPod lists no pod of it: {words} looks once more, and settles its row"
        )
    return Cure(words=words, told=told)


def by_namesake(worker: Worker, pod: Pod, *, orphaned: bool = False) -> str:
    """Return what settles a worker whose pod is not there, while *pod* has its name.

    Whose that one is nobody can tell, so that no command ends both; one that is
    *orphaned* can be ended by itself.
    """
    named = f"its row names pod {worker.runpod_id}, which RunPod does not list"
    ends = "end that one in RunPod's console"
    if orphaned:
        ends = f"runpod terminate {pod.id} ends that one"
    told = f"{named}, and pod {pod.id} bears its name: {ends}"
    if worker.phase is WorkerPhase.ENDED:
        return told
    return f"{told}, then worker forget {typed(worker.id)} settles the row"
