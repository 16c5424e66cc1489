"""What the programs that we look at read of their environment."""

import pytest

from bot.programs import AGENTS_PROGRAMS, OCTO_PROGRAMS, ORCHESTRATOR, Declared


@pytest.mark.parametrize(
    "declared",
    [ORCHESTRATOR, AGENTS_PROGRAMS, OCTO_PROGRAMS],
    ids=["reigh", "agents", "octollm"],
)
def test_no_setting_is_declared_twice(declared: tuple[Declared, ...]) -> None:
    """Each name has one meaning, which is told, and no secret has a default."""
    names = [each.name for each in declared]

    assert len(names) == len(set(names))
    assert all(each.explanation for each in declared)
    assert not [each for each in declared if each.secret and each.default]
