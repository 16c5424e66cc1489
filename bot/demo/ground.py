"""The ground the local stack stands on: one folder, and processes that end with us."""

import contextlib
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from itertools import cycle, islice
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import httpx

from bot.demo import warden

PATIENCE = timedelta(seconds=60)  # the slowest is ready within 2 s on two idle cores
STOP = timedelta(seconds=0.5)  # PostgreSQL, the slowest to end, takes about 20 ms
LOOPBACK = "127.0.0.1"
ROOT = Path(__file__).parents[2]  # where `python -m bot.demo.…` finds us


class Unavailable(Exception):
    """A part of the stack can't be had here; the text says what to do about it."""


class Process:
    """A child process with its log, ended by us or by the warden."""

    def __init__(
        self,
        name: str,
        child: subprocess.Popen[bytes],
        *,
        log: Path,
        end_with: signal.Signals,
        on_end: Callable[[int], None],
    ) -> None:
        self.name = name
        self.log = log
        self._child = child
        self._end_with = end_with
        self._on_end = on_end
        self._held: list[Callable[[], object]] = []

    @property
    def id(self) -> int:
        """Return the process id."""
        return self._child.pid

    @property
    def running(self) -> bool:
        """Return whether it has not ended yet."""
        return self._child.poll() is None

    def wait_until(
        self, ready: Callable[[], bool], *, within: timedelta = PATIENCE
    ) -> None:
        """Ask *ready* again and again until it says yes.

        Raises:
            Unavailable: the process ended early, or did not get ready in time.
        """
        deadline = time.monotonic() + within.total_seconds()
        while not ready():
            if not self.running:
                msg = f"{self.name} ended while starting: {self._last_words()}"
                raise Unavailable(msg)
            if time.monotonic() > deadline:
                seconds = within.total_seconds()
                msg = (
                    f"{self.name} was not ready in {seconds:g} s: {self._last_words()}"
                )
                raise Unavailable(msg)
            time.sleep(0.01)

    def wait_for(self, url: str) -> None:
        """Ask *url* again and again until it answers well.

        Raises:
            Unavailable: the process ended early, or did not get ready in time.
        """
        with httpx.Client(trust_env=False, timeout=2) as client:

            def answers() -> bool:
                try:
                    return client.get(url).is_success
                except httpx.TransportError:
                    return False

            self.wait_until(answers)

    def when_stopped(self, close: Callable[[], object]) -> None:
        """Call *close* before it is ended: what is connected to it lets go."""
        self._held.append(close)

    def stop(self) -> None:
        """End it now and wait until it is gone; a second call does nothing."""
        while self._held:
            self._held.pop()()
        if self.running:
            self._child.send_signal(self._end_with)
            try:
                self._child.wait(STOP.total_seconds())
            except subprocess.TimeoutExpired:
                self._child.kill()
                self._child.wait()
        self._on_end(self.id)

    def _last_words(self) -> str:
        lines = self.log.read_text(errors="replace").strip().splitlines()
        return " / ".join(lines[-3:]) or "it said nothing"


