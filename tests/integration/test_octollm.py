"""OctoLLM as it is wired: whose an id is, what is said of a real run of it."""

import json
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from bot.demo.postgres import Postgres
from bot.domain.access import Caller, Door
from bot.domain.report import Outcome, Report
from bot.queries.health import HealthData
from bot.queries.trace import TraceData
from bot.settings import Settings
from bot.wiring import Wired
from formatters.text import lines
from tests.databases import server as server  # noqa: PLC0414  a fixture
from tests.sources.octollm.bases import seed
from tests.sources.octollm.replay import Replay, replaying
from tests.sources.octollm.samples import JSON, LOST, at
from tests.world import data_of

pytestmark = pytest.mark.postgrest

NOW = at("09:02")
FAILED = "21301d81-3dcd-491d-a4d4-94fee10323e0"


class Rig:
    """A desk that asks the real run's answers, rows and lines, as of its end."""

    def __init__(self, wired: Wired, replay: Replay) -> None:
        self.wired = wired
        self.replay = replay

    async def ask(self, words: str) -> Report:
        shell = Caller(door=Door.SHELL)
        return await self.wired.desk.answer(words.split(), shell, NOW)


@pytest.fixture
async def rig(server: Postgres, tmp_path: Path) -> AsyncIterator[Rig]:
    """The usual system is another one, which is not set up."""
    seed(server)
    with replaying() as replay:
        wired = Wired(
            Settings.of(
                {
                    "OCTOLLM_URL": replay.url,
                    "OCTOLLM_REFLEX_URL": "http://127.0.0.1:9",
                    "OCTOLLM_DATABASE_URL": server.uri,
                    "OCTOLLM_LOG_GLOBS": f"orchestrator={JSON}",
                    "DEBUG_BOT_STATE_URL": f"sqlite:///{tmp_path}/state.sqlite3",
                }
            ),
            clock=lambda: NOW,
        )
        yield Rig(wired, replay)
        await wired.close()


@pytest.mark.parametrize(
    "words",
    [
        f"task {FAILED}",
        f"{FAILED}",
        "task 21301d81",
        "octollm:21301d81",
        "worker orchestrator",
        "worker reflex-layer",
        "trace req-abc123",
        "req-abc123",
        "trace octollm:req-abc123",
        "health --system octollm",
    ],
)
async def test_an_id_tells_that_it_is_theirs(rig: Rig, words: str) -> None:
    """Nobody has to say which system; a name before the id or a flag may."""
    report = await rig.ask(words)

    assert report.outcome is Outcome.ANSWERED
    assert report.system == "octollm"
    assert [read.source for read in report.reads] == ["octollm"]


@pytest.mark.parametrize(
    ("words", "summary", "hint"),
    [
        (
            "runpod --system octollm",
            "octollm has no pods",
            "what runs there is listed by: workers --system octollm",
        ),
        (
            f"task requeue {FAILED}",
            "octollm has no actions: it is only read",
            "what people can do stands beside each finding: health --system octollm",
        ),
    ],
)
async def test_what_it_cannot_answer_names_what_can(
    rig: Rig, words: str, summary: str, hint: str
) -> None:
    """In one line."""
    report = await rig.ask(words)

    assert (report.summary, report.hint) == (summary, hint)
    assert report.outcome is Outcome.MISREAD


SKEWS = {"reflex-layer": -41.0, "planner": 3.5, "coder": -0.8, "judge": 95.0}
"""By how many seconds each clock is off from the orchestrator's."""
# At which milliseconds of the true time each service writes what.
WAY: Sequence[tuple[int, str, str, Mapping[str, object]]] = (
    (10, "reflex-layer", "Processing request", {"request_id": "r-7"}),
    (14, "reflex-layer", "Request completed", {"request_id": "r-7"}),
    (
        18, "orchestrator", "reflex_client.request_success",
        {"request_id": "r-7", "latency_ms": 12.0},
    ),
    (19, "orchestrator", "task.passed_reflex_check", {"task_id": LOST}),
    (25, "orchestrator", "arm.call.start", {"arm": "planner"}),
    (27, "planner", "request.start", {}),
    (325, "planner", "request.complete", {}),
    (327, "orchestrator", "arm.call.complete", {"arm": "planner"}),
    (330, "orchestrator", "arm.call.start", {"arm": "coder"}),
    (335, "coder", "request.start", {}),
    (340, "coder", "arm.call.start", {"arm": "judge"}),
    (350, "judge", "request.start", {}),
    (2350, "judge", "request.complete", {}),
    (2360, "coder", "arm.call.complete", {"arm": "judge"}),
    (2365, "coder", "request.complete", {}),
    (2370, "orchestrator", "arm.call.complete", {"arm": "coder"}),
    (
        2372, "orchestrator", "http.request",
        {"method": "POST", "path": "/submit", "status_code": 200, "duration_ms": 2372},
    ),
)  # fmt: skip


