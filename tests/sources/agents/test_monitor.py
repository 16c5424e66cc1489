from pathlib import Path

import pytest

from bot.domain.orchestration import Decision
from bot.domain.times import Window
from bot.sources.agents.monitor import life
from bot.sources.agents.sweep import Sweep, files
from tests.sources.agents.files import (
    NOW,
    a_decision,
    a_folder,
    a_log,
    ago,
    running,
    the_decisions,
    write,
)

HOUR = Window.before(NOW, hours=1)


def test_the_real_brains_life_is_read(tmp_path: Path) -> None:
    """A look each half minute since it was ready."""
    folder, now = running(tmp_path)
    window = Window(since=now.replace(hour=8, minute=0), until=now)
    found = life(Sweep(folder), files(folder, ()), window)

    assert len(found.cycles) == 53
    assert [found.cycles[at].number for at in (0, -1)] == [1, 53]
    assert found.cycles[0].decision == Decision(active=3, starting=0, wanted=3)
    assert [f"{at:%H:%M:%S}" for at in found.restarts] == ["08:45:32"]
    assert found.last_line is not None
    assert found.last_line.at > now.replace(minute=11, second=0)
    assert found.whole
    assert found.cycles[-1].saw == {
        "gpus active": "1/5",
        "agents": "3/3",
        "stuck": "0",
        "hot gpus": "0",
        "queue": "3 (script 3)",
        "processing files": "5",
        "split-ready": "0",
    }
    assert found.decisions == found.notable
    assert found.pauses(now) == ()
    assert {line.source_id for line in found.notable} >= {"ABANDON", "GPU_MISSING"}


@pytest.mark.parametrize("place", ["logs/brain_decisions.log", "logs/console/x.log"])
def test_logs_in_which_no_line_has_a_time_tell_so(tmp_path: Path, place: str) -> None:
    """Nothing there is the newest; empty ones say nothing."""
    folder = a_folder(tmp_path)
    write(tmp_path / place, "")
    empty = life(Sweep(folder), files(folder, ()), HOUR)
    write(tmp_path / place, "no time\n{}\n" * 9)
    undated = life(Sweep(folder), files(folder, ()), HOUR)
    a_log(tmp_path, "gpu-1.log", "08:50:00 [gpu-1] INFO: GPU agent ready")
    of_another = life(Sweep(folder), files(folder, ()), HOUR)

    assert (empty.last_line, empty.undated) == (None, False)
    assert (undated.last_line, undated.undated) == (None, True)
    assert (of_another.last_line, of_another.undated) == (None, False)


def test_numbers_begin_anew_with_the_brain(tmp_path: Path) -> None:
    """Where the window does not tell when that was, there is none."""
    the_decisions(
        tmp_path,
        a_decision("MONITOR", "Workers: 2/3", ago(minutes=20)),
        a_decision("MONITOR", "odd", ago(minutes=9)),
        a_decision("MONITOR", "odd", ago(minutes=8)),
        a_decision("MONITOR", "odd", ago(minutes=3)),
    )
    ready = "[brain] INFO: [STARTUP] Brain ready (total: 1s)"
    a_log(
        tmp_path,
        "brain.log",
        f"08:50:00 {ready}",
        f"08:55:00 {ready}",
        at=ago(minutes=5),
    )
    folder = a_folder(tmp_path)
    found = life(Sweep(folder), files(folder, ()), HOUR)

    assert [each.number for each in found.cycles] == [None, 1, 2, 1]
    assert found.cycles[0].decision == Decision(active=2, starting=0, wanted=3)
    assert found.cycles[1].decision is None
    assert len(found.restarts) == 2


def test_the_newest_line_is_told_however_old_it_is(tmp_path: Path) -> None:
    """Without decisions there is none."""
    folder = a_folder(tmp_path)
    nothing = life(Sweep(folder), files(folder, ()), HOUR)
    the_decisions(tmp_path, a_decision("MONITOR", "x", ago(days=30)))
    old = life(Sweep(folder), files(folder, ()), HOUR)

    assert nothing.last_line is None
    assert old.cycles == ()
    assert old.last_line is not None
    assert old.last_line.at == ago(days=30)


def test_what_a_look_saw_is_told_in_the_words_of_all_generations(
    tmp_path: Path,
) -> None:
    """And which agents are hot, where it names them."""
    the_decisions(
        tmp_path,
        a_decision(
            "MONITOR",
            "GPUs active: 0/5, Workers: 3/3, Queue: 7 (cpu:0, script:7, llm:0),"
            " Processing: 3, Stuck: 0, Models loaded: 1",
            ago(minutes=3),
            hot_gpus=["gpu-2", "gpu-4"],
        ),
    )
    folder = a_folder(tmp_path)
    beat = ago(seconds=5)
    found = life(Sweep(folder), files(folder, ()), HOUR, beat)

    assert found.cycles[0].saw == {
        "gpus active": "0/5",
        "workers": "3/3",
        "stuck": "0",
        "models loaded": "1",
        "queue": "7 (script 7)",
        "processing files": "3",
        "which are hot": "gpu-2, gpu-4",
    }
    assert [*found.cycles[0].saw][:3] == ["workers", "queue", "stuck"]
    assert found.seen_at == beat
    assert [each.seconds for each in found.pauses(NOW)] == [180.0]


def test_decisions_that_may_not_be_read_are_not_taken_for_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Unlike a console: of the brain's life it tells its starts alone."""
    the_decisions(tmp_path, a_decision("MONITOR", "x", NOW))
    a_log(tmp_path, "gpu-1.log", "09:00:00 [gpu-1] INFO: a")
    folder = a_folder(tmp_path)
    found, opens = files(folder, ()), Path.open
    told = {}
    for shut in ("brain_decisions.log", "gpu-1.log"):

        def refused(path: Path, mode: str, shut: str = shut) -> object:
            if path.name == shut:
                raise PermissionError(13, "Permission denied")
            return opens(path, mode)

        monkeypatch.setattr(Path, "open", refused)
        told[shut] = life(Sweep(folder), found, HOUR)

    assert [each.unread for each in told.values()] == [True, False]
    assert [each.undated for each in told.values()] == [False, False]
    assert [each.last_line is None for each in told.values()] == [True, False]
