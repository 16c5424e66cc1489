"""The bot as it is deployed, but with a tempo that tests can wait for.

python -m tests.integration.brisk [LEASE-SECONDS [LASTS-SECONDS]]
"""

import asyncio
import signal
import sys
from datetime import timedelta

from bot.domain.watches import Tempo
from bot.journal import open_journal
from bot.settings import Settings
from bot.slack.app import run
from bot.slack.sending.pace import Manners, Pace


def tempo(lease: float = 2.0, lasts: float = 120.0) -> Tempo:
    """Return everything some ten times as fast."""
    return Tempo(
        lasts=timedelta(seconds=lasts),
        lease=timedelta(seconds=lease),
        every=0.6,
        slowest=2.0,
        shared=0.3,
        per_channel=0.1,
        in_all=0.1,
        glimpse=0.3,
    )


async def _main(fast: Tempo) -> None:
    over = asyncio.Event()
    loop = asyncio.get_running_loop()
    for each in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(each, over.set)
    settings = Settings.read()
    open_journal(settings)
    none = Pace(burst=100, seconds=0.01)
    quick = Manners(posts=none, updates=none, same_message=Pace(burst=1, seconds=0.2))
    await run(settings, over, manners=quick, tempo=fast)


if __name__ == "__main__":
    asyncio.run(_main(tempo(*map(float, sys.argv[1:]))))
