"""What services tell of an incident: its course, its errors by type, what mends it."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Final

from bot.domain.figures import listed, some
from bot.domain.incident import RootCause
from bot.domain.moments import Moment, MomentKind
from bot.domain.report import Cell, Facts, Section, Text
from bot.domain.service_figures import errors_by_type, figures
from bot.domain.times import spoken, stamp

if TYPE_CHECKING:
    from bot.domain.services import ServiceScene

REMEDIES: Final = 5
_CONFIG, _NETWORK = ("configuration", "10 min"), ("network", "30 min")
_LOGIC, _MEMORY = ("logic", "1 h"), ("memory", "2 h")
_PERFORMANCE: Final = ("performance", "1 to 2 h")
# systems/octollm.md, 2B, B21: the guide's classes, and how long each takes to mend.
CLASSES: Final[Mapping[str, tuple[str, str]]] = {
    **dict.fromkeys(("missing-budget", "blank-goal", "startup-failed"), _CONFIG),
    **dict.fromkeys(("no-suitable-arm", "queue-without-workers"), _CONFIG),
    **dict.fromkeys(("service-down", "database-down", "not-ready"), _NETWORK),
    **dict.fromkeys(("reflex-unavailable", "breaker-open"), _NETWORK),
    **dict.fromkeys(("contract-mismatch", "lost-task", "unreadable-tasks"), _LOGIC),
    "memory-growing": _MEMORY,
    **dict.fromkeys(("pool-exhausted", "slow-requests", "rate-limited"), _PERFORMANCE),
    **dict.fromkeys(("cache-low", "stuck-task", "waiting-task"), _PERFORMANCE),
}


# For people to write on: what would have kept each class from users, or told of it.
PREVENTIONS: Final[Mapping[str, str]] = {
    "configuration": "try settings before they are deployed, and wait for /ready after",
    "network": "have the health of each service watched, and every breaker that opens",
    "logic": "test what services send each other against the other's schema",
    "memory": "have memory watched that grows over an hour",
    "performance": "have pool, latencies and queue watched before they are full",
}
UNSOLVED: Final = "cannot tell, because no finding explains the errors"
UNCLASSED: Final = "write down what would have told of it earlier"


def moments(scene: "ServiceScene") -> Iterator[Moment]:
    """Yield the turns of circuit breakers, starts that failed, and tasks lost."""
    told = scene.told
    if told is None:
        return
    for turn in told.breaker:
        why = f", {turn.reason.replace('_', ' ')}" if turn.reason else ""
        refused = f"; {some(turn.refused, 'submit')} turned away" * bool(turn.refused)
        state = turn.state.replace("_", " ")
        said = f"the circuit breaker is {state}{why}{refused}"
        yield _moment(turn.at, turn.service, said, "WARNING")
    for start in told.startups:
        yield _moment(start.at, start.service, f"could not begin: {start.error}")
    for lost in told.lost:
        said = f"task {lost.task_id[:8]} was taken in and never stored"
        yield _moment(lost.at, "reflex-layer", said)


def sections(scene: "ServiceScene", causes: Sequence[RootCause]) -> Iterator[Section]:
    """Yield the course of it, the errors by type, and what mends the causes."""
    course = tuple(row for row in _course(scene, causes) if row[1] is not None)
    if course:
        yield Facts(title="Course", rows=course)
    if errors := figures(scene).errors:
        yield errors_by_type(errors, "Errors by type")
    remedies = dict.fromkeys(each.remedy for each in causes if each.remedy)
    if errors and not remedies:
        yield Text(title="Solution (draft)", text=UNSOLVED)
        yield Text(title="Prevention (draft)", text=UNCLASSED)
    elif remedies:
        shown = list(remedies)[:REMEDIES]
        left = len(remedies) - len(shown)
        more = [f"and {left} more, which the findings name"] * bool(left)
        text = "\n".join(f"- {each}" for each in (*shown, *more))
        yield Text(title="Solution (draft)", text=text)
        known = (CLASSES[each.rule] for each in causes if each.rule in CLASSES)
        ways = dict.fromkeys(PREVENTIONS[kind] for kind, _ in known) or [UNCLASSED]
        text = "\n".join(f"- {each}" for each in ways)
        yield Text(title="Prevention (draft)", text=text)


def _course(
    scene: "ServiceScene", causes: Sequence[RootCause]
) -> Iterator[tuple[str, Cell]]:
    errors = scene.told.errors if scene.told else ()
    if errors:
        last = max(each.last_at for each in errors)
        yield "first error", min(each.first_at for each in errors)
        yield "last error", last
        quiet = scene.window.until - last
        yield "none since", f"for {spoken(quiet)}, until {stamp(scene.window.until)}"
    turns = scene.told.breaker if scene.told else ()
    if turns and turns[-1].state == "closed":
        yield "the circuit breaker closed", turns[-1].at
    kinds = dict.fromkeys(CLASSES[each.rule] for each in causes if each.rule in CLASSES)
    if kinds:
        yield "of the class", listed(name for name, _ in kinds)
        yield "which mostly takes", listed(took for _, took in kinds)


def _moment(at: datetime, source: str, said: str, level: str = "ERROR") -> Moment:
    return Moment(
        at=at, kind=MomentKind.FINDING, level=level, source=source, message=said
    )
