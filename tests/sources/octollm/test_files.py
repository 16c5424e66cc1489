import json
import os
import time
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bot.domain.errors import SourceDown
from bot.domain.logs import LogLine
from bot.domain.times import Window
from bot.sources import stretches
from bot.sources.octollm import files
from bot.sources.octollm.files import Keep, Sweep, found, lacking

START = datetime(2026, 11, 23, 8, tzinfo=UTC)
DAY = Window(since=START, until=START + timedelta(days=1))


def second(n: float) -> datetime:
    return START + timedelta(seconds=n)


def between(since: float, until: float) -> Window:
    return Window(since=second(since), until=second(until))


def as_json(n: float, event: str = "tick") -> str:
    return json.dumps({"n": n, "event": event, "timestamp": second(n).isoformat()})


def a_file(folder: Path, lines: Iterable[str], name: str = "o.log") -> Path:
    path = folder / name
    path.write_text("".join(f"{each}\n" for each in lines))
    return path


def read(
    path: Path | str,
    window: Window = DAY,
    keep: Keep = bool,
    zone: tzinfo = UTC,
    *,
    until: float = float("inf"),
) -> list[LogLine]:
    """Return the lines in their order."""
    lines = Sweep(zone, until=until).lines(found([("svc", str(path))]), window, keep)
    return sorted(lines, key=lambda line: line.order)


def numbers(lines: Iterable[LogLine]) -> list[object]:
    return [line.fields.get("n") for line in lines]


