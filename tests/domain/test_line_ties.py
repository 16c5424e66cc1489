"""What belongs to a cause."""

from dataclasses import replace
from typing import Any

import pytest

from bot.domain.findings import Confidence, Severity
from bot.domain.incident import RootCause
from bot.domain.line_ties import How, Tie, tied
from bot.domain.logs import LogLine
from bot.domain.tasks import TaskId
from bot.domain.workers import WorkerId
from tests.world import a_line, ago

LIMIT = "QueuePool limit of size 10 overflow 20 reached"


def _cause(kind: str, *subjects: str, **given: Any) -> RootCause:
    values: dict[str, Any] = {
        "rule": "a-rule",
        "severity": Severity.CRITICAL,
        "confidence": Confidence.CONFIRMED,
        "title": "something is wrong",
        "kind": kind,
        "subjects": subjects,
        "first_at": None,
        "explains": {},
        "evidence": (f"{LIMIT}, after 30 s of waiting", "1 error, 5 min ago"),
        "remedy": "mend it",
        "cannot_tell": None,
    }
    return RootCause(**(values | given))


def _said(message: str, *, by: str = "orchestrator", **given: Any) -> LogLine:
    """Return a line that a service wrote five minutes ago."""
    values: dict[str, Any] = {
        "at": ago(minutes=5),
        "level": "ERROR",
        "source": by,
        "source_id": "",
        "worker_id": None,
        "fields": {"event": message.partition(" ")[0]},
    }
    return a_line(message, **(values | given))


def test_a_line_about_something_else_belongs_to_no_cause() -> None:
    """Nor does a coordinator's of anything else, nor what is quoted by chance."""
    line = _said("http.uncaught_exception error=odd")
    short = _said("http.uncaught_exception 5 min ago")

    for cause in (
        _cause("task", "t1"),
        _cause("worker", "coder"),
        _cause("orchestrator", "orchestrator"),
        _cause("database", "database"),
    ):
        assert tied(line, cause) is None
        assert tied(short, cause) is None


def test_an_id_ties_for_certain() -> None:
    """Whenever the line was written."""
    line = _said("odd", task_id=TaskId("t2"), worker_id=WorkerId("gpu-1"))
    late = _cause("task", "t1", "t2", begun_at=ago(minutes=1))

    tie = tied(line, late)

    assert tie == Tie(subject="t2", how=How.ID)
    assert tie.own


@pytest.mark.parametrize(
    ("source", "subject"),
    [("orchestrator", "orchestrator"), ("orchestrator_gpu", "orchestrator")],
)
def test_a_coordinators_line_is_of_the_cause_whose_proof_quotes_it(
    source: str, subject: str
) -> None:
    """Another's is not, nor one from before the cause began."""
    line = _said(f"http.uncaught_exception error='{LIMIT},\n timeout 30'", by=source)
    cause = _cause("orchestrator", subject)

    tie = tied(line, cause)

    assert tie == Tie(subject=subject, how=How.PROOF)
    assert tie.own
    assert tied(_said(line.message, by="judge"), cause) is None
    assert tied(line, _cause("orchestrator", subject, begun_at=ago(minutes=4))) is None


def test_what_a_coordinator_wrote_is_not_about_it_for_that() -> None:
    """Though its id, or its name, stands in its lines; others may write about it."""
    brain = WorkerId("brain")
    own = _said("llama died", by="brain", worker_id=brain, fields={})
    told = _said("odd", by="worker", worker_id=WorkerId("gpu-1"), fields={})
    quoting = ("it said: llama died of memory",)
    about = _cause("orchestrator", "brain", evidence=quoting)
    begun = _said("orchestrator.database_init_failed error=odd")

    assert tied(own, about) is None
    assert tied(replace(own, message="x: llama died of memory"), about) == (
        Tie(subject="brain", how=How.PROOF)
    )
    assert tied(begun, _cause("orchestrator", "orchestrator")) is None
    assert tied(replace(told, message="the brain is gone"), about) == (
        Tie(subject="brain", how=How.PART)
    )


@pytest.mark.parametrize(
    ("line", "subject"),
    [
        (_said("reflex_client.request_error"), "reflex-layer"),
        (_said("task.reflex_unavailable"), "reflex-layer"),
        (_said("x", source_id="app.reflex_client"), "reflex-layer"),
        (_said("x", by="reflex-layer"), "reflex-layer"),
        (_said("database.health_check_failed"), "database"),
        (_said("orchestrator.database_init_failed"), "database"),
        (_said("x", source_id="app.database"), "database"),
        (
            _said("x", fields={"event": "x", "error_kind": "OperationalError"}),
            "database",
        ),
        (_said("x", by="coder"), "coder"),
    ],
)
def test_what_a_line_is_about_its_logger_event_or_writer_tells(
    line: LogLine, subject: str
) -> None:
    """Of a part there may be other errors than the cause's own."""
    kind = "database" if subject == "database" else "worker"
    others = {"database", "reflex-layer", "coder"} - {subject}

    tie = tied(line, _cause(kind, subject))

    assert tie == Tie(subject=subject, how=How.PART)
    assert not tie.own
    assert tied(line, _cause(kind, *others)) is None


def test_a_logger_of_that_name_elsewhere_is_no_part() -> None:
    """Only lines with an event have loggers; other sources have ids of their own."""
    line = _said("x", source_id="app.database", fields={})

    assert tied(line, _cause("database", "database")) is None
