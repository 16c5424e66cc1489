"""The file that a picture is written into."""

import os
from pathlib import Path

import pytest

from bot.chart_file import SIGNATURE, ChartFile
from bot.domain.errors import Misread
from bot.words import Common


def prepared(path: Path | str) -> ChartFile:
    """Return the target that the flag names."""
    target = ChartFile()
    target.prepare(Common(chart=str(path)))
    return target


def test_without_the_flag_nothing_is_written() -> None:
    """Whatever is drawn."""
    target = ChartFile()
    target.prepare(Common())
    target.write(SIGNATURE)

    assert target.path is None


def test_a_picture_and_none_cannot_both_be_wanted(tmp_path: Path) -> None:
    """Neither flag is passed over in silence."""
    wanted = Common(chart=str(tmp_path / "out.png"), no_chart=True)

    with pytest.raises(Misread, match="--no-chart none"):
        ChartFile().prepare(wanted)


def test_a_picture_is_written_whole(tmp_path: Path) -> None:
    """Over an older one too, and nothing else is left there."""
    path = tmp_path / "out.PNG"
    prepared(path).write(SIGNATURE + b"old")
    prepared(path).write(SIGNATURE + b"new")

    assert path.read_bytes() == SIGNATURE + b"new"
    assert list(tmp_path.iterdir()) == [path]


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    """The file behind it is renewed."""
    (tmp_path / "real.png").write_bytes(SIGNATURE)
    link = tmp_path / "link.png"
    link.symlink_to("real.png")
    prepared(link).write(SIGNATURE + b"new")

    assert link.is_symlink()
    assert (tmp_path / "real.png").read_bytes() == SIGNATURE + b"new"


def test_preparing_touches_nothing(tmp_path: Path) -> None:
    """The question may still fail."""
    prepared(tmp_path / "out.png")

    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("name", "said", "hint"),
    [
        ("out.jpg", "a picture is a PNG", "name it out.png"),
        ("-", "a picture is a PNG", "name it -.png"),
        ("folder.png", "that is a folder", "folder.png/chart.png"),
        ("none/out.png", "there is no folder", ""),
        ("text.png", "a file that is no PNG stands there", "it is left as it is"),
        ("pipe.png", "a file that is no PNG stands there", "it is left as it is"),
        ("a\0b.png", "that is no path", ""),
        ("n" * 300 + ".png", "that is no path", ""),
    ],
)
def test_a_bad_path_is_one_line(
    tmp_path: Path, name: str, said: str, hint: str
) -> None:
    """What stands there is left as it is."""
    (tmp_path / "folder.png").mkdir()
    (tmp_path / "text.png").write_text("precious")
    os.mkfifo(tmp_path / "pipe.png")

    with pytest.raises(Misread) as refused:
        prepared(tmp_path / name)

    assert said in refused.value.message
    assert hint in refused.value.hint
    assert (tmp_path / "text.png").read_text() == "precious"


def test_a_folder_that_may_not_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is told before anything is asked."""
    monkeypatch.setattr(os, "access", lambda *_: False)

    with pytest.raises(Misread, match="may not be written"):
        prepared(tmp_path / "out.png")


def test_a_full_disk_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither half a picture nor its draft."""
    target = prepared(tmp_path / "out.png")

    def full(path: Path, content: bytes) -> int:
        with path.open("wb") as file:
            file.write(content[:1])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OSError, match="No space left"):
        target.write(SIGNATURE)

    assert not list(tmp_path.iterdir())


def test_a_long_path_is_cut_without_a_secret_s_beginning(tmp_path: Path) -> None:
    """What is left of it would no longer look like one."""
    name = "x" * (192 - len(str(tmp_path))) + ".rpa_QzQzQzQzQz"

    with pytest.raises(Misread) as refused:
        prepared(tmp_path / name)

    assert "xxx" in refused.value.message
    assert "Qz" not in refused.value.message
