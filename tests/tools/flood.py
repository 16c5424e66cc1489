"""A channel flooded by alerts, at Slack's real pace: the last part of `make bench`.

The bot runs as deployed, behind the strict front, which takes a message a second as
Slack does. Five hundred alerts a minute come to one channel, and people go on asking.
"""

import argparse
import asyncio
import contextlib
import time
from typing import Any

from bot.demo.stack import Stack
from bot.demo.workspace import ALICE, OPS
from bot.settings import Settings
from bot.slack.app import Bot
from bot.slack.sending.outbox import Urgency
from bot.slack.sending.refusals import Unsent
from formatters.packing import Message
from tests.demo.socket_bot import until

A_MINUTE = 500
EVERY = 5.0  # seconds between two questions


async def flooded(stack: Stack, seconds: float) -> None:
    """Flood it for so long, and print what became of the alerts and the questions."""
    assert stack.slack is not None
    assert stack.front is not None
    stack.front.steer(rate=1.0, public=True)
    bot, ready = Bot(Settings.of(stack.environment)), asyncio.Event()
    ends: list[object] = []
    async with bot.running():
        running = asyncio.get_running_loop().create_task(bot.front(ready.set))
        await ready.wait()
        bot._bench.take(lambda: _alerts(bot, seconds, ends))
        acknowledged: list[float] = []
        answered: list[float] = []
        until = time.monotonic() + seconds
        while time.monotonic() < until - EVERY:
            await asyncio.sleep(EVERY)
            mark = f"orphans --hours {len(answered) + 1}"
            asked = time.monotonic()
            await stack.slack.command(ALICE, OPS, mark)
            acknowledged.append(time.monotonic() - asked)
            await _answered(stack, mark)
            answered.append(time.monotonic() - asked)
        await asyncio.sleep(max(0.0, until - time.monotonic()))
        taken = len(_sent(stack))
        running.cancel()
    put_off = sum(it.get("error") == "ratelimited" for it in stack.front.notes())
    left_out = sum(isinstance(end, Unsent) for end in ends)
    print(
        f"  {A_MINUTE * seconds / 60:.0f} alerts in {seconds:.0f} s: Slack took {taken}"
        f" messages (its rate allows {seconds + 4:.0f}), put off {put_off},"
        f" {left_out} were left out\n"
        f"  acknowledged within {max(acknowledged):.2f} s (target: below 1),"
        f" answered within {max(answered):.1f} s"
    )


async def _alerts(bot: Bot, seconds: float, ends: list[object]) -> None:
    sender = bot._answers._sender

    async def alert(number: int) -> None:
        await asyncio.sleep(number * 60 / A_MINUTE)
        note = Message(blocks=(), text=f"alert {number}")
        await sender.post(OPS, note, note.text, urgency=Urgency.ALERT)

    every = [
        asyncio.get_running_loop().create_task(alert(number))
        for number in range(int(A_MINUTE * seconds / 60))
    ]
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            ends += await asyncio.gather(*every, return_exceptions=True)
    ends += [each.exception() for each in every if each.done() and not each.cancelled()]


async def _answered(stack: Stack, mark: str) -> None:
    await until(lambda: any(mark in str(it) for it in _sent(stack)))


def _sent(stack: Stack) -> list[dict[str, Any]]:
    assert stack.front is not None
    return [it for it in stack.front.sent() if it["channel"] == OPS]


def main() -> None:
    """Measure once."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0)
    seconds = parser.parse_args().seconds
    with Stack(postgres=False, runpod=False) as stack:
        if stack.missing:
            print("; ".join(it.reason for it in stack.missing))
            return
        print(f"\nA channel flooded for {seconds:.0f} s, at Slack's own pace")
        asyncio.run(flooded(stack, seconds))


if __name__ == "__main__":
    main()
