import pytest

from bot.domain.ids import OCTOLLM, systems_of
from bot.domain.service_names import ORCHESTRATOR, REFLEX


@pytest.mark.parametrize("name", [ORCHESTRATOR, REFLEX])
def test_a_service_is_known_by_its_name(name: str) -> None:
    """`worker reflex-layer` needs no word about the system."""
    assert systems_of(name) == (OCTOLLM,)