@pytest.fixture(params=[200, 5_000, 256 * 1024])
def block(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    """Read in stretches of few lines, of some, and all at once."""
    size: int = request.param
    monkeypatch.setattr(files, "BLOCK", size)
    return size


def test_every_line_is_read_once_whatever_the_stretches(
    block: int, tmp_path: Path
) -> None:
    """In the order in which they stand, at equal times too."""
    path = a_file(tmp_path, (as_json(n // 3) for n in range(1000)))

    lines = read(path)

    assert numbers(lines) == [n // 3 for n in range(1000)]
    assert len({line.id for line in lines}) == 1000


@pytest.mark.parametrize(
    ("window", "expected"),
    [
        (between(100, 110), range(100, 111)),
        (between(-99, 2), range(3)),
        (between(995, 5000), range(995, 1000)),
        (between(-10, -5), range(0)),
        (between(5000, 6000), range(0)),
    ],
)
def test_a_window_is_found_by_halving(
    block: int, tmp_path: Path, window: Window, expected: range
) -> None:
    """Both of its ends belong to it."""
    path = a_file(tmp_path, (as_json(n) for n in range(1000)))

    assert numbers(read(path, window)) == list(expected)


def test_a_small_window_of_a_large_file_costs_little(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of 12 MB some hundred kilobytes are read."""
    path = a_file(tmp_path, (as_json(n, "x" * 60) for n in range(100_000)))
    sizes: list[int] = []
    real = stretches.stretch

    def counting(*args: Any, size: int) -> tuple[int, bytes]:
        start, held = real(*args, size=size)
        sizes.append(len(held))
        return start, held

    monkeypatch.setattr(stretches, "stretch", counting)

    assert len(read(path, between(50_000, 50_010))) == 11
    assert path.stat().st_size > 12_000_000
    assert sum(sizes) < 1_000_000


def test_lines_a_little_out_of_order_are_all_found(block: int, tmp_path: Path) -> None:
    """Threads write as they come."""
    order = [n + (40 if n % 7 == 0 else 0) for n in range(600)]
    path = a_file(tmp_path, map(as_json, order))

    found = numbers(read(path, between(200, 210)))

    assert found == sorted(n for n in order if 200 <= n <= 210)


def test_what_bears_no_time_has_that_of_the_line_above(
    block: int, tmp_path: Path
) -> None:
    """At a file's beginning that of the first one below."""
    texts = ("INFO:     first", "INFO:     after 5", "  folded")
    lines = [texts[0], as_json(5), *texts[1:], as_json(9)]
    told = read(a_file(tmp_path, lines))

    assert [(line.message, line.at) for line in told] == [
        ("first", second(5)),
        ("tick n=5", second(5)),
        ("after 5", second(5)),
        ("tick n=9", second(9)),
    ]
    assert told[2].fields["traceback"] == "  folded"


def test_a_wanted_line_without_a_time_has_that_of_an_unwanted_one(
    block: int, tmp_path: Path
) -> None:
    """The cheap look must not lose the time."""
    lines = [as_json(5), as_json(6), "ERROR:    here", as_json(7)]

    [told] = read(a_file(tmp_path, lines), keep=lambda raw: b"here" in raw)

    assert told.at == second(6)


def test_a_file_without_any_time_has_that_of_its_last_change(tmp_path: Path) -> None:
    """Better late than lost."""
    path = a_file(
        tmp_path, ["Traceback (most recent call last):", "  x", "OSError: no"]
    )
    os.utime(path, (second(7).timestamp(),) * 2)

    [told] = read(path)

    assert told.at == second(7)


def test_a_stretch_without_a_time_is_cut_somewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A dump of a hundred megabytes is not held in memory."""
    monkeypatch.setattr(files, "BLOCK", 100)
    monkeypatch.setattr(files, "LONGEST", 400)
    monkeypatch.setattr(stretches, "LONGEST", 400)
    path = a_file(tmp_path, [as_json(1), *("y" * 50 for _ in range(100)), as_json(2)])

    assert numbers(read(path))[0] == 1
    assert numbers(read(path))[-1] == 2


@pytest.mark.parametrize("first", [True, False], ids=["at the beginning", "amid"])
@pytest.mark.parametrize("wanted", [True, False], ids=["wanted", "unwanted"])
def test_of_an_endless_line_only_the_ends_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, first: bool, wanted: bool
) -> None:
    """It is counted by its file, and told if it is wanted; its neighbours are whole."""
    monkeypatch.setattr(files, "BLOCK", 100)
    monkeypatch.setattr(files, "SEEN", 60)
    monkeypatch.setattr(stretches, "LONGEST", 400)
    long = json.dumps(
        {"timestamp": second(5).isoformat(), "x": "z" * 5_000, "event": "big"}
    )
    lines = [as_json(1)] * (not first) + [long, "INFO:     then", as_json(9)]
    path = a_file(tmp_path, lines)
    sweep = Sweep(UTC, until=float("inf"))
    keep: Keep = bool if wanted else (lambda raw: b"zzz" not in raw)

    told = sorted(
        sweep.lines(found([("svc", str(path))]), DAY, keep), key=lambda it: it.order
    )

    big = f"big (cut: a line of {len(long) + 1:,} bytes)"
    assert [(line.message, line.at) for line in told] == [
        *[("tick n=1", second(1))] * (not first),
        *[(big, second(5))] * wanted,
        ("then", second(9)),
        ("tick n=9", second(9)),
    ]
    assert sweep.cut == {"o.log": 1}
    assert sweep.whole
    list(sweep.lines(found([("svc", str(path))]), between(6, 8)))
    assert sweep.cut == {"o.log": 1}


def test_an_endless_line_is_passed_quickly(tmp_path: Path) -> None:
    """Of 40 MB, whether the window ends before or after it; on a busy machine."""
    path = a_file(tmp_path, [as_json(1)])
    with path.open("ab") as file:
        file.write(as_json(50).encode()[:-1] + b', "x": "')
        for _ in range(40):
            file.write(b"z" * 2**20)
        file.write(b'"}\n' + as_json(90).encode() + b"\n")
    began = time.process_time()

    assert numbers(read(path)) == [1, None, 90]
    assert numbers(read(path, between(0, 10))) == [1]
    assert time.process_time() - began < 2  # 0.2, and 7 before


def test_a_line_that_is_being_written_is_read_as_far_as_it_goes(
    block: int, tmp_path: Path
) -> None:
    """It is not yet JSON."""
    path = a_file(tmp_path, [as_json(1)])
    path.write_text(path.read_text() + '{"event": "half')

    assert [line.message for line in read(path)] == ["tick n=1", '{"event": "half']


def test_odd_bytes_and_line_ends_are_borne(block: int, tmp_path: Path) -> None:
    """Nobody promised UTF-8."""
    path = tmp_path / "o.log"
    path.write_bytes(
        b"\xff\xfe\n" + as_json(1).encode() + b"\r\n\x00\n" + as_json(2).encode()
    )

    assert numbers(read(path))[-2:] == [1, 2]


def test_the_hour_that_comes_twice_is_read_in_order(block: int, tmp_path: Path) -> None:
    """Europe's clocks were put back on 2026-10-25 at 01:00 UTC."""
    berlin = ZoneInfo("Europe/Berlin")
    begin = datetime(2026, 10, 24, 23, tzinfo=UTC)
    times = [begin + timedelta(minutes=n) for n in range(0, 300, 2)]
    path = a_file(
        tmp_path,
        (
            f"{at.astimezone(berlin):%Y-%m-%d %H:%M:%S} [info     ] tick  n={n}"
            for n, at in enumerate(times)
        ),
    )
    os.utime(path, (times[-1].timestamp(),) * 2)
    window = Window(since=times[0], until=times[-1])

    lines = read(path, window, zone=berlin)

    assert [line.at for line in lines] == times
    part = Window(since=times[70], until=times[72])
    assert numbers(read(path, part, zone=berlin)) == [70, 71, 72]


def test_files_are_found_once_and_the_last_written_first(tmp_path: Path) -> None:
    """Compressed ones and folders are left out."""
    old, new = (a_file(tmp_path, [as_json(1)], f"{it}.log") for it in ("old", "new"))
    os.utime(old, (1, 1))
    a_file(tmp_path, ["x"], "old.log.gz")
    (tmp_path / "folder.log").mkdir()
    (tmp_path / "gone.log").symlink_to(tmp_path / "nothing")
    globs = [("a", f"{tmp_path}/*.log*"), ("b", f"{tmp_path}/old.log")]

    assert [(each.service, each.path) for each in found(globs)] == [
        ("a", new),
        ("a", old),
    ]


def test_no_file_at_all_is_a_clear_line(tmp_path: Path) -> None:
    """It names the setting, and no path."""
    with pytest.raises(
        SourceDown, match="are not there: no file is where OCTOLLM_LOG_GLOBS"
    ):
        found([("a", f"{tmp_path}/*.log")])


def test_a_file_that_is_gone_is_passed_over(tmp_path: Path) -> None:
    """It was rotated between the two looks."""
    path = a_file(tmp_path, [as_json(1)])
    files_found = found([("a", str(path))])
    path.unlink()

    assert list(Sweep(UTC, until=float("inf")).lines(files_found, DAY)) == []


def test_a_file_that_is_emptied_meanwhile_ends_where_it_ends(
    block: int, tmp_path: Path
) -> None:
    """Rotation copies it, and cuts it to nothing between the two looks."""
    path = a_file(tmp_path, (as_json(n) for n in range(10_000)))
    files_found = found([("a", str(path))])
    path.write_text("")

    lines = Sweep(UTC, until=time.monotonic() + 5).lines(files_found, between(5, 9))

    assert path.stat().st_size < block
    assert list(lines) == []


def test_a_file_that_can_t_be_read_is_a_clear_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the system's own word for it."""
    path = a_file(tmp_path, [as_json(1)])

    def refused(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refused)

    with pytest.raises(SourceDown, match=r"cannot be read: o\.log: permission denied"):
        read(path)


def closed(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Let the file of that name be opened by nobody."""
    real = Path.open

    def opened(path: Path, *args: Any, **given: Any) -> Any:
        if path.name == name:
            raise PermissionError(13, "Permission denied")
        return real(path, *args, **given)

    monkeypatch.setattr(Path, "open", opened)


def test_beside_a_file_that_can_t_be_read_others_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is remembered by its name, and that not all was read."""
    a_file(tmp_path, [as_json(1)], "a.log")
    a_file(tmp_path, [as_json(2)], "b.log")
    closed(monkeypatch, "a.log")
    sweep = Sweep(UTC, until=float("inf"))

    lines = list(sweep.lines(found([("svc", f"{tmp_path}/*.log")]), DAY))

    assert numbers(lines) == [2]
    assert not sweep.whole
    assert [each.message for each in sweep.unread] == [
        "cannot be read: a.log: permission denied"
    ]


def test_of_a_file_that_can_t_be_read_no_line_is_the_newest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither of one that is gone; but that one is no gap."""
    [file] = found([("svc", str(a_file(tmp_path, [as_json(1)])))])
    sweep = Sweep(UTC, until=float("inf"))
    closed(monkeypatch, "o.log")
    assert sweep.newest(file) is None
    assert len(sweep.unread) == 1
    monkeypatch.undo()
    file.path.unlink()

    assert sweep.newest(file) is None
    assert len(sweep.unread) == 1


def test_a_service_without_a_file_is_named(tmp_path: Path) -> None:
    """One whose files are packed, or another's as well, has some."""
    a_file(tmp_path, [as_json(1)])
    (tmp_path / "p.log.gz").touch()
    globs = [
        *(("a", f"{tmp_path}/o.log"), ("b", f"{tmp_path}/o*.log")),
        *(("c", f"{tmp_path}/p.log*"), ("d", f"{tmp_path}/x/*/d.log")),
    ]

    [gap] = lacking(globs, found(globs))

    assert gap.reason == "of d are not there: no file is where OCTOLLM_LOG_GLOBS says"
    assert not gap.failed


def test_a_folder_that_may_not_be_looked_into_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Beside files of others it is a gap, alone it ends the reading."""
    a_file(tmp_path, [as_json(1)])
    real = os.scandir

    def looked(path: Any) -> Any:
        if Path(path).name == "shut":
            raise PermissionError(13, "Permission denied")
        return real(path)

    monkeypatch.setattr(os, "scandir", looked)
    globs = [("a", f"{tmp_path}/o.log"), ("b", f"{tmp_path}/shut/*/b.log")]

    [gap] = lacking(globs, found(globs))

    assert gap.reason == "cannot be read: shut: permission denied"
    assert gap.failed
    with pytest.raises(SourceDown, match="cannot be read: shut: permission denied"):
        found(globs[1:])


def test_when_the_time_is_up_the_newest_are_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And it is told that they are not all."""
    monkeypatch.setattr(files, "BLOCK", 1000)
    path = a_file(tmp_path, (as_json(n) for n in range(1000)))
    sweep = Sweep(UTC, until=10.0)
    ticks = iter(range(1, 100))
    monkeypatch.setattr(time, "monotonic", lambda: float(next(ticks)))

    lines = list(sweep.lines(found([("a", str(path))]), DAY))

    assert not sweep.whole
    assert 50 < len(lines) < 500
    assert max(numbers(lines)) == 999  # type: ignore[type-var]


@pytest.mark.parametrize("empty", [True, False])
def test_the_newest_line_of_a_file_is_its_last(tmp_path: Path, empty: bool) -> None:
    """Whatever the window; an empty file has none."""
    path = a_file(tmp_path, [] if empty else map(as_json, range(5)))
    [file] = found([("a", str(path))])

    newest = Sweep(UTC, until=float("inf")).newest(file)

    assert (newest and newest.fields["n"]) == (None if empty else 4)


@pytest.mark.parametrize("rest", ["", '{"timestamp": "soon", "event": "x"}\n'])
def test_where_no_line_has_a_time_none_is_the_newest(tmp_path: Path, rest: str) -> None:
    """That the file was written just now tells nothing of its lines."""
    path = a_file(tmp_path, ["no time\n", "nor here\n" * 9, rest])
    [file] = found([("a", str(path))])

    assert Sweep(UTC, until=float("inf")).newest(file) is None


def test_windows_at_the_ends_of_time_are_borne(tmp_path: Path) -> None:
    """No slack is added where there are no dates."""
    window = Window(
        since=datetime.min.replace(tzinfo=UTC), until=datetime.max.replace(tzinfo=UTC)
    )
    path = a_file(tmp_path, map(as_json, range(5)))

    assert len(read(path, window, zone=ZoneInfo("Europe/Berlin"))) == 5
