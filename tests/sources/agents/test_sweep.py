import os
import threading
import tracemalloc
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.domain.logs import LogLine
from bot.domain.times import Window
from bot.sources.agents.sweep import GUESS, Sweep, files
from bot.sources.asking import Gaps
from tests.sources.agents.files import (
    NOW,
    SAMPLES,
    a_decision,
    a_folder,
    a_log,
    ago,
    naive,
    shut,
    the_decisions,
    untold_by,
    write,
)

DAY = Window.before(NOW, hours=24)


def the_lines(root: Path, window: Window = DAY, zone: str = "UTC") -> list[LogLine]:
    folder = a_folder(root, zone)
    found = files(folder, (), window.since)
    lines = Sweep(folder).lines((*found.structured, *found.consoles), window)
    return sorted(lines, key=lambda line: line.order)


def test_logs_are_where_they_mostly_are(tmp_path: Path) -> None:
    """Samples of prompts are none."""
    the_decisions(tmp_path)
    a_log(tmp_path, "gpu-1.log")
    write(tmp_path / "logs" / "gpu-2.log", "")
    write(tmp_path / "logs" / "training_samples.jsonl", "{}")
    write(tmp_path / "plans/p/history/b/logs/batch_events.jsonl", "")
    write(tmp_path / "plans/p/batches/c/logs/batch_events.jsonl", "")
    found = files(a_folder(tmp_path), ())

    assert {each.name for each in found.consoles} == {
        "logs/gpu-2.log",
        "logs/console/gpu-1.log",
    }
    assert found.decisions is not None
    assert len(found.events) == 2


def test_logs_may_be_anywhere(tmp_path: Path) -> None:
    """By patterns from the folder, or of whole paths; old ones are left out."""
    old = write(tmp_path / "other" / "old.txt", "", at=ago(days=2))
    write(tmp_path / "other" / "new.txt", "")
    folder = a_folder(tmp_path / "root")
    whole = (str(tmp_path / "other" / "*.txt"),)
    below = ("../other/*.txt", "../other/new.txt")

    assert len(files(folder, whole).consoles) == 2
    assert len(files(folder, whole, ago(days=1)).consoles) == 1
    assert len(files(folder, below, ago(days=1)).consoles) == 2 - 1
    assert old.exists()


def test_consoles_and_decisions_are_one_story(tmp_path: Path) -> None:
    """What the brain's console repeats is told once, with its whole time."""
    decision = a_decision("RETRY", "Retrying", ago(minutes=5), task_id="3a333f8c")
    the_decisions(tmp_path, decision)
    a_log(
        tmp_path,
        "all.log",
        "08:54:00 [gpu-1] INFO: Queue empty",
        "08:55:00 [brain] INFO: [RETRY] Retrying",
        "08:56:00 [brain] INFO: [STARTUP] Brain ready (total: 11.1s)",
        at=ago(minutes=4),
    )

    assert [line.message for line in the_lines(tmp_path)] == [
        "Queue empty",
        "[RETRY] Retrying (task 3a333f8c)",
        "[STARTUP] Brain ready (total: 11.1s)",
    ]


def test_without_decisions_the_console_tells_them(tmp_path: Path) -> None:
    """They may be elsewhere."""
    line = "09:00:00 [brain] INFO: [RETRY] Retrying"
    a_log(tmp_path, "brain.log", line)

    assert [each.message for each in the_lines(tmp_path)] == ["[RETRY] Retrying"]


def test_a_twin_tells_the_day_where_a_copy_is_newer(tmp_path: Path) -> None:
    """Two days were copied today; both are told rightly."""
    the_decisions(
        tmp_path,
        a_decision("RETRY", "one", ago(days=1)),
        at=NOW,
    )
    a_log(
        tmp_path,
        "brain.log",
        "23:00:00 [brain] INFO: before",
        "09:00:00 [brain] INFO: [RETRY] one",
        "10:00:00 [brain] INFO: after",
        at=ago(minutes=-90),
    )
    window = Window.before(NOW, hours=48)
    found = {line.message: line.at for line in the_lines(tmp_path, window)}

    assert found == {
        "before": ago(days=1, hours=10),
        "[RETRY] one": ago(days=1),
        "after": ago(days=1, hours=-1),
    }


