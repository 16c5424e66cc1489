"""What can go wrong with an OctoLLM: each function lets something fail.

Each plants one failure, or a near miss, of systems/octollm.md, 3B, and notes which
findings are owed. What is about a service as a whole is owed on no subject.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from random import Random
from typing import Final, TypeAlias

from bot.demo import sick_arms as arms
from bot.demo import sick_processes as processes
from bot.demo.octo import ARMS, MORE_ARMS, REFLEX, WARM, Answer, Octo
from bot.demo.octo_requests import draw_ways

Scenario: TypeAlias = Callable[[Octo], None]
BUDGET: Final = (
    "1 validation error for TaskContract\nbudget\n  Input should be a valid dictionary"
    " or instance of ResourceBudget [type=model_type, input_value=None,"
    " input_type=NoneType]"
)
GOAL: Final = (
    "1 validation error for TaskContract\ngoal\n  Value error, Goal cannot be empty or"
    " whitespace only [type=value_error, input_value='   ', input_type=str]"
)
ANSWER: Final = (
    "1 validation error for ReflexResponse\nstatus\n  Input should be 'Success',"
    " 'Blocked' or 'Error' [type=enum, input_value='success', input_type=str]"
)
DETACHED: Final = (
    "Parent instance <Task at 0x7f1c> is not bound to a Session; lazy load operation of"
    " attribute 'result' cannot proceed"
)
BREAKER: Final = "breaker"
OPENED: Final = timedelta(seconds=80)  # so long ago the breaker opened
POOL: Final = (
    "QueuePool limit of size 10 overflow 20 reached, connection timed out, timeout"
    " 30.00"
)


def plant_arm_down(octo: Octo, *, arm: str = "coder", status: int = 0) -> None:
    """Let nobody listen at an arm's address, or let it answer that it fails (1)."""
    if status:
        octo.answers[arm]["/health"] = Answer({"error": "no model"}, status)
    else:
        octo.refusing.add(arm)
    octo.owe("service-down", arm)


def plant_reflex_down(octo: Octo) -> None:
    """Let the reflex layer be gone: submits fail after three tries (1 and 4)."""
    octo.refusing.add(REFLEX)
    octo.unready(reflex_layer=False)
    for number in range(3):
        _refused(octo, octo.ago(seconds=200 - 20 * number))
    octo.owe("service-down", REFLEX)
    octo.owe("reflex-unavailable", "")
    octo.leave_open("not-ready", "")


def plant_breaker(octo: Octo) -> None:
    """Let the breaker open after five failures; submits are turned away then (4)."""
    opened = octo.opened_at or octo.now - OPENED
    for number in range(5):
        _refused(octo, opened - timedelta(seconds=20 - 4 * number))
    octo.say(
        *(opened, "warning", "circuit_breaker.open"),
        reason="failure_threshold_exceeded",
        count=5,
    )
    octo.turn_away(opened + timedelta(seconds=5), octo.id())
    octo.owe("breaker-open", "")
    octo.owe("reflex-unavailable", "")


def plant_database_down(octo: Octo) -> None:
    """Let the database be gone: /ready says so, /health does not (1 and 2)."""
    octo.unready(database=False)
    said = "connection refused: Is the server running on that host?"
    at = octo.ago(seconds=40)
    octo.say(at, "error", "database.health_check_failed", error=said)
    octo.owe("database-down", "")
    octo.leave_open("not-ready", "")


def plant_uncaught(octo: Octo, *, rule: str, kind: str, error: str) -> None:
    """Let a submit raise what nobody catches: 500, and no line of a request."""
    octo.uncaught(octo.ago(minutes=4), kind, error)
    octo.owe(rule, "")


def plant_lost(octo: Octo) -> None:
    """Let a task pass the reflex layer and never be stored (6)."""
    at = octo.ago(minutes=6)
    task = octo.submit(at, stored=False)
    octo.uncaught(at + timedelta(milliseconds=40), "OperationalError", "server closed")
    octo.owe("lost-task", task)
    octo.leave_open("database-down", "")


