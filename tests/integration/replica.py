"""One of several bots, brisk as tests are, that can be killed and frozen."""

import json
import signal
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from bot.demo.ground import free_port
from tests.counterparts import PATIENCE
from tests.integration.bot import started

LEASE = 4.0  # seconds; in each third of it a busy machine may stand still


class Replica:
    """Such a process, from its start to its end; what it logs is kept in a file."""

    def __init__(
        self, environment: Mapping[str, str], log: Path, *, lasts: float = 600.0
    ) -> None:
        """Start it; a watch goes on for so many seconds."""
        self.name = log.stem
        self._log = log
        own = {"DEBUG_BOT_PORT": str(free_port()), "DEBUG_BOT_LOG_FORMAT": "json"}
        module = ["tests.integration.brisk", str(LEASE), str(lasts)]
        with log.open("wb") as file:
            self._process = started(module, {**environment, **own}, log=file)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.end()

    def events(self) -> list[dict[str, Any]]:
        """Return what it has logged."""
        lines = self._log.read_text(errors="replace").splitlines(keepends=True)
        whole = [each for each in lines if each.startswith("{") and each[-1] == "\n"]
        return [json.loads(each) for each in whole]

    def has(self, event: str) -> bool:
        """Tell whether it has logged such a line."""
        return any(event in each["event"] for each in self.events())

    def leads(self, lease: str = "alerts") -> bool:
        """Tell whether it leads, as it says itself."""
        told = [each["event"] for each in self.events() if each.get("lease") == lease]
        turns = [each for each in told if each.startswith("leading")]
        return turns[-1:] == ["leading"]

    def terms(self, lease: str) -> list[int]:
        """Return the tokens of the terms for which it had the lease."""
        return [
            int(each["token"])
            for each in self.events()
            if each["event"] == "leading" and each["lease"] == lease
        ]

    def answers(self) -> set[str]:
        """Return the ids of what it asked for watches."""
        return {
            each["request_id"]
            for each in self.events()
            if each["event"] == "answered" and each["door"] == "clock"
        }

    @property
    def lives(self) -> bool:
        """Whether it runs; one that is frozen does."""
        return self._process.poll() is None

    def end(self) -> None:
        """End it as whoever deploys it does."""
        if self.lives:
            self.wake()
            self._process.terminate()
            self._process.wait(PATIENCE)

    def kill(self) -> None:
        """End it without a farewell."""
        self._process.kill()
        self._process.wait(PATIENCE)

    def freeze(self) -> None:
        """Let it stand still, as a host that swaps does."""
        self._process.send_signal(signal.SIGSTOP)

    def wake(self) -> None:
        """Let it go on."""
        self._process.send_signal(signal.SIGCONT)