def test_a_day_that_is_a_guess_is_called_so(tmp_path: Path) -> None:
    """The file was last written hours after its last line."""
    a_log(tmp_path, "gpu-1.log", "05:00:00 [gpu-1] INFO: x")

    [line] = the_lines(tmp_path)

    assert (line.at, line.message) == (ago(hours=4), "x" + GUESS)


def test_a_heartbeat_tells_the_day_of_a_copy(tmp_path: Path) -> None:
    """That of who wrote the last line."""
    a_log(tmp_path, "gpu-1.log", "05:00:00 [gpu-1] INFO: x")
    beat = {"name": "gpu-1", "gpu_id": 1, "last_updated": naive(ago(hours=28))}
    write(tmp_path / "gpus" / "gpu_1" / "heartbeat.json", beat)

    [line] = the_lines(tmp_path, Window.before(NOW, hours=48))

    assert (line.at, line.message) == (ago(hours=28), "x")


def test_midnights_are_counted_back(tmp_path: Path) -> None:
    """Only what is of the window is told."""
    lines = [f"{hour:02}:00:00 [gpu-1] INFO: x" for hour in (*range(24),) * 3]
    a_log(tmp_path, "gpu-1.log", *lines[: 2 * 24 + 10])
    found = the_lines(tmp_path)

    assert len(found) == 25
    assert found[0].at == ago(hours=24)
    assert found[-1].at == NOW


def test_an_hour_that_comes_twice_is_told_in_its_order(tmp_path: Path) -> None:
    """As the clocks of the host were put back."""
    end = datetime(2026, 10, 25, 2, 0, tzinfo=UTC)
    hours = ("01:30", "02:30", "02:30", "03:00")
    a_log(
        tmp_path,
        "gpu-1.log",
        *(f"{hour}:00 [gpu-1] INFO: x" for hour in hours),
        at=end,
    )
    window = Window(since=end - timedelta(hours=4), until=end)
    found = [line.at for line in the_lines(tmp_path, window, "Europe/Berlin")]

    assert found[0] == end - timedelta(minutes=150)
    assert found[-2:] == [end - timedelta(minutes=30), end]


def test_times_are_those_of_the_hosts_zone(tmp_path: Path) -> None:
    """Of consoles and of decisions."""
    write(
        tmp_path / "logs" / "brain_decisions.log",
        a_decision("RETRY", "x", NOW + timedelta(hours=1)),
    )
    a_log(tmp_path, "gpu-1.log", "10:00:00 [gpu-1] INFO: y")

    assert [line.at for line in the_lines(tmp_path, zone="Europe/Berlin")] == [NOW] * 2


def test_a_window_of_the_past_is_read_alone(tmp_path: Path) -> None:
    """Not what came after it, nor what was before."""
    the_decisions(
        tmp_path,
        *(a_decision("RETRY", str(n), ago(minutes=n)) for n in range(9000, -1, -1)),
    )
    a_log(
        tmp_path,
        "gpu-1.log",
        *(f"{ago(minutes=n):%H:%M:%S} [gpu-1] INFO: {n}" for n in range(9000, -1, -1)),
    )
    window = Window(since=ago(minutes=5003), until=ago(minutes=5000))

    assert sorted({line.message for line in the_lines(tmp_path, window)}) == [
        "5000",
        "5001",
        "5002",
        "5003",
        "[RETRY] 5000",
        "[RETRY] 5001",
        "[RETRY] 5002",
        "[RETRY] 5003",
    ]


