import pytest

from bot.domain.errors import SourceDown
from bot.sources.octollm.database import Tables
from bot.sources.octollm.table import TaskTable

# What the questions bring is held to the real rows by test_tasks.


def a_table(**kinds: str) -> TaskTable:
    return TaskTable(Tables({"tasks": {"id": "uuid", "status": "text", **kinds}}))


def test_what_can_be_no_uuid_is_not_compared_with_one() -> None:
    """PostgreSQL would refuse the whole question."""
    [clause] = a_table().named(["task-123", "21301d81-3dcd-491d-a4d4-94fee10323e0"])

    assert clause.compile().params == {
        "id_1": ["21301d81-3dcd-491d-a4d4-94fee10323e0"]
    } or "task-123" not in str(clause.compile().params)


def test_a_prefix_s_signs_are_literal() -> None:
    """An underline stands for itself."""
    [clause] = a_table().beginning("task_1%")

    assert r"task\_1\%%" in clause.compile().params.values()


def test_columns_are_known_by_their_names() -> None:
    """One that is not there is null."""
    assert a_table(updated_at="x").has("updated_at")
    assert not a_table().has("updated_at")
    assert "NULL" in str(a_table().of_arm("coder")[0])


def test_a_table_without_ids_is_another_program_s() -> None:
    """And so is a database without tasks."""
    with pytest.raises(SourceDown, match="another program's"):
        TaskTable(Tables({"tasks": {"status": "text"}}))
    with pytest.raises(SourceDown, match="has no table tasks"):
        TaskTable(Tables({}))
