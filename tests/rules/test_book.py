from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from pkgutil import iter_modules
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot import rules
from bot.domain.agent_names import Lane
from bot.domain.cases import Case
from bot.domain.findings import Confidence, Finding, Severity, Subject
from bot.domain.fleet import Claim, Lost, PodFate
from bot.domain.logs import LogLine
from bot.domain.orchestration import Cycle, Orchestration
from bot.domain.root_causes import symptoms
from bot.domain.workers import WorkerId
from bot.rules import book as under_test
from bot.rules.book import LONGEST_PROOF, LONGEST_TITLE, book, causes_of, judge
from tests.file_queues import a_file, a_queue, an_agent
from tests.service_scenes import a_backlog, a_scene, a_wait, down, services
from tests.world import NOW, a_case, a_line, a_pod, a_task, a_worker, ago

REIGH = book("reigh")
SYSTEMS: Final = sorted(
    each.name for each in iter_modules(rules.__path__) if each.ispkg
)
RULES: Final = [(system, rule) for system in SYSTEMS for rule in book(system).rules]


def a_finding(rule: str, severity: Severity = Severity.WARNING) -> Finding:
    return Finding(
        rule=rule,
        severity=severity,
        confidence=Confidence.CONFIRMED,
        title="something",
        subject=Subject(kind="task", id="1"),
        evidence=("a row",),
        remedy="look",
    )


class Watching:
    """A rule that finds nothing and remembers what it was shown."""

    shown: Case

    def __call__(self, case: Case) -> tuple[Finding, ...]:
        self.shown = case
        return ()


def test_every_rule_of_the_package_is_in_the_book() -> None:
    """By the name of its file, in kebab-case."""
    assert "orphaned-task" in REIGH.rules


def test_every_system_has_its_book() -> None:
    """Each package of rules is one, and none is empty."""
    assert {"agents", "octollm", "reigh"} <= set(SYSTEMS)
    assert {system for system, _ in RULES} == set(SYSTEMS)


@pytest.mark.parametrize(("system", "rule"), RULES)
def test_a_rule_says_nothing_about_what_was_not_read(system: str, rule: str) -> None:
    """Rules stay silent where a part is missing."""
    assert not [*book(system).rules[rule](a_case(system=system))]


class Counted(tuple[LogLine, ...]):  # noqa: SLOT001  a tuple takes no named slots
    """Lines that count how often they are passed over."""

    passes = 0

    def __iter__(self) -> Iterator[LogLine]:
        self.passes += 1
        return super().__iter__()


def a_busy_fleet(of_each: int) -> Mapping[str, Any]:
    """Return so many ill workers and so many busy ones, each with its tasks."""
    workers, tasks = [], []
    for number in range(of_each):
        ill = a_worker(f"gpu-ill-{number}", last_heartbeat_at=ago(minutes=9))
        busy = a_worker(f"gpu-busy-{number}")
        workers += [ill, busy]
        for worker in (ill, busy):
            since = ago(minutes=40)
            id = f"{worker.id}-task"
            tasks.append(a_task(id, worker_id=worker.id, started_at=since))
            tasks.append(a_task(id + "-2", worker_id=worker.id, status="Failed"))
    return {
        "tasks": tuple(tasks),
        "workers": tuple(workers),
        "holders": tuple(workers),
        "logs_read": frozenset(worker.id for worker in workers),
    }


def a_busy_folder(of_each: int) -> Mapping[str, Any]:
    """Return so many lost agents and so many living ones, each with its tasks."""
    agents, files = [], []
    for number in range(of_each):
        ill = an_agent(f"gpu-9{number}", beat_at=ago(minutes=9))
        agents += [ill, an_agent(f"gpu-{number}")]
        for agent in agents[-2:]:
            files.append(a_file(f"{agent.id}-task", worker=agent.id))
            files.append(a_file(f"{agent.id}-2", worker=agent.id, lane=Lane.FAILED))
    return {"scene": a_queue(agents=tuple(agents), tasks=tuple(files))}


def many_services(of_each: int) -> Mapping[str, Any]:
    """Return so many arms that are down, and as many tasks of each kind."""
    pending = [a_wait(f"{n}-pending", since=ago(hours=1)) for n in range(of_each)]
    running = [a_wait(f"{n}-running", since=ago(hours=1)) for n in range(of_each)]
    probes = tuple(down(f"arm-{number}") for number in range(of_each))
    backlog = a_backlog(*pending, running=tuple(running))
    return {"scene": a_scene(probes=probes, backlog=backlog)}