def test_ids_stay_while_files_grow(tmp_path: Path) -> None:
    """Pages are turned by them."""
    path = a_log(tmp_path, "gpu-1.log", "08:59:58 [gpu-1] INFO: a")
    [before] = the_lines(tmp_path)
    write(path, path.read_text() + "09:00:00 [gpu-1] INFO: b\n")
    after = the_lines(tmp_path)

    assert [line.message for line in after] == ["a", "b"]
    assert after[0].id == before.id


def test_a_line_that_is_being_written_harms_nothing(tmp_path: Path) -> None:
    """Nor do bytes that are no text."""
    the_decisions(tmp_path, a_decision("RETRY", "x", NOW), '{"timestamp": "2026-')
    path = a_log(tmp_path, "gpu-1.log", "08:59:59 [gpu-1] INFO: a")
    path.write_bytes(path.read_bytes() + b"\xff\x00\n09:00:00 [gpu")
    os.utime(path, (NOW.timestamp(), NOW.timestamp()))
    write(tmp_path / "logs" / "empty.log", "")
    write(tmp_path / "logs" / "other.log", "no line of theirs\n")

    found = [line.message for line in the_lines(tmp_path)]

    assert any("[RETRY] x" in each for each in found)
    assert any(each.startswith("a") for each in found)


def test_a_torn_head_is_part_of_what_stands_above(tmp_path: Path) -> None:
    """A traceback may hold times as well."""
    a_log(
        tmp_path,
        "gpu-1.log",
        "09:00:00 [gpu-1] ERROR: crashed",
        "Traceback",
        "10:00:00 said somebody",
    )

    [line] = the_lines(tmp_path)

    assert line.message == "crashed\nTraceback\n10:00:00 said somebody"


def test_the_oldest_generation_is_read_too() -> None:
    """Ten lost races among six workers."""
    folder = a_folder(SAMPLES / "2026-02" / "claim_races")
    found = files(folder, ())
    always = Window(since=ago(days=9999), until=ago(days=-9999))
    lines = list(Sweep(folder).lines(found.consoles, always))

    assert sum("Lost race" in line.message for line in lines) == 10
    assert sum(line.message.startswith("No suitable tasks") for line in lines) == 6
    assert {line.worker_id for line in lines} == {f"worker-{n}" for n in range(1, 7)}


def test_a_reading_whose_time_is_up_says_that_it_is_not_whole(tmp_path: Path) -> None:
    """What was found by then is an answer."""
    a_log(tmp_path, "gpu-1.log", "09:00:00 [gpu-1] INFO: a")
    the_decisions(tmp_path, a_decision("RETRY", "x", NOW))
    folder = a_folder(tmp_path)
    found = files(folder, ())
    sweep = Sweep(folder, seconds=-1)

    assert list(sweep.lines((*found.structured, *found.consoles), DAY)) == []
    assert not sweep.whole


def test_a_file_that_is_moved_away_is_left_out(tmp_path: Path) -> None:
    """A rotation may come at any time."""
    path = a_log(tmp_path, "gpu-1.log", "09:00:00 [gpu-1] INFO: a")
    folder = a_folder(tmp_path)
    found = files(folder, ())
    path.unlink()

    assert list(Sweep(folder).lines(found.consoles, DAY)) == []


