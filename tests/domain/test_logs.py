import pytest

from tests.world import a_line


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
