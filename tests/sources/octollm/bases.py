"""The orchestrator's database, with the rows of the real run in it."""

from typing import Any, Final

from bot.demo.postgres import Postgres
from tests.sources.octollm.samples import rows

# systems/octollm.md, 1B.3: as SQLAlchemy made the tables at its start.
TABLES: Final = """
drop table if exists task_results, tasks;
create table tasks (
  id uuid primary key, goal text not null, status varchar(10) not null,
  constraints json not null, context text, acceptance_criteria json not null,
  budget json not null, priority varchar(8) not null, parent_task_id uuid,
  assigned_arm varchar(100), task_metadata json not null,
  created_at timestamptz not null, updated_at timestamptz not null
);
create index on tasks (status);
create index on tasks (created_at);
create table task_results (
  id uuid primary key, task_id uuid not null unique references tasks (id),
  result json, error text, processing_time_ms integer, created_at timestamptz not null
);
"""
TASKS: Final = (
    *("id", "goal", "status", "constraints", "context", "acceptance_criteria"),
    *("budget", "priority", "parent_task_id", "assigned_arm", "task_metadata"),
    *("created_at", "updated_at"),
)
RESULTS: Final = (
    *("id", "task_id", "result", "error", "processing_time_ms", "created_at"),
)
JSON: Final = {
    "constraints",
    "acceptance_criteria",
    "budget",
    "task_metadata",
    "result",
}


def seed(base: Postgres) -> None:
    """Make the tables anew, and load the recorded rows into them."""
    base.execute(TABLES)
    insert(base, "tasks", TASKS, rows("db_tasks.jsonl"))
    insert(base, "task_results", RESULTS, rows("db_task_results.jsonl"))


def insert(
    base: Postgres, table: str, columns: tuple[str, ...], held: list[dict[str, Any]]
) -> None:
    """Load rows as `row_to_json` wrote them."""
    import json

    names, places = ", ".join(columns), ", ".join(["%s"] * len(columns))
    for row in held:
        values = [
            json.dumps(row[name])
            if name in JSON and row[name] is not None
            else row[name]
            for name in columns
        ]
        base.sql(f"insert into {table} ({names}) values ({places})", values)