def test_a_file_that_may_not_be_read_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The others are read."""
    a_log(tmp_path, "gpu-1.log", "08:59:00 [gpu-1] INFO: a")
    a_log(tmp_path, "gpu-2.log", "08:59:00 [gpu-2] INFO: b")
    folder = a_folder(tmp_path)
    sweep, opens = Sweep(folder), Path.open

    def refused(path: Path, mode: str) -> object:
        if path.name == "gpu-1.log":
            raise PermissionError(13, "Permission denied")
        return opens(path, mode)

    monkeypatch.setattr(Path, "open", refused)
    gaps = Gaps()
    with gaps.hearing():
        [line] = sweep.lines(files(folder, ()).consoles, DAY)

    assert line.worker_id == "gpu-2"
    assert sweep.unread
    assert [gap.reason for gap in gaps.all] == [
        "logs/console/gpu-1.log may not be read"
    ]


def test_what_has_the_name_of_a_log_and_is_none_is_named(tmp_path: Path) -> None:
    """A folder in the place of the decisions as well; other folders may lie there."""
    logs = tmp_path / "logs"
    (logs / "brain_decisions.log").mkdir(parents=True)
    (logs / "odd.log").mkdir()
    os.mkfifo(logs / "pipe.log")
    (logs / "link.log").symlink_to("nowhere")
    folder = a_folder(tmp_path)

    assert untold_by(lambda: files(folder, ())) == [
        "logs/brain_decisions.log is no file",
        "logs/link.log leads nowhere",
        "logs/pipe.log is no file",
    ]


def test_a_folder_of_logs_that_may_not_be_read_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody knows which files it holds."""
    a_log(tmp_path, "gpu-1.log")
    far = write(tmp_path / "far" / "gpu-2.log", "").parent
    folder = a_folder(tmp_path / "root")
    (folder.root / "logs").mkdir(parents=True)
    shut(monkeypatch, tmp_path / "logs" / "console", far)

    assert untold_by(lambda: files(a_folder(tmp_path), ())) == [
        "logs/console may not be read"
    ]
    assert untold_by(lambda: files(folder, (f"{far}/*.log",))) == [
        f"{far} may not be read"
    ]


def test_a_pattern_that_finds_nothing_is_named(tmp_path: Path) -> None:
    """Of those that a setting names; what is old or packed is something."""
    a_log(tmp_path, "gpu-1.log", at=ago(days=2))
    write(tmp_path / "old" / "gpu-2.log.gz", "")
    globs = ("logs/console/*.log", "old/*", "nowhere/*.log")
    folder, gaps = a_folder(tmp_path), Gaps()
    with gaps.hearing():
        files(folder, globs, NOW)

    assert untold_by(lambda: files(a_folder(tmp_path), ())) == []
    [gap] = gaps.all
    assert gap.reason == (
        "has no console log where AGENTS_LOG_GLOBS says: nowhere/*.log"
    )
    assert not gap.failed


def test_where_no_logs_lie_that_is_named(tmp_path: Path) -> None:
    """Calmly: consoles may lie elsewhere, and a new brain has decided nothing yet."""
    folder, gaps = a_folder(tmp_path), Gaps()
    with gaps.hearing():
        found = files(folder, ())

    assert (found.consoles, found.structured) == ((), ())
    [gap] = gaps.all
    assert (gap.reason, gap.failed) == ("logs is no folder that is there", False)


GOOD = a_decision("RETRY", "m", ago(minutes=5))
TORN = "logs/brain_decisions.log holds {} that can't be read"


@pytest.mark.parametrize(
    ("lines", "told", "untold"),
    [
        ([GOOD], 3, []),
        ([GOOD, ""], 3, []),
        ([GOOD[:60]], 2, [TORN.format("1 line")]),
        ([GOOD[:60] + GOOD, "x", "{}"], 2, [TORN.format("3 lines")]),
        ([GOOD.replace('"2026', 'null, "x": "2026')], 2, [TORN.format("1 line")]),
        (
            [a_decision("RETRY", "m", ago(hours=-2)), "[]"],
            2,
            [
                TORN.format("1 line"),
                "logs/brain_decisions.log holds 1 line of a time to come",
            ],
        ),
    ],
    ids=["well", "blank", "half", "several", "timeless", "later"],
)
def test_lines_of_json_that_tell_nothing_are_counted(
    tmp_path: Path, lines: list[str], told: int, untold: list[str]
) -> None:
    """Wherever they stand; the others are told."""
    the_decisions(tmp_path, GOOD, *lines, GOOD)
    sweep, gaps = Sweep(a_folder(tmp_path)), Gaps()
    found = files(a_folder(tmp_path), ()).structured
    with gaps.hearing():
        every = list(sweep.lines(found, DAY, counts=True))

    assert len(every) == told
    assert [gap.reason for gap in gaps.all] == untold
    assert not any(gap.failed for gap in gaps.all)


