"""The draft of why."""

from collections.abc import Iterable, Mapping

from bot.domain.findings import Confidence, Finding, Severity, Subject
from bot.domain.root_causes import named_by, root_causes, symptoms
from bot.domain.tasks import TaskId
from bot.domain.workers import WorkerId
from tests.world import a_line, ago

SYMPTOMS = frozenset({"failed-task", "crashed-worker"})


def _finding(
    rule: str,
    id: str,
    *,
    severity: Severity = Severity.CRITICAL,
    confidence: Confidence = Confidence.CONFIRMED,
    says: str = "its row says so",
) -> Finding:
    return Finding(
        rule=rule,
        severity=severity,
        confidence=confidence,
        title=f"{id} {rule}",
        subject=Subject(kind="worker", id=id),
        evidence=(says,),
        remedy="mend it",
    )


def _drafted(
    findings: Iterable[Finding], explained: Mapping[str, tuple[str, ...]] | None = None
) -> list[tuple[str, tuple[str, ...], dict[str, int], str | None]]:
    found = tuple(findings)
    known = explained or {}

    def causes(effect: Finding) -> Iterable[Finding]:
        return [each for each in found if each.rule in known.get(effect.rule, ())]

    drafted = root_causes(found, causes=causes, symptoms=SYMPTOMS, moments={})
    return [
        (each.rule, each.subjects, dict(each.explains), each.cannot_tell)
        for each in drafted
    ]


def test_nothing_wrong_has_no_cause() -> None:
    """What is only worth knowing is none."""
    assert _drafted([_finding("idle", "w1", severity=Severity.INFO)]) == []


def test_a_cause_stands_for_its_effects() -> None:
    """However far away they are."""
    findings = [
        _finding("failed-task", "t1"),
        _finding("crashed-worker", "w1"),
        _finding("disk-full", "w1"),
    ]
    explained = {"failed-task": ("crashed-worker",), "crashed-worker": ("disk-full",)}

    assert _drafted(findings, explained) == [
        ("disk-full", ("w1",), {"crashed-worker": 1, "failed-task": 1}, None)
    ]


def test_those_of_one_rule_are_one_cause() -> None:
    """The surest of them is told; a warning beside it weighs less."""
    findings = [
        _finding("oom", "w1", confidence=Confidence.LIKELY, severity=Severity.WARNING),
        _finding("oom", "w2"),
        _finding("oom", "w2"),
    ]

    [cause] = root_causes(
        findings,
        causes=lambda _: (),
        symptoms=SYMPTOMS,
        moments={"w1": ago(minutes=3), "w2": ago(minutes=5)},
    )

    assert cause.title == "w2 oom"
    assert cause.severity is Severity.CRITICAL
    assert cause.subjects == ("w2", "w1")
    assert cause.first_at == ago(minutes=5)


def test_of_equally_sure_ones_what_happened_first_stands_for_all() -> None:
    """One of which no moment is known comes last."""
    findings = [_finding("oom", each) for each in ("w1", "w2", "w3")]

    [cause] = root_causes(
        findings,
        causes=lambda _: (),
        symptoms=SYMPTOMS,
        moments={"w2": ago(minutes=3), "w3": ago(minutes=5)},
    )

    assert cause.title == "w3 oom"
    assert cause.subjects == ("w3", "w2", "w1")


def test_a_line_is_about_the_task_that_it_carries() -> None:
    """Then about its worker, and then about what its text names whole."""
    line = a_line(
        "gpu-15 retries t2", task_id=TaskId("t1"), worker_id=WorkerId("gpu-2")
    )

    assert named_by(line, ["gpu-1", "t3"]) is None
    assert named_by(line, ["gpu-15", "t2"]) == "gpu-15"
    assert named_by(line, ["gpu-15", "gpu-2"]) == "gpu-2"
    assert named_by(line, ["t2", "gpu-2", "t1"]) == "t1"


def test_a_symptom_that_nothing_explains_is_no_cause() -> None:
    """It comes last, says so, and is parted by what its row says."""
    findings = [
        _finding("failed-task", "t1", says="its row says: bad codec 1"),
        _finding("failed-task", "t2", says="its row says: bad codec 2"),
        _finding("failed-task", "t3", says="its row says: other"),
        _finding("oom", "w1", severity=Severity.WARNING),
    ]
    for_nothing = "no finding explains it"

    assert _drafted(findings) == [
        ("oom", ("w1",), {}, None),
        ("failed-task", ("t1",), {}, for_nothing),
        ("failed-task", ("t2",), {}, for_nothing),
        ("failed-task", ("t3",), {}, for_nothing),
    ]


def test_findings_that_explain_each_other_are_told_both() -> None:
    """A circle has no end."""
    findings = [_finding("a", "w1"), _finding("b", "w1")]

    assert [each[0] for each in _drafted(findings, {"a": ("b",), "b": ("a",)})] == [
        "a",
        "b",
    ]


def test_what_explains_more_comes_first() -> None:
    """Among those that are as bad."""
    findings = [
        _finding("gpu", "w1"),
        _finding("disk", "w2"),
        _finding("failed-task", "t1"),
        _finding("failed-task", "t2"),
    ]

    told = _drafted(findings, {"failed-task": ("disk",)})

    assert [each[0] for each in told] == ["disk", "gpu"]


def test_a_symptom_is_what_is_explained_and_explains_nothing() -> None:
    """And what tells that a worker is lost, though it explains its tasks."""
    found = symptoms({"failed-task": ("upload",), "upload": ("disk",)})

    assert found == {
        "failed-task",
        *("crashed-worker", "failed-worker", "heartbeat-stale", "never-started"),
    }
