from bot.domain.findings import Finding, Severity, Subject
from formatters.gist import besides, foremost, gist, others, together
from tests.formatters.samples import a_finding


def _about(id: str, kind: str = "worker", **given: object) -> Finding:
    return a_finding(subject=Subject(kind=kind, id=id), **given)


def test_few_findings_each_stand_for_themselves() -> None:
    """Up to five there is room for the evidence of each, in the order they came."""
    mild, bad = a_finding(severity=Severity.INFO), a_finding()

    assert together([bad, bad, bad, bad, mild]) == ((bad,),) * 4 + ((mild,),)


def test_many_findings_of_one_rule_are_one() -> None:
    """Where the first of them stands; another kind of subject is another."""
    mild = [_about(f"gpu-{n}", severity=Severity.INFO) for n in range(3)]
    bad = _about("gpu-9", severity=Severity.CRITICAL)
    pod = _about("pod-1", "pod", severity=Severity.WARNING)
    other = a_finding(rule="other", severity=Severity.WARNING)

    assert together([bad, pod, other, *mild]) == ((bad, *mild), (pod,), (other,))


def test_the_worst_of_those_that_are_alike_stands_for_them() -> None:
    """One of them may stand before what is worse, as its cause."""
    mild = _about("gpu-1", severity=Severity.WARNING)
    bad = [_about(f"gpu-{n}", severity=Severity.CRITICAL) for n in range(2, 7)]

    assert together([mild, *bad]) == ((*bad, mild),)


def test_the_foremost_are_the_worst_in_the_order_they_came() -> None:
    """Of those that are as bad the first ones; the others are what is left."""
    groups = tuple(
        (a_finding(severity=severity),)
        for severity in (
            *(Severity.INFO, Severity.WARNING, Severity.WARNING),
            *(Severity.CRITICAL, Severity.WARNING),
        )
    )

    shown = foremost(groups, 2)

    assert [it is groups[at] for it, at in zip(shown, (1, 3), strict=True)] == [
        True
    ] * 2
    assert besides(groups, shown) == (groups[0], groups[2], groups[4])
    assert foremost(groups, 9) == groups
    assert foremost(groups, 0) == ()


def test_a_second_finding_of_a_subject_goes_after_others_as_bad() -> None:
    """One that died would else take the room of all; a milder one is no first one."""
    mild = (_about("gpu-2", severity=Severity.WARNING),)
    died, crashed = [(_about("gpu-1", severity=Severity.CRITICAL),) for _ in range(2)]
    other = (_about("gpu-2", severity=Severity.CRITICAL),)
    groups = (mild, died, crashed, other)

    assert foremost(groups, 2) == (died, other)
    assert foremost(groups, 3) == (died, crashed, other)


def test_one_finding_is_its_title() -> None:
    """However little room there is: a terminal cuts it, and Slack clips it."""
    finding = a_finding(title="gpu-1 crashed badly")

    assert gist([finding], 4) == "gpu-1 crashed badly"
    assert others([finding]) == ""


def test_several_are_counted_and_named_as_far_as_there_is_room() -> None:
    """At least one is named, and the number of the others."""
    found = [_about(f"gpu-{n}", several="workers cut off") for n in range(5)]

    assert gist(found) == "5 workers cut off: gpu-0, gpu-1, gpu-2 and 2 more"
    assert gist(found, 42) == "5 workers cut off: gpu-0, gpu-1 and 3 more"
    assert gist(found, 9) == "5 workers cut off: gpu-0 and 4 more"
    assert others(found) == "4 more alike: gpu-1, gpu-2, gpu-3 and 1 more"
    assert others(found, 20) == "4 more alike: gpu-1 and 3 more"


def test_a_task_is_called_by_the_beginning_of_its_id() -> None:
    """As everywhere; and where nothing says what several are called, by the rule."""
    found = [_about(f"{n}1345358-0000", "task", rule="stuck-task") for n in range(2)]

    assert gist(found) == "2 findings of stuck-task: 01345358, 11345358"


def test_several_about_one_subject_are_the_first_of_them() -> None:
    """With the number of the others."""
    found = [_about("orchestrator", title=title) for title in ("down", "late", "ill")]

    assert gist(found) == "down (and 2 more alike)"
