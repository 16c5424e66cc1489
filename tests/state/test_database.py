"""The ledger's database: opened, brought up to date, and calm when it is down."""

import asyncio
import contextlib
import sqlite3
import threading
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from bot.domain.errors import SourceDown
from bot.domain.offers import (
    Decision,
    Record,
)
from bot.domain.times import Window
from bot.gate.ledger import Ledger
from bot.state import tables
from bot.state.database import Database, write_ahead
from bot.tracing import given_up, request
from tests.counterparts import PATIENCE
from tests.databases import Base
from tests.gate.toys import (
    TOYS,
    Clock,
)
from tests.world import NOW

EVERY = frozenset(range(len(TOYS)))
ALWAYS = Window(since=NOW - timedelta(days=1000), until=NOW + timedelta(days=1000))
FREEZE = Record(at=NOW, who="alice", action="freeze", decision=Decision.FROZEN)
UNFREEZE = replace(FREEZE, action="unfreeze", decision=Decision.UNFROZEN)


async def test_many_may_open_a_new_ledger_at_once(base: Base) -> None:
    """One of them makes the tables, and the others wait for it."""
    base.clear()
    every = [Ledger(base.url, clock=Clock()) for _ in range(8)]

    assert await asyncio.gather(*(each.frozen() for each in every)) == [None] * 8
    for each in every:
        await each.close()


async def test_a_new_file_that_others_hold_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQLite would give up at once; after the usual time it is a line, no traceback."""
    monkeypatch.setattr("bot.state.database.BUSY_SECONDS", 0.2)
    file = tmp_path / "held.sqlite3"
    ledger = Ledger(f"sqlite:///{file}", clock=Clock())
    with contextlib.closing(sqlite3.connect(file)) as holder:
        holder.execute("begin exclusive")

        with pytest.raises(SourceDown, match="database is locked"):
            await ledger.frozen()

        monkeypatch.setattr("bot.state.database.BUSY_SECONDS", PATIENCE)
        async with asyncio.TaskGroup() as waiting:
            asked = waiting.create_task(ledger.frozen())
            await asyncio.sleep(0.05)
            holder.rollback()
        assert asked.result() is None
    await ledger.close()


def test_a_lock_that_sqlite_does_not_wait_for_is_asked_for_again() -> None:
    """As where several open a new file in the same moment."""

    class Held(sqlite3.Connection):
        refusals = 2

        def execute(self, *given: Any) -> sqlite3.Cursor:
            if self.refusals:
                self.refusals -= 1
                msg = "database is locked"
                raise sqlite3.OperationalError(msg)
            return super().execute(*given)

    with contextlib.closing(Held(":memory:")) as connection:
        write_ahead(connection)

        assert connection.refusals == 0


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://alice:SECRET@127.0.0.1:1/db",
        "postgresql://alice:SECRET@127.0.0.1:99999/db",
        "postgresql://alice:SECRET@127.0.0.1:1/db?foo=bar",
        "postgresql://alice:SECRET@127.0.0.1:SECRET/db",
        "postgresql://alice:a@SECRET@127.0.0.1/db",
        "postgresql://alice:a@SECRET:SECRET@127.0.0.1/db",
        "postgresql://alice:a@SECRET/SECRET@127.0.0.1/db",
        "postgresql:/alice:SECRET@127.0.0.1",
        "nonsense://alice:SECRET@127.0.0.1/db",
        "alice:SECRET",
        "",
    ],
)
async def test_what_cannot_be_reached_is_one_line_without_secrets(url: str) -> None:
    """However the address is wrong; the hint names the setting."""
    with pytest.raises(SourceDown) as raised:
        await Ledger(url, clock=Clock()).frozen()

    error = raised.value
    said = f"{error.message} {error.hint}"
    assert error.source == "ledger"
    assert error.message.startswith("cannot be used: ")
    assert "DEBUG_BOT_STATE_URL" in error.hint
    assert "SECRET" not in said
    assert said.isprintable()
    assert len(said) < 300


@pytest.mark.parametrize("file", ["ledger.sqlite3/below/a/file", "folder"])
async def test_a_file_that_cannot_be_made_is_one_line(
    tmp_path: Path, file: str
) -> None:
    """Below a file, or where a folder is."""
    (tmp_path / "folder").mkdir()
    (tmp_path / "ledger.sqlite3").touch()

    with pytest.raises(SourceDown, match="cannot be used: "):
        await Ledger(f"sqlite:///{tmp_path}/{file}", clock=Clock()).frozen()


async def test_a_file_that_is_no_ledger_is_one_line(tmp_path: Path) -> None:
    """And it is left as it was."""
    path = tmp_path / "notes.txt"
    path.write_text("buy milk, and more milk\n" * 100)

    with pytest.raises(SourceDown, match="file is not a database"):
        await Ledger(f"sqlite:///{path}", clock=Clock()).frozen()

    assert path.read_text().startswith("buy milk")


async def test_a_ledger_that_was_down_is_opened_later(tmp_path: Path) -> None:
    """Nothing has to be started again."""
    folder = tmp_path / "state"
    folder.touch()
    ledger = Ledger(f"sqlite:///{folder}/ledger.sqlite3", clock=Clock())
    with pytest.raises(SourceDown):
        await ledger.frozen()
    folder.unlink()

    assert await ledger.frozen() is None
    await ledger.close()


async def test_a_ledger_that_breaks_later_is_one_line(tmp_path: Path) -> None:
    """As one that cannot be opened."""
    ledger = Ledger(f"sqlite:///{tmp_path}/ledger.sqlite3", clock=Clock())
    await ledger.frozen()
    with contextlib.closing(sqlite3.connect(tmp_path / "ledger.sqlite3")) as other:
        other.execute("drop table freezes")

    with pytest.raises(SourceDown, match="cannot be used: no such table: freezes"):
        await ledger.frozen()
    await ledger.close()


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:"])
async def test_a_ledger_in_memory_is_one_for_all_threads(url: str) -> None:
    """For trying things out: nothing of it outlives the process."""
    ledger = Ledger(url, clock=Clock())
    found = await asyncio.gather(*(ledger.freeze(FREEZE) for _ in range(20)))

    assert sorted(found) == [False] * 19 + [True]
    await ledger.close()


async def test_the_folder_is_for_its_owner_alone(tmp_path: Path) -> None:
    """The audit is nobody else's business."""
    ledger = Ledger(f"sqlite:///{tmp_path}/state/ledger.sqlite3", clock=Clock())
    await ledger.frozen()
    await ledger.close()

    assert (tmp_path / "state").stat().st_mode & 0o777 == 0o700


