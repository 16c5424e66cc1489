"""The embedded PostgreSQL and its schema."""

from pathlib import Path
from uuid import UUID

import psycopg
import pytest

from bot.demo import postgres as module
from bot.demo.ground import Ground, Unavailable
from bot.demo.postgres import Postgres, find_programs

pytestmark = pytest.mark.postgrest


def test_statuses_sort_in_life_cycle_order(postgres: Postgres) -> None:
    """The enum's labels stand in the order of a task's life."""
    rows = postgres.sql("select unnest(enum_range(null::task_status))::text")

    assert [label for (label,) in rows] == [
        *("Queued", "In Progress", "Complete", "Failed", "Cancelled")
    ]


def test_a_task_needs_no_more_than_a_type(postgres: Postgres) -> None:
    """The default project lets a test name only what it is about."""
    [row] = postgres.sql(
        "insert into tasks (task_type) values ('t2v')"
        " returning status::text, attempts, project_id, dependant_on"
    )

    assert row == ("Queued", 0, UUID("00000000-0000-4000-8000-000000000001"), None)


def test_a_task_outlives_its_worker(postgres: Postgres) -> None:
    """Deleting a worker empties `worker_id`, as in production."""
    postgres.sql("insert into workers (id) values ('w')")
    postgres.sql("insert into tasks (task_type, worker_id) values ('t2v', 'w')")
    postgres.sql("delete from workers")

    assert postgres.sql("select worker_id from tasks") == [(None,)]


def test_metadata_may_be_null(postgres: Postgres) -> None:
    """A heartbeat of an unknown worker without VRAM writes such a row."""
    postgres.copy("workers", ["id", "metadata"], [("w", None)])

    assert postgres.sql("select metadata from workers") == [(None,)]


@pytest.mark.parametrize(
    ("column", "value"), [("log_level", "TRACE"), ("source_type", "cron")]
)
def test_a_log_line_must_be_of_a_known_kind(
    postgres: Postgres, column: str, value: str
) -> None:
    """Level and source are checked by the table."""
    line = {"source_type": "worker", "log_level": "INFO", column: value}

    with pytest.raises(psycopg.errors.CheckViolation):
        postgres.sql(
            "insert into system_logs (source_type, source_id, log_level, message)"
            " values (%s, 'w', %s, 'm')",
            [line["source_type"], line["log_level"]],
        )


def test_rows_of_all_kinds_are_copied(postgres: Postgres) -> None:
    """Objects become JSON, lists of plain values arrays."""
    parent = "00000000-0000-4000-8000-00000000000a"
    count = postgres.copy(
        "tasks",
        ["task_type", "params", "dependant_on", "result_data"],
        [("t2v", {"a": [1]}, [parent], [{"b": None}]), ("t2v", {}, None, None)],
    )

    rows = postgres.sql("select params, dependant_on, result_data from tasks")
    assert count == 2
    assert rows == [({"a": [1]}, [UUID(parent)], [{"b": None}]), ({}, None, None)]


def test_the_views_count_and_judge(postgres: Postgres) -> None:
    """Each view answers from what the tables hold."""
    postgres.sql(
        "insert into workers (id, last_heartbeat, metadata) values"
        " ('fresh', now(), '{\"vram_total_mb\": 200, \"vram_used_mb\": 50}'),"
        " ('stale', now() - interval '6 minutes', null)"
    )
    postgres.sql("insert into tasks (task_type, status) values ('t2v', 'Failed')")
    postgres.sql(
        "insert into system_logs (source_type, source_id, log_level, message,"
        " worker_id) values ('worker', 'fresh', 'ERROR', 'm', 'fresh')"
    )

    assert postgres.sql(
        "select failed_tasks, active_workers, stale_workers from orchestrator_status"
    ) == [(1, 2, 1)]
    assert dict(
        postgres.sql("select id, health_status from active_workers_health")
    ) == {"fresh": "HEALTHY", "stale": "STALE_HEARTBEAT"}
    assert dict(
        postgres.sql("select worker_id, error_count from v_worker_log_activity")
    ) == {"fresh": 1, "stale": 0}


def test_anonymous_sees_no_rows_and_no_refusal(postgres: Postgres) -> None:
    """A wrong key looks like an empty database."""
    postgres.sql("insert into workers (id) values ('w')")
    uri = postgres.uri_of("authenticator")

    with psycopg.connect(uri) as connection:
        connection.execute("set role anon")

        assert connection.execute("select * from workers").fetchall() == []


def test_a_script_is_applied_whole_or_not_at_all(postgres: Postgres) -> None:
    """A mistake at its end takes back its beginning."""
    with pytest.raises(psycopg.errors.UndefinedTable):
        postgres.execute("insert into workers (id) values ('w'); select * from nope")

    assert postgres.sql("select * from workers") == []


def test_a_missing_package_is_said_with_its_cure(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The reason names what to install."""
    monkeypatch.setattr(module, "INSTALLED", False)

    with pytest.raises(Unavailable, match=r"pip install 'debug-bot\[demo\]'"):
        Postgres.start(ground)


def test_programs_only_root_can_reach_are_copied(tmp_path: Path) -> None:
    """With the libraries beside their package; PostgreSQL runs as nobody."""
    programs = tmp_path / "private" / "package" / "pginstall18" / "bin"
    libraries = tmp_path / "private" / "package.libs"
    for folder in (programs, libraries):
        folder.mkdir(parents=True)
    (programs / "postgres").touch(0o755)
    (libraries / "libpq.so").touch()
    (tmp_path / "private").chmod(0o700)

    copy = module._reachable(programs, tmp_path)

    assert copy.is_relative_to(tmp_path / "programs")
    assert (copy / "postgres").is_file()
    assert (copy.parents[2] / "package.libs" / "libpq.so").is_file()


def test_the_programs_are_found_without_importing_their_package() -> None:
    """Importing it looks for a runtime folder and may warn."""
    try:
        programs = find_programs()
    except Unavailable as error:
        pytest.skip(str(error))

    assert (programs / "initdb").is_file()
