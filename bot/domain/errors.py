"""The few ways in which a question goes unanswered; each is one line for people."""

from collections.abc import Sequence


class Known(Exception):
    """An ending we foresaw.

    The message is lower case, names the id or setting at fault and never holds a
    secret; *hint* is something the reader can type or do next.
    """

    def __init__(self, message: str, *, hint: str = "") -> None:
        """Keep the line and what may help."""
        super().__init__(message)
        self.message = message
        self.hint = hint


class Misread(Known):
    """The words, or their values, are wrong. Raised before any source is asked.

    *meant* is the whole line that was meant most likely; empty where none is.
    """

    def __init__(self, message: str, *, hint: str = "", meant: str = "") -> None:
        """Keep the line that may be asked instead."""
        super().__init__(message, hint=hint)
        self.meant = meant


class Unnamed(Misread):
    """The words begin with no command, and with nothing that is like one."""


class Missing(Misread):
    """A command was asked for without an argument that it needs.

    *command* and *argument* are their names as declared (`task`, `id`), so that a door
    can ask for the value; *listed_by* are words that list what it may be, if any do.
    """

    def __init__(
        self,
        message: str,
        *,
        command: str,
        argument: str,
        listed_by: str = "",
        hint: str = "",
    ) -> None:
        """Keep what is missing, and where it can be found."""
        found = f"recent ones: {listed_by}" if listed_by else hint
        super().__init__(message, hint=found)
        self.command = command
        self.argument = argument
        self.listed_by = listed_by


class NotFound(Known):
    """What was asked for does not exist."""


class Ambiguous(Misread):
    """A shortened id fits several things."""

    def __init__(self, message: str, *, candidates: Sequence[str]) -> None:
        """Keep the candidates, in a stable order."""
        super().__init__(message, hint="one of: " + ", ".join(candidates))
        self.candidates = tuple(candidates)


class SourceDown(Known):
    """A source did not answer, refused, or answered what it should not.

    *source* is its name in `gaps` (`supabase`, `runpod`); the message is the reason.
    """

    def __init__(self, source: str, message: str, *, hint: str = "") -> None:
        """Keep which source it was."""
        super().__init__(message, hint=hint)
        self.source = source


class OutOfTime(SourceDown):
    """A source took longer than it was given."""


class Refused(SourceDown):
    """A source understood a change that was asked of it, and said no."""


class Uncertain(SourceDown):
    """A change was asked for, and nobody knows whether it was made: look again."""


class NotAsked(SourceDown):
    """A question that could not be put safely. The source is well for all we know."""


class Absent(SourceDown):
    """What was asked is not there to be asked, and nothing went wrong."""


class Lacks(Absent):
    """A system was asked for a part that systems of its kind do not have."""

    def __init__(self, system: str, part: str, *, hint: str = "") -> None:
        """Name both; *hint* names what can be asked instead."""
        super().__init__(system, f"has no {part}", hint=hint)


class NotConfigured(Absent):
    """A source that no setting names. That alone fails no answer (CONTRACT, 3)."""

    def __init__(self, source: str, setting: str) -> None:
        """Name the setting that would mend it."""
        super().__init__(
            source,
            f"not configured: {setting} is not set",
            hint=f"set {setting} in the environment or in .env",
        )
