"""How much each program of the agents writes down, as its newest lines show."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from bot.domain.agent_facts import louder
from bot.domain.agent_names import AgentKind
from bot.domain.logs import Level
from bot.domain.report import Table

if TYPE_CHECKING:
    from bot.domain.file_queue import FileQueue


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelsSeen:
    """Which levels a program's newest lines have, and what would show more."""

    program: str
    levels: tuple[str, ...]
    """From the least to the gravest; one that is none of ours comes last."""
    newest_at: datetime | None
    variable: str | None
    """What sets its level; None where nothing does, or its kind is not known."""


def levels_seen(queue: "FileQueue") -> tuple[LevelsSeen, ...] | None:
    """Return it for every program that wrote a line; None where none was read."""
    if queue.lives is None:
        return None
    kinds: dict[str, AgentKind] = {each.id: each.kind for each in queue.agents or ()}
    known = [each.value for each in Level]
    return tuple(
        LevelsSeen(
            program=name,
            levels=tuple(
                sorted(
                    life.levels,
                    key=lambda level: (
                        known.index(level) if level in known else len(known),
                        level,
                    ),
                )
            ),
            newest_at=life.last_line.at if life.last_line else None,
            variable=louder(kinds.get(name)),
        )
        for name, life in sorted(queue.lives.items())
    )


def table(found: Sequence[LevelsSeen]) -> tuple[Table, ...]:
    """Return a row for each program; nothing where none wrote."""
    if not found:
        return ()
    return (
        Table(
            title="Levels seen in their newest lines",
            header=("program", "levels", "newest line", "set by"),
            rows=tuple(
                (
                    each.program,
                    ", ".join(each.levels),
                    each.newest_at,
                    each.variable or "no variable",
                )
                for each in found
            ),
        ),
    )