FLEETS: Final[Mapping[str, Callable[[int], Mapping[str, Any]]]] = {
    "agents": a_busy_folder,
    "octollm": many_services,
    "reigh": a_busy_fleet,
}


def passes(system: str, rule: str, *, of_each: int) -> int:
    """Return how often the rule passes over the lines of some ill and some busy."""
    lines = Counted([a_line(worker_id="gpu-other"), a_line(worker_id="gpu-other")])
    case = a_case(
        system=system,
        lines=lines,
        marked=dict.fromkeys(book(system).markers, lines),
        lines_since=ago(hours=9),
        **FLEETS[system](of_each),
    )
    list(book(system).rules[rule](case))
    return lines.passes


@pytest.mark.parametrize(("system", "rule"), RULES)
def test_a_rule_reads_the_lines_no_oftener_for_many(system: str, rule: str) -> None:
    """A fleet has thousands of workers and tasks, and a day a million lines."""
    assert passes(system, rule, of_each=20) <= passes(system, rule, of_each=1)


IDLE: Final[Mapping[str, Mapping[str, Any]]] = {
    "agents": {"scene": a_queue(monitor_at=ago(seconds=20)), "waits": {}},
    "octollm": {"scene": a_scene(), "waits": {}},
    "reigh": {
        "workers": (a_worker(),),
        "claims": (
            Claim(pod=a_pod(), fate=PodFate.CLAIMED, why="its worker is active"),
        ),
        "lost": (),
        "orchestration": Orchestration(last_line=a_line(source="orchestrator_gpu")),
    },
}


@pytest.mark.parametrize(("system", "rule"), RULES)
def test_a_rule_finds_nothing_in_an_idle_system(system: str, rule: str) -> None:
    """One healthy worker, nothing to do."""
    case = a_case(system=system, tasks=(), lines=(), queued=0, **IDLE[system])

    assert not [*book(system).rules[rule](case)]


def test_findings_come_worst_first() -> None:
    """Whatever the order of the rules."""
    rules = {
        "mild": lambda case: [a_finding("mild")],
        "bad": lambda case: [a_finding("bad", Severity.CRITICAL)],
    }

    found = judge(a_case(), using=rules)

    assert [each.rule for each in found] == ["bad", "mild"]


@pytest.mark.parametrize(("seconds", "explains"), [(31, False), (30, True)])
def test_what_began_later_explains_nothing(seconds: int, explains: bool) -> None:
    """Clocks of two writers may differ by half a minute."""
    begun = ago(minutes=5)
    effect = replace(a_finding("lost-task"), begun_at=begun)
    later = begun + timedelta(seconds=seconds)
    cause = replace(a_finding("pool-exhausted"), begun_at=later)

    causes = causes_of([effect, cause], services())

    assert [*causes(effect)] == [cause] * explains


@pytest.mark.parametrize("system", SYSTEMS)
def test_every_effect_that_a_rule_names_is_a_rule(system: str) -> None:
    """A name that is misspelt would explain nothing, and replace nothing."""
    own = book(system)

    assert set(own.explained) <= set(own.rules)
    assert set(own.replaced) <= set(own.explained)


def test_what_a_rule_tells_better_is_told_once() -> None:
    """Of the same task alone; another that failed keeps its finding."""
    short = a_task(status="Failed", error="CUDA out of memory")
    plain = a_task("2", status="Failed", error="no frames")

    found = judge(a_case(tasks=(short, plain)))

    assert {(each.rule, each.subject.id) for each in found} == {
        ("out-of-memory", short.id),
        ("failed-task", plain.id),
    }


