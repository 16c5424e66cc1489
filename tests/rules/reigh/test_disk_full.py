from typing import Any

import pytest

from bot.domain.findings import Confidence, Finding, Severity
from bot.domain.logs import LogLine
from bot.rules.book import judge
from bot.rules.reigh.disk_full import disk_full
from tests.world import WORKER, a_case, a_line, a_worker, ago


def said(message: str, **given: Any) -> LogLine:
    values: dict[str, Any] = {"source": "orchestrator_gpu", "worker_id": None}
    return a_line(message, **(values | given))


def df(used: int, **given: Any) -> LogLine:
    disks = f"overlay 50G 9G 41G 18% /\nmfs 500G 1G 1G {used}% /workspace"
    return said(f"📊 Worker {WORKER} system status:\n{disks}", **given)


def told(*lines: LogLine, **given: Any) -> list[Finding]:
    case = a_case(**({"workers": (a_worker(),), "lines": lines} | given))
    return [*judge(case, using={"disk-full": disk_full})]


@pytest.mark.parametrize(
    "line",
    [
        df(89),
        said("📊 Worker gpu-other system status:\nx 1G 1G 0G 100% /"),
        said("📦 STORAGE_HEALTH [Peter] 54% used, 229 GB free of 500 GB"),
        said(f"system status: of {WORKER} unknown"),
        said("📦 STORAGE_HEALTH CRITICAL: 99% used"),
        said("📦 STORAGE_HEALTH Peter 54% used, 229 GB free of 500 GB"),
        said("📦 STORAGE_HEALTH volume: LOW SPACE: 40 GB free"),
    ],
    ids=[
        *("room", "another's", "a routine line", "no numbers", "of no volume"),
        *("a routine line without brackets", "of no volume either"),
    ],
)
def test_there_is_room(line: LogLine) -> None:
    """Or nobody says whose disk is full."""
    assert not told(line)


def test_a_worker_that_was_scaled_down_needs_no_disk() -> None:
    """It is gone."""
    assert not told(df(99), workers=(a_worker(status="terminated"),))


def test_a_newer_line_takes_it_back() -> None:
    """Somebody made room, or the volume was expanded."""
    assert not told(df(99, at=ago(minutes=9)), df(50))
    assert not told(
        said("STORAGE_HEALTH [Peter] CRITICAL: 97% used", at=ago(minutes=9)),
        said("STORAGE_HEALTH [Peter] 54% used"),
    )
    assert not told(
        said("STORAGE_HEALTH Peter CRITICAL: 97% used", at=ago(minutes=9)),
        said("STORAGE_HEALTH [Peter] 54% used"),
    )


@pytest.mark.parametrize(
    ("used", "severity", "title"),
    [
        (90, Severity.WARNING, f"a disk of {WORKER} was nearly full"),
        (98, Severity.CRITICAL, f"a disk of {WORKER} was full"),
    ],
)
def test_df_tells_how_full_it_is(used: int, severity: Severity, title: str) -> None:
    """The fullest of its disks counts."""
    [found] = told(df(used))

    assert (found.severity, found.confidence) == (severity, Confidence.CONFIRMED)
    assert found.title == f"{title} at 2026-01-31 11:59:00Z"
    assert found.evidence == (f"{used} % of /workspace are used",)
    assert found.ask == f"worker {WORKER} --startup"


@pytest.mark.parametrize(
    "line",
    [
        said(f"dump of {WORKER}:\nOSError: [Errno 28] No space left on device"),
        a_line("OSError: [Errno 28] No space left on device"),
    ],
    ids=["in a dump", "its own"],
)
def test_no_space_left_is_quoted(line: LogLine) -> None:
    """The line itself, out of whatever it stands in."""
    [found] = told(line)

    assert found.severity is Severity.CRITICAL
    assert found.evidence == ("OSError: [Errno 28] No space left on device",)


@pytest.mark.parametrize(
    ("text", "severity"),
    [
        ("STORAGE_HEALTH [Peter] CRITICAL: 97% used", Severity.CRITICAL),
        ("STORAGE_HEALTH [Peter] LOW SPACE: 40 GB free", Severity.WARNING),
        ("STORAGE_HEALTH [[Peter] CRITICAL: 97% used", Severity.CRITICAL),
        ("STORAGE_HEALTH Peter CRITICAL: 97% used", Severity.CRITICAL),
        ("STORAGE_HEALTH: volume 'Peter': LOW SPACE", Severity.WARNING),
    ],
)
def test_a_volume_is_full(text: str, severity: Severity) -> None:
    """The orchestrator looks at it every few cycles."""
    [found] = told(said(f"📦 {text}"), workers=None)

    assert found.severity is severity
    assert (found.subject.kind, found.subject.id) == ("volume", "Peter")
    assert found.evidence == (f"📦 {text}",)
    assert found.remedy.startswith("expand the volume")
    assert found.ask == "logs --source orchestrator_gpu --search STORAGE_HEALTH"