class Ground:
    """A temporary folder and the processes started on it; all gone on exit.

    A process never outlives us, however we end: see `bot.demo.warden`. Safe to
    use from several threads.
    """

    def __init__(self) -> None:
        self._folder: Path | None = None
        self._warden: subprocess.Popen[str] | None = None
        self._processes: list[Process] = []
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        """Make the folder and start the warden."""
        self._folder = Path(tempfile.mkdtemp(prefix="debug-bot-"))
        self._warden = subprocess.Popen(
            [sys.executable, "-I", "-S", warden.__file__],
            stdin=subprocess.PIPE,
            text=True,
            start_new_session=True,  # Ctrl-C in a terminal is for us alone
        )
        self._tell(f"remove {self._folder}")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """End all processes, newest first, and remove the folder."""
        for process in reversed(self._processes):
            process.stop()
        self._processes.clear()
        if self._warden is not None and self._warden.stdin is not None:
            with contextlib.suppress(BrokenPipeError):
                self._warden.stdin.close()
            self._warden.wait()
            self._warden = None
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None

    @property
    def folder(self) -> Path:
        """Return the folder, which goes when we go."""
        if self._folder is None:
            msg = "the ground is used outside its `with`"
            raise RuntimeError(msg)
        return self._folder

    def start(  # noqa: PLR0913 - what one may say of a process
        self,
        name: str,
        command: Sequence[str | Path],
        *,
        environment: Mapping[str, str] | None = None,
        user: str | None = None,
        hand_over: socket.socket | None = None,
        end_with: signal.Signals = signal.SIGKILL,
        cwd: Path | None = None,
    ) -> Process:
        """Start *command*; its output goes to the folder's NAME.log.

        Args:
            name: what it is called in messages.
            command: the program and its arguments.
            environment: all it sees of the environment; ours when None.
            user: who it runs as; only root may say so.
            hand_over: a listening socket it inherits under the same number.
            end_with: what ends it at once; most drain slowly when asked kindly.
            cwd: where it runs; our own place when None.

        Raises:
            Unavailable: the program can't be run.
        """
        log = self.folder / f"{name}.log"
        with log.open("ab") as output:
            try:
                child = subprocess.Popen(
                    [str(word) for word in command],
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    env=None if environment is None else dict(environment),
                    user=user,
                    pass_fds=() if hand_over is None else (hand_over.fileno(),),
                    start_new_session=True,
                    cwd=cwd,
                )
            except OSError as error:
                msg = f"{name} can't be started: {error}"
                raise Unavailable(msg) from error
        process = Process(name, child, log=log, end_with=end_with, on_end=self._forget)
        self._tell(f"watch {child.pid} {int(end_with)}")
        with self._lock:
            self._processes.append(process)
        return process

    def start_module(
        self, module: str, *arguments: str, port: int = 0
    ) -> tuple[Process, str]:
        """Start one of our own aiohttp programs; return it and its address.

        Its socket listens before it runs, so that nothing can take the port and
        the first request waits instead of being refused.
        """
        listening = listen(port)
        name = module.rpartition(".")[2]
        with listening:
            address = f"http://{LOOPBACK}:{listening.getsockname()[1]}"
            process = self.start(
                name,
                [
                    *(sys.executable, "-m", module),
                    *("--socket", str(listening.fileno()), *arguments),
                ],
                hand_over=listening,
                cwd=ROOT,
            )
        return process, address

    def _forget(self, process: int) -> None:
        self._tell(f"forget {process}")

    def _tell(self, line: str) -> None:
        with self._lock:
            if self._warden is not None and self._warden.stdin is not None:
                with contextlib.suppress(BrokenPipeError, ValueError):
                    self._warden.stdin.write(line + "\n")
                    self._warden.stdin.flush()


_QUIET_PORTS: Final = range(20_000, 32_000)
_PORTS: Final = cycle(random.sample(_QUIET_PORTS, len(_QUIET_PORTS)))


def listen(port: int = 0) -> socket.socket:
    """Return a socket that listens on loopback; port 0 takes any free one.

    Raises:
        Unavailable: another program holds that port.
    """
    listening = _bound(port)
    listening.listen(128)
    return listening


def _bound(port: int) -> socket.socket:
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((LOOPBACK, port))
    except OSError as error:
        bound.close()
        msg = f"port {port} is taken by another program; stop it or choose another"
        raise Unavailable(msg) from error
    return bound


def free_port(port: int = 0) -> int:
    """Return *port* if nobody holds it, or any free one for 0.

    The free one lies below the range from which the system takes the ports of outgoing
    connections, one of which could take it before its program starts. It is not named
    twice: whoever was told of it may not listen there yet.

    Raises:
        Unavailable: another program holds that port.
    """
    for number in (port,) if port else islice(_PORTS, 50):
        try:
            # A process that another thread starts has a copy of the socket until it
            # runs its program. Bound, that bars nobody; listening, it would.
            _bound(number).close()
        except Unavailable:
            if port:
                raise
        else:
            return number
    msg = "no free port was found on this machine"
    raise Unavailable(msg)
