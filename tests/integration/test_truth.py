"""Every count exact, every timeline complete: through a PostgREST that caps at 1000."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.demo.pods import Pod
from bot.demo.stack import Stack
from tests.integration.conftest import Said, shell

pytestmark = pytest.mark.postgrest

BUSY = "gpu-20260101_000000-b0000001"
NO_METADATA = "gpu-20260101_000000-b0000002"
OLD = "gpu-20260101_000000-b0000003"
CRASHED = "gpu-20260101_000000-b0000004"
REVIVED = "gpu-20260101_000000-b0000005"
STOPPED = "gpu-20260101_000000-b0000006"
FAILED_TASK = "41345358-0000-4000-8000-000000000001"
ROOT_TASK = "5a000000-0000-4000-8000-000000000001"
CASCADED_TASK = "5a000000-0000-4000-8000-000000000002"
PARENT_TASK = "5a000000-0000-4000-8000-000000000003"

# Clocks that are ahead, so that these heartbeats stay fresh while the tests run.
FRESH = "now() + interval '1 hour'"

_WORLD = f"""
insert into workers (id, instance_type, status, created_at, last_heartbeat, metadata)
values
 ('{BUSY}', 'RTX 4090', 'active', now() - interval '5 hours', {FRESH},
  '{{"runpod_id": "podbusy", "ram_tier": 72, "storage_volume": "Peter"}}'),
 ('{NO_METADATA}', 'RTX 4090', 'active', now() - interval '1 hour', {FRESH}, null),
 ('{OLD}', 'RTX 4090', 'active', now() - interval '60 hours', {FRESH},
  '{{"runpod_id": "podold"}}'),
 ('{CRASHED}', 'RTX 4090', 'crashed', now() - interval '2 hours',
  now() - interval '4 minutes', '{{"runpod_id": "podcrashed"}}'),
 ('{REVIVED}', 'RTX 4090', 'active', now() - interval '3 hours', {FRESH},
  '{{"runpod_id": "podrevived", "orchestrator_status": "terminated"}}'),
 ('{STOPPED}', 'RTX 4090', 'active', now() - interval '3 hours', {FRESH},
  '{{"runpod_id": "podstopped"}}');

insert into tasks (id, task_type, status, worker_id, output_location, created_at,
                   generation_started_at)
values ('{FAILED_TASK}', 'travel_segment', 'Failed', '{BUSY}', 'CUDA out of memory',
        now() - interval '30 minutes', now() - interval '20 minutes');

insert into tasks (id, task_type, status, created_at, error_message, output_location,
                   params)
values
 ('{PARENT_TASK}', 'travel_orchestrator', 'Failed', now() - interval '50 minutes',
  '1 of 2 segments failed', null, '{{}}'),
 ('{ROOT_TASK}', 'travel_segment', 'Failed', now() - interval '40 minutes', null,
  'Generation failed: no frames',
  '{{"orchestrator_task_id_ref": "{PARENT_TASK}"}}'),
 ('{CASCADED_TASK}', 'travel_segment', 'Failed', now() - interval '40 minutes',
  'Cascaded failed from related task {ROOT_TASK}', null,
  '{{"orchestrator_task_id_ref": "{PARENT_TASK}"}}');

insert into tasks (task_type, status, created_at)
select 'vace', 'Queued', now() - interval '2 hours' - i * interval '1 second'
from generate_series(1, 1295) i;
insert into tasks (task_type, status, created_at, worker_id, generation_started_at)
select 'vace', 'In Progress', now() - interval '10 minutes',
       case when i <= 14 then '{BUSY}' else '{CRASHED}' end,
       now() - interval '5 minutes'
from generate_series(1, 15) i;

-- 6000 lines of its own, seven to an instant; 40 more without its id; 25 that only
-- name it in their text, and 5 that name another worker whose id begins alike.
insert into system_logs (timestamp, source_type, source_id, log_level, message,
                         worker_id)
select now() - interval '4 hours' + (i / 7) * interval '10 seconds', 'worker', '{BUSY}',
       'INFO', 'line ' || i, '{BUSY}'
from generate_series(1, 6000) i;
insert into system_logs (timestamp, source_type, source_id, log_level, message)
select now() - interval '1 hour', 'worker', '{BUSY}', 'INFO', 'unsigned ' || i
from generate_series(1, 40) i;
insert into system_logs (timestamp, source_type, source_id, log_level, message,
                         cycle_number)
select now() - interval '30 minutes', 'orchestrator_gpu', 'orchestrator', 'INFO',
       'HEALTH_CHECK [Worker {BUSY}] Recent heartbeat ' || i, 7
