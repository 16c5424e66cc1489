"""A worker's disk or a volume is full (systems/reigh.md, F25)."""

import re
from collections.abc import Iterator
from typing import Final

from bot.domain.cases import Case
from bot.domain.excerpts import start_of
from bot.domain.findings import Confidence, Finding, Severity, Subject
from bot.domain.logs import LogLine
from bot.domain.marks import DISK_ISSUE, NO_SPACE, STATUS, STORAGE
from bot.domain.spelling import typed
from bot.domain.times import stamp
from bot.domain.workers import WorkerId

SEVERAL: Final = "full or nearly full disks"
MARKERS: Final = (STORAGE, STATUS, DISK_ISSUE, NO_SPACE)
EXPLAINS: Final = (
    *("crashed-worker", "failed-task", "failed-worker", "init-crash"),
    *("never-started", "orphaned-task", "upload-failure"),
)
FULL: Final = 98  # systems/reigh.md, F25: per cent
NEARLY: Final = 90  # systems/reigh.md, F25: per cent
_DF: Final = re.compile(r"(\d{1,3})%\s+(/\S*)")
_USED: Final = re.compile(r"(\d{1,3})(?:\.\d+)?% used")
# Its name stands in brackets or bare; what tells only how full it is names none.
_VOLUME: Final = re.compile(
    rf"{STORAGE}\W*?(?:\[([^\[\]]+)\]|(?:(?:volume|storage)\W+)?"
    r"(?!(?i:critical|low|warning|ok|healthy|volume|storage)\b)([A-Za-z][\w.-]*\w))"
)
_LONGEST: Final = 160


def disk_full(case: Case) -> Iterator[Finding]:
    """Yield a finding for each worker and volume, by the newest line about its disk."""
    for worker in case.workers or ():
        newest = None if case.scaled_down(worker) else _newest(worker.id, case)
        if newest is not None and (told := _of_worker(newest)):
            used, text = told
            subject = Subject(kind="worker", id=worker.id)
            cure = case.cure(worker).told
            yield _finding(subject, used, text, newest, cure=cure)
    yield from _volumes(case)


def _volumes(case: Case) -> Iterator[Finding]:
    volumes = {}
    for line in case.marked.get(STORAGE, ()):
        if named := _VOLUME.search(line.message):
            volumes[named[1] or named[2]] = line
    for name, line in volumes.items():
        critical = "CRITICAL" in line.message
        if critical or "LOW SPACE" in line.message:
            percent = _USED.search(line.message)
            used = FULL if critical else NEARLY
            used = max(used, int(percent[1])) if percent else used
            subject = Subject(kind="volume", id=name)
            yield _finding(
                subject, used, start_of(line.message.strip(), _LONGEST), line
            )


def _newest(id: WorkerId, case: Case) -> LogLine | None:
    """Return the newest line about a disk that the worker wrote, or that names it."""
    lines = case.told(id, *MARKERS[1:])
    return lines[-1] if lines else None


def _of_worker(line: LogLine) -> tuple[int, str] | None:
    """Return how full its fullest disk is, in per cent, and the text that says so."""
    disks = [(int(used), path) for used, path in _DF.findall(line.message)]
    used, path = max(disks, default=(0, ""))
    told = f"{used} % of {path} are used"
    for marker in (NO_SPACE, DISK_ISSUE):
        for text in line.message.splitlines():
            if marker in text:
                return FULL, told if used >= NEARLY else start_of(
                    text.strip(), _LONGEST
                )
    return (used, told) if used >= NEARLY else None


def _finding(
    subject: Subject, used: int, text: str, line: LogLine, *, cure: str = ""
) -> Finding:
    full = used >= FULL
    what = "the volume" if subject.kind == "volume" else "a disk of"
    return Finding(
        rule="disk-full",
        severity=Severity.CRITICAL if full else Severity.WARNING,
        confidence=Confidence.CONFIRMED,
        title=f"{what} {subject.id} was {'full' if full else 'nearly full'}"
        f" at {stamp(line.at)}",
        subject=subject,
        evidence=(text,),
        remedy="expand the volume, or clear it of old outputs and models"
        if subject.kind == "volume"
        else "clear its disk by hand, or end it: the next worker of that volume may"
        f" fill too; {cure}",
        ask=f"logs --source orchestrator_gpu --search {STORAGE}"
        if subject.kind == "volume"
        else f"worker {typed(subject.id)} --startup",
    )
