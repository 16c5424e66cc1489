import pytest

from bot.domain.ids import systems_of


@pytest.mark.parametrize(
    ("id", "systems"),
    [
        ("41345358-0000-4000-8000-000000000001", ("agents", "reigh", "octollm")),
        ("41345358", ("agents", "reigh", "octollm")),
        ("4134", ("agents", "reigh", "octollm")),
        ("41345358-00", ("agents", "reigh", "octollm")),
        ("gpu-20260131_110000-0A1B2C3D", ("reigh",)),
        ("manual-gpu-20260131_110000-0a1b2c3d", ("reigh",)),
        ("20261123_084557", ("agents",)),
        ("20261123_084812_0a1b2c3d", ("agents",)),
        ("inc_20261123_084812_0a1b2c3d", ("agents",)),
        ("gpu-1", ("agents",)),
        ("worker-3", ("agents",)),
        ("worker-gpu1", ("agents",)),
        ("cpu-pi1", ("agents",)),
        ("brain", ("agents",)),
        ("gpu-2-w0-dd8fbfaa", ("agents",)),
        ("gpu-2-meta", ("agents",)),
        ("req-abc123", ("octollm",)),
        ("task-123", ("octollm",)),
        ("coder", ("octollm",)),
        ("planner-arm-2", ("octollm",)),
        ("safety-guardian", ("octollm",)),
        ("reflex-layer", ("octollm",)),
        ("studio-desk-4090", ()),
        ("legacy-abcdefgh", ()),
        ("", ()),
    ],
)
def test_the_form_of_an_id_tells_who_may_have_written_it(
    id: str, systems: tuple[str, ...]
) -> None:
    """As systems/agents.md, 4, lists the forms."""
    assert systems_of(id) == systems
