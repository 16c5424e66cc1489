from bot.domain.findings import Severity
from bot.domain.services import Safety
from tests.service_scenes import counts, found, of_scene, said, services, told

RULE = "injections"


def safety(injections: int, blocked: int) -> Safety:
    return Safety(pii=9, injections=injections, blocked=blocked, pii_stored=9)


def test_nobody_tried() -> None:
    """Personal data is none; and nothing may be known at all."""
    assert found(RULE, said(safety=safety(0, 0))) == []
    assert found(RULE, services(told=told(safety=None), reflex=None)) == []
    assert found(RULE, services(told=None)) == []
    assert found(RULE, of_scene(None)) == []


def test_what_was_blocked_is_worth_knowing() -> None:
    """As many as were found."""
    [it] = found(RULE, said(safety=safety(2, 2)))

    assert it.severity is Severity.INFO
    assert it.title == "2 injections were found, 2 tasks blocked"
    assert it.evidence == (
        "lines of its checks: 2 injections were found, and 2 tasks blocked",
    )
    assert it.ask == "logs --search blocked_by_reflex"


def test_what_was_not_blocked_is_a_warning() -> None:
    """One more than were blocked was not."""
    [it] = found(RULE, said(safety=safety(3, 2), whole=False))

    assert it.severity is Severity.WARNING
    assert (
        it.title == "3 injections were found, 2 tasks blocked: at least 1 not blocked"
    )
    assert it.evidence[0].startswith("lines of its checks, of which not all were read:")
    assert it.ask == "logs --search injection_detected=True"


def test_the_orchestrator_counts_them_itself() -> None:
    """Where no line tells."""
    case = services(told=None, reflex=counts(injections=1, blocked=1))
    [it] = found(RULE, case)

    assert it.evidence == (
        (
            "/debug/stats of the orchestrator, since it began: 1 injection was found,"
            " and 1 task blocked"
        ),
    )
