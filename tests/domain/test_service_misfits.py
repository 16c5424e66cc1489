from bot.domain.service_misfits import proofs, refusals
from bot.domain.services import Misfit, Told, Uncaught
from tests.world import NOW, ago


def refused(misfit: Misfit | None, *, minutes: int) -> Uncaught:
    return Uncaught(
        at=ago(minutes=minutes),
        service="orchestrator",
        kind="x",
        error="x",
        misfit=misfit,
    )


def test_what_is_alike_is_counted_together() -> None:
    """By service, model and fields; other exceptions are left out."""
    budget = Misfit(model="TaskContract", fields=("budget",))
    goal = Misfit(model="TaskContract", fields=("goal",), wanted="Field required")
    told = Told(
        uncaught=(
            refused(budget, minutes=9),
            refused(goal, minutes=8),
            refused(None, minutes=7),
            refused(budget, minutes=6),
        )
    )

    first, second = refusals(told)

    assert (first.fields, first.count, first.wanted) == (("budget",), 2, "")
    assert (first.first_at, first.last_at) == (ago(minutes=9), ago(minutes=6))
    assert (second.fields, second.count) == (("goal",), 1)
    assert [*refusals(None)] == []


def test_what_was_refused_is_told_by_names() -> None:
    """And by what the model asks for; never by what it got."""
    goal = Misfit(model="TaskContract", fields=("goal", "x.y"), wanted="Field required")
    bare = Misfit(model="Other", fields=(), got="RateLimited")
    told = Told(uncaught=(refused(goal, minutes=1), refused(bare, minutes=1)))

    first, second = (proofs(each, NOW) for each in refusals(told))

    assert first == (
        "1 x 500, at 2026-01-31 11:59:00Z, 1 min ago: ValidationError for TaskContract",
        "it refuses goal, x.y: Field required",
    )
    assert second[1] == "it refuses a field that it does not name; it was 'RateLimited'"