from generate_series(1, 25) i;
insert into system_logs (timestamp, source_type, source_id, log_level, message)
select now() - interval '30 minutes', 'orchestrator_gpu', 'orchestrator', 'INFO',
       'HEALTH_CHECK [Worker {BUSY}-2] Recent heartbeat'
from generate_series(1, 5) i;
insert into system_logs (timestamp, source_type, source_id, log_level, message,
                         cycle_number)
values (now() - interval '10 seconds', 'orchestrator_gpu', 'orchestrator', 'INFO',
        'Starting orchestrator cycle', 8);
"""


@dataclass(frozen=True, slots=True)
class World:
    """The stack with a known truth in it."""

    stack: Stack
    newborn: str

    def ask(self, *words: str) -> Said:
        """Return what the shell says."""
        return shell(*words, environment=self.stack.environment)

    def data(self, *words: str) -> dict[str, Any]:
        """Return the data of an answer that was whole."""
        said = self.ask(*words, "--json")
        assert said.code == 0, said.err
        assert said.json["gaps"] == []
        found: dict[str, Any] = said.json["data"]
        return found


@pytest.fixture(scope="module")
def world(stack: Stack) -> World:
    """Fill the database and the cloud with a truth that the tests know."""
    assert stack.postgres is not None
    assert stack.runpod is not None
    now = datetime.now(UTC)
    born = now - timedelta(minutes=2)
    newborn = f"gpu-{born:%Y%m%d_%H%M%S}-b0000009"
    stack.postgres.sql(_WORLD)
    stack.postgres.sql(
        "insert into workers (id, instance_type, status, created_at, metadata) values"
        f" ('{newborn}', 'RTX 4090', 'inactive', now() - interval '2 minutes',"
        ' \'{"orchestrator_status": "spawning"}\')'
    )
    old = now - timedelta(hours=3)
    stack.runpod.load(
        Pod(id="podbusy", name=BUSY, created_at=old),
        Pod(id="podold", name=OLD, created_at=old),
        Pod(id="podcrashed", name=CRASHED, created_at=old),
        Pod(id="podrevived", name=REVIVED, created_at=old),
        Pod(id="podstopped", name=STOPPED, created_at=old, status="EXITED"),
        Pod(id="podnewborn", name=newborn, created_at=born),
        Pod(
            id="podmanual",
            name="manual-gpu-20260101_000000-c0000001",
            created_at=old,
            cost_per_hour_usd=0.5,
        ),
        Pod(id="podforeign", name="straightforward_cyan", created_at=old),
    )
    return World(stack=stack, newborn=newborn)


def rules(said: Said, subject: str) -> set[str]:
    """Return the rules that speak of a subject."""
    found = said.json["findings"]
    return {each["rule"] for each in found if each["subject"]["id"] == subject}


def test_tasks_are_counted_past_the_cap(world: World) -> None:
    """1295 queued and 15 running are reported as just that."""
    by_status = world.data("health")["tasks"]["by_status"]

    assert by_status["Queued"] == 1295
    assert by_status["In Progress"] == 15


def test_the_list_of_tasks_is_summed_past_the_cap(world: World) -> None:
    """Sums are of all that match, though one page is listed."""
    said = world.ask("tasks", "--limit", "20", "--json")

    assert said.json["data"]["total"] == 1295 + 15 + 4
    assert said.json["data"]["by_type"]["vace"] == 1310
    assert len(said.json["data"]["tasks"]) == 20
    assert said.json["truncated"] is True


def test_a_worker_s_story_is_whole_and_in_order(world: World) -> None:
    """6000 lines with shared times, 40 unsigned and 25 that name it are all there."""
    said = world.ask("worker", BUSY, "--json")

    timeline = said.json["data"]["timeline"]
    assert len(timeline) == 6000 + 40 + 25
    assert [line["at"] for line in timeline] == sorted(line["at"] for line in timeline)
    assert len({line["id"] for line in timeline}) == len(timeline)
    assert said.json["truncated"] is False


def test_a_worker_without_metadata_is_answered(world: World) -> None:
    """NULL metadata breaks neither its own answer nor the pods'."""
    facts = world.data("worker", NO_METADATA)["worker"]
    pods = world.ask("runpod", "--json")

    assert facts["runpod_id"] is None
    assert pods.code == 0


