from pathlib import Path

from bot.sources.agents.witnesses import witnesses
from tests.sources.agents.files import a_decision, a_folder, ago, naive, write

BLOCK = b"08:59:58 [brain] INFO: x\n08:59:59 [gpu-2] INFO: Queue empty\n"


def test_who_wrote_last_is_asked_first(tmp_path: Path) -> None:
    """Then the brain's decisions; nobody else."""
    folder = a_folder(tmp_path)
    for name, at in (("gpu_1", ago(hours=3)), ("gpu_2", ago(seconds=3))):
        doc = {"name": name.replace("_", "-"), "gpu_id": 1, "last_updated": naive(at)}
        write(tmp_path / "gpus" / name / "heartbeat.json", doc)
    decisions = tmp_path / "logs" / "brain_decisions.log"
    write(decisions, a_decision("MONITOR", "look", ago(hours=1)) + "\nhalf a l")

    assert [*witnesses(folder, decisions, BLOCK)] == [ago(seconds=3), ago(hours=1)]


def test_nobody_may_have_left_a_sign(tmp_path: Path) -> None:
    """Neither a heartbeat nor a decision, nor a line of anybody."""
    folder = a_folder(tmp_path)
    empty = write(tmp_path / "none.log", "")

    assert [*witnesses(folder, tmp_path / "no.log", BLOCK)] == []
    assert [*witnesses(folder, empty, b"no head\n")] == []
