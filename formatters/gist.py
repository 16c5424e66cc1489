"""Many findings in few lines: those of one rule are told together.

So one failure of many subjects cannot push the others out of sight.
"""

from collections.abc import Iterable, Sequence
from typing import Final, TypeAlias

from bot.domain.findings import Finding, Severity, Subject, worst_first
from formatters.columns import breadth
from formatters.visible import one_line

MANY: Final = 5  # more findings than these are first told in a line each
IN_FULL: Final = 3  # of many, so many are shown with their evidence
NAMED: Final = 3  # subjects that one line names
_WORST_FIRST: Final = tuple(Severity)

Alike: TypeAlias = Sequence[Finding]
"""Findings of one rule on subjects of one kind, the worst first; never empty."""


def together(findings: Iterable[Finding]) -> tuple[Alike, ...]:
    """Return the findings as they come; only where they are many, alike ones as one."""
    order = tuple(findings)
    if len(order) <= MANY:
        return tuple((each,) for each in order)
    groups: dict[tuple[str, str], list[Finding]] = {}
    for each in order:
        groups.setdefault((each.rule, each.subject.kind), []).append(each)
    return tuple(map(worst_first, groups.values()))


def foremost(groups: Sequence[Alike], most: int) -> tuple[Alike, ...]:
    """Return the worst *most* of them, otherwise the first, in the order they came.

    A cause goes before what it explains, and may weigh less: where not all are shown,
    it is not to push out what is worse. Of what weighs the same, one of each subject
    goes before a second one.
    """

    def rank(place: int) -> int:
        return _WORST_FIRST.index(groups[place][0].severity)

    first: dict[Subject, int] = {}
    for place in sorted(range(len(groups)), key=rank):
        first.setdefault(groups[place][0].subject, place)
    told_first = frozenset(first.values())
    worst = sorted(
        range(len(groups)), key=lambda place: (rank(place), place not in told_first)
    )[:most]
    return tuple(groups[place] for place in sorted(worst))


def besides(groups: Sequence[Alike], shown: Sequence[Alike]) -> tuple[Alike, ...]:
    """Return those of the groups that are not *shown*, in the order they came."""
    known = {id(each) for each in shown}
    return tuple(each for each in groups if id(each) not in known)


def gist(alike: Alike, most: int = 0) -> str:
    """Return one line: the title, or how many of what there are, and their ids.

    It names as many ids as *most* columns allow, but one at least; 0 is no bound.
    """
    first = alike[0]
    ids = _ids(alike)
    if len(ids) == 1:
        more = f" (and {len(alike) - 1} more alike)" if len(alike) > 1 else ""
        return one_line(first.title) + more
    what = first.several or f"findings of {first.rule}"
    lead = one_line(f"{len(ids):,} {what}: ")
    return lead + _named(ids, max(most - breadth(lead), 1) if most else 0)


def others(alike: Alike, most: int = 0) -> str:
    """Return which subjects the findings after the first are about; may be empty."""
    if len(alike) == 1:
        return ""
    lead = f"{len(alike) - 1:,} more alike: "
    return lead + _named(_ids(alike[1:]), max(most - breadth(lead), 1) if most else 0)


def _ids(alike: Alike) -> tuple[str, ...]:
    """Return the subjects, each once, as titles name them: of a task the beginning."""
    subjects = dict.fromkeys(each.subject for each in alike)
    return tuple(
        one_line(each.id[:8] if each.kind == "task" else each.id) for each in subjects
    )


def _named(ids: Sequence[str], room: int) -> str:
    for shown in range(min(NAMED, len(ids)), 1, -1):
        words = _listed(ids, shown)
        if not room or breadth(words) <= room:
            return words
    return _listed(ids, 1)


def _listed(ids: Sequence[str], shown: int) -> str:
    more = len(ids) - shown
    return ", ".join(ids[:shown]) + (f" and {more:,} more" if more else "")
