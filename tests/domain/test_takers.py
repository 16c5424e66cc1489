"""What waits, against who could take it."""

from typing import Any

from bot.domain.agent_names import AgentKind, Lane
from bot.domain.file_queue import Signal
from bot.domain.takers import ClassLoad, load, tables
from tests.file_queues import FILE, OTHER, a_file, a_life, a_queue, an_agent, busy
from tests.world import NOW, ago


def waits(number: int = 1, **given: Any) -> Any:
    id = f"9bdb254e-0000-4000-8000-{number:012}"
    return a_file(id, **({"lane": Lane.QUEUE} | given))


def test_an_empty_folder_is_no_load() -> None:
    """And shows nothing but its agents."""
    alone = load(a_queue(agents=()), NOW)
    idle = load(a_queue(), NOW)

    assert (alone.waiting, alone.busy, tables(alone)) == (0, False, ())
    assert (alone.alive, alone.idle, idle.alive, idle.idle) == (0, 0, 1, 1)
    assert [each.why for each in idle.agents] == ["nothing waits"]
    assert [each.title for each in tables(idle)] == ["Agents"]


def test_each_class_is_told_against_who_takes_it() -> None:
    """That of which most waits first; the oldest counts."""
    queue = a_queue(
        tasks=(
            waits(1, task_class="llm", created_at=ago(minutes=2)),
            waits(2, task_class="script", vram_estimate_mb=4800),
            waits(3, task_class="script", vram_estimate_mb=100),
            waits(4, task_class="cpu", created_at=None),
            waits(5, task_class=""),
        ),
        agents=(an_agent(budget_mb=115), an_agent("gpu-2", beat_at=ago(minutes=9))),
    )

    found = load(queue, NOW)

    assert found.waiting == 5
    assert found.classes[0] == ClassLoad(
        task_class="script",
        waiting=2,
        oldest_seconds=600.0,
        takers=("gpu-1",),
        why=None,
    )
    assert [(each.task_class, each.takers, each.why) for each in found.classes[1:]] == [
        ("none", (), "no agent takes such tasks: gpu-1 takes meta, script"),
        ("cpu", (), "needs a cpu agent: GPU agents never take cpu tasks"),
        (
            "llm",
            (),
            (
                "needs a hot GPU: gpu-1 is cold: it takes meta and script, after"
                " load_llm llm"
            ),
        ),
    ]
    assert [(each.worker_id, each.why) for each in found.agents] == [
        ("gpu-1", None),
        ("gpu-2", "gpu-2 has not beaten for 9 min"),
    ]


def test_who_works_on_one_task_at_a_time_takes_no_other() -> None:
    """A GPU agent does, as far as its memory goes."""
    worker = {"kind": AgentKind.WORKER, "runtime_state": None, "hot": True}
    queue = a_queue(
        tasks=(a_file(worker="worker-1"), waits(task_class="llm")),
        agents=(an_agent("worker-1", **worker),),
    )

    found = load(queue, NOW)

    assert [each.why for each in found.agents] == [f"works on {FILE[:8]}"]
    assert [each.why for each in found.classes] == ["all who may take it are busy"]
    assert (found.able, found.working, found.busy) == (1, 1, True)
    assert (found.alive, found.idle) == (1, 0)


def test_who_could_do_nothing_of_it_is_not_counted() -> None:
    """A cpu agent without cpu tasks, a GPU without others, and who is held back."""
    cpu = an_agent("cpu-pi1", kind=AgentKind.CPU, hot=None, state="idle")
    stop = Signal(worker="gpu-1", kind="stop")

    script = load(a_queue(tasks=(waits(),), agents=(cpu, an_agent())), NOW)
    cpus = load(
        a_queue(tasks=(waits(task_class="cpu"),), agents=(cpu, an_agent())), NOW
    )
    told = load(a_queue(tasks=(waits(),), signals=(stop,)), NOW)

    assert (script.able, cpus.able, told.able) == (1, 1, 0)
    assert (script.free, cpus.free, told.free) == (1, 1, 0)


def test_what_an_agent_has_ended_by_its_log_it_takes_no_more() -> None:
    """However fresh its heartbeat is."""
    ended = a_life(stopped_at=ago(seconds=2))
    found = load(a_queue(tasks=(waits(),), lives=ended), NOW)

    assert found.agents[0].why == "gpu-1 has ended"


def test_agents_are_shown_with_model_budget_and_work() -> None:
    """Of many tasks the first are named."""
    ids = [f"{n:08x}-0000-4000-8000-000000000000" for n in range(6)]
    agent = busy(*ids, OTHER, hot=True, model="qwen", budget_mb=7)
    found = load(a_queue(tasks=(waits(),), agents=(agent,)), NOW)

    by_class, who = tables(found)

    assert by_class.rows[0][:4] == ("script", 1, "10 min", "nobody")
    assert who.rows == (
        (
            "gpu-1",
            "hot, cold (qwen)",
            "00000000, 00000001, 00000002, 00000003 and 3 more",
            "llm, meta",
            7,
            "gpu-1 is hot: it takes only meta and llm",
        ),
    )


def test_the_state_of_who_is_gone_is_no_heartbeats_word() -> None:
    """That says for ever what it did last."""
    silent = an_agent(beat_at=ago(minutes=5))
    [one] = load(a_queue(agents=(silent,)), NOW).agents
    stopped = a_queue(agents=(an_agent(),), lives=a_life(stopped_at=ago(seconds=4)))
    [other] = load(stopped, NOW).agents

    assert (one.state, other.state) == ("stale", "stopped")


def test_whoever_was_not_read_may_take_it() -> None:
    """What is certain stays so: the one that was read takes scripts."""
    tasks = (waits(1), waits(2, task_class="llm"))

    found = load(a_queue(tasks=tasks, unread=("gpus",)), NOW)

    assert [(each.task_class, each.takers, each.why) for each in found.classes] == [
        ("llm", (), "not known: not every heartbeat was read"),
        ("script", ("gpu-1",), None),
    ]


def test_what_is_ahead_of_the_clock_has_not_waited_for_no_time() -> None:
    """It is told as it is elsewhere."""
    found = load(a_queue(tasks=(waits(created_at=ago(hours=-2)),)), NOW)

    assert tables(found)[0].rows[0][2] == "2 h ahead of the clock here"