def test_a_line_that_is_being_written_is_not_torn(tmp_path: Path) -> None:
    """Its rest comes; and nothing is later than a window that is over."""
    path = the_decisions(tmp_path, GOOD, a_decision("RETRY", "m", ago(hours=-2)))
    write(path, path.read_text() + GOOD[:60])
    over = Window(since=DAY.since, until=NOW)
    folder = a_folder(tmp_path)
    found = files(folder, ()).structured

    assert untold_by(lambda: list(Sweep(folder).lines(found, over, counts=True))) == []


def test_a_line_of_any_length_is_counted_once(tmp_path: Path) -> None:
    """It is longer than what is read at once, and so are those beside it told."""
    path = the_decisions(tmp_path, GOOD, GOOD[:60] + "y" * 20_000_000, GOOD)
    folder = a_folder(tmp_path)
    sweep, found = Sweep(folder), files(folder, ()).structured
    told: list[LogLine] = []

    untold = untold_by(lambda: told.extend(sweep.lines(found, DAY, counts=True)))

    assert untold == [TORN.format("1 line")]
    assert len(told) == 2
    assert path.stat().st_size > 20_000_000


def test_a_later_line_hides_none_that_follow(tmp_path: Path) -> None:
    """A clock was wrong for a while, in the middle of a large file."""
    good, later = (a_decision("RETRY", "m" * 1000, at) for at in (NOW, ago(hours=-9)))
    the_decisions(tmp_path, *[good] * 500, *[later] * 500, *[good] * 500)

    assert len(the_lines(tmp_path)) == 1000


def test_any_number_of_lines_takes_little_memory(tmp_path: Path) -> None:
    """Twenty megabytes are read in blocks."""
    line = "09:00:00 [gpu-1] DEBUG: " + "x" * 2000
    path = tmp_path / "logs" / "gpu-1.log"
    write(path, f"{line}\n" * 10_000)
    folder = a_folder(tmp_path)
    found = files(folder, ())
    tracemalloc.start()
    count = sum(1 for _ in Sweep(folder).lines(found.consoles, DAY))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert count == 10_000
    assert peak < 8 * 1024 * 1024


def test_lines_written_meanwhile_harm_nothing(tmp_path: Path) -> None:
    """A file is read as large as it was."""
    path = a_log(tmp_path, "gpu-1.log", *["09:00:00 [gpu-1] INFO: a"] * 1000)
    folder, over = a_folder(tmp_path), threading.Event()

    def writer() -> None:
        with path.open("a") as file:
            while not over.wait(0.005):
                file.write("09:00:01 [gpu-1] INFO: b\n")
                file.flush()

    thread = threading.Thread(target=writer)
    thread.start()
    counts = []
    for _ in range(20):
        found = files(folder, ())
        window = Window(since=ago(days=9999), until=ago(days=-9999))
        lines = list(Sweep(folder).lines(found.consoles, window))
        counts.append(sum(line.message.startswith("a") for line in lines))
    over.set()
    thread.join()

    assert set(counts) == {1000}
    assert naive(NOW).startswith("2026-11-23T09")


def test_the_end_of_a_file_may_suffice(tmp_path: Path) -> None:
    """Of consoles and of decisions."""
    lines = ["09:00:00 [gpu-1] INFO: " + "x" * 1000] * 2000
    a_log(tmp_path, "gpu-1.log", *lines)
    the_decisions(tmp_path, *[a_decision("RETRY", "y" * 1000, NOW)] * 2000)
    folder = a_folder(tmp_path)
    found = files(folder, ())
    every = (*found.structured, *found.consoles)
    sweep = Sweep(folder)

    assert sum(1 for _ in sweep.lines(every, DAY)) == 4000
    assert 2 <= sum(1 for _ in sweep.lines(every, DAY, most=1)) <= 600
    assert sweep.whole
