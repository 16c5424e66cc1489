"""How fast answers come, as ratios measured side by side: `make bench`.

Each answer is compared with the slowest single request that it needs: the requests of
one answer are taken down at the gateway and sent again one by one, in turns with whole
answers, over a warm connection, with nothing else going on. Loopback has no distance,
so everything is also measured with a network's delay at the gateway. The counterparts
run in a process of their own: in this one they would take turns with what is measured.
"""

import argparse
import asyncio
import contextlib
import multiprocessing
import os
import statistics
import subprocess
import sys
import time
import timeit
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from multiprocessing.managers import BaseManager
from pathlib import Path

import httpx

from bot.demo.pods import Pod
from bot.demo.stack import Stack
from bot.domain.access import Caller, Door
from bot.domain.cases import Case
from bot.domain.figures import some
from bot.domain.redaction import redacted
from bot.rules.book import judge
from bot.settings import Settings
from bot.wiring import Wired
from tests.tools.examiners import judging_timed
from tests.world import a_case, a_line, a_task, a_worker, ago

ROOT = Path(__file__).parents[2]
WORKER = "gpu-20260101_000000-e0000001"
LOUD = "gpu-20260101_000000-e0000002"
IDLE = "gpu-20260101_000000-e0000003"
TASK = "e1000000-0000-4000-8000-000000000001"
DELAY = 0.05  # seconds: a database in the same country

_WORLD = f"""
insert into workers (id, instance_type, status, created_at, last_heartbeat, metadata)
select 'gpu-20260101_' || lpad(i::text, 6, '0') || '-f0000001', 'RTX 4090',
       case when i % 10 = 0 then 'active' else 'terminated' end,
       now() - i * interval '4 minutes', now() - interval '5 seconds',
       jsonb_build_object('runpod_id', 'pod' || i)
from generate_series(1, 300) i;
insert into workers (id, instance_type, status, created_at, last_heartbeat, metadata)
values ('{WORKER}', 'RTX 4090', 'active', now() - interval '3 hours', now(),
        '{{"runpod_id": "podbench"}}'),
       ('{IDLE}', 'RTX 4090', 'active', now() - interval '3 hours', now(), '{{}}'),
       ('{LOUD}', 'RTX 4090', 'active', now() - interval '3 hours', now(), '{{}}');
insert into tasks (task_type, status, created_at, generation_started_at,
                   generation_processed_at)
select 'vace', (case when i % 20 = 0 then 'Queued' else 'Complete' end)::task_status,
       now() - i * interval '3 minutes', now() - i * interval '3 minutes',
       now() - i * interval '3 minutes' + interval '90 seconds'
from generate_series(1, 600) i;
insert into tasks (id, task_type, status, worker_id, output_location, created_at,
                   generation_started_at)
values ('{TASK}', 'vace', 'Failed', '{WORKER}', 'CUDA out of memory',
        now() - interval '1 hour', now() - interval '50 minutes');
insert into tasks (task_type, status, worker_id, created_at, generation_started_at)
values ('vace', 'In Progress', '{WORKER}', now() - interval '10 minutes',
        now() - interval '2 minutes');
insert into system_logs (timestamp, source_type, source_id, log_level, message, task_id,
                         worker_id)
select now() - interval '50 minutes' + i * interval '5 seconds', 'worker', '{WORKER}',
       'INFO', 'QUEUE: a line of ordinary length about its work ' || i, '{TASK}',
       '{WORKER}'
from generate_series(1, 180) i;
"""


def _noise(rows: int) -> str:
    """Return SQL for so many lines of other workers and of the orchestrator."""
    return f"""
insert into system_logs (timestamp, source_type, source_id, log_level, message,
                         worker_id, cycle_number)
select now() - (i % 86000) * interval '1 second',
       case when i % 8 = 0 then 'orchestrator_gpu' else 'worker' end,
       case when i % 8 = 0 then 'orchestrator' else 'w' || (i % 300) end,
       'INFO', 'HEADLESS: a line of ordinary length about what is going on ' || i,
       case when i % 8 = 0 then null else 'w' || (i % 300) end,
       case when i % 8 = 0 then 2900 - (i % 86000) / 30 end
from generate_series(1, {rows}) i;
"""


