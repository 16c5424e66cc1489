"""Why a task waits: the first true reason (systems/agents.md, 3A, 6)."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from bot.domain.agent_limits import LONG_RUNNING
from bot.domain.agent_lives import agents, beats, brainless
from bot.domain.agent_names import AgentKind
from bot.domain.cases import Case
from bot.domain.findings import Confidence, Finding, Severity, Subject
from bot.domain.tasks import Task, TaskPhase, Wait
from bot.domain.times import dated
from bot.domain.waits import NEVER, UNTOLD

SEVERAL: Final = "waiting tasks"
# What ends by itself: the order of a plan, for however long it takes.
IN_ORDER: Final = ("waits for dependency",)
# And what does so soon, or else is worth a look.
PASSING: Final = (
    *("waits for the brain", "thermal pause", "in transition", "no VRAM budget"),
    *("needs a hot GPU", "needs a cold GPU"),
)
ASKS: Final = {
    "no brain": "orchestrator",
    "brain silent": "orchestrator",
    "waits for the brain": "orchestrator",
    "no agent is alive": "workers",
    "dead": "workers",
    "never started": "workers",
    "needs a cpu agent": "workers",
}
REMEDIES: Final = {
    "no brain": "start brain.py: nobody else takes it",
    "brain silent": "start the brain again: nobody else takes it",
    "waits for the brain": "the brain releases it in its next cycle, if it lives",
    "waits for dependency": "wait for that one",
    "no agent is alive": "start the agents through startup.py",
    "dead": "start that agent again through startup.py",
    "needs a cpu agent": "start scripts/cpu_agent.py on some host",
    "needs a hot GPU": "the brain inserts a load_llm task: see whether one waits",
    "needs a cold GPU": "a hot GPU unloads after 90 s without llm tasks: wait",
    "no VRAM budget": "it runs when another task ends; a smaller vram_estimate_mb"
    " would let both run",
    "reserved": "see who reserved the agent",
    "wedged": "start that agent again: its runtime hangs",
    "missing modules": "install the modules into the agents' environment",
    "unreadable": "look at the file: half written, or no JSON",
}


TAKES_NONE: Final = "no agent takes "
# systems/agents.md, 1A.3; a plan may name no other.
CLASSES: Final = ("cpu", "script", "llm", "brain")


def waiting_task(case: Case) -> Iterator[Finding]:
    """Yield a finding for every waiting task of which it is known why it waits."""
    for task in case.tasks or ():
        wait = (case.waits or {}).get(task.id)
        if wait is None or task.phase is not TaskPhase.WAITING:
            continue
        if wait.reason not in (*NEVER, UNTOLD):  # blocked-task tells the former
            yield _finding(task, _released(wait, case), case)


def _released(wait: Wait, case: Case) -> Wait:
    """Return the wait; for a brain that nothing tells of it is none that ends soon."""
    queue = case.file_queue
    if wait.reason != "waits for the brain" or queue is None or not brainless(queue):
        return wait
    detail = "what it depends on is done, and nothing tells of a brain to release it"
    return replace(wait, reason="no brain", detail=detail)


def _finding(task: Task, wait: Wait, case: Case) -> Finding:
    age = case.now - task.created_at
    late = age > LONG_RUNNING
    if wait.reason is None:
        calm, sure = not late, Confidence.POSSIBLE if late else Confidence.LIKELY
    else:
        passing = wait.reason in PASSING and not late
        calm = passing or wait.reason in IN_ORDER or _all_work(wait, case)
        sure = Confidence.CONFIRMED
    why = wait.reason or "its turn has not come"
    taker = "the brain" if wait.by_api else "an agent"
    return Finding(
        rule="waiting-task",
        severity=Severity.INFO if calm else Severity.WARNING,
        confidence=sure,
        title=f"task {task.id[:8]} waits: {why}",
        subject=Subject(kind="task", id=task.id),
        evidence=(
            wait.detail
            or wait.reason
            or f"nothing holds it back, and {taker} takes it",
            f"made at {dated(task.created_at, case.now)}",
        ),
        remedy=_remedy(why)
        if wait.reason
        else f"wait: {taker} looks every 5 s"
        if calm
        else f"see what {taker} is busy with",
        ask=ASKS.get(why, "orchestrator" if wait.by_api else "queue"),
    )


def _remedy(why: str) -> str:
    kind = why.removeprefix(TAKES_NONE).removesuffix(" tasks")
    if not why.startswith(TAKES_NONE):
        return REMEDIES.get(why, "see the queue")
    if kind in (*CLASSES, "meta"):  # the brain makes these by itself
        return "start an agent that takes them: see what each does"
    known = f"{', '.join(CLASSES[:-1])} or {CLASSES[-1]}"
    return f"correct its task_class to {known} and submit it again"


def _all_work(wait: Wait, case: Case) -> bool:
    """Tell whether it waits for room on GPUs that all have something to do."""
    if wait.reason != "no VRAM budget" or case.file_queue is None:
        return False
    alive = [
        each
        for each in agents(case.file_queue)
        if each.kind is AgentKind.GPU and beats(case.file_queue, each, case.now)
    ]
    return bool(alive) and all(each.active for each in alive)