def spare_young(octo: Octo) -> None:
    """Let a task have passed the reflex layer just now (6: within 60 s)."""
    octo.spare(octo.submit(octo.ago(seconds=20), stored=False))


def plant_rate_limit(octo: Octo) -> None:
    """Let the provider ask to be called less often (10)."""
    at = octo.ago(minutes=3)
    octo.say(at, "warning", "openai.rate_limit", retry_after=20)
    octo.owe("rate-limited", "")


def plant_pii(octo: Octo) -> None:
    """Let tasks with personal data be stored (11)."""
    for number in range(3):
        octo.submit(octo.ago(minutes=9 + number), pii=True)
    octo.owe("personal-data", "")


def plant_injection(octo: Octo) -> None:
    """Let an injection be blocked (11)."""
    at = octo.ago(minutes=5)
    octo.reflex(at, bad=True)
    octo.say(
        *(at + timedelta(milliseconds=2), "warning", "task.blocked_by_reflex"),
        task_id=octo.id(),
        pii_detected=False,
        injection_detected=True,
    )
    octo.request(at + timedelta(milliseconds=5), 400, path="/submit")
    octo.owe("injections", "")


def plant_slow(octo: Octo, *, milliseconds: float = 2400, owed: bool = True) -> None:
    """Let a tenth of all requests take so long (12: over 1 s is slow)."""
    for number in range(16):
        at = octo.ago(minutes=2 + 2 * number)
        octo.request(at, path="/tasks", milliseconds=milliseconds)
    if owed:
        octo.owe("slow-requests", "")


def plant_errors(octo: Octo, *, count: int = 30, owed: bool = True) -> None:
    """Let many requests fail (14: over 5 %)."""
    for number in range(count):
        octo.request(octo.ago(seconds=60 + 20 * number), 500, path="/tasks")
    if owed:
        octo.owe("error-rate", "")


def plant_cold_cache(octo: Octo) -> None:
    """Owe what a cache that knows little amounts to (16); `make_octo` makes it so."""
    octo.owe("cache-low", "")


def _refused(octo: Octo, at: datetime) -> None:
    """Let a submit fail as the reflex layer can't be reached."""
    tried = "reflex_client.request_error"
    octo.say(at, "error", tried, error="All connection attempts failed")
    octo.say(
        *(at + timedelta(seconds=3), "error", "task.reflex_unavailable"),
        task_id=octo.id(),
    )
    after = at + timedelta(seconds=3, milliseconds=4)
    octo.request(after, 503, path="/submit", milliseconds=3011)


