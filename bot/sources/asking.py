"""Asking so that one dead source does not take the answer down."""

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final, TypeVar

from bot.domain.errors import (
    Absent,
    Ambiguous,
    Lacks,
    Misread,
    NotAsked,
    NotFound,
    SourceDown,
)
from bot.domain.report import Gap
from bot.domain.spelling import SHORTEST_PREFIX, too_short
from bot.domain.tasks import TaskId
from bot.domain.times import Window
from bot.domain.workers import WorkerId
from bot.sources.protocols import LogSearch, System, Tasks, Workers

T = TypeVar("T")
D = TypeVar("D")
Id = TypeVar("Id", bound=str)

_SHOWN: Final = 8  # so many of a worker's id are shown: domain/excerpts.py
MOST_CANDIDATES = 10
LINES_READ = 10_000


class Gaps:
    """What could not be read while one question was answered."""

    def __init__(self) -> None:
        """Start with nothing missing."""
        self._found: dict[Gap, None] = {}
        self.hint = ""
        """What may help with the first fault that says so; empty where none does."""

    @property
    def all(self) -> tuple[Gap, ...]:
        """Every gap once, in the order met."""
        return tuple(self._found)

    def add(self, gap: Gap) -> None:
        """Remember a gap."""
        self._found[gap] = None

    def note(self, error: SourceDown) -> None:
        """Remember what an error left unread; what a system lacks can't be read."""
        if isinstance(error, Lacks):
            return
        failed = not isinstance(error, Absent | NotAsked)
        if failed and not self.hint:
            self.hint = error.hint
        self.add(Gap(source=error.source, reason=error.message, failed=failed))

    def calm(self, error: SourceDown) -> None:
        """Remember what an error left unread that the answer is whole without."""
        if not isinstance(error, Lacks):
            self.add(Gap(source=error.source, reason=error.message, failed=False))

    @contextmanager
    def hearing(self) -> Iterator[None]:
        """Remember what sources leave untold of answers that they give inside."""
        before = _hearing.set(self)
        try:
            yield
        finally:
            _hearing.reset(before)

    async def ask(self, question: Awaitable[T], otherwise: D) -> T | D:
        """Return the answer, or *otherwise* and a gap when the source is down."""
        try:
            return await question
        except SourceDown as error:
            self.note(error)
            return otherwise

    async def beside(self, question: Awaitable[T], otherwise: D) -> T | D:
        """Return as `ask` does; the answer is whole without it, so the gap is calm."""
        try:
            return await question
        except SourceDown as error:
            self.calm(error)
            return otherwise


_hearing: Final[ContextVar[Gaps | None]] = ContextVar("_hearing", default=None)


def untold(gap: Gap) -> None:
    """Name what an answer of a source lacks, though it is given."""
    if (gaps := _hearing.get()) is not None:
        gaps.add(gap)


async def counts_instead(error: Absent, tasks: Tasks, gaps: Gaps) -> Mapping[str, int]:
    """Return how many tasks there are where they can't be listed, for this *error*.

    Raises:
        Absent: they can't be counted either; what went wrong then is said as well.
    """
    try:
        counts = await tasks.counts()
    except Absent:
        raise error from None
    except SourceDown as down:
        gaps.note(down)
        msg = f"{error.message}; {down.source} {down.message}"
        raise Absent(error.source, msg, hint=error.hint) from down
    gaps.note(error)
    return counts


async def only(
    kind: str,
    prefix: str,
    find: Callable[[str], Awaitable[Sequence[Id]]],
    *,
    bounds: str = "begin",
    hint: str = "",
) -> Id:
    """Return the one id that begins with *prefix*; *bounds* says where else it may be.

    An id that equals it wins over longer ones.

    Raises:
        NotFound: none does.
        Ambiguous: several do; at most ten are listed, and it says so.
    """
    found = await find(prefix)
    if not found:
        begins = bounds.replace("begin", "begins").replace("end", "ends")
        msg = f"no {kind} has an id that {begins} with {prefix}"
        raise NotFound(msg, hint=hint)
    if len(found) == 1:
        return found[0]
    for id in found:
        if id == prefix:
            return id
    shown = found[:MOST_CANDIDATES]
    count = f"more than {len(shown)}" if len(found) > len(shown) else str(len(found))
    msg = f"the ids of {count} {kind}s {bounds} with {prefix}"
    raise Ambiguous(msg, candidates=shown)


async def whole_task_id(
    text: str, system: System, *, within: Window | None = None
) -> TaskId:
    """Return the id of the task that *text* names or begins.

    Where tasks can't be listed, the newest lines of the window *within* tell.

    Raises:
        Misread: no task's id can begin so; nothing was asked.
        NotFound: none does.
        Ambiguous: several do.
    """
    tasks: Tasks = system.tasks
    if tasks.is_id(text):
        return TaskId(text.lower())
    if not tasks.may_begin(text):
        hint = "a task's id is a UUID: the digits 0-9 and a-f"
        if "-" in text and system.workers.may_bound(text):
            hint = f"a worker? try: worker {text}"
        msg = f"no task id begins with '{text}'"
        raise Misread(msg, hint=hint)

    async def find(prefix: str) -> Sequence[TaskId]:
        return await task_ids(prefix, system, within=within)

    return await only("task", text, find, hint="recent ones: tasks --hours 2")


async def task_ids(
    prefix: str, system: System, *, within: Window | None = None
) -> Sequence[TaskId]:
    """Return the ids of tasks that begin with *prefix*, newest first, at most eleven.

    Where tasks can't be listed, the newest lines of the window *within* tell.

    Raises:
        Absent: they can't be listed, and no line bears such an id.
    """
    try:
        return await system.tasks.find(prefix)
    except Absent:
        found = () if within is None else await written_ids(prefix, system, within)
        if not found:
            raise
        return found


async def written_ids(prefix: str, system: System, window: Window) -> Sequence[TaskId]:
    """Return the ids that begin so and that lines bear, the newest first."""
    lines = await system.logs.search(LogSearch(window=window), limit=LINES_READ)
    ids = dict.fromkeys(line.task_id for line in lines.rows[::-1] if line.task_id)
    return [id for id in ids if id.startswith(prefix.lower())][: MOST_CANDIDATES + 1]


async def whole_worker_id(text: str, system: System) -> WorkerId:
    """Return the id of the worker that *text* names, begins or ends.

    A text that has the form of an id is taken for one, though no row may have it. One
    that is too short for a part has to be an id itself.

    Raises:
        Misread: no worker's id can begin or end so, or it is too short.
        NotFound: none does.
        Ambiguous: several do.
    """
    workers: Workers = system.workers
    if not workers.may_bound(text):
        msg = f"'{text}' cannot be the id of a worker"
        raise Misread(msg, hint="recent ones: workers --hours 2")
    if workers.is_id(text):
        return WorkerId(text)
    if len(text) < SHORTEST_PREFIX:
        try:
            found = await workers.find(text)
        except SourceDown as error:  # the words are what can be mended
            raise too_short(text) from error
        if text not in found:
            raise too_short(text)
        return WorkerId(text)
    hint = "recent ones: workers --hours 2"
    if system.tasks.may_begin(text):
        hint = f"a task? try: task {text}"
        if len(text) < _SHOWN:
            hint = f"of a worker type all that is shown, as 90d281bc; {hint}"
    return await only("worker", text, workers.find, bounds="begin or end", hint=hint)