def test_an_error_text_in_the_output_column_is_the_error(world: World) -> None:
    """A failed task is never called a success."""
    said = world.ask("task", FAILED_TASK, "--json")

    assert said.json["data"]["task"]["error"] == "CUDA out of memory"
    assert said.json["data"]["task"]["output"] is None
    assert said.json["status"] == "critical"
    assert "CUDA out of memory" in said.json["summary"]


def test_a_cascade_is_followed_to_its_root(world: World) -> None:
    """The task that failed by itself is named, from a sibling and from the parent."""
    sibling = world.data("task", CASCADED_TASK)["related"]
    parent = world.data("task", PARENT_TASK)["related"]

    assert sibling["root"] == ROOT_TASK
    assert sibling["parent"] == PARENT_TASK
    assert parent["root"] == ROOT_TASK
    assert set(parent["children"]) == {ROOT_TASK, CASCADED_TASK}


def test_an_active_worker_older_than_the_window_is_seen(world: World) -> None:
    """A worker of 60 hours is alive, and counts."""
    found = world.data("workers", "--hours", "2")

    assert OLD in {each["id"] for each in found["workers"]}
    assert found["total"] == 7
    assert found["by_status"] == {"active": 5, "crashed": 1, "inactive": 1}
    assert found["healthy"] == 5


def test_a_crashed_worker_is_found(world: World) -> None:
    """Its row says so, and its task is an orphan."""
    said = world.ask("worker", CRASHED, "--json")
    orphans = world.data("orphans")["orphans"]

    assert "crashed-worker" in rules(said, CRASHED)
    assert [each["worker_id"] for each in orphans] == [CRASHED]
    assert "crashed" in orphans[0]["reason"]


def test_a_worker_that_came_back_is_found(world: World) -> None:
    """Active, though the orchestrator had terminated it."""
    said = world.ask("workers", "--json")

    assert "revived-worker" in rules(said, REVIVED)


def test_pods_are_told_apart(world: World) -> None:
    """A newborn, a foreign and a claimed pod are no orphans; a manual one is."""
    found = world.data("runpod")

    assert {each["id"] for each in found["orphaned"]} == {"podmanual"}
    assert found["wasted_usd_per_hour"] == 0.5
    assert len(found["pods"]) == 8
    spared = {each["id"]: each["why"] for each in found["left_alone"]}
    assert set(spared) == {"podnewborn", "podforeign"}
    assert world.newborn in spared["podnewborn"]


def test_a_stopped_pod_is_missed_by_its_worker(world: World) -> None:
    """An active row whose pod is EXITED has no pod that runs."""
    found = world.data("runpod")

    assert [each["worker_id"] for each in found["missing"]] == [STOPPED]


def test_health_and_runpod_agree(world: World) -> None:
    """Both count the same orphans."""
    health, pods = world.data("health"), world.data("runpod")

    assert health["pods"]["orphaned"] == len(pods["orphaned"])
    assert health["wasted_usd_per_hour"] == pods["wasted_usd_per_hour"]


def test_the_queue_is_counted_past_the_cap(world: World) -> None:
    """All that wait are counted, with the true reason: one user holds 15 already."""
    found = world.data("queue")

    assert found["total"] == 1295
    assert found["claimable"] == 0
    assert found["by_reason"] == {"user at capacity": 1295}


def test_logs_tell_how_many_lines_match(world: World) -> None:
    """The newest are listed, and the total is exact."""
    said = world.ask("logs", "--worker", BUSY, "--limit", "10", "--json")

    assert said.json["data"]["total"] == 6040
    assert len(said.json["data"]["entries"]) == 10
    assert said.json["truncated"] is True


def test_the_orchestrator_lives(world: World) -> None:
    """Its newest line is seconds old."""
    assert world.stack.postgres is not None
    world.stack.postgres.sql(
        "update system_logs set timestamp = now() where cycle_number = 8"
    )
    found = world.data("orchestrator")

    assert found["status"] == "healthy"
    assert found["last_cycle"] == 8


@pytest.mark.parametrize("id", ["41345358", FAILED_TASK.upper(), "4134"])
def test_a_bare_id_is_investigated(world: World, id: str) -> None:
    """No command is needed, a beginning suffices, case does not matter."""
    said = world.ask(id, "--json")

    assert said.json["command"] == "task"
    assert said.json["data"]["task"]["id"] == FAILED_TASK


def test_an_ambiguous_beginning_lists_the_candidates(world: World) -> None:
    """Three tasks begin so; none is picked."""
    said = world.ask("task", "5a00")

    assert said.code == 2
    assert ROOT_TASK in said.err
    assert PARENT_TASK in said.err
