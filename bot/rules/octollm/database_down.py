"""The database can or could not be reached (systems/octollm.md, 3B, 2)."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from bot.domain.cases import Case
from bot.domain.figures import some
from bot.domain.findings import Confidence, Finding
from bot.domain.service_names import ORCHESTRATOR
from bot.domain.service_proofs import DATABASE, check_of, said, spread, weight
from bot.domain.services import ErrorKind, Told
from bot.domain.times import dated, stamp

EXPLAINS: Final = ("not-ready", "startup-failed", "lost-task", "error-rate")
UNREACHED: Final = "OperationalError"
CHECKS: Final = ("database", "postgres", "postgresql")
# The compose files set names that the code ignores (systems/octollm.md, 1B.3).
REMEDY: Final = (
    "start Postgres; check that its address stands in ORCHESTRATOR_DATABASE_URL:"
    " DATABASE_URL, as the compose files have it, is ignored"
)


def database_down(case: Case) -> Iterator[Finding]:
    """Yield a finding if the database fails its check now, or lines say that it did."""
    scene = case.services
    check = check_of(scene, *CHECKS) if scene else None
    told = scene.told if scene else None
    times = sorted(told.database_down) if told else []
    last = times[-1] if times else None
    if check is not False and last is None:
        return
    evidence = []
    if check is not None:
        evidence.append(f"GET /ready: database {'ok' if check else 'fails'}")
    if last is not None:
        seen = spread(times[0], last, case.now)
        evidence.append(f"{some(len(times), 'line')} could not reach it, {seen}")
    back = told.stored_at if told else None
    if check is None and back is not None and last is not None and back > last:
        check = True
        evidence.append(f"a task was stored again, last at {dated(back, case.now)}")
    yield Finding(
        rule="database-down",
        severity=weight(check, last, case.now),
        confidence=Confidence.LIKELY if check is None else Confidence.CONFIRMED,
        title=_title(check, last),
        subject=DATABASE,
        evidence=(*evidence, *_errors(told)),
        remedy="see why the database was away: what was submitted meanwhile is lost"
        if check
        else REMEDY,
        ask=_search(told),
        begun_at=times[0] if times else None,
    )


def _title(check: bool | None, last: datetime | None) -> str:
    if last is None or check is False:
        return "the database cannot be reached"
    if check:
        return f"the database could not be reached until {stamp(last)}, and now can"
    return f"the database could not be reached, last at {stamp(last)}"


def _search(told: Told | None) -> str:
    """Return what finds the lines that tell of it: all errors, where none is known."""
    kinds = [each.kind for each in told.errors if _tells(each)] if told else []
    if not kinds:
        return f"logs --source {ORCHESTRATOR} --level ERROR"
    return f"logs --search {kinds[0] if UNREACHED not in kinds else UNREACHED}"


def _tells(error: ErrorKind) -> bool:
    """Tell whether errors of the kind are the database's."""
    return error.kind == UNREACHED or error.kind.startswith("database.")


def _errors(told: Told | None) -> Iterator[str]:
    """Yield the newest text of each kind of error that tells of it, each once."""
    texts: dict[str, str] = {}
    for each in told.errors if told else ():
        if _tells(each):
            texts.setdefault(said(each.example), each.kind)
    for text, kind in texts.items():
        yield f"{kind}: {text}"