class Counterparts:
    """A queue and a RunPod with pods, to be held by another process."""

    def __init__(self) -> None:
        self._stack = Stack(postgres=True, runpod=True, slack=False).__enter__()
        assert self._stack.postgres is not None, self._stack.missing
        assert self._stack.gateway is not None
        assert self._stack.runpod is not None
        self._postgres, self._gateway = self._stack.postgres, self._stack.gateway
        self._runpod = self._stack.runpod
        now = datetime.now(UTC)
        self._runpod.load(
            *(
                Pod(
                    id=f"pod{i}",
                    name=f"gpu-20260101_{i:06d}-f0000001",
                    created_at=now - timedelta(hours=2),
                )
                for i in range(10, 310, 10)
            )
        )

    def environment(self) -> dict[str, str]:
        """Return the settings that point a bot at them."""
        return self._stack.environment

    def execute(self, sql: str) -> None:
        """Run it in the database, and leave nothing to tidy up while we measure."""
        self._postgres.execute(sql)
        self._postgres.sql("vacuum analyze")

    def latency(self, seconds: float) -> None:
        """Let each answer take so much longer."""
        self._gateway.latency(seconds)
        self._runpod.latency(seconds)

    def asked(self) -> list[str]:
        """Return what the gateway was asked since the last time, as paths."""
        requests = self._gateway.requests(clear=True)
        return [f"{each['path']}?{each['query']}" for each in requests]

    def stop(self) -> None:
        """End them."""
        self._stack.stop()


class Aside(BaseManager):
    """The process that holds the counterparts."""


