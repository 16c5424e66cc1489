"""A draft of why: causes before effects, how sure, and where nothing tells."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime
from typing import Final

from bot.domain.figures import counted
from bot.domain.findings import Confidence, Finding, Severity
from bot.domain.incident import RootCause
from bot.domain.kinds import kind_of
from bot.domain.logs import LogLine
from bot.domain.verdicts import BARE

_WEIGHT: Final = {Severity.CRITICAL: 0, Severity.WARNING: 1, Severity.INFO: 2}
_SURENESS: Final = {
    Confidence.CONFIRMED: 0,
    Confidence.LIKELY: 1,
    Confidence.POSSIBLE: 2,
}
# As bare as those: why it never started others have to tell.
_BARE: Final = BARE | {"never-started"}
Causes = Callable[[Finding], Iterable[Finding]]


def symptoms(explained: Mapping[str, Iterable[str]]) -> frozenset[str]:
    """Return the rules that alone tell what happened, and not why.

    *explained* names by rule those that explain it: what is explained and explains
    nothing itself is only an effect.
    """
    causes = {rule for each in explained.values() for rule in each}
    return frozenset(explained.keys() - causes) | _BARE


def root_causes(
    findings: Iterable[Finding],
    *,
    causes: Causes,
    symptoms: AbstractSet[str],
    moments: Mapping[str, datetime],
) -> tuple[RootCause, ...]:
    """Return what no other finding explains, the weightiest first, symptoms last.

    *causes* returns what explains a finding; *symptoms* are the rules that alone tell
    what happened, and not why. *moments* tell when something befell a subject.
    """
    wrong = [each for each in findings if each.severity is not Severity.INFO]
    roots: dict[tuple[str, ...], list[Finding]] = {}
    keys: dict[int, tuple[str, ...]] = {}
    effects: dict[tuple[str, ...], Counter[str]] = {}
    above = [_origins(each, causes) for each in wrong]
    for each, origins in zip(wrong, above, strict=True):
        if origins == (each,):
            key = keys[id(each)] = _key(each, symptoms)
            roots.setdefault(key, []).append(each)
    for each, origins in zip(wrong, above, strict=True):
        for key in {
            keys[id(it)] for it in origins if it is not each and id(it) in keys
        }:
            effects.setdefault(key, Counter())[each.rule] += 1
    drafted = [
        _drafted(alike, effects.get(key, Counter()), symptoms, moments)
        for key, alike in roots.items()
    ]
    return tuple(sorted(drafted, key=_order))


def named_by(line: LogLine, subjects: Iterable[str]) -> str | None:
    """Return which of them a line is about; None where it is about none.

    The task that it carries tells first, then the worker, and then an id that stands
    whole in its text: `gpu-1` does not in `gpu-15`.
    """
    among = tuple(subjects)
    carried = [id for id in (line.task_id, line.worker_id) if id in among]
    said = (id for id in among if _stands_in(id, line.message))
    return next(iter(carried), None) or next(said, None)


def _stands_in(id: str, text: str) -> bool:
    """Tell whether the id stands there whole, and not as a part of another."""
    return id in text and bool(re.search(rf"(?<![\w-]){re.escape(id)}(?![\w-])", text))


def _origins(finding: Finding, causes: Causes) -> tuple[Finding, ...]:
    """Return what explains the finding in the end; itself where nothing does.

    Findings that explain each other in a circle have no end: then it is its own.
    """
    known = {id(finding)}
    waiting, ends = [finding], []
    while waiting:
        here = waiting.pop()
        above = [each for each in causes(here) if each is not here]
        fresh = [each for each in above if id(each) not in known]
        known.update(map(id, fresh))
        waiting += fresh
        if not above:
            ends.append(here)
    return tuple(ends) or (finding,)


def _key(finding: Finding, symptoms: AbstractSet[str]) -> tuple[str, ...]:
    """Return what findings share that are one cause."""
    if finding.rule not in symptoms:
        return (finding.rule, finding.subject.kind)
    said = kind_of(finding.evidence[0])
    return (finding.rule, finding.subject.kind, kind_of(finding.title), said)


def _drafted(
    alike: Sequence[Finding],
    effects: Counter[str],
    symptoms: AbstractSet[str],
    moments: Mapping[str, datetime],
) -> RootCause:
    # What is surest stands for all, and among equals what happened first.
    alike = sorted(
        alike,
        key=lambda each: (_SURENESS[each.confidence], _when(each.subject.id, moments)),
    )
    first = alike[0]
    subjects = tuple(dict.fromkeys(each.subject.id for each in alike))
    times = [moments[id] for id in subjects if id in moments]
    told = first.rule == "never-started" and first.confidence is Confidence.CONFIRMED
    bare = first.rule in symptoms and not told  # it says what its start stopped at
    why = "no finding explains it" if bare else None
    return RootCause(
        rule=first.rule,
        severity=min((each.severity for each in alike), key=_WEIGHT.__getitem__),
        confidence=first.confidence,
        title=first.title,
        kind=first.subject.kind,
        subjects=subjects,
        first_at=min(times, default=None),
        explains=counted(effects.elements()),
        evidence=first.evidence,
        remedy=first.remedy,
        cannot_tell=why,
        begun_at=min((at for each in alike if (at := each.begun_at)), default=None),
    )


def _when(id: str, moments: Mapping[str, datetime]) -> tuple[bool, str]:
    """Return what subjects are sorted by: those without a moment come last."""
    at = moments.get(id)
    return (at is None, at.isoformat() if at else "")


def _order(cause: RootCause) -> tuple[bool, int, int, int, str]:
    begun = cause.first_at.isoformat() if cause.first_at else "~"
    effects = sum(cause.explains.values())
    return (
        cause.cannot_tell is not None,
        _WEIGHT[cause.severity],
        -(effects or len(cause.subjects)),
        _SURENESS[cause.confidence],
        begun,
    )
