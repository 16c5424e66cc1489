import pytest

from bot.domain.services import Misfit
from bot.sources.octollm.misfits import misfit
from tests.sources.octollm.samples import RUN, logs
from tests.sources.octollm.told import a_line

MORE = "    For further information visit https://errors.pydantic.dev/2.14/v/enum"


def test_other_errors_are_no_misfits() -> None:
    """Whatever they say of validation."""
    assert misfit(a_line(1, "x")) is None
    assert misfit(a_line(1, "x", error="no validation error for Task")) is None


async def test_the_real_misfits_are_named() -> None:
    """By model and field; what an enum wants is told, what came is not."""
    read = await logs().all(RUN, lambda line: misfit(line) is not None)

    assert [misfit(line) for line in read.rows] == [
        Misfit(
            model="TaskContract",
            fields=("budget",),
            wanted="Input should be a valid dictionary or instance of ResourceBudget",
        ),
        Misfit(
            model="TaskContract",
            fields=("budget",),
            wanted="Input should be a valid dictionary or instance of ResourceBudget",
        ),
        Misfit(model="TaskContract", fields=("goal",)),
        Misfit(
            model="ReflexResponse",
            fields=("status",),
            wanted="Input should be 'Success', 'Blocked' or 'Error'",
            got="success",
        ),
    ]


@pytest.mark.parametrize(
    ("field", "came", "told"),
    [
        ("status", "RateLimited", "RateLimited"),
        ("status", "rate_limited", "rate_limited"),
        ("status", "bob@x.org", None),
        ("priority", "success", None),
    ],
)
def test_only_a_status_of_the_reflex_layer_is_told(
    field: str, came: str, told: str | None
) -> None:
    """All else that came may be what somebody wrote."""
    text = (
        f"1 validation error for ReflexResponse\n{field}\n"
        f"  Input should be 'Success' [type=enum, input_value='{came}', input_type=str]"
    )
    found = misfit(a_line(1, "x", error=text))

    assert found is not None
    assert found.got == told


def test_several_places_are_named_once_each() -> None:
    """Without their numbers; the first message that may be told is."""
    text = (
        "3 validation errors for ReflexResponse\n"
        "pii_matches.0.position\n"
        "  Value error, bad 'bob@x.org' [type=value_error, input_value='bob@x.org']\n"
        f"{MORE}\n"
        "pii_matches.1.position\n"
        "  Field required [type=missing, input_value={'value': 'bob@x.org'}]\n"
        f"{MORE}\n"
        "status\n"
        "  Input should be 'Success' [type=enum, input_value='bob@x.org']\n"
        f"{MORE}"
    )
    found = misfit(a_line(1, "x", error=text))

    assert found == Misfit(
        model="ReflexResponse",
        fields=("pii_matches.position", "status"),
        wanted="Field required",
    )


@pytest.mark.parametrize(
    ("place", "named"),
    [
        ("metadata.bob@x.org.age", "metadata"),
        ("constraints.Bob Smith", "constraints"),
        ("budget.max_tokens", "budget.max_tokens"),
    ],
)
def test_keys_that_people_choose_are_not_named(place: str, named: str) -> None:
    """Nor what stands below them."""
    text = f"1 validation error for TaskContract\n{place}\n  Bad [type=x]\n{MORE}"
    found = misfit(a_line(1, "x", error=text))

    assert found == Misfit(model="TaskContract", fields=(named,))
