from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.domain.services import ServiceScene
from bot.settings import Octo
from bot.sources.octollm import Deployment, octollm
from tests.sources.octollm.replay import Replay
from tests.sources.octollm.samples import JSON, RUN, at


@pytest.fixture
async def deployment(replay: Replay) -> AsyncIterator[Deployment]:
    """Return the recorded orchestrator with its log, and no database."""
    settings = Octo(
        url=replay.url,
        arms=(("coder", "http://127.0.0.1:1"),),
        log_globs=(("orchestrator", str(JSON)),),
    )
    deployment = Deployment(settings, clock=lambda: at("09:10"))
    yield deployment
    await deployment.close()


async def test_all_parts_of_the_recorded_run_are_there(deployment: Deployment) -> None:
    """Each by its own question, at the same time."""
    scene = await octollm(deployment).scene(RUN)

    assert isinstance(scene, ServiceScene)

    assert scene.probes is not None
    assert [(it.service, it.outcome.value) for it in scene.probes] == [
        ("orchestrator", "ok"), ("coder", "refused")
    ]  # fmt: skip
    assert scene.readiness is not None
    assert [(it.service, it.ready) for it in scene.readiness] == [
        ("orchestrator", True)
    ]
    assert scene.reflex is not None
    assert (scene.reflex.requests, scene.reflex.breaker) == (6, "closed")
    assert scene.memory is not None
    assert scene.memory.resident_bytes == 97828864
    assert scene.backlog is not None
    assert (scene.backlog.counts["pending"], scene.backlog.pending) == (5, None)
    assert scene.told is not None
    assert sum(it.count for it in scene.told.errors) == 32
    assert scene.told.whole
    assert scene.measured is None
    assert scene.counted is not None
    assert scene.counted.submitted == 10
    assert scene.database is None
    assert scene.gaps == ()


async def test_metrics_tell_of_requests_where_no_line_does(replay: Replay) -> None:
    """What is exact is preferred, and nothing is asked twice."""
    deployment = Deployment(Octo(url=replay.url), clock=lambda: at("09:10"))
    scene = await deployment.scene(RUN)
    await deployment.close()

    assert scene.told is None
    assert scene.measured is not None
    assert (scene.measured.requests, scene.measured.slow) == (36, 4)


async def test_what_can_t_be_read_is_none_and_named(tmp_path: Path) -> None:
    """One dead part does not take the others down."""
    settings = Octo(
        url="http://127.0.0.1:1", log_globs=(("orchestrator", f"{tmp_path}/*.log"),)
    )
    deployment = Deployment(settings, clock=lambda: at("09:10"))
    scene = await deployment.scene(RUN)
    await deployment.close()

    parts = (scene.readiness, scene.reflex, scene.memory, scene.backlog, scene.told)
    assert parts == (None,) * 5
    assert scene.probes is not None
    assert scene.probes[0].said == "connection refused"
    assert {gap.source for gap in scene.gaps} == {"octollm", "octollm logs"}
    assert all("127.0.0.1" not in gap.reason for gap in scene.gaps)


async def test_lines_are_counted_up_to_a_bound(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The newest are, and it is told."""
    from bot.sources.octollm import scenes

    monkeypatch.setattr(scenes, "BOUND", 10)
    told = (await deployment.scene(RUN)).told

    assert told is not None
    assert not told.whole
