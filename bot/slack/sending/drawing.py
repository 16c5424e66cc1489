"""Charts drawn in a process of its own, so that nothing else waits for it.

The library that draws takes more than a second to import and holds the interpreter
while it draws. A process for each picture needs no upkeep: what it used is given back,
and one that hangs can be killed.
"""

import asyncio
import contextlib
import os
import pickle
import sys
from asyncio.subprocess import PIPE
from typing import Final

from bot.domain.excerpts import start_of
from bot.domain.report import Chart

SECONDS: Final = 20.0
_NICE: Final = 10  # whoever asks next goes first
_SAID: Final = 300


class NotDrawn(Exception):
    """A chart could not be drawn; the text says why."""


async def drawn(chart: Chart, seconds: float = SECONDS) -> bytes:
    """Return the chart as a PNG. Whoever is cancelled leaves no process behind.

    Raises:
        NotDrawn: it took too long, or failed.
    """
    # Ten thousand spans take a quarter of a second, in which others may go on.
    written = await asyncio.to_thread(pickle.dumps, chart)
    try:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-P", "-m", __name__),
            stdin=PIPE,
            stdout=PIPE,
            stderr=PIPE,
            start_new_session=True,  # a Ctrl-C in a terminal is for us alone
        )
    except OSError as error:
        msg = f"no process: {error.strerror}"
        raise NotDrawn(msg) from error
    try:
        async with asyncio.timeout(seconds):
            picture, said = await process.communicate(written)
    except TimeoutError as error:
        msg = f"not done in {seconds:g} s"
        raise NotDrawn(msg) from error
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
    if process.returncode or not picture:
        last = said.decode(errors="replace").strip().splitlines()[-1:]
        msg = f"status {process.returncode}: {start_of(''.join(last), _SAID)}"
        raise NotDrawn(msg)
    return picture


def main() -> None:
    """Read a chart and write its picture."""
    os.nice(_NICE)
    from formatters.chart import png  # noqa: PLC0415  only this process pays for it

    chart = pickle.load(sys.stdin.buffer)  # noqa: S301  written by whoever started us
    sys.stdout.buffer.write(png(chart))


if __name__ == "__main__":
    main()
