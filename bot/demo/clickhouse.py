"""ClickHouse's HTTP interface before the real engine, which chdb-core brings.

As far as a reader of logs needs it: a user and a password, parameters, settings, errors
with their codes and statuses, and what a question read (`X-ClickHouse-Summary`). The
engine runs in the process that serves, one question at a time; distribution,
and an answer that is sent while it is still being made, are not to be had so.

    python -m bot.demo.clickhouse --port 55640 --folder DIR
"""

import asyncio
import importlib
import importlib.util
import json
import re
import tempfile
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

from aiohttp import web

from bot.demo import faults
from bot.demo.ground import Ground, Unavailable

INSTALLED: Final = importlib.util.find_spec("chdb") is not None

# Who may only read, and set limits: the server's profile for such has readonly = 2.
READER, PASSWORD = "reader", "known-to-everybody"
ADMIN: Final = {"X-ClickHouse-User": "default"}
SUMMARY: Final = "X-ClickHouse-Summary"
_USERS: Final = {"default": "", READER: PASSWORD}
_OURS: Final = frozenset({"query", "default_format", "database", "user", "password"})
_READS: Final = re.compile(r"\s*(?:select|with|show|describe|exists)\b", re.IGNORECASE)
# How ClickHouse turns the code of an error into a status: else 500.
_STATUS: Final = {
    **dict.fromkeys((41, 43, 53, 62, 130, 457), 400),
    **dict.fromkeys((192, 193, 497, 516), 403),
    **dict.fromkeys((46, 47, 60, 81), 404),
    159: 408,
}
ENGINE: "Final[web.AppKey[Engine]]" = web.AppKey("engine")


class ClickHouse(faults.Controls):
    """A running engine; `url` is what CLICKHOUSE_URL wants."""

    user = READER
    password = PASSWORD

    @classmethod
    def start(cls, ground: Ground, *, port: int = 0) -> "ClickHouse":
        """Start an empty one on *ground*.

        Raises:
            Unavailable: chdb-core is not installed.
        """
        if not INSTALLED:
            msg = "ClickHouse's engine is not installed; pip install chdb-core"
            raise Unavailable(msg)
        folder = tempfile.mkdtemp(prefix="clickhouse-", dir=ground.folder)
        process, address = ground.start_module(
            "bot.demo.clickhouse", "--folder", folder, port=port
        )
        double = cls(address, process)
        double.wait()
        return double

    def execute(self, statement: str) -> str:
        """Return what a statement answers that may change anything."""
        answer = self._client.post("/", content=statement.encode(), headers=ADMIN)
        if not answer.is_success:
            raise RuntimeError(answer.text)
        return answer.text

    def insert(self, table: str, rows: Iterable[Mapping[str, Any]]) -> None:
        """Add rows to a table."""
        held = "\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
        self.execute(f"INSERT INTO {table} FORMAT JSONEachRow\n{held}")


class Engine:
    """The engine in this process."""

    def __init__(self, folder: str) -> None:
        # Half a gigabyte: imported by whoever serves it alone.
        session: Any = importlib.import_module("chdb.session")
        self._session = session.Session(folder)
        self._one = ThreadPoolExecutor(1)

    async def ask(
        self, statement: str, form: str, given: Mapping[str, str]
    ) -> tuple[bytes, int]:
        """Return what a statement answers, and how many rows were read for it."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(
            self._one, self._answer, statement, form, given
        )

    def _answer(
        self, statement: str, form: str, given: Mapping[str, str]
    ) -> tuple[bytes, int]:
        try:
            answer = self._session.query(statement, form, params=dict(given))
        except Exception:
            # What a failed question had answered by then would else come with the next.
            self._session.query("SELECT 1", "Null")
            raise
        return answer.bytes() or b"", answer.storage_rows_read()


def application(folder: str) -> web.Application:
    """Return the interface before an engine whose tables are in the folder."""
    app = web.Application(client_max_size=512 * 2**20)
    app[ENGINE] = Engine(folder)
    faults.install(app)
    app.router.add_get("/ping", _ping)
    app.router.add_route("*", "/", _statement)
    return app


async def _ping(_: web.Request) -> web.Response:
    return web.Response(text="Ok.\n")


async def _statement(request: web.Request) -> web.Response:
    refusal = _let_in(request)
    if refusal is not None:
        return refusal
    said = request.query
    statement = f"{said.get('query', '')}\n{await request.text()}".strip()
    given = {name[6:]: said[name] for name in said if name.startswith("param_")}
    settings = {
        name: said[name]
        for name in said
        if not name.startswith("param_") and name not in _OURS
    }
    reader = request.headers.get("X-ClickHouse-User") == READER
    if reader and settings.get("readonly", "2") != "2":
        return _error(164, "Cannot modify 'readonly' setting in readonly mode.")
    if _READS.match(statement):
        told = ", ".join(f"{name} = {_value(it)}" for name, it in settings.items())
        statement += f"\nSETTINGS {told}" if told else ""
    elif reader or settings.get("readonly", "0") != "0":
        return _error(164, "Cannot execute query in readonly mode. (READONLY)")
    form = said.get("default_format", "TabSeparated")
    try:
        body, read = await request.app[ENGINE].ask(statement, form, given)
    except Exception as error:  # noqa: BLE001  the engine's errors are all of one kind
        code = re.search(r"Code: (\d+)\. DB::Exception: (.*)", str(error), re.DOTALL)
        if code is None:
            return _error(1000, str(error))
        return _error(int(code[1]), code[2])
    summary = json.dumps({"read_rows": str(read)})
    return web.Response(
        body=body, headers={SUMMARY: summary, "X-ClickHouse-Format": form}
    )


def _let_in(request: web.Request) -> web.Response | None:
    """Return the refusal, or None."""
    user = request.headers.get("X-ClickHouse-User", "default")
    if _USERS.get(user) == request.headers.get("X-ClickHouse-Key", ""):
        return None
    msg = (
        f"{user}: Authentication failed: password is incorrect, or there is no user"
        " with such name. (AUTHENTICATION_FAILED)"
    )
    return _error(516, msg)


def _error(code: int, text: str) -> web.Response:
    return web.Response(
        status=_STATUS.get(code, 500),
        text=f"Code: {code}. DB::Exception: {text} (version 26.9.2.1)\n",
        headers={"X-ClickHouse-Exception-Code": str(code)},
    )


def _value(text: str) -> str:
    return text if re.fullmatch(r"-?\d+(\.\d+)?", text) else f"'{text}'"


def main() -> None:
    """Serve until ended."""
    parser = faults.arguments("ClickHouse's HTTP interface for the local stack.")
    parser.add_argument("--folder", required=True, help="where its tables are")
    where = parser.parse_args()
    faults.run(application(where.folder), where)


if __name__ == "__main__":
    main()
