"""What models refused in a window, those that are alike together."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final

from bot.domain.service_proofs import spread

if TYPE_CHECKING:
    from bot.domain.services import Misfit, Told

CONTRACT: Final = "TaskContract"
"""The model that a client's submit has to fit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A model that refused the same fields so many times."""

    service: str
    model: str
    fields: tuple[str, ...]
    wanted: str
    """What it says of the first field; empty where it does not, or may not."""
    got: str | None
    """The status that came, where it was one of the reflex layer's."""
    count: int
    first_at: datetime
    last_at: datetime


def refusals(told: "Told | None") -> Iterator[Refusal]:
    """Yield what was refused, in the order in which it came up."""
    alike: dict[tuple[str, Misfit], list[datetime]] = {}
    for each in told.uncaught if told else ():
        if each.misfit is not None:
            alike.setdefault((each.service, each.misfit), []).append(each.at)
    for (service, misfit), times in alike.items():
        yield Refusal(
            service=service,
            model=misfit.model,
            fields=misfit.fields,
            wanted=misfit.wanted,
            got=misfit.got,
            count=len(times),
            first_at=min(times),
            last_at=max(times),
        )


def bad_submits(told: "Told | None", field: str) -> Iterator[Refusal]:
    """Yield the submits that were refused for this field."""
    for each in refusals(told):
        if each.model == CONTRACT and field in each.fields:
            yield each


def proofs(refusal: Refusal, now: datetime) -> tuple[str, ...]:
    """Return how often what was refused when; never what people had written."""
    when = spread(refusal.first_at, refusal.last_at, now)
    fields = ", ".join(refusal.fields) or "a field that it does not name"
    wanted = f": {refusal.wanted}" if refusal.wanted else ""
    got = f"; it was {refusal.got!r}" if refusal.got else ""
    return (
        f"{refusal.count} x 500, {when}: ValidationError for {refusal.model}",
        f"it refuses {fields}{wanted}{got}",
    )
