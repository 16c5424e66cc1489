"""What ids stand for that are no task's."""

from pathlib import Path
from typing import Any

import pytest

from bot.domain.agent_names import Lane
from bot.domain.errors import NotFound, SourceDown
from bot.sources import Meaning
from bot.sources.agents.meanings import Meanings
from bot.sources.agents.shelf import Shelf
from tests.sources.agents.files import (
    NOW,
    a_folder,
    a_gpu,
    a_sidecar,
    a_task,
    ago,
    an_id,
    naive,
    running,
    shut,
    write,
)

BATCH = "20261123_080000"
ESCALATION = "20261123_080102_0a1b2c3d"
INCIDENT = "inc_20261123_080101_0a1b2c3d"


async def told(root: Path, text: str) -> list[Meaning]:
    folder = a_folder(root)
    return [*await Meanings(folder, Shelf(folder)).of(text)]


async def words(root: Path, text: str) -> list[str]:
    return [each.words for each in await told(root, text)]


def a_state(root: Path, **given: Any) -> None:
    write(root / "brain" / "state.json", given)


def an_incident(**given: Any) -> dict[str, Any]:
    return {"key": {"incident_id": INCIDENT, "brain_fix_attempts": 2, **given}}


def an_escalation(root: Path, **given: Any) -> None:
    doc = {"escalation_id": ESCALATION, "created_at": naive(NOW), "title": "help"}
    write(root / "brain" / "escalations" / f"{ESCALATION}.json", doc | given)


@pytest.mark.parametrize("text", [an_id(1), "00000001", "0000", "gpu-1", "x"])
async def test_a_task_stands_for_itself(tmp_path: Path, text: str) -> None:
    """As does what is of another form."""
    a_task(tmp_path, Lane.QUEUE, 1)

    assert await told(tmp_path, text) == []


@pytest.mark.parametrize(
    ("text", "what"),
    [(BATCH, "batch"), (ESCALATION, "escalation"), (INCIDENT, "incident")],
)
async def test_what_has_such_a_form_and_is_nowhere_does_not_exist(
    tmp_path: Path, text: str, what: str
) -> None:
    """Which is said by its name."""
    a_task(tmp_path, Lane.QUEUE, 1, batch_id="other")
    a_state(tmp_path, incidents=an_incident(incident_id="inc_other"))

    with pytest.raises(NotFound, match=f"no {what} is called {text}"):
        await told(tmp_path, text)


@pytest.mark.parametrize("lane", [Lane.PRIVATE, Lane.FAILED, Lane.COMPLETE])
async def test_a_batch_stands_for_its_tasks(tmp_path: Path, lane: Lane) -> None:
    """Since it began, which its own id tells."""
    a_task(tmp_path, lane, 1, plan_path="shared/plans/night")

    [found] = await told(tmp_path, BATCH)

    assert found.words == f"tasks --batch {BATCH}"
    assert found.told == f"{BATCH} is a batch of night"
    assert found.since == ago(hours=1)


@pytest.mark.parametrize("home", ["history", "batches"])
async def test_a_batch_is_known_by_its_folder(tmp_path: Path, home: str) -> None:
    """Or by what the brain saved, though no file of its tasks is left."""
    (tmp_path / "plans" / "night" / home / BATCH).mkdir(parents=True)
    (tmp_path / "plans" / "night" / "output" / "20261123_080001").mkdir(parents=True)
    a_state(tmp_path, active_batches={"20261123_080002": {"plan": "day"}})

    [found] = await told(tmp_path, BATCH)
    [saved] = await told(tmp_path, "20261123_080002")

    write(tmp_path / "tasks/archive/20261123_080003/failed/x.json", "{}")
    [away] = await told(tmp_path, "20261123_080003")

    assert away.told == "20261123_080003 is a batch"
    assert found.told == f"{BATCH} is a batch of night"
    assert saved.told == "20261123_080002 is a batch of day"
    with pytest.raises(NotFound):
        await told(tmp_path, "20261123_080001")


