import asyncio
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.domain.errors import OutOfTime, SourceDown
from bot.sources.agents.folder import AGAIN_S, Unreadable, go_on
from bot.sources.patience import answering
from bot.tracing import given_up, request
from tests.sources.agents.files import a_folder, write


async def test_an_answer_comes_from_a_thread(tmp_path: Path) -> None:
    """So that nothing else waits for the disk."""
    folder = a_folder(tmp_path)

    assert await folder.ask(threading.get_ident) != threading.get_ident()


async def test_a_folder_that_is_not_there_is_told_by_its_setting(
    tmp_path: Path,
) -> None:
    """It may not be mounted."""
    folder = a_folder(tmp_path / "gone")
    (tmp_path / "gone" / "tasks").rmdir()
    (tmp_path / "gone").rmdir()

    with pytest.raises(SourceDown, match="cannot be read: AGENTS_ROOT names no folder"):
        await folder.ask(lambda: 1)


async def test_an_empty_folder_is_not_taken_for_agents_without_work(
    tmp_path: Path,
) -> None:
    """It is what a lost mount leaves; a single part of theirs tells them."""
    folder = a_folder(tmp_path)
    (tmp_path / "tasks").rmdir()
    (tmp_path / "lost+found").mkdir()

    with pytest.raises(SourceDown, match="cannot be read: AGENTS_ROOT holds nothing"):
        await folder.ask(lambda: 1)
    (tmp_path / "logs").mkdir()
    assert await folder.ask(lambda: 1) == 1


async def test_what_the_disk_refuses_is_said(tmp_path: Path) -> None:
    """Without a path of this machine."""

    def question() -> None:
        raise PermissionError(13, "Permission denied", "/secret/place")

    with pytest.raises(SourceDown) as raised:
        await a_folder(tmp_path).ask(question)

    assert raised.value.message == "cannot be read: Permission denied"


async def test_the_place_that_the_disk_refuses_is_named(tmp_path: Path) -> None:
    """By its path in the folder."""

    def question() -> None:
        path = str(tmp_path / "signals" / "a.stop")
        raise PermissionError(13, "Permission denied", path)

    with pytest.raises(SourceDown) as raised:
        await a_folder(tmp_path).ask(question)

    assert raised.value.message == "cannot be read in signals/a.stop: Permission denied"


async def test_a_slow_question_ends_in_time_and_so_does_its_thread(
    tmp_path: Path,
) -> None:
    """At its next step, for nobody waits for it any more."""
    folder, ended = a_folder(tmp_path, timeout_s=0.05), threading.Event()

    def question() -> None:
        try:
            while True:
                go_on()
                time.sleep(0.01)
        finally:
            ended.set()

    with pytest.raises(OutOfTime, match=r"could not be read within 0\.05 s"):
        await folder.ask(question)

    assert await asyncio.to_thread(ended.wait, 60)


async def test_it_is_known_when_an_answer_is_given_up(tmp_path: Path) -> None:
    """Unlike where its own time was up: that was said."""
    brief, folder = a_folder(tmp_path, timeout_s=0.01), a_folder(tmp_path)
    over = threading.Event()
    with request():
        with pytest.raises(OutOfTime):
            await brief.ask(lambda: over.wait(60))
        assert given_up() == ()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await folder.ask(lambda: over.wait(60))
        over.set()

        assert given_up() == ("agents",)


async def test_no_question_takes_longer_than_the_answer_has(tmp_path: Path) -> None:
    """Its own limit is longer."""
    folder = a_folder(tmp_path)

    def question() -> None:
        while True:
            go_on()
            time.sleep(0.01)

    with answering(0.2):
        await asyncio.sleep(0.1)
        with pytest.raises(
            OutOfTime, match=r"all that was left of the answer's 0\.2 s"
        ):
            await folder.ask(question)


def test_outside_a_question_reading_just_goes_on() -> None:
    """As in a test."""
    go_on()


def test_a_file_half_written_is_read_once_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rest of it comes within a millisecond or so."""
    path = write(tmp_path / "a.json", '{"a": ')
    folder, waits = a_folder(tmp_path), list[float]()

    def rest(seconds: float) -> None:
        waits.append(seconds)
        path.write_text('{"a": 1}')

    monkeypatch.setattr(time, "sleep", rest)

    assert folder.json(path).doc == {"a": 1}
    assert waits == [AGAIN_S]


@pytest.mark.parametrize("text", ["", "{", "[]", "\x00" * 9, "[" * 100_000])
def test_a_file_that_holds_no_object_is_unreadable(tmp_path: Path, text: str) -> None:
    """However often it is read."""
    path = write(tmp_path / "a.json", text)
    folder = a_folder(tmp_path)

    with pytest.raises(Unreadable):
        folder.json(path)
    assert folder.found(path) is None


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (os.mkfifo, "is no file"),
        (Path.mkdir, "is no file"),
        (lambda path: path.symlink_to(path.name), "is no file"),
        (lambda path: path.symlink_to("nowhere"), "leads nowhere"),
    ],
)
def test_what_is_no_file_is_unreadable_at_once(
    tmp_path: Path, make: Callable[[Path], None], why: str
) -> None:
    """A pipe into which nobody writes would be waited for without an end."""
    path = tmp_path / "odd.json"
    make(path)

    with pytest.raises(Unreadable, match=why):
        a_folder(tmp_path).json(path)


def test_a_file_that_is_gone_is_not_there(tmp_path: Path) -> None:
    """It may have moved on."""
    folder = a_folder(tmp_path)

    with pytest.raises(FileNotFoundError):
        folder.json(tmp_path / "gone.json")
    assert folder.found(tmp_path / "gone.json") is None


def test_a_folder_that_may_be_listed_but_not_entered_is_shut(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else all its files would look as if they were gone."""
    write(tmp_path / "tasks" / "queue" / "a.json", "{}")
    folder = a_folder(tmp_path)
    monkeypatch.setattr(os, "access", lambda path, mode: False)

    for listed in (folder.names, folder.entries):
        with pytest.raises(PermissionError, match="Permission denied"):
            listed("tasks/queue")
    assert (folder.names("cpus"), folder.entries("cpus")) == ([], [])


def test_a_folder_that_a_generation_lacks_is_empty(tmp_path: Path) -> None:
    """Older ones have no signals, say."""
    folder = a_folder(tmp_path)

    assert (folder.names("cpus"), folder.entries("cpus")) == ([], [])
    assert folder.names("tasks") == []
