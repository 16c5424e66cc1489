import json
from datetime import UTC, timedelta
from pathlib import Path

import pytest

from bot.domain.times import Window
from bot.domain.traces import Join, Trace, traced
from bot.sources.octollm import requests as module
from bot.sources.octollm.logs import OctoLogs
from bot.sources.octollm.requests import OctoRequests
from tests.sources.octollm.samples import CONSOLE, LOST, RUN, at, logs


async def trace(id: str, source: OctoLogs | None = None, window: Window = RUN) -> Trace:
    found = await OctoRequests(source or logs()).of(id, window)
    told = traced(id, found.rows)
    assert found.whole
    assert told is not None
    return told


def told(trace: Trace) -> list[tuple[object, str]]:
    return [(step.line.fields["event"], step.join.value) for step in trace.steps]


async def test_a_real_submit_is_traced_from_the_reflex_layer_to_its_end() -> None:
    """Two of its five lines bear no id of it."""
    found = await trace("req-recover-1")

    assert told(found) == [
        ("reflex_client.request_success", "its place"),
        ("task.passed_reflex_check", "its id"),
        ("database.task_created", "its id"),
        ("task.submitted", "its id"),
        ("http.request", "its place"),
    ]
    assert (found.ended, len(found.task_ids)) == ("202", 1)
    assert found.took == timedelta(microseconds=13706)
    assert found.skews == ()


async def test_the_real_lost_task_ends_with_its_exception() -> None:
    """It passed the reflex check and was never stored."""
    found = await trace("req-dbdown-1")

    assert found.task_ids == (LOST,)
    assert found.ended == "500, OperationalError"
    assert told(found)[-1] == ("http.uncaught_exception", "its place")


async def test_a_real_refusal_shows_the_three_tries() -> None:
    """A second and two lie between them; then 503."""
    found = await trace("req-down-0")

    assert found.ended == "503"
    assert [round(hop.took.total_seconds()) for hop in found.gaps] == [1, 2]
    assert found.slowest == found.gaps[1]
    assert round(found.took.total_seconds(), 2) == 3.01


async def test_a_real_id_that_was_used_twice_is_one_way() -> None:
    """Two tasks, two ends, and what another request asked about the second."""
    found = await trace("req-abc123")

    events = [event for event, _ in told(found)]
    assert len(found.task_ids) == 2
    assert events.count("http.request") == 2
    assert events.count("reflex_client.request_success") == 2
    # Ten seconds lie between the two, in which nobody waited.
    assert found.slowest is not None
    assert found.slowest.took < timedelta(milliseconds=100)
    assert found.gaps == ()
    assert found.stays[0].spent < timedelta(milliseconds=200)


async def test_a_real_look_up_of_a_task_ends_with_the_known_defect() -> None:
    """The task's other lines belong to it, too."""
    found = await trace("req-get-1")

    assert found.ended == "500, DetachedInstanceError"
    assert found.task_ids == ("23cb6baf-2b12-4c20-a00c-d443ca9174e7",)


async def test_console_lines_are_traced_as_well() -> None:
    """Without fractions of seconds, by their place in the file."""
    window = Window(since=at("09:10"), until=at("09:20"))
    found = await trace("req-abc123", logs(CONSOLE), window)

    assert [event for event, _ in told(found)][:5] == [
        "reflex_client.request_success",
        "task.passed_reflex_check",
        "database.task_created",
        "task.submitted",
        "http.request",
    ]


async def test_an_unknown_id_has_no_lines() -> None:
    """And nothing else is read."""
    assert (await OctoRequests(logs()).of("req-none", RUN)).rows == ()


async def test_the_reflex_layer_s_lines_are_found_though_its_clock_is_off(
    tmp_path: Path,
) -> None:
    """By its own id, which ours tell; the trace puts its clock right."""
    reflex = "b8ac543c-5947-4aa6-afff-aa6e66a87e09"
    path = tmp_path / "reflex.jsonl"
    path.write_text(
        "".join(
            json.dumps(
                {
                    "timestamp": f"2026-11-23T09:02:31.38{ms}Z",
                    "level": "INFO",
                    "fields": {"message": text, "request_id": reflex},
                    "target": "reflex_layer",
                }
            )
            + "\n"
            for ms, text in ((5, "Processing request"), (6, "Request completed"))
        )
    )
    globs = [("orchestrator", str(logs()._globs[0][1])), ("reflex-layer", str(path))]
    found = await trace("req-recover-1", OctoLogs(globs, UTC))

    assert [step.join for step in found.steps].count(Join.REFLEX) == 2
    [skew] = found.skews
    assert skew.service == "reflex-layer"
    assert round(skew.moved.total_seconds()) == -120
    assert [stay.service for stay in found.stays] == ["reflex-layer", "orchestrator"]


async def test_an_id_that_is_used_again_and_again_is_told_as_not_whole(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Its newest times are read."""
    monkeypatch.setattr(module, "MOST_SPANS", 1)
    monkeypatch.setattr(module, "LATEST", timedelta(seconds=1))

    assert not (await OctoRequests(logs()).of("req-abc123", RUN)).whole
