"""The demo's incident: its truth is what the product says."""

import asyncio
import contextlib
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest

from bot.demo.incident import FAILED_TASK, Incident, Truth, make_incident
from bot.demo.keeper import EVERY, Keeper
from bot.demo.owed import Expected
from bot.demo.stack import Stack
from bot.domain.access import Caller, Door
from bot.domain.report import Report
from bot.settings import Settings
from bot.wiring import Wired
from formatters.document import chunks
from formatters.text import lines
from tests.demo.times import NOON

OVERVIEWS = ("health", "workers", "tasks", "queue", "orphans", "runpod")


@dataclass(frozen=True, slots=True)
class Loaded:
    """An incident in a running stack."""

    incident: Incident
    stack: Stack

    @property
    def truth(self) -> Truth:
        """What is the matter."""
        return self.incident.truth

    def ask(self, *questions: str, now: datetime | None = None) -> list[Report]:
        """Return the product's answers as of then, or as of the incident."""
        return asyncio.run(self._ask(questions, now or self.truth.now))

    def data(self, *questions: str) -> list[Any]:
        """Return the data of the answers."""
        return [report.data for report in self.ask(*questions)]

    async def _ask(self, questions: tuple[str, ...], now: datetime) -> list[Report]:
        wired = Wired(Settings.of(self.stack.environment))
        caller = Caller(door=Door.SHELL)
        try:
            found = [
                await wired.desk.answer(words.split(), caller, now)
                for words in questions
            ]
        finally:
            await wired.close()
        for report in found:
            assert report.gaps == ()
        return found


@pytest.fixture(scope="module")
def loaded() -> Iterator[Loaded]:
    """Return the incident in a stack; nobody changes it."""
    began = time.perf_counter()
    incident = make_incident(NOON)
    took = time.perf_counter() - began
    sys.stderr.write(f"the incident was made in {took:.2f} s\n")
    with running(incident) as loaded:
        yield loaded


@contextlib.contextmanager
def running(incident: Incident) -> Iterator[Loaded]:
    """Hold the incident in a stack of its own."""
    with Stack(slack=False) as stack, pytest.MonkeyPatch.context() as patch:
        if stack.postgres is None or stack.runpod is None:
            pytest.skip("; ".join(it.reason for it in stack.missing))
        # RunPod's SDK reads its address from there at every call.
        patch.setenv("RUNPOD_API_BASE_URL", stack.environment["RUNPOD_API_BASE_URL"])
        incident.fleet.load(stack.postgres, stack.runpod)
        yield Loaded(incident, stack)


def found(reports: list[Report]) -> set[Expected]:
    """Return the findings as (rule, subject)."""
    return {
        Expected(each.rule, each.subject.id)
        for report in reports
        for each in report.findings
    }


def test_the_same_seed_makes_the_same_incident() -> None:
    """To the last id of the last log line; another seed makes another."""
    one, two = make_incident(NOON), make_incident(NOON)
    other = make_incident(NOON, seed=5)

    assert one.truth == two.truth
    assert one.fleet.lines() == two.fleet.lines()
    assert other.truth.newborn_pod != one.truth.newborn_pod


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_it_has_the_size_of_a_real_day(seed: int) -> None:
    """Some hundred workers, twice as many tasks, about forty thousand lines."""
    truth = make_incident(NOON, seed=seed).truth

    assert 250 <= sum(truth.workers_by_status.values()) <= 350
    assert 550 <= sum(truth.tasks_by_status.values()) <= 750
    assert 35_000 <= truth.log_lines <= 48_000
    assert truth.failed_task.startswith(FAILED_TASK)


def test_nothing_is_both_guilty_and_innocent() -> None:
    """And everyone who was scaled down is innocent."""
    truth = make_incident(NOON).truth

    assert not truth.innocent & {each.subject for each in truth.findings}
    assert truth.innocent >= {*truth.scaled_down, *truth.living_workers}


