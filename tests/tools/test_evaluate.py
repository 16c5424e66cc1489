"""The measurement measures."""

from contextlib import closing

import pytest

from bot.demo.fleets import make_fleet
from bot.demo.owed import Expected
from bot.demo.rigs import make_rig
from bot.demo.sick_octo import make_octo
from bot.domain.findings import Confidence, Finding, Severity, Status, Subject
from bot.domain.report import Gap, Report
from tests.tools import evaluate
from tests.tools.evaluate import compared, examined, main
from tests.tools.examiners import NOON, desks, findings, named, questions
from tests.tools.measured import CLAIMS, Measured, table


def a_finding(rule: str, **given: object) -> Finding:
    """Return a confirmed warning on some worker."""
    values: dict[str, object] = {
        "severity": Severity.WARNING,
        "confidence": Confidence.CONFIRMED,
        "title": "something is wrong",
        "subject": Subject(kind="worker", id="w"),
        "evidence": ("seen",),
        "remedy": "mend it",
    }
    return Finding(rule=rule, **(values | given))  # type: ignore[arg-type]


def test_the_present_rules_are_right_about_a_few_fleets() -> None:
    """Through the real desk and the real adapter; the table says how right."""
    measured = examined(range(1, 7), evaluate.a_mixed_fleet)

    assert measured.unanswered == []
    assert measured.questions > 50
    assert 0 < measured.judging < measured.asking
    told = "\n".join(table(measured))
    assert not measured.failed, told
    assert "failed-worker" in told


def test_the_agents_rules_are_right_about_a_few_rigs() -> None:
    """Their files lie in a folder, and the real adapter reads them."""
    measured = examined(range(1, 6), evaluate.a_mixed_rig, system="agents")

    assert measured.unanswered == []
    assert measured.questions > 10
    told = "\n".join(table(measured))
    assert not measured.failed, told
    assert len([it for it in measured.rules.values() if it.planted]) > 5, told


def test_octollms_rules_are_right_about_a_few_deployments() -> None:
    """Their services answer on this machine, and the real adapter reads their lines."""
    measured = examined(range(1, 6), evaluate.a_mixed_octo, system="octollm")

    told = "\n".join(table(measured))
    assert measured.unanswered == []
    assert not measured.failed, told
    assert len([it for it in measured.rules.values() if it.planted]) > 4, told


def test_a_healthy_rig_hears_nothing() -> None:
    """Neither when all is asked about nor when each agent is."""
    measured = examined(
        [1], lambda seed: make_rig(NOON, seed, gpus=4, failures=()), system="agents"
    )

    assert not measured.failed
    assert {name for name, it in measured.rules.items() if it.kept} <= {"waiting-task"}
    assert measured.questions > 5


def test_a_healthy_fleet_hears_nothing() -> None:
    """Neither when all is asked about nor when each worker is."""
    measured = examined(
        [1], lambda seed: make_fleet(NOON, seed, workers=12, tasks=40, failures=())
    )

    assert measured.rules == {}
    assert measured.questions == 13


class Late:
    """A desk whose time is up before its answers are whole."""

    def __init__(self, reason: str) -> None:
        self._gap = Gap(source="agents", reason=reason)

    async def answer(self, *_: object) -> Report:
        return Report(summary="all is well", status=Status.OK, gaps=(self._gap,))


@pytest.mark.parametrize(
    "reason",
    [
        "time was up before all consoles were read",
        "could not be read within 7.9 s",
        "did not answer within 8 s",
        "did not answer in time",
    ],
)
async def test_what_was_cut_short_is_neither_right_nor_wrong(reason: str) -> None:
    """It is told apart; where nothing else was judged, the measurement fails."""
    rig = make_rig(NOON, 1, failures=["killed"])
    measured = Measured(system="agents", fleets=2)

    found = await findings(Late(reason), rig, measured, seed=7)

    assert found is None
    assert measured.unanswered == []
    assert not measured.failed
    assert [*table(measured)][-2:] == [
        "cut short, of 2 fleets neither right nor wrong, 1:",
        f"  seed 7: health: all is well (agents {reason})",
    ]
    measured.fleets = 1
    assert measured.failed


async def test_another_gap_is_an_answer_that_was_not_whole() -> None:
    """Of which the measurement tells, and fails."""
    rig = make_rig(NOON, 1, failures=["killed"])
    measured = Measured(system="agents", fleets=1)

    await findings(Late("logs unreadable"), rig, measured, most=0)

    assert measured.cut_short == []
    assert measured.unanswered == [
        "seed 0: health: all is well (agents logs unreadable)",
        "seed 0: queue: all is well (agents logs unreadable)",
    ]
    assert measured.failed


