from bot.domain.findings import Severity
from tests.file_queues import a_folder, an_agent, found, of_queue
from tests.world import ago

RULE = "wedged-runtime"


def test_a_runtime_that_works_or_whose_agent_is_gone() -> None:
    """What a lost agent said of it is past."""
    gone = an_agent(runtime_state="wedged", beat_at=ago(minutes=9))

    assert not found(RULE, a_folder(agents=(an_agent(), gone)))
    assert not found(RULE, of_queue(None))


def test_a_wedged_runtime() -> None:
    """With its code, its detail, and how often it was looked at."""
    agent = an_agent(
        runtime_state="wedged",
        error_code="load_exception",
        error_detail="container exited",
        health_failures=7,
    )

    [one] = found(RULE, a_folder(agents=(agent,)))

    assert one.title == "gpu-1's runtime is wedged (load_exception)"
    assert one.severity is Severity.CRITICAL
    assert one.evidence[1] == "container exited"
    assert one.evidence[2].startswith("7 health checks failed in a row")


def test_a_runtime_that_may_recover() -> None:
    """A warning."""
    [one] = found(RULE, a_folder(agents=(an_agent(runtime_state="error_recoverable"),)))

    assert one.severity is Severity.WARNING
    assert one.title == "gpu-1's runtime is in error, and may recover"
