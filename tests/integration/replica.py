"""One of several bots, brisk as tests are, that can be killed and frozen."""

import re
import signal
from collections.abc import Mapping
from pathlib import Path
from typing import Self

from bot.demo.ground import free_port
from tests.integration.bot import started

_LED = re.compile(r"bot\.state\.leading (leading|led)\b.*lease=alerts")


class Replica:
    """Such a process, from its start to its end; what it logs is kept in a file."""

    def __init__(self, environment: Mapping[str, str], log: Path) -> None:
        self._log = log
        with log.open("wb") as file:
            given = {**environment, "DEBUG_BOT_PORT": str(free_port())}
            self._process = started(["tests.integration.brisk"], given, log=file)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.end()

    @property
    def leads(self) -> bool:
        """Whether it leads, as it says itself."""
        told = _LED.findall(self._log.read_text(errors="replace"))
        return bool(told) and told[-1] == "leading"

    @property
    def lives(self) -> bool:
        """Whether it runs; one that is frozen does."""
        return self._process.poll() is None

    def end(self) -> None:
        """End it as whoever deploys it does."""
        if self.lives:
            self.wake()
            self._process.terminate()
            self._process.wait(15)

    def kill(self) -> None:
        """End it without a farewell."""
        self._process.kill()
        self._process.wait(15)

    def freeze(self) -> None:
        """Let it stand still, as a host that swaps does."""
        self._process.send_signal(signal.SIGSTOP)

    def wake(self) -> None:
        """Let it go on."""
        self._process.send_signal(signal.SIGCONT)
