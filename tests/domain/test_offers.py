from bot.domain.offers import Decision, Fate, Item, Plan, Record, by_one_name, heeded
from tests.world import NOW


def an_item(**given: object) -> Item:
    return Item(target="t", action="do", why="due", **given)  # type: ignore[arg-type]


def test_a_plan_counts_pods_and_what_they_cost() -> None:
    """Items that end no pod cost nothing of that kind."""
    plan = Plan(
        items=(
            an_item(pods=1, cost_per_hour_usd=0.69),
            an_item(pods=1, cost_per_hour_usd=1.0),
            an_item(),
        )
    )

    assert (plan.pods, plan.cost_per_hour_usd) == (2, 1.69)


def test_one_unknown_cost_makes_the_sum_unknown() -> None:
    """A sum without it would be too small."""
    plan = Plan(items=(an_item(pods=1, cost_per_hour_usd=0.69), an_item(pods=1)))

    assert plan.cost_per_hour_usd is None


def test_a_plan_of_nothing_costs_nothing() -> None:
    """That is known."""
    assert Plan(items=()).cost_per_hour_usd == 0


def test_a_stopped_pod_of_unknown_cost_does_not_hide_the_sum() -> None:
    """What it bills for its disk nobody tells."""
    plan = Plan(
        items=(
            an_item(pods=1, cost_per_hour_usd=0.69),
            an_item(pods=1, running=False),
        )
    )

    assert (plan.pods, plan.cost_per_hour_usd) == (2, 0.69)


def a_record(decision: Decision, offer: str = "o1", **given: object) -> Record:
    return Record(
        at=NOW,
        who="ann",
        action="worker terminate",
        decision=decision,
        offer_id=offer,
        **given,  # type: ignore[arg-type]
    )


def test_a_second_press_is_not_heeded() -> None:
    """Nor is one on an offer that was cancelled; it changed nothing."""
    used = a_record(Decision.ALLOWED, outcome=Fate.DONE)
    cancelled = a_record(Decision.CANCELLED, "o2")
    again = a_record(Decision.REFUSED)

    assert heeded([used, again, again]) == (used,)
    assert heeded([cancelled, a_record(Decision.REFUSED, "o2")]) == (cancelled,)


def test_a_press_while_an_offer_is_taken_is_not_heeded() -> None:
    """Its line may stand before the first act's."""
    used = a_record(Decision.ALLOWED, outcome=Fate.DONE)
    why = "toy break is running already: alice started it; your press changed nothing"
    late = a_record(Decision.REFUSED, reason=why)

    assert heeded([late, used]) == (used,)


def test_what_was_refused_before_or_without_an_offer_is_heeded() -> None:
    """Somebody wanted it who might not, or a plan had expired."""
    early = a_record(Decision.REFUSED)
    used = a_record(Decision.ALLOWED, outcome=Fate.DONE)
    bare = a_record(Decision.REFUSED, "")
    frozen = a_record(Decision.ALLOWED, "", outcome=Fate.DONE)

    assert heeded([early, used]) == (early, used)
    assert heeded([frozen, bare]) == (frozen, bare)


def _named(*people: str) -> list[str]:
    """Return how these people are named beside each other."""
    records = [
        Record(at=NOW, who=who, action="x", decision=Decision.REFUSED) for who in people
    ]
    return [each.who for each in by_one_name(records)]


def test_a_person_has_one_name() -> None:
    """The newest that their id bears; one that nobody tells stays an id."""
    assert _named("U01ALICE", "alice (U01ALICE)", "U02BOB", "Alice B. (U01ALICE)") == [
        *("Alice B. (U01ALICE)", "Alice B. (U01ALICE)", "U02BOB"),
        "Alice B. (U01ALICE)",
    ]


def test_nobody_is_taken_for_another() -> None:
    """Neither by the name of a shell's user, nor by an id that a name holds."""
    people = ["U01ALICE", "alice", "shell: alice", "shell: eve (U01ALICE)"]

    assert _named(*people) == people
    assert _named("U01ALICE", "alice (U01ALICE) (U05EVE)", "U05EVE") == [
        "U01ALICE",
        *["alice (U01ALICE) (U05EVE)"] * 2,
    ]
