"""The real counterparts, started once, and the shell as a user runs it."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bot.demo.stack import Stack

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Said:
    """What one run of the shell gave."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        """The answer as JSON."""
        found: dict[str, Any] = json.loads(self.out)
        return found


def shell(*words: str, environment: dict[str, str]) -> Said:
    """Run `debug-bot` with these words and nothing but this environment."""
    run = subprocess.run(
        [sys.executable, "-m", "bot", *words],
        capture_output=True,
        text=True,
        timeout=60,
        cwd="/",
        env={
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(ROOT),
            "HOME": os.environ.get("HOME", "/"),
            **environment,
        },
        check=False,
    )
    return Said(run.returncode, run.stdout, run.stderr)


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    """PostgreSQL behind PostgREST, and the RunPod double; both empty."""
    with Stack(postgres=True, runpod=True, slack=False) as stack:
        if stack.missing:
            reasons = "; ".join(f"{each.part}: {each.reason}" for each in stack.missing)
            pytest.skip(reasons)
        yield stack
