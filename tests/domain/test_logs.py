import pytest

from bot.domain.workers import WorkerId
from tests.world import WORKER, a_line


@pytest.mark.parametrize(
    ("level", "source", "alarming"),
    [
        ("INFO", "worker", False),
        ("WARNING", "edge_function", False),
        ("NOTICE", "worker", False),
        ("CRITICAL", "orchestrator_gpu", False),
        ("ERROR", "orchestrator_gpu", True),
        ("ERROR", "worker", True),
        ("CRITICAL", "edge_function", True),
    ],
)
def test_which_lines_report_a_fault(level: str, source: str, *, alarming: bool) -> None:
    """The GPU orchestrator marks its routine as critical; others mean it."""
    line = a_line(level=level, source=source)

    assert line.alarming is alarming


@pytest.mark.parametrize(
    ("worker_id", "source_id", "writer"),
    [(WORKER, "", WORKER), (None, WORKER, WORKER), (None, "", None)],
)
def test_a_worker_s_line_is_its_own_by_id_or_by_source(
    worker_id: WorkerId | None, source_id: str, writer: str | None
) -> None:
    """Its rows may lack its id."""
    line = a_line(worker_id=worker_id, source_id=source_id)

    assert line.writer == writer


def test_what_others_write_about_a_worker_is_not_its_own() -> None:
    """Though the line may carry its id."""
    line = a_line(source="edge_function", worker_id=WORKER)

    assert line.writer is None
    assert line.by_function
    assert not a_line().by_function


def test_lines_of_one_time_have_an_order() -> None:
    """By their ids, whatever these are."""
    first, second = a_line(id="a"), a_line(id="b")

    assert sorted([second, first], key=lambda line: line.order) == [first, second]


def test_a_line_can_be_kept_in_a_set_whatever_its_fields() -> None:
    """Rules keep each line once; its fields are compared all the same."""
    plain, told = a_line(), a_line(fields={"event": "http.request"})

    assert {plain, told, a_line()} == {plain, told}
    assert plain.fields == {}
    assert plain.request_id is None
