"""Why an idle agent does not claim what waits: the first true reason (3A, 6)."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from bot.domain.agent_facts import louder
from bot.domain.agent_lives import agents, beats, held, pending
from bot.domain.agent_names import AgentKind
from bot.domain.cases import Case
from bot.domain.claiming import Hindrance, held_back, refused, unlockable
from bot.domain.figures import waiting
from bot.domain.file_proofs import beat
from bot.domain.file_queue import Agent, FileQueue, TaskFile
from bot.domain.findings import Confidence, Finding, Severity, Subject
from bot.domain.times import spoken

ANSWERS: Final = ("queue",)
SEVERAL: Final = "agents that do not claim"
# Agents look every 5 s and beat every 30 s while idle: within two beats it shows.
LATE: Final = timedelta(seconds=60)
# What somebody has to end; all else is how agents work, or passes by itself.
WRONG: Final = {
    "told to stop": "its stop signal tells it to end: start it again if it should work",
    "reserved": "see who reserved it; remove benchmark_reservation.json in its folder"
    " if nobody measures",
    "wedged": "its runtime hangs: start the agent again through startup.py",
    "missing modules": "install the modules into the agents' environment",
}


def not_claiming(case: Case) -> Iterator[Finding]:
    """Yield a finding for every living idle agent while tasks wait for over 60 s."""
    queue = case.file_queue
    if queue is None:
        return
    work = [each for each in pending(queue) if _waited(each, case) > LATE]
    if not work:
        return
    stopped = {each.worker for each in queue.signals or () if each.kind == "stop"}
    for agent in agents(queue):
        # Workers of February 2026 do not say what they run; its file does.
        busy = agent.active or agent.meta_task or held(queue, agent)
        if busy or not beats(queue, agent, case.now) or _rests(agent, work):
            continue
        back = held_back(agent, case.now, stopped=stopped)
        reasons = [refused(agent, each) for each in work]
        if back is None and None in reasons:
            why = _nothing(queue, agent, work[reasons.index(None)])
            yield _finding(case, agent, why, work, Severity.WARNING, sure=False)
            continue
        first = next(each for each in (back, *reasons) if each is not None)
        wrong = back is not None and first.reason in WRONG
        severity = Severity.WARNING if wrong else Severity.INFO
        yield _finding(case, agent, first, work, severity, sure=True)


def _waited(task: TaskFile, case: Case) -> timedelta:
    since = task.requeued_at or task.created_at or case.now
    return case.now - since


def _rests(agent: Agent, work: list[TaskFile]) -> bool:
    """Tell whether it is a cpu agent without cpu tasks: nobody wants it to claim."""
    return agent.kind is AgentKind.CPU and all(
        each.task_class != "cpu" for each in work
    )


def _nothing(queue: FileQueue, agent: Agent, task: TaskFile) -> Hindrance:
    """Return what is left where it should have claimed a task within 5 s."""
    if (detail := unlockable(queue.locks)) is not None:
        return Hindrance(reason="permission", detail=detail)
    return Hindrance(
        reason="nothing known",
        detail=f"nothing known holds {agent.id} back from {task.id[:8]}",
    )


def _finding(  # noqa: PLR0913  each has its name at the call
    case: Case,
    agent: Agent,
    why: Hindrance,
    work: list[TaskFile],
    severity: Severity,
    *,
    sure: bool,
) -> Finding:
    oldest = max(_waited(each, case) for each in work)
    detail = why.detail or why.reason
    return Finding(
        rule="not-claiming",
        severity=severity,
        confidence=Confidence.CONFIRMED if sure else Confidence.POSSIBLE,
        title=f"{agent.id} claims nothing: {_told(agent, detail)}",
        subject=Subject(kind="worker", id=agent.id),
        evidence=(
            detail,
            f"{waiting(len(work))}, up to {spoken(oldest)}",
            beat(agent, case.now),
        ),
        remedy=WRONG.get(why.reason)
        or ("see what waits, and who could take it" if sure else _look(agent)),
        ask="queue" if sure else f"worker {agent.id} --logs-only",
    )


def _told(agent: Agent, detail: str) -> str:
    own = f"{agent.id} "
    return f"it {detail.removeprefix(own)}" if detail.startswith(own) else detail


def _look(agent: Agent) -> str:
    """Return how somebody learns more of one that nothing known holds back."""
    variable = louder(agent.kind)
    if variable is None:
        return f"see whether {agent.id} still looks at the queue: start it again if not"
    return (
        f"set {variable}=DEBUG for {agent.id}: its log then tells what it passes over"
    )
