from bot.domain.findings import Confidence, Severity
from bot.domain.service_names import REFLEX
from bot.domain.services import Readiness
from tests.service_scenes import a_probe, down, found, is_ready, of_scene, services

RULE = "not-ready"


def test_services_that_are_ready_are_so() -> None:
    """All their checks are well, also where there are none."""
    assert found(RULE, services()) == []
    assert found(RULE, services(readiness=(is_ready(), is_ready(REFLEX)))) == []


def test_nothing_is_said_of_a_case_without_services() -> None:
    """Nor where nobody was asked at all."""
    assert found(RULE, of_scene(None)) == []
    assert found(RULE, services(probes=None, readiness=None)) == []


def test_the_checks_that_fail_are_named() -> None:
    """With what its /health says all the same (systems/octollm.md, 1B.2)."""
    [it] = found(RULE, services(readiness=(is_ready(database=False),)))

    assert (it.severity, it.confidence) == (Severity.CRITICAL, Confidence.CONFIRMED)
    assert it.title == "the orchestrator is not ready: it lacks its database"
    assert it.evidence == (
        "GET /ready: database fails, reflex_layer ok",
        "its /health says that it is well all the same: it checks nothing",
    )
    assert it.remedy == "start Postgres, and check ORCHESTRATOR_DATABASE_URL"
    assert it.ask == "logs --source orchestrator --level ERROR"


def test_what_helps_is_told_for_each_check() -> None:
    """One that nobody knows is started, whatever it is."""
    both = is_ready(database=False, reflex_layer=False)
    odd = is_ready(qdrant=False)

    [told] = found(RULE, services(readiness=(both,)))
    [other] = found(RULE, services(readiness=(odd,)))

    assert told.title.endswith("it lacks its database and reflex layer")
    assert told.remedy.count(";") == 1
    assert other.remedy == "start what fails, and ask again"


def test_a_reflex_layer_without_its_cache_is_a_warning() -> None:
    """It may still answer the orchestrator."""
    sick = is_ready(REFLEX, redis=False, config=True)
    [it] = found(RULE, services(readiness=(is_ready(), sick)))

    assert it.severity is Severity.WARNING
    assert it.title == "the reflex layer is not ready: it lacks its redis"
    assert it.evidence == ("GET /ready: redis fails, config ok",)


def test_a_service_may_not_say_what_it_lacks() -> None:
    """It is not ready all the same; and it is not well, so nothing is odd in that."""
    bare = Readiness(service="orchestrator", ready=False)
    [it] = found(RULE, services(probes=(down(),), readiness=(bare,)))

    assert it.title == "the orchestrator is not ready: it does not say what it lacks"
    assert it.evidence == ("GET /ready: ready is false",)


def test_health_alone_proves_nothing() -> None:
    """An orchestrator that tells nothing at /ready may hang."""
    [it] = found(RULE, services(readiness=None))
    [alone] = found(RULE, services(readiness=(is_ready(REFLEX),)))

    assert (it.severity, it.confidence) == (Severity.WARNING, Confidence.POSSIBLE)
    assert it.title == "the orchestrator does not tell whether it is ready"
    assert alone == it


def test_an_orchestrator_that_is_down_tells_nothing_anyway() -> None:
    """Nor is one missed that no setting names."""
    assert found(RULE, services(probes=(down(),), readiness=None)) == []
    assert found(RULE, services(probes=(a_probe(REFLEX),), readiness=None)) == []