async def test_whether_it_is_a_batch_is_not_known_where_plans_are_shut(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Unless something else knows it; and a task is one all the same."""
    a_task(tmp_path, Lane.QUEUE, 1, batch_id="20261123_080001")
    (tmp_path / "plans").mkdir()
    shut(monkeypatch, tmp_path / "plans")

    assert len(await told(tmp_path, "20261123_080001")) == 1
    assert not await told(tmp_path, "00000001")
    for id in (BATCH, "00000002"):
        with pytest.raises(SourceDown, match=f"cannot tell whether {id} is a batch"):
            await told(tmp_path, id)


@pytest.mark.parametrize("id", ["00010101_000000", "99991231_235959"])
async def test_a_batch_of_no_time_that_is_meant_tells_none(
    tmp_path: Path, id: str
) -> None:
    """It is one all the same."""
    (tmp_path / "plans" / "night" / "history" / id).mkdir(parents=True)
    [found] = await told(tmp_path, id)

    assert (found.words, found.since) == (f"tasks --batch {id}", None)


async def test_eight_digits_may_be_those_of_a_batch(tmp_path: Path) -> None:
    """Of February; those that are a task's as well are both."""
    made = naive(ago(days=3))
    a_task(tmp_path, Lane.COMPLETE, 1, batch_id="c7924be4", created_at=made)
    a_task(tmp_path, Lane.QUEUE, 2, batch_id="00000002")

    [alone] = await told(tmp_path, "c7924be4")
    assert alone == Meaning(
        words="tasks --batch c7924be4",
        told="c7924be4 is a batch",
        since=ago(days=3),
    )
    assert await words(tmp_path, "00000002") == [
        f"task {an_id(2)}",
        "tasks --batch 00000002",
    ]
    assert await words(tmp_path, "99999999") == []


async def test_an_escalation_stands_for_its_task(tmp_path: Path) -> None:
    """Its own facts are told."""
    advice = {"recommended_action": "look", "status": "pending"}
    an_escalation(tmp_path, source_task={"task_id": an_id(1)}, **advice)

    [found] = await told(tmp_path, ESCALATION)

    assert found.words == f"task {an_id(1)}"
    assert found.told == (
        f"escalation {ESCALATION} of 2026-11-23 09:00:00Z, pending: help; advice look"
    )


@pytest.mark.parametrize(
    "fields", [{"cloud_escalation_id": ESCALATION}, {"incident_id": INCIDENT}]
)
async def test_a_task_or_its_incident_may_name_its_escalation(
    tmp_path: Path, fields: dict[str, Any]
) -> None:
    """Whose file may be gone."""
    incident = {"cloud_escalated": True, "cloud_escalation_id": ESCALATION}
    a_state(tmp_path, incidents=an_incident(**incident))
    a_task(tmp_path, Lane.FAILED, 1, **fields)

    assert await told(tmp_path, ESCALATION) == [
        Meaning(words=f"task {an_id(1)}", told=f"escalation {ESCALATION}")
    ]


async def test_an_incident_that_names_the_escalation_may_name_the_task(
    tmp_path: Path,
) -> None:
    """The last one of it."""
    history = [{"at": naive(NOW), "event": "a", "task_id": an_id(n)} for n in (1, 2)]
    incident = {"cloud_escalated": True, "cloud_escalation_id": ESCALATION}
    a_state(tmp_path, incidents=an_incident(history=history, **incident))

    assert await words(tmp_path, ESCALATION) == [f"task {an_id(2)}"]


async def test_an_escalation_about_an_agent_stands_for_it(tmp_path: Path) -> None:
    """And one about nothing that is known for the brain, which wrote it."""
    an_escalation(tmp_path, created_at=None, title=None, type="infrastructure_failure")
    [bare] = await told(tmp_path, ESCALATION)
    a_state(tmp_path, gpu_missing_escalations={"gpu-4": {"escalation_id": ESCALATION}})

    assert bare.words == "orchestrator"
    assert bare.told.endswith(
        ", open: infrastructure_failure; it names no task",
    )
    assert await words(tmp_path, ESCALATION) == ["worker gpu-4"]


@pytest.mark.parametrize(
    ("given", "fields"),
    [
        ({"history": [{"task_id": an_id(1)}]}, {}),
        ({}, {"incident_id": INCIDENT}),
        ({"batch_id": BATCH, "task_name": "step_1"}, {}),
    ],
)
async def test_an_incident_stands_for_its_task(
    tmp_path: Path, given: dict[str, Any], fields: dict[str, Any]
) -> None:
    """By its history, by the task's file, or by batch and name."""
    a_state(tmp_path, incidents=an_incident(**given))
    a_task(tmp_path, Lane.FAILED, 1, **fields)

    assert await told(tmp_path, INCIDENT) == [
        Meaning(
            words=f"task {an_id(1)}",
            told=f"incident {INCIDENT}: 2 attempts of the brain to mend it",
        )
    ]


async def test_an_incident_without_a_task_stands_for_its_batch(tmp_path: Path) -> None:
    """A task's file may name an incident that the brain has forgotten."""
    a_state(tmp_path, incidents=an_incident(batch_id=BATCH, task_name="gone"))
    batch = await words(tmp_path, INCIDENT)
    a_state(tmp_path)
    a_task(tmp_path, Lane.FAILED, 1, incident_id=INCIDENT)

    assert batch == [f"tasks --batch {BATCH}"]
    assert await told(tmp_path, INCIDENT) == [
        Meaning(words=f"task {an_id(1)}", told=f"incident {INCIDENT}")
    ]


@pytest.mark.parametrize(
    ("name", "number"),
    [("gpu-1-w0-00000001", 1), ("gpu-1-w3", 2), ("gpu-1-meta", 3)],
)
async def test_a_subprocess_stands_for_its_task(
    tmp_path: Path, name: str, number: int
) -> None:
    """By its name, or by its agent's heartbeat."""
    active = [{"worker_id": "gpu-1-w3", "task_id": "00000002"}]
    a_gpu(tmp_path, active_tasks=active, meta_task_active=True, meta_task_id=an_id(3))
    for each in (1, 2, 3):
        a_task(tmp_path, Lane.PROCESSING, each)

    assert await told(tmp_path, name) == [
        Meaning(
            words=f"task {an_id(number)}",
            told=f"{name} is a subprocess of gpu-1: worker gpu-1",
        )
    ]


async def test_a_subprocess_whose_task_has_no_file_stands_for_it(
    tmp_path: Path,
) -> None:
    """Its sidecar tells its id."""
    a_gpu(tmp_path)
    a_sidecar(tmp_path, an_id(1))

    assert await words(tmp_path, "gpu-1-w0-00000001") == [f"task {an_id(1)}"]


async def test_a_subprocess_without_a_known_task_stands_for_its_agent(
    tmp_path: Path,
) -> None:
    """One of an agent that nobody knows for nothing, nor an agent called like one."""
    a_gpu(tmp_path)
    a_gpu(tmp_path, 2, name="gpu-1-w7")

    assert await told(tmp_path, "gpu-1-meta") == [
        Meaning(
            words="worker gpu-1",
            told="gpu-1-meta is a subprocess of gpu-1; no task of it is known",
        )
    ]
    assert await words(tmp_path, "gpu-1-w0-00000009") == ["worker gpu-1"]
    assert await words(tmp_path, "gpu-9-meta") == []
    assert await words(tmp_path, "gpu-1-w7") == []


async def test_what_real_ids_stand_for(tmp_path: Path) -> None:
    """Of a run of March."""
    running(tmp_path)

    assert await words(tmp_path, "inc_20261123_090411_7430acd6") == [
        "task 3a333f8c-8470-4efc-81da-07a9419aa14b"
    ]
    assert await words(tmp_path, "20261123_085013") == ["tasks --batch 20261123_085013"]
    [found] = await words(tmp_path, "20261123_084828_279e461d")
    assert found.startswith("task ")
