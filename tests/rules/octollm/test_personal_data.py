from typing import Any

from bot.domain.findings import Confidence, Severity
from bot.domain.services import Safety
from tests.service_scenes import counts, found, of_scene, said, services, told

RULE = "personal-data"


def safety(**given: Any) -> Safety:
    values = {"pii": 3, "injections": 1, "blocked": 1, "pii_stored": 2}
    return Safety(**(values | given))


def test_nothing_was_let_through() -> None:
    """What was found and blocked is well; and nothing may be known at all."""
    assert found(RULE, said(safety=safety(pii_stored=0))) == []
    assert found(RULE, services(told=None, reflex=None)) == []
    assert found(RULE, of_scene(None)) == []


def test_tasks_that_were_let_through_are_counted() -> None:
    """By kind where lines name one; of what was found nothing is shown."""
    kinds = {"email": 1, "phone": 3, "a\nkind": 1}
    [it] = found(RULE, said(safety=safety(by_pattern=kinds), whole=False))

    assert (it.severity, it.confidence) == (Severity.WARNING, Confidence.CONFIRMED)
    assert it.title == "2 tasks with personal data in them were let through"
    assert it.evidence == (
        "its checks found personal data 3 times, of which 2 ended with status Success",
        "1 task of any kind was blocked",
        "by kind: phone 3, a 1, email 1",
        "there are more lines than were read",
    )
    assert it.ask == "logs --search pii_detected=True"


def test_one_task_is_told_as_one() -> None:
    """All lines were read, and none names a kind."""
    [it] = found(RULE, said(safety=safety(pii_stored=1)))

    assert it.title == "1 task with personal data in it was let through"
    assert len(it.evidence) == 2


def test_without_lines_the_counts_leave_a_lower_bound() -> None:
    """As many as were blocked may all have been blocked for it."""
    case = services(told=None, reflex=counts(pii=5, blocked=3))
    [it] = found(RULE, case)

    assert it.title == "at least 2 tasks with personal data in them were let through"
    assert it.confidence is Confidence.LIKELY
    assert it.evidence == (
        (
            "/debug/stats of the orchestrator: personal data was found 5 times since it"
            " began, and 3 requests of any kind were blocked"
        ),
    )
    assert found(RULE, services(told=None, reflex=counts(pii=3, blocked=3))) == []


def test_lines_that_tell_of_no_check_leave_it_to_the_counts() -> None:
    """And those that do are trusted alone."""
    reflex = counts(pii=5)

    assert found(RULE, services(told=told(safety=None), reflex=reflex))
    assert found(RULE, services(reflex=reflex)) == []