async def test_what_is_begun_is_ended_before_the_connections_go(base: Base) -> None:
    """Whoever gives up waiting leaves a thread behind, and no connection."""
    database, steps = Database(base.url), []
    begun, on = threading.Event(), threading.Event()

    def work(connection: sa.Connection) -> None:
        begun.set()
        on.wait(PATIENCE)
        connection.execute(sa.select(1))
        steps.append("worked")

    loop = asyncio.get_running_loop()
    asked = loop.create_task(database.do(work))
    await asyncio.to_thread(begun.wait, PATIENCE)
    asked.cancel()
    await asyncio.wait({asked})
    closing = loop.create_task(database.close())
    await asyncio.sleep(0.05)
    assert asked.cancelled()
    assert not closing.done()
    on.set()
    await closing

    assert steps == ["worked"]
    assert database._engine is None


async def test_what_hangs_is_given_up_soon_and_holds_up_nothing_else(
    base: Base,
) -> None:
    """However much of it there is."""
    database, over = Database(base.url, soon_seconds=0.2), threading.Event()
    await database.do(lambda _: None)
    for _ in range(2):
        told = await asyncio.gather(
            *(database.soon(lambda _: over.wait(30)) for _ in range(20)),
            return_exceptions=True,
        )
        assert {str(each) for each in told} == {"did not answer within 0.2 s"}

    assert await asyncio.wait_for(asyncio.to_thread(lambda: "served"), 5) == "served"
    over.set()
    await database.close()


async def test_it_is_known_when_an_answer_is_given_up(base: Base) -> None:
    """Unlike where a question's own time was up: that was said."""
    database, over = Database(base.url, soon_seconds=0.01), threading.Event()
    with request():
        with pytest.raises(SourceDown):
            await database.soon(lambda _: over.wait(60))
        assert given_up() == ()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await database.do(lambda _: over.wait(60))
        over.set()
        await database.close()

        assert given_up() == ("ledger",)


async def test_what_is_too_late_is_not_done(base: Base) -> None:
    """Who gave it up must not be surprised by it."""
    database, over = Database(base.url, soon_seconds=0.2), threading.Event()

    def write(connection: sa.Connection, id: int) -> None:
        row = tables.freezes.insert().values(id=id, at=NOW, who="U1")
        connection.execute(row)
        over.wait(30)

    await database.do(lambda _: None)
    with pytest.raises(SourceDown):
        await database.soon(lambda it: write(it, 1))
    over.set()
    await database.do(lambda it: write(it, 2))
    await database.close()
    ids = sa.select(tables.freezes.c.id)
    kept = await database.do(lambda it: it.execute(ids).scalars().all())
    await database.close()

    assert kept == [2]