Aside.register("Counterparts", Counterparts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """Median seconds of an answer and of what it stands beside."""

    whole: float
    slowest: float
    """Its slowest request alone."""
    bare: float
    """All its requests sent at once and read: what two cores leave of nothing else."""
    requests: int


class Bench:
    """One stack, one desk."""

    def __init__(self, stack: Counterparts, runs: int) -> None:
        self.stack = stack
        self.runs = runs
        self.environment = stack.environment()
        os.environ.update(self.environment)
        self.wired = Wired(Settings.of(self.environment))

    async def answer(self, words: str) -> float:
        """Return the median seconds of an answer."""
        await self._ask(words)
        spent = [await _spent(self._ask(words)) for _ in range(self.runs)]
        return statistics.median(spent)

    async def judging(self, words: str) -> tuple[float, float]:
        """Return the median seconds of an answer, and the share that judging takes."""
        await self._ask(words)
        spent, shares = [], []
        for _ in range(self.runs):
            with judging_timed() as judged:
                begun = time.perf_counter()
                await self._ask(words)
                spent.append(time.perf_counter() - begun)
            shares.append(sum(judged) / spent[-1])
        return statistics.median(spent), statistics.median(shares)

    async def beside(self, words: str) -> "Beside":
        """Measure an answer, each of its requests alone, and all of them at once.

        They take turns, so that what the database is busy with, and what it has learnt
        of a question, is the same for all.
        """
        await self._ask(words)
        self.stack.asked()
        await self._ask(words)
        paths = self.stack.asked()
        key = self.environment["SUPABASE_SERVICE_ROLE_KEY"]
        headers = {"apikey": key, "Authorization": f"Bearer {key}"}
        whole: list[float] = []
        bare: list[float] = []
        alone: dict[str, list[float]] = {path: [] for path in paths}
        async with httpx.AsyncClient(
            base_url=self.environment["SUPABASE_URL"],
            headers=headers,
            timeout=30.0,
            trust_env=False,
        ) as client:
            asks: dict[str, Callable[[], Awaitable[object]]] = {
                path: partial(_read, client, path) for path in paths
            }
            if words.startswith("health"):
                asks["pods"] = self.wired.systems["reigh"]().pods.all
            await asyncio.gather(*(ask() for ask in asks.values()))  # connects
            for _ in range(self.runs):
                whole.append(await _spent(self._ask(words)))
                every = (ask() for ask in asks.values())
                bare.append(await _spent(asyncio.gather(*every)))
                for name, ask in asks.items():
                    alone.setdefault(name, []).append(await _spent(ask()))
        return Beside(
            whole=statistics.median(whole),
            bare=statistics.median(bare),
            slowest=max(map(statistics.median, alone.values())),
            requests=len(paths),
        )

    async def _ask(self, words: str) -> None:
        report = await self.wired.desk.answer(
            words.split(), Caller(door=Door.SHELL), datetime.now(UTC)
        )
        assert report.outcome == 0, report.summary


async def _spent(question: Awaitable[object]) -> float:
    begun = time.perf_counter()
    await question
    return time.perf_counter() - begun


async def _read(client: httpx.AsyncClient, path: str) -> object:
    return (await client.get(path)).raise_for_status().json()


# A process counts as large as the one was that made it: this one is small.
_RUN = """
import os, subprocess, sys, time
begun = time.perf_counter()
run = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL)
_, status, usage = os.wait4(run.pid, 0)
run.returncode = os.waitstatus_to_exitcode(status)
assert run.returncode == 0, sys.argv
print(time.perf_counter() - begun, usage.ru_maxrss / 1024)
"""


def _process(*words: str) -> tuple[float, float]:
    """Return the seconds and the peak megabytes of one run in a process of its own."""
    run = [sys.executable, "-I", "-S", "-c", _RUN, *words]
    said = subprocess.run(run, cwd=ROOT, check=True, capture_output=True, text=True)
    seconds, megabytes = map(float, said.stdout.split())
    return seconds, megabytes


def _median_process(runs: int, *words: str) -> float:
    _process(*words)
    return statistics.median(_process(*words)[0] for _ in range(runs))


_ALONE = """
import asyncio, os
from supabase import acreate_client
async def go():
    url, key = os.environ["SUPABASE_URL"], os.environ["SUPABASE_SERVICE_ROLE_KEY"]
    client = await acreate_client(url, key)
    await client.table("system_logs").select("*").eq("{column}", "{id}").execute()
asyncio.run(go())
"""
_PODS_ALONE = "import os, runpod; runpod.get_pods(os.environ['RUNPOD_API_KEY'])"


@contextlib.contextmanager
def _part(title: str) -> Iterator[None]:
    print(f"\n{title}", flush=True)
    yield


async def main() -> None:
    """Run all measurements and print them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=15)
    parser.add_argument("--rows", type=int, default=2_000_000)
    given = parser.parse_args()
    with Aside(ctx=multiprocessing.get_context("spawn")) as aside:
        stack: Counterparts = aside.Counterparts()  # type: ignore[attr-defined]
        try:
            await _measure(stack, given.runs, given.rows)
        finally:
            stack.stop()


async def _measure(stack: Counterparts, runs: int, rows: int) -> None:
    stack.execute(_WORLD)
    stack.execute(_noise(10_000))
    bench = Bench(stack, runs)
    await _answers(bench, 10_000, DELAY, 0.0)
    await _judging(bench)
    _judging_lines()
    _processes(runs)
    await _growth(bench, rows)
    await _answers(bench, rows, DELAY)
    _hostile()
    await _memory(stack)
    await bench.wired.close()


_QUESTIONS = {
    "task": f"task {TASK}",
    "worker": f"worker {WORKER}",
    "one that idles": f"worker {IDLE}",  # whether it may stay is in the queue
    "health": "health",
}


async def _answers(bench: Bench, rows: int, *delays: float) -> None:
    for delay in delays:
        title = (
            f"In process, {delay * 1000:g} ms of network, {rows:,} log rows (at most"
            " 1.5 times the slowest single request)"
        )
        with _part(title):
            bench.stack.latency(delay)
            for name, words in _QUESTIONS.items():
                seen = await bench.beside(words)
                print(
                    f"  {name:14} {seen.whole * 1000:7.1f} ms for {seen.requests:2}"
                    f" requests, the slowest alone {seen.slowest * 1000:7.1f} ms:"
                    f" ratio {seen.whole / seen.slowest:.2f}"
                    f" (all at once and bare {seen.bare * 1000:7.1f} ms:"
                    f" {seen.whole / seen.bare:.2f})"
                )
    bench.stack.latency(0.0)


async def _judging(bench: Bench) -> None:
    with _part("Judging, of a whole answer without a network (target: below 10 %)"):
        for words in (f"task {TASK}", f"worker {WORKER}", "health"):
            whole, share = await bench.judging(words)
            print(f"  {words.split()[0]:8} {share:5.1%} of {whole * 1000:.1f} ms")


def _judging_lines() -> None:
    """Judge long logs: more workers may not cost more than their lines do."""
    with _part("Judging 100 thousand lines, against one loop that looks for one text"):
        for workers in (1, 100):
            few, many = _a_log(10_000, workers), _a_log(100_000, workers)
            lines = many.lines or ()
            loop = _least(lambda: sum("MODEL" in line.message for line in lines))  # noqa: B023
            judged = _least(lambda: judge(many))  # noqa: B023
            growth = judged / _least(lambda: judge(few))  # noqa: B023
            print(
                f"  {some(workers, 'worker'):11} {judged * 1000:6.1f} ms: ratio"
                f" {judged / loop:.0f}; ten times the lines: ratio {growth:.1f}"
            )


def _a_log(count: int, workers: int) -> Case:
    """Return a case of lines by busy workers, of which every other one fell silent."""
    names = [f"gpu-20260131_11{number:04d}-0a1b2c3d" for number in range(workers)]
    those = tuple(
        a_worker(name, last_heartbeat_at=ago(seconds=400 if number % 2 else 5))
        for number, name in enumerate(names)
    )
    lines = tuple(
        a_line(
            f"QUEUE: a line of ordinary length about its work {number}",
            at=ago(minutes=50) + timedelta(milliseconds=25 * number),
            worker_id=names[number % workers],
            id=f"{number:08d}",
        )
        for number in range(count)
    )
    return a_case(
        tasks=tuple(
            a_task(f"{name}-task", worker_id=name, started_at=ago(minutes=25))
            for name in names
        ),
        workers=those,
        holders=those,
        lines=lines,
        logs_read=frozenset(worker.id for worker in those),
        lines_since=ago(hours=2),
    )


def _least(run: Callable[[], object]) -> float:
    return min(timeit.repeat(run, number=1, repeat=5))


async def _growth(bench: Bench, rows: int) -> None:
    with _part(f"task, from 10 thousand to {rows:,} log rows (target: at most 1.3)"):
        words = f"task {TASK}"
        small = await bench.answer(words)
        bench.stack.execute(_noise(rows))
        large = await bench.answer(words)
        print(
            f"  {small * 1000:.1f} ms, then {large * 1000:.1f} ms:"
            f" ratio {large / small:.2f}"
        )


def _processes(runs: int) -> None:
    with _part("Whole process, against one request in a process of its own (1.5)"):
        few = max(3, runs // 3)
        bot = [sys.executable, "-m", "bot"]
        for words, alone in (
            (f"task {TASK}", _ALONE.format(column="task_id", id=TASK)),
            (f"worker {WORKER}", _ALONE.format(column="worker_id", id=WORKER)),
            ("health", _PODS_ALONE),
        ):
            one = _median_process(few, sys.executable, "-c", alone)
            whole = _median_process(few, *bot, *words.split(), "--json")
            print(
                f"  {words.split()[0]:8} {whole * 1000:7.0f} ms, one request"
                f" {one * 1000:7.0f} ms: ratio {whole / one:.2f}"
            )
        shown = _median_process(few, *bot, "--help")
        print(f"  --help   {shown * 1000:7.0f} ms (target: below 300)")


def _hostile() -> None:
    """Texts of many beginnings: whoever reads on from each of them never ends."""
    with _part("Hiding secrets in ten times the text (a scan takes 10, a trap 100)"):
        for text in (
            "https://host/file,",
            "https://a:b/",
            "eyJ",
            "\x9da",
            "xoxb-",
            "env=['",
        ):
            short, long = (
                min(timeit.repeat(lambda: redacted(text * n), number=1, repeat=5))  # noqa: B023
                for n in (1_000, 10_000)
            )
            print(f"  {text!r:20} {long * 1000:7.1f} ms: ratio {long / short:.0f}")


async def _memory(stack: Counterparts) -> None:
    with _part("A worker with 100 thousand log rows (target: below 200 MB)"):
        stack.execute(f"""
insert into system_logs (timestamp, source_type, source_id, log_level, message,
                         worker_id)
select now() - interval '3 hours' + (i / 7) * interval '100 milliseconds', 'worker',
       '{LOUD}', 'INFO', 'QUEUE: a line of ordinary length of work ' || i,
       '{LOUD}'
from generate_series(1, 100000) i;
""")
        for form in ((), ("--json",)):
            seconds, megabytes = _process(
                sys.executable, "-m", "bot", "worker", LOUD, *form
            )
            print(
                f"  {' '.join(form) or 'text':6} {seconds:5.1f} s, {megabytes:.0f} MB"
            )


if __name__ == "__main__":
    asyncio.run(main())
