"""The bot as it is deployed: `debug-bot serve` in a process of its own."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import httpx

from bot.demo.ground import free_port
from tests.counterparts import PATIENCE

ROOT = Path(__file__).parents[2]


@contextmanager
def serving(environment: dict[str, str], *, port: int | None = None) -> Iterator[str]:
    """Run the bot until the block ends; yields the address of its HTTP listener."""
    port = port or free_port()
    url = f"http://127.0.0.1:{port}"
    run = started(["bot", "serve"], {**environment, "DEBUG_BOT_PORT": str(port)})
    try:
        wait_for(run, url)
        yield url
    finally:
        run.terminate()
        run.wait(PATIENCE)


def started(
    module: Sequence[str], environment: dict[str, str], *, log: IO[bytes] | None = None
) -> "subprocess.Popen[bytes]":
    """Start a module with its arguments, and with nothing but this environment."""
    return subprocess.Popen(
        [sys.executable, "-m", *module],
        cwd="/",
        env={
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(ROOT),
            "HOME": os.environ.get("HOME", "/"),
            **environment,
        },
        stderr=log,
    )


def wait_for(run: "subprocess.Popen[bytes]", url: str) -> None:
    """Return once the bot answers and Slack knows it."""
    until = time.monotonic() + PATIENCE
    with httpx.Client(trust_env=False, timeout=PATIENCE) as client:
        while time.monotonic() < until:
            assert run.poll() is None, "the bot ended"
            try:
                answer = client.get(f"{url}/readyz")
                if answer.status_code == httpx.codes.OK:
                    return
            except httpx.TransportError:
                pass
            time.sleep(0.1)
    msg = "the bot did not become ready"
    raise AssertionError(msg)
