"""The powers are protocols: what fulfils them is tested by the contract tests."""

from bot.sources.powers import Powers
from tests.world import a_world


def test_the_fakes_fulfil_them() -> None:
    """Types are checked by mypy; that the parts are there is checked here."""
    powers: Powers = a_world().powers

    assert None not in (powers.pods, powers.workers, powers.tasks)