@pytest.mark.postgrest
class TestTheProductSaysTheTruth:
    """Through the real desk, over the real sources."""

    def test_counts_are_exact(self, loaded: Loaded) -> None:
        """Workers, tasks, errors, pods, money, and why tasks wait."""
        health, queue = loaded.data("health", "queue")
        truth = loaded.truth

        assert health.workers.by_status == truth.workers_by_status
        assert health.tasks.by_status == truth.tasks_by_status
        assert health.errors_last_hour == truth.errors_last_hour
        assert health.wasted_usd_per_hour == truth.wasted_usd_per_hour
        assert health.orchestrator.status == "healthy"
        assert queue.by_reason == truth.queue_by_reason

    def test_every_planted_failure_is_found(self, loaded: Loaded) -> None:
        """By the rule that owes it."""
        assert loaded.truth.findings <= found(loaded.ask(*OVERVIEWS))

    def test_nothing_healthy_is_accused(self, loaded: Loaded) -> None:
        """Not in the overviews, and not when one looks closely."""
        truth = loaded.truth
        closely = [f"worker {id}" for id in truth.living_workers]
        closely += [f"worker {id}" for id in truth.scaled_down[::25]]
        closely += [f"task {id}" for id in (truth.retried_task, truth.coordinator)]

        accused = found(loaded.ask(*OVERVIEWS, *closely))

        assert {each for each in accused if each.subject in truth.innocent} == set()

    def test_the_failed_task_says_why(self, loaded: Loaded) -> None:
        """By the first digits of its id."""
        [task] = loaded.ask(FAILED_TASK)

        assert "CUDA out of memory" in task.summary

    def test_a_cascade_leads_to_its_root(self, loaded: Loaded) -> None:
        """From a child that fell, and from the parent."""
        truth = loaded.truth
        ids = (truth.cascade_children[0], truth.cascade_parent)

        for data in loaded.data(*(f"task {id}" for id in ids)):
            assert data.related.root == truth.cascade_root

    def test_the_startup_dump_is_shown(self, loaded: Loaded) -> None:
        """Though no line of it carries the worker's id."""
        [data] = loaded.data(f"worker {loaded.truth.unstarted_worker} --startup")

        said = "\n".join(it.message for it in data.timeline)
        assert "ModuleNotFoundError" in said

    def test_pods_are_told_apart(self, loaded: Loaded) -> None:
        """Two orphans; newborn, manual and foreign ones are left alone."""
        [pods] = loaded.data("runpod")
        truth = loaded.truth

        orphaned = {each.id for each in pods.orphaned}
        assert orphaned == {truth.ended_orphan_pod, truth.rowless_orphan_pod}
        lost = {each.worker_id for each in pods.missing}
        assert lost == {truth.crashed_worker, truth.loading_worker}
        alone = {each.id for each in pods.left_alone}
        assert {truth.newborn_pod, truth.foreign_pod} <= alone
        assert truth.manual_pod not in orphaned | alone

    def test_no_secret_is_shown(self, loaded: Loaded) -> None:
        """Whatever stands in log lines, errors, rows and pods."""
        truth = loaded.truth
        asked = (
            *OVERVIEWS,
            *(f"worker {id}" for id in (truth.unstarted_worker, truth.revived_worker)),
            *(f"task {id}" for id in (truth.cascade_root, truth.failed_task)),
            "logs --limit 5000 --search key",
            "logs --level ERROR",
        )

        for report in loaded.ask(*asked):
            shown = "".join(chunks(report)) + "\n".join(
                lines(report, width=99, colour=False)
            )
            assert [it for it in truth.secrets if it in shown] == []


@pytest.mark.postgrest
def test_it_stays_true_while_time_passes() -> None:
    """With a keeper, an hour later, the same things are wrong and no others."""
    incident = make_incident(NOON, lanes=1)
    truth, now = incident.truth, incident.truth.now
    with running(incident) as loaded:
        assert loaded.stack.postgres is not None
        keeper = Keeper(incident, loaded.stack.postgres, loaded.stack.runpod)
        while now < truth.now + timedelta(hours=1):
            now += EVERY
            keeper.beat(now)
        reports = loaded.ask(*OVERVIEWS, now=now)

    accused = found(reports)
    due = {it for it in truth.findings if it.subject != truth.beatless_worker}
    health: Any = reports[0].data
    queue: Any = reports[3].data
    assert due <= accused
    guilty = {it.subject for it in due}  # of whom several rules may speak
    new = {it for it in accused if it.subject not in guilty}
    assert {it.rule for it in new} == {"heartbeat-missing"}
    assert queue.by_reason == truth.queue_by_reason
    assert health.orchestrator.status == "healthy"