def test_what_is_owed_and_not_said_is_missed() -> None:
    """What is said and not owed is a false alarm; an info is neither."""
    fleet = make_fleet(NOON, 1, failures=["stale"])
    [stale] = [it for it in fleet.expected if it.rule == "heartbeat-stale"]
    info = a_finding("queue-tip", severity=Severity.INFO)
    doubt = a_finding("orphaned-pod", confidence=Confidence.POSSIBLE)
    said = {
        stale: a_finding("heartbeat-stale"),
        Expected("crashed-worker", "w"): a_finding("crashed-worker"),
        Expected("queue-tip", "w"): info,
        Expected("orphaned-pod", "w"): doubt,
    }

    tallies = compared(fleet, said, seed=1)

    assert tallies["heartbeat-stale"].recall == 1
    assert tallies["orphaned-task"].recall == 0
    assert tallies["crashed-worker"].precision == 0
    assert tallies["orphaned-pod"].false == []
    assert len(tallies["orphaned-pod"].doubts) == 1
    assert tallies["queue-tip"].false == []
    assert Measured(rules=tallies).failed


def test_what_is_forbidden_is_false_even_as_worth_knowing() -> None:
    """Near misses of a rule that only ever tells what is worth knowing."""
    rig = make_rig(NOON, 1, failures=["all busy but one"])
    info = a_finding("all-busy", severity=Severity.INFO)

    tallies = compared(rig, {Expected("all-busy", "queue"): info}, seed=1)

    assert tallies["all-busy"].precision == 0


def test_a_rule_that_is_not_there_yet_does_not_fail() -> None:
    """It is named apart, with how often it was owed."""
    fleet = make_fleet(NOON, 1, failures=[])
    fleet.owe("no-such-rule", "w")

    measured = Measured(rules=compared(fleet, {}, seed=1))

    assert not measured.failed
    assert "no such rule yet (owed so often): no-such-rule (1)" in [*table(measured)]


def test_a_finding_may_be_on_either_subject() -> None:
    """And an older name of a rule counts as its present one."""
    fleet = make_fleet(NOON, 1, failures=["vlm hang"])
    [hang] = [it for it in fleet.expected if it.rule == "vlm-hang"]
    [other] = fleet.same

    assert named(fleet, *other) == hang
    assert named(fleet, "not-logging", "w") == ("silent-worker", "w")
    assert named(fleet, "spawn-loop", "anything") == ("spawn-loop", "")


def test_the_guilty_are_asked_about_first() -> None:
    """Health before all; no more than so many."""
    fleet = make_fleet(NOON, 1, failures=["stale"])
    guilty = {each.subject for each in fleet.expected}

    asked = [*questions(fleet, most=3)]

    assert asked[0] == "health"
    assert {words.split()[1] for words in asked[1:3]} == guilty
    assert len(asked) == 4


def test_of_an_octollm_tasks_are_asked_about_where_they_can_be_read() -> None:
    """The queue as well; of an arm that is down always."""
    stored = make_octo(NOON, 1, failures=("over budget",))
    [stuck] = stored.expected
    down = make_octo(NOON, 1, failures=("database down", "arm down"))

    assert [*questions(stored)][-3:] == ["queue", "tasks", f"task {stuck.subject}"]
    assert [*questions(down)] == [
        *("health", "workers", "orchestrator", "report", "worker coder"),
    ]


async def test_what_trace_says_is_held_against_the_truth() -> None:
    """Of a clock that was right it must not say that it was off."""
    octo = evaluate.a_mixed_octo(3)
    measured = Measured(system="octollm", fleets=1)
    with closing(desks("octollm")) as given:
        found = await findings(given.desk(octo), octo, measured, most=0)
    assert found is not None
    id, way = next((id, way) for id, way in octo.ways.items() if way.off)
    [service, *_] = way.off
    octo.ways[id] = way._replace(off={})

    right = compared(octo, found, seed=3)
    with closing(desks("octollm")) as given:
        found = await findings(given.desk(octo), octo, measured, most=0)
    wrong = compared(octo, found or {}, seed=3)["trace-clock"]

    for rule in CLAIMS["octollm"]:
        assert (right[rule].recall, right[rule].precision) == (1, 1)
    assert f"seed 3: {id}: {service}" in wrong.missed
    assert any(f"{id}: {service} by " in each for each in wrong.false)


def test_it_says_how_it_went(capsys: pytest.CaptureFixture[str]) -> None:
    """Seeds, table, figures; nothing wrong is 0."""
    assert main(["--system", "reigh", "--fleets", "2", "--seed", "4"]) == 0

    said = capsys.readouterr().out
    assert "reigh, seeds 4 to 5" in said
    assert "recall" in said
    assert "into judge()" in said


def test_one_scenario_can_be_measured_alone(capsys: pytest.CaptureFixture[str]) -> None:
    """By its name; what it owes is all that is owed."""
    assert main(["--fleets", "1", "--only", "given up"]) == 0

    said = capsys.readouterr().out
    assert "agents" not in said  # it has none of that name
    assert "failed-worker                     1          1          0" in said
