import io
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.sources import stretches
from bot.sources.agents.blocks import LogFile, beyond, blocks, line_begins, log_file
from tests.sources.agents.files import NOW, write


def test_a_file_is_read_from_its_end_without_tearing_a_line() -> None:
    """Whatever the size of a block."""
    lines = [b"%05d\n" % number for number in range(100)]
    whole = b"".join(lines)
    for size in (7, 13, 64, 10_000):
        found = list(blocks(io.BytesIO(whole), len(whole), line_begins, size=size))

        assert b"".join(block for _, block in reversed(found)) == whole
        assert all(block.endswith(b"\n") for _, block in found)
        assert [whole[at : at + len(block)] for at, block in found] == [
            block for _, block in found
        ]


def test_a_line_longer_than_any_is_cut() -> None:
    """So that no file ever is in memory whole."""
    whole = b"x" * (2 * stretches.LONGEST + 10)
    found = list(blocks(io.BytesIO(whole), len(whole), line_begins))

    assert sum(len(block) for _, block in found) == len(whole)
    assert max(len(block) for _, block in found) <= stretches.LONGEST


def test_what_is_after_a_window_is_found_by_halving() -> None:
    """Only few of the lines are looked at."""
    lines = [b"%08d\n" % number for number in range(100_000)]
    whole, looked = io.BytesIO(b"".join(lines)), []

    def time_of(raw: bytes) -> datetime | None:
        looked.append(raw)
        return NOW + timedelta(seconds=int(raw))

    size = 9 * len(lines)
    end = beyond(whole, size, NOW + timedelta(seconds=500), time_of, least=90)

    assert 501 <= end // 9 <= 520
    assert len(looked) < 40
    after = NOW + timedelta(days=9)
    assert beyond(whole, size, after, time_of, least=90) == size
    assert beyond(whole, size, after, lambda raw: None, least=90) == size


def test_a_file_that_is_emptied_meanwhile_ends_where_it_ends() -> None:
    """Nothing of it is later than anything."""
    emptied = io.BytesIO(b"one\n")

    assert beyond(emptied, 900, NOW, lambda raw: None, least=90) == 900
    assert b"".join(held for _, held in blocks(emptied, 900, line_begins)) == b"one\n"


def test_a_file_is_as_it_was_when_it_was_found(tmp_path: Path) -> None:
    """A packed one is none, nor is a folder."""
    path = write(tmp_path / "a.log", "one\n", at=NOW)
    found = log_file(path, tmp_path)

    assert found is not None
    assert (found.name, found.size, found.changed_at) == ("a.log", 4, NOW)
    assert found.id(7) == found.id(7) != found.id(8)
    assert log_file(write(tmp_path / "a.log.gz", ""), tmp_path) is None
    assert log_file(tmp_path, tmp_path) is None
    assert log_file(tmp_path / "gone", tmp_path) is None
    assert NOW.tzinfo is UTC


def test_a_file_of_any_name_has_ids_for_its_lines() -> None:
    """Whatever bytes a plan or a host is called by."""
    odd, plain = (
        LogFile(path=Path(name), name=name, size=0, changed_at=NOW)
        for name in (os.fsdecode(b"caf\xe9.log"), "cafe.log")
    )

    assert odd.id(0) != plain.id(0)
    assert odd.id(26).endswith("-00000000001a")
