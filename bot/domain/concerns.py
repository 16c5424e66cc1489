"""Which findings an answer tells itself, and in one line how many it does not."""

from collections.abc import Callable, Sequence

from bot.domain.figures import some
from bot.domain.findings import Finding, Severity


def concerning(
    found: Sequence[Finding], own: Callable[[Finding], bool]
) -> tuple[tuple[Finding, ...], tuple[str, ...]]:
    """Return the findings that are an answer's *own*, and a note of the others.

    Whoever reads a whole system judges all of it, whatever was asked. A rule that
    failed is told everywhere, for nobody knows what it would have concluded.
    """
    kept = tuple(each for each in found if own(each) or each.subject.kind == "rule")
    others = [each for each in found if each not in kept]
    if not others:
        return kept, ()
    critical = sum(each.severity is Severity.CRITICAL for each in others)
    weight = f", {critical:,} of them critical" if critical else ""
    return kept, (f"{some(len(others), 'finding')} about the rest{weight}: see health",)
