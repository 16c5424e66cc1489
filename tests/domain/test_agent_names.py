import pytest

from bot.domain.agent_names import AgentKind, kind_of, same_task

ID = "3a333f8c-8470-4efc-81da-07a9419aa14b"


@pytest.mark.parametrize(
    ("named", "same"),
    [(ID, True), (ID[:8], True), (ID[:7], False), ("3a333f8d", False), ("", False)],
)
def test_a_cut_id_names_the_task(named: str, same: bool) -> None:
    """Of eight characters at least, as logs cut them."""
    assert same_task(ID, named) is same


@pytest.mark.parametrize(
    ("id", "kind"),
    [
        ("brain", AgentKind.BRAIN),
        ("gpu-1", AgentKind.GPU),
        ("cpu-pi-1", AgentKind.CPU),
        ("worker-gpu1", AgentKind.WORKER),
        ("rig7", AgentKind.GPU),
    ],
)
def test_an_id_tells_what_kind_of_program_bears_it(id: str, kind: AgentKind) -> None:
    """Those of config.json, which may be called anything, are GPU agents."""
    assert kind_of(id) is kind
