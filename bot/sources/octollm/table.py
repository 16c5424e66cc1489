"""The tables `tasks` and `task_results`, whatever columns of them there are."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, TypeAlias

import sqlalchemy as sa

from bot.domain.errors import SourceDown
from bot.domain.times import Window
from bot.sources.octollm.database import SOURCE, Tables
from bot.sources.protocols import Listing, TaskSearch

BOUND: Final = 200_000  # rows of one list; beyond it the answer says that it was cut
CANDIDATES: Final = 11
_TASKS: Final = (
    *("id", "goal", "status", "priority", "budget", "acceptance_criteria"),
    *("parent_task_id", "assigned_arm", "created_at", "updated_at"),
)
_OWN: Final = ("result", "error", "processing_time_ms")
Where: TypeAlias = Sequence[sa.ColumnElement[bool]]


class TaskTable:
    """Builds questions about tasks; a column that is not there is null."""

    def __init__(self, tables: Tables) -> None:
        """Take the columns that were found.

        Raises:
            SourceDown: there is no table `tasks`, or it is not the orchestrator's.
        """
        self._kinds = tables.columns("tasks")
        if not {"id", "status"} <= self._kinds.keys():
            msg = "has a table tasks without id or status: it is another program's"
            raise SourceDown(SOURCE, msg)
        self._tasks = sa.table("tasks", *map(_column, self._kinds))
        self._results: sa.TableClause | None = None
        if tables.has("task_results"):
            held = tables.columns("task_results")
            if "task_id" in held:
                self._results = sa.table("task_results", *map(_column, held))

    @property
    def resultless(self) -> bool:
        """Whether nothing of what tasks left can be read."""
        return self._results is None

    def has(self, column: str) -> bool:
        """Tell whether tasks have such a column."""
        return column in self._kinds

    def named(self, ids: Iterable[str]) -> Where:
        """Return what holds of the tasks with these ids."""
        every = list(ids)
        id = self._tasks.c.id
        if self._kinds["id"] == "uuid":
            every = [each for each in every if _is_uuid(each)]
            return [id.in_([sa.cast(each, sa.UUID) for each in every])]
        return [id.in_(every)]

    def beginning(self, prefix: str) -> Where:
        """Return what holds of the tasks whose ids begin so."""
        return [self._text("id").like(_literal(prefix) + "%", escape="\\")]

    def children(self, parent: str) -> Where:
        """Return what holds of the tasks whose parent it is."""
        return [self._text("parent_task_id") == parent]

    def of_arm(self, arm: str) -> Where:
        """Return what holds of the tasks that are assigned to it."""
        return [self._text("assigned_arm") == arm]

    def of_status(self, status: str) -> sa.ColumnElement[bool]:
        """Return what holds of the tasks of a status, in whatever case it is kept."""
        return sa.func.lower(self._text("status")) == status

    def matching(self, wanted: TaskSearch) -> list[sa.ColumnElement[bool]]:
        """Return what holds of the tasks that are searched for."""
        found = self._within("created_at", wanted.window)
        if wanted.status is not None:
            found.append(self.of_status(wanted.status.lower()))
        if wanted.worker_id is not None:
            found += self.of_arm(wanted.worker_id)
        return found

    def rows(
        self, connection: sa.Connection, where: Where, bound: int
    ) -> Listing[Mapping[str, Any]]:
        """Return the rows, newest first, with their results; at most *bound*."""
        tasks, results = self._tasks, self._results
        columns: list[sa.ColumnElement[Any]] = [self._column(it) for it in _TASKS]
        source: sa.FromClause = tasks
        for name in _OWN:
            held = None if results is None else results.c.get(name)
            columns.append((sa.null() if held is None else held).label(name))
        if results is not None:
            same = results.c.task_id == tasks.c.id
            source = tasks.outerjoin(results, same)
        order = [self._column(it).element for it in ("created_at", "id")]
        found = connection.execute(
            sa.select(*columns)
            .select_from(source)
            .where(*where)
            .order_by(*(each.desc().nulls_last() for each in order))
            .limit(bound + 1)
        )
        rows: tuple[Mapping[str, Any], ...] = tuple(
            {**each, "unread": self.resultless} for each in found.mappings()
        )
        return Listing(rows[:bound], whole=len(rows) <= bound)

    def counts(self, connection: sa.Connection) -> dict[str, int]:
        """Return how many tasks there are of every status that stands in a row."""
        status = sa.func.lower(self._text("status"))
        found = connection.execute(
            sa.select(status, sa.func.count()).select_from(self._tasks).group_by(status)
        )
        return {str(name): number for name, number in found}

    def ended(
        self, connection: sa.Connection, status: str, window: Window, made: Window
    ) -> int:
        """Return how many that were created in *made* got that status in *window*."""
        number = connection.scalar(
            sa.select(sa.func.count())
            .select_from(self._tasks)
            .where(
                self.of_status(status),
                *self._within("updated_at", window),
                *self._within("created_at", made),
            )
        )
        return int(number or 0)

    def _column(self, name: str) -> sa.Label[Any]:
        held = self._tasks.c.get(name)
        return (sa.null() if held is None else held).label(name)

    def _text(self, name: str) -> sa.ColumnElement[str]:
        return sa.cast(self._column(name).element, sa.Text)

    def _within(self, name: str, window: Window) -> list[sa.ColumnElement[bool]]:
        """Return what holds of rows with a time in the window.

        A column without a zone holds UTC.
        """
        column = self._column(name).element
        since, until = window.since, window.end
        if self._kinds.get(name) == "timestamp without time zone":
            column = sa.func.timezone("UTC", column)
        return [column >= since, column <= until]


def _column(name: str) -> sa.ColumnClause[Any]:
    return sa.column(name)


def _literal(text: str) -> str:
    return text.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")


def _is_uuid(text: str) -> bool:
    return len(text) == 36 and text.count("-") == 4