LAST: Final = "never taken up"  # so that nothing is that others plant
# What only a database that is read can tell.
STORED: Final[Mapping[str, Scenario]] = {
    "no arm, by its row": arms.plant_failed_row,
    "nearly no arm": partial(
        arms.plant_failed_row, error="Arm coder found nothing suitable", owed=False
    ),
    "over budget": arms.plant_over_budget,
    "over a large budget": partial(arms.plant_over_budget, seconds=1210, allowed=1200),
    "nearly over budget": partial(arms.plant_over_budget, seconds=285, owed=False),
    "nearly over a large budget": partial(
        arms.plant_over_budget, seconds=1180, allowed=1200, owed=False
    ),
    "pending": arms.plant_pending,
    "nearly pending for long": partial(arms.plant_pending, seconds=285, owed=False),
    LAST: arms.plant_unconsumed,
}
OCTO_SCENARIOS: Final[Mapping[str, Scenario]] = {
    "arm down": plant_arm_down,
    "arm failing": partial(plant_arm_down, arm="judge", status=500),
    "reflex down": plant_reflex_down,
    BREAKER: plant_breaker,
    "database down": plant_database_down,
    "pool": partial(
        plant_uncaught, rule="pool-exhausted", kind="TimeoutError", error=POOL
    ),
    "no budget": partial(
        plant_uncaught, rule="missing-budget", kind="ValidationError", error=BUDGET
    ),
    "blank goal": partial(
        plant_uncaught, rule="blank-goal", kind="ValidationError", error=GOAL
    ),
    "mismatch": partial(
        plant_uncaught, rule="contract-mismatch", kind="ValidationError", error=ANSWER
    ),
    "lost": plant_lost,
    "passed just now": spare_young,
    "rate limit": plant_rate_limit,
    "personal data": plant_pii,
    "injection": plant_injection,
    "slow": plant_slow,
    "nearly slow": partial(plant_slow, milliseconds=980, owed=False),
    "errors": plant_errors,
    "few errors": partial(plant_errors, count=3, owed=False),
    "cold cache": plant_cold_cache,
    "unreadable tasks": partial(
        plant_uncaught,
        rule="unreadable-tasks",
        kind="DetachedInstanceError",
        error=DETACHED,
    ),
    "no arm": arms.plant_no_arm,
    "no redis": processes.plant_no_redis,
    "leak": processes.plant_leak,
    "nearly a leak": partial(processes.plant_leak, growth=0.19, owed=False),
    "nearly a leak, slow": partial(processes.plant_leak, first_mb=20, owed=False),
    "restarted once": partial(processes.plant_restarts, times=1),
    "restarted twice": processes.plant_restarts,
    "no start": processes.plant_bad_start,
    "no start, then one": partial(processes.plant_bad_start, again=True),
    **STORED,
}
CLASHING: Final = frozenset({"reflex down", BREAKER})
# Of each of these one at most can be true.
APART: Final = (
    CLASHING | {"no redis"},
    frozenset({name for name in OCTO_SCENARIOS if name.startswith(("leak", "restart"))})
    | {"nearly a leak", "nearly a leak, slow"},
    *(frozenset({LAST, it}) for it in STORED if it != LAST),
    *(frozenset({"database down", it}) for it in STORED),
)
ALONE: Final = "no start"  # an orchestrator that is down tells nothing else
ODDS_OF_DATABASE: Final = 0.5


def make_octo(
    now: datetime,
    seed: int,
    *,
    failures: tuple[str, ...] | None = None,
    requests: int = 0,
) -> Octo:
    """Return a deployment with *failures*, or with some that the seed draws.

    With *requests* that can be traced it has five services, whose clocks are off.
    """
    chance = Random(seed)
    if failures is None:
        failures = _possible(chance.sample([*OCTO_SCENARIOS], chance.randrange(6)))
    set_up = chance.random() < ODDS_OF_DATABASE and "database down" not in failures
    octo = Octo(
        now,
        seed=seed,
        structured=chance.random() < 0.5,
        zone=chance.choice(("UTC", "America/New_York")),
        warm=0.2 if "cold cache" in failures else WARM,
        database=set_up or not STORED.keys().isdisjoint(failures),
        arms=MORE_ARMS if requests else ARMS,
        opened_at=now - OPENED if BREAKER in failures else None,
    )
    for name in sorted(failures, key=lambda name: name == LAST):
        OCTO_SCENARIOS[name](octo)
    if requests:
        draw_ways(octo, requests)
    _leave_open(octo)
    return octo


def _possible(drawn: Sequence[str]) -> tuple[str, ...]:
    """Return what of it can be true at the same time: of two the first stays."""
    if ALONE in drawn:
        return (ALONE,)
    found: list[str] = []
    for name in drawn:
        if not any(name in it and not it.isdisjoint(found) for it in APART):
            found.append(name)
    return tuple(found)


def _leave_open(octo: Octo) -> None:
    """Leave open what several failures together may amount to.

    Of shares: each failed submit is one more that failed, and mostly a slow one.
    """
    if sum(line.level == "error" for line in octo.lines) > 2:
        octo.leave_open("error-rate", "")
    if any(it.rule == "reflex-unavailable" for it in octo.expected):
        octo.leave_open("slow-requests", "")
