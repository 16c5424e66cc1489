from bot.domain.findings import Status
from bot.domain.report import Chart, Gap, Outcome, Report, Timeline
from tests.world import NOW, a_line


def test_an_answer_is_whole_and_well_unless_it_says_otherwise() -> None:
    """A handler names only what matters."""
    report = Report(summary="all is well")

    assert (report.status, report.outcome) == (Status.OK, Outcome.ANSWERED)
    assert (report.gaps, report.truncated, report.private) == ((), False, False)


def test_outcomes_are_the_exit_codes() -> None:
    """What the shell returns is promised in CONTRACT, 3."""
    codes = {outcome.name: int(outcome) for outcome in Outcome}

    assert codes == {
        "ANSWERED": 0,
        "FAILED": 1,
        "MISREAD": 2,
        "NOT_FOUND": 3,
        "SOURCE_DOWN": 4,
        "REFUSED": 5,
    }


def test_a_gap_is_a_failure_unless_it_says_otherwise() -> None:
    """A source that nobody configured says otherwise."""
    assert Gap(source="supabase", reason="did not answer").failed


def test_a_report_is_written_short() -> None:
    """A log or a debugger is not flooded by a hundred thousand lines."""
    lines = tuple(a_line(f"line {number}") for number in range(1000))
    report = Report(
        summary="all is well",
        words="health",
        sections=(Timeline(title="Lines", lines=lines),),
    )

    assert repr(report) == "<Report 'health': 'all is well'>"


def test_its_picture_stands_among_the_sections() -> None:
    """None where it has none."""
    chart = Chart(title="t", alt="a", since=NOW, until=NOW)

    assert Report(summary="x").chart is None
    assert Report(summary="x", sections=(chart,)).chart is chart