def test_a_proof_is_told_once_in_a_chain() -> None:
    """By the cause; one proof stays with each finding."""
    worker = a_worker(last_heartbeat_at=ago(minutes=9))
    task = a_task(worker_id=worker.id)
    lost = (Lost(worker=worker, why="its pod is gone"),)
    case = a_case(
        tasks=(task,),
        workers=(worker,),
        holders=(worker,),
        lines=(a_line("MODEL SWITCH: to b", at=ago(minutes=10)),),
        lost=lost,
    )
    beat = "last heartbeat at 2026-01-31 11:51:00Z, 9 min ago"

    found = judge(case)
    alone = judge(replace(case, lines=None, tasks=None))

    assert [each.rule for each in found if beat in each.evidence] == [
        "model-load-death"
    ]
    assert [each.rule for each in alone if beat in each.evidence] == [
        "heartbeat-stale",
        "worker-without-pod",
    ]
    assert all(each.evidence for each in found)
    assert sum(len(each.evidence) for each in found) <= 7


def test_of_two_that_explain_each_other_the_first_has_the_proof(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """And the other keeps one all the same."""
    monkeypatch.setattr(REIGH, "explained", {"a": ("b",), "b": ("a",)})
    rules = {"a": lambda case: [a_finding("a")], "b": lambda case: [a_finding("b")]}

    found = judge(a_case(), using=rules)

    assert [each.evidence for each in found] == [("a row",), ("a row",)]


def test_what_killed_a_worker_comes_before_the_task_it_left() -> None:
    """A cause is found by the worker that holds the task."""
    worker = a_worker(status="crashed")
    task = a_task(worker_id=worker.id)
    case = a_case(tasks=(task,), workers=(worker,), holders=(worker,))

    found = judge(case, using=dict(sorted(REIGH.rules.items(), reverse=True)))

    assert [each.rule for each in found] == ["crashed-worker", "orphaned-task"]


@pytest.mark.parametrize("named", [True, False])
def test_a_pod_is_orphaned_because_its_worker_was_given_up(*, named: bool) -> None:
    """It is never why: its worker is known by its row, or by what the pod is called."""
    worker = a_worker(
        status="error", error_reason="Stuck task", error_at=ago(minutes=20)
    )
    worker = worker if named else replace(worker, runpod_id=None)
    claim = Claim(pod=a_pod(), fate=PodFate.ORPHANED, why="x", owner=worker.id)
    case = a_case(workers=(worker,), claims=(claim,))

    found = judge(case, using=dict(sorted(REIGH.rules.items(), reverse=True)))

    assert [each.rule for each in found] == ["failed-worker", "orphaned-pod"]
    assert [*causes_of(found, case)(found[1])] == [found[0]]
    assert "orphaned-pod" in symptoms(REIGH.explained)


def test_a_lost_agent_comes_before_the_task_it_left() -> None:
    """Its file names the agent, or a subprocess of it, though no task was asked for."""
    gone = an_agent(beat_at=ago(minutes=9))
    file = a_file(sidecar=None, started_at=ago(minutes=10))
    case = a_case(system="agents", scene=a_queue(agents=(gone,), tasks=(file,)))
    rules = dict(sorted(book("agents").rules.items(), reverse=True))

    found = judge(case, using=rules)

    assert [each.rule for each in found] == ["heartbeat-stale", "orphaned-task"]
    assert set(found[0].evidence).isdisjoint(found[1].evidence)


def test_a_rule_that_breaks_says_so_and_the_others_speak() -> None:
    """A bug in one diagnosis must not silence all; its message may hold a secret."""

    def broken(case: Case) -> Iterator[Finding]:
        msg = "KEY"
        yield a_finding("broken")
        raise KeyError(msg)

    found = judge(
        a_case(), using={"broken": broken, "sound": lambda case: [a_finding("sound")]}
    )

    assert [each.rule for each in found] == ["broken", "broken", "sound"]
    assert found[1].subject == Subject(kind="rule", id="broken")
    assert found[1].evidence == ("it raised KeyError",)


def test_texts_of_others_are_cut_however_long_they_are() -> None:
    """A row may hold an error of megabytes, which is shown whole elsewhere."""
    text = "A" * 3_000_000
    worker = a_worker(status="error", error_reason=text)

    [found] = judge(a_case(workers=(worker,)))

    assert len(found.title) == LONGEST_TITLE
    assert found.evidence[0].endswith("AAA… (cut: 3,000,014 characters)")
    assert len(found.evidence[0]) < LONGEST_PROOF + 50


def test_without_markers_no_line_is_marked() -> None:
    """No rule looks for any text, so none is looked for."""
    rule = Watching()

    judge(a_case(lines=(a_line("x"),)), using={"watching": rule})

    assert set(rule.shown.marked) == set(REIGH.markers)


def test_lines_are_marked_with_every_text_they_hold(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """In time order; the case of letters matters, special characters do not."""
    monkeypatch.setattr(REIGH, "markers", ("[RAM]", "MODEL", "never"))
    late = a_line("[RAM] MODEL", at=ago(seconds=1))
    early = a_line("a MODEL", at=ago(seconds=9))
    other = a_line("model R A M")
    rule = Watching()

    judge(
        a_case(lines=(late, other, early)),
        using={"watching": rule},
    )

    assert rule.shown.marked == {"[RAM]": (late,), "MODEL": (early, late), "never": ()}


def test_a_marker_stands_in_one_line_and_marks_it_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Though many lines are searched together; some have lines of their own."""
    monkeypatch.setattr(REIGH, "markers", ("MODEL", "x"))
    monkeypatch.setattr(under_test, "AT_ONCE", 3)
    texts = ("a MOD", "EL x", "", "xx\nMODEL x", "MODELMODEL", "MODE", "L", "end x")
    lines = tuple(
        a_line(text, at=ago(seconds=90 - n), id=str(n)) for n, text in enumerate(texts)
    )
    rule = Watching()

    judge(a_case(lines=lines), using={"watching": rule})

    assert rule.shown.marked == {
        "MODEL": (lines[3], lines[4]),
        "x": (lines[1], lines[3], lines[7]),
    }


def test_markers_are_there_though_no_log_was_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A rule may look its marker up without asking first."""
    monkeypatch.setattr(REIGH, "markers", ("MODEL",))
    rule = Watching()

    judge(a_case(), using={"watching": rule})

    assert rule.shown.marked == {"MODEL": ()}
    assert rule.shown.lines is None


IDS = [WorkerId(f"gpu-20260131_11000{n}-0a1b2c3d") for n in range(3)]
STATUSES = ["inactive", "spawning", "active", "error", "terminated", "crashed", "new"]
times = st.one_of(
    st.none(),
    st.integers(-30, 7200).map(lambda seconds: ago(seconds=seconds)),
    st.sampled_from([ago(seconds=60), ago(seconds=300), ago(minutes=10)]),
)
known_times = times.map(lambda at: at or NOW)
skews = st.floats(-30, 30).map(lambda seconds: timedelta(seconds=seconds))
lines = st.lists(
    st.builds(
        a_line,
        st.one_of(
            st.text(max_size=40),
            st.sampled_from(
                [
                    "MODEL SWITCH: a",
                    "Model switch completed",
                    "[RAM] Before VLM loading",
                ]
            ),
        ),
        at=known_times,
        worker_id=st.sampled_from([*IDS, None]),
        source=st.sampled_from(["worker", "orchestrator_gpu", "edge_function"]),
        level=st.sampled_from(["INFO", "ERROR", "CRITICAL", "odd"]),
        id=st.uuids().map(str),
    ),
    max_size=12,
)


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Return a small system in any state, as read by a clock that may be off."""
    workers = tuple(
        a_worker(
            id,
            status=draw(st.sampled_from(STATUSES)),
            created_at=draw(known_times),
            last_heartbeat_at=draw(times),
            error_at=draw(times),
            terminated_at=draw(times),
            orchestrator_status=draw(st.sampled_from([None, *STATUSES])),
            error_reason=draw(st.sampled_from([None, "Idle timeout (9s)", "broken"])),
            runs_on_gpu=draw(st.booleans()),
        )
        for id in IDS
    )
    tasks = tuple(
        a_task(
            f"{n}{n}{n}{n}-1",
            status=draw(st.sampled_from(["Queued", "In Progress", "Failed", "Odd"])),
            worker_id=draw(st.sampled_from([*IDS, WorkerId("gpu-gone"), None])),
            created_at=draw(known_times),
            started_at=draw(times),
            processed_at=draw(times),
            attempts=draw(st.sampled_from([None, 0, 3])),
            error=draw(st.sampled_from([None, "CUDA out of memory"])),
        )
        for n in range(3)
    )
    pod = a_pod(
        status=draw(st.sampled_from(["RUNNING", "EXITED", "TERMINATED"])),
        named_at=draw(times),
        cost_per_hour_usd=draw(st.sampled_from([None, 0.69])),
    )
    found = tuple(draw(lines))
    read = found if draw(st.booleans()) else None
    life = Orchestration(
        last_line=draw(st.sampled_from([None, *found])),
        cycles=(Cycle(number=1, started_at=draw(times), completed_at=draw(times)),) * 3,
        errors=found,
        restarts=tuple(draw(st.lists(known_times, max_size=3))),
        workers_moved_at=draw(times),
    )
    given: dict[str, Any] = {
        "tasks": tasks,
        "workers": workers,
        "claims": (Claim(pod=pod, fate=draw(st.sampled_from(PodFate)), why="so"),),
        "lost": (Lost(worker=workers[0], why="its pod is gone"),),
        "queued": draw(st.sampled_from([None, 0, 3])),
        "orchestration": draw(st.sampled_from([None, life])),
    }
    kept = {name: part for name, part in given.items() if draw(st.booleans())}
    return a_case(
        now=NOW + draw(skews),
        lines=read,
        logs_read=frozenset(IDS if draw(st.booleans()) else ()),
        **kept,
    )


@settings(max_examples=50)
@given(case=cases(), data=st.data())
def test_the_order_of_lines_changes_no_finding(case: Case, data: st.DataObject) -> None:
    """Sources answer newest first or oldest first, and clocks differ."""
    given: tuple[LogLine, ...] | None = case.lines
    shuffled = None if given is None else tuple(data.draw(st.permutations(given)))

    found = judge(case)

    assert judge(replace(case, lines=shuffled)) == found


@settings(max_examples=50)
@given(case=cases())
def test_no_rule_breaks_and_every_finding_is_whole(case: Case) -> None:
    """Whatever was read: it has a proof, a remedy, and a rule of the book."""
    found = judge(case)

    assert all(each.rule in REIGH.rules for each in found)
    assert all(each.evidence and each.remedy and each.title for each in found)
    assert not [each for each in found if each.subject.kind == "rule"]


@settings(max_examples=50)
@given(case=cases(), data=st.data())
def test_a_part_of_the_lines_is_judged_as_well(case: Case, data: st.DataObject) -> None:
    """Logs may be cut anywhere."""
    given: tuple[LogLine, ...] = case.lines or ()
    kept = tuple(line for line in given if data.draw(st.booleans()))

    found = judge(replace(case, lines=kept))

    assert not [each for each in found if each.subject.kind == "rule"]


def test_a_system_says_what_it_does_by_itself() -> None:
    """Of OctoLLM nobody knows that it does anything."""
    lost = a_file(worker=WorkerId("gpu-1"), started_at=ago(minutes=3), sidecar=None)
    late = an_agent(beat_at=ago(seconds=150))
    theirs = a_task(lost.id, started_at=ago(minutes=3), worker_id="gpu-1")
    case = a_case(system="agents", scene=a_queue(tasks=(lost,), agents=(late,)))
    none = a_case(system="agents")

    told = book("agents").retry(theirs, None, case)

    assert told is not None
    assert told.startswith("the brain was due to queue it again 1 min ago")
    assert book("agents").retry(theirs, None, none) is None
    assert book("octollm").retry(theirs, None, none) is None
    assert book("reigh").retry(a_task(status="Complete"), None, a_case()) is None


def test_what_fell_with_a_task_is_explained_by_what_explains_that_one() -> None:
    """Also its coordinator; where nothing explains that one, it explains itself."""
    lora = a_task("1", status="Failed", error="could not load LoRA weights", parent="3")
    fell = a_task("2", status="Failed", error="Cascaded failed", cascaded_from="1")
    parent = a_task(
        "3",
        status="Failed",
        task_type="travel_orchestrator",
        error="1 of 4 segments failed",
        sums_up=True,
    )
    bare = a_task("4", status="Failed", error="odd")
    with_bare = a_task("5", status="Failed", error="Cascaded", cascaded_from="4")
    case = a_case(tasks=(lora, fell, parent, bare, with_bare))

    found = {each.subject.id: each for each in judge(case)}
    causes = under_test.causes_of(found.values(), case)
    explained = {id: [*causes(each)] for id, each in found.items()}

    assert found["1"].rule == "missing-lora"
    assert explained == {
        "1": [],
        "2": [found["1"]],
        "3": [found["1"]],
        "4": [],
        "5": [found["4"]],
    }