def written(folder: Path) -> str:
    """Write the way into a file for each service; return where they are."""
    for ms, service, event, fields in WAY:
        off = timedelta(milliseconds=ms, seconds=SKEWS.get(service, 0.0))
        line = {
            "timestamp": (at("08:30") + off).isoformat(),
            "level": "info", "event": event, "request_id": "req-five", **fields,
        }  # fmt: skip
        if event == "http.request":
            del line["request_id"]
        with (folder / f"{service}.jsonl").open("a") as file:
            file.write(json.dumps(line) + "\n")
    return ",".join(f"{it.stem}={it}" for it in sorted(folder.glob("*.jsonl")))


async def test_a_request_over_five_services_is_put_in_order_by_its_calls(
    tmp_path: Path,
) -> None:
    """Each clock is off, and one arm is asked by another; the slowest hop is named."""
    globs = written(tmp_path)
    wired = Wired(Settings.of({"OCTOLLM_LOG_GLOBS": globs}), clock=lambda: NOW)
    shell = Caller(door=Door.SHELL)

    report = await wired.desk.answer(["trace", "req-five"], shell, NOW)
    await wired.close()

    data = data_of(report, TraceData)
    assert report.summary == (
        "req-five took 2.37 s in 5 services, ended with 200; the slowest hop: 2.00 s"
        " within judge"
    )
    assert [(line.source, line.fields["event"]) for line in data.timeline] == [
        (service, event) for _, service, event, _ in WAY
    ]
    assert [each.service for each in data.services] == [
        "reflex-layer", "orchestrator", "planner", "coder", "judge",
    ]  # fmt: skip
    assert {each.service: -each.moved_seconds for each in data.clocks} == pytest.approx(
        SKEWS, abs=0.002
    )
    assert len([note for note in report.notes if "clock of" in note]) == 4


async def test_the_truth_of_the_run_is_what_health_says(rig: Rig) -> None:
    """Its errors by type, its requests, its breaker, its lost task: as they were."""
    report = await rig.ask("health --system octollm")

    data = data_of(report, HealthData)
    services = data.services
    assert services is not None
    assert data.errors_last_hour == 32
    types = {each.type: each.count for each in services.errors or () if each.named}
    assert types == {
        "ValidationError": 4, "OperationalError": 2, "DetachedInstanceError": 1,
    }  # fmt: skip
    assert sum(it.count for it in services.errors or () if not it.named) == 25
    [load] = services.requests or ()
    assert (load.requests, load.slow, load.uncaught) == (43, 4, 7)
    assert load.longest_seconds == pytest.approx(3.01, abs=0.01)
    assert services.reflex is not None
    assert (services.reflex.breaker, services.reflex.refused) == ("closed", 2)
    assert services.reflex.cache_checks == 14
    assert data.tasks.by_status == {
        "pending": 20, "processing": 1, "completed": 1, "failed": 1, "cancelled": 1,
    }  # fmt: skip
    up = {each.name: each.up for each in services.services or ()}
    assert up == {"orchestrator": True, "reflex-layer": False}
    assert {(each.name, each.told_by) for each in services.dependencies} == {
        ("database", "orchestrator"), ("database", "debug-bot"),
    }  # fmt: skip
    assert "lost-task" in {each.rule for each in report.findings}
    assert report.gaps == ()


async def test_no_word_of_rented_workers_is_in_any_answer(rig: Rig) -> None:
    """Whatever is asked; nor is a button for them."""
    for words in (
        *("health", "workers", "queue", "orchestrator", "tasks", "report --hours 1"),
        *(f"task {FAILED}", "worker orchestrator", "logs --level ERROR"),
        *("trace req-down-0", "config --explain"),
    ):
        report = await rig.ask(f"{words} --system octollm")

        told = "\n".join(lines(report, width=0, colour=False)).lower()
        assert report.outcome is Outcome.ANSWERED, words
        leaked = re.findall(r"\bpods?\b|\bgpus?\b|cycle|scale-down|runpod", told)
        assert not leaked, words


@pytest.mark.parametrize(
    ("words", "summary"),
    [
        (
            "workers --system octollm",
            (
                "1 of 2 services down (reflex-layer refuses connections); no arm is"
                " known"
            ),
        ),
        (
            "queue --system octollm",
            (
                "20 waiting tasks, the oldest for 6 min 29 s; 20 could be claimed; 0"
                " live arms"
            ),
        ),
        (
            "logs --field status_code=503 --field duration_ms>1000 --system octollm",
            "4 matching lines",
        ),
        (
            "trace req-down-0",
            (
                "req-down-0 took 3.01 s in 1 service, ended with 503; the slowest hop:"
                " 2.00 s within orchestrator"
            ),
        ),
        (
            f"task octollm:{LOST}",
            "task 35088389 was accepted by the reflex layer and never stored",
        ),
    ],
)
async def test_each_question_is_answered_in_one_true_line(
    rig: Rig, words: str, summary: str
) -> None:
    """As the run's rows and lines tell it."""
    report = await rig.ask(words)

    assert report.summary == summary
    assert report.system == "octollm"
