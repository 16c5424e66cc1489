"""The file into which a shell has a picture drawn."""

import os
from pathlib import Path
from typing import Final

from bot.domain.errors import Misread
from bot.domain.excerpts import start_of
from bot.words import Common

SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"


class ChartFile:
    """Where the picture goes; *path* is None until one is wanted."""

    def __init__(self) -> None:
        """Want no picture."""
        self.path: Path | None = None

    def prepare(self, common: Common) -> None:
        """Take the path that the flags name; nothing is written yet.

        Raises:
            Misread: no picture can be written there, or something else would be lost;
                or none is wanted after all.
        """
        if common.chart is None:
            return
        if common.no_chart:
            msg = "--chart draws a picture, --no-chart none"
            raise Misread(msg, hint="leave one of them out")
        path = Path(common.chart).expanduser()
        problem = _problem(path)
        if problem is not None:
            why, hint = problem
            msg = f"--chart {start_of(common.chart, 200)}: {why}"
            raise Misread(msg, hint=hint)
        self.path = path

    def write(self, picture: bytes) -> None:
        """Write the picture, whole or not at all.

        Raises:
            OSError: it can't be written.
        """
        if self.path is None:
            return
        target = self.path.resolve()
        draft = target.with_name(f".{target.name[-100:]}.{os.getpid()}")
        try:
            draft.write_bytes(picture)
            draft.replace(target)
        except BaseException:
            draft.unlink(missing_ok=True)
            raise


def _problem(path: Path) -> tuple[str, str] | None:
    """Return what is wrong with the path and what may help; None when it is well."""
    if "\0" in str(path):
        return "that is no path", ""
    try:
        if path.suffix.lower() != ".png":
            return "a picture is a PNG", f"name it {path.stem or 'chart'}.png"
        if path.is_dir():
            return "that is a folder", f"name a file in it: {path / 'chart.png'}"
        if not path.parent.is_dir():
            return f"there is no folder {path.parent}", ""
        if not os.access(path.parent, os.W_OK | os.X_OK):
            return f"the folder {path.parent} may not be written", ""
        if path.exists() and not _is_png(path):
            return "a file that is no PNG stands there", "it is left as it is"
    except OSError as error:  # too long, a loop of links
        return f"that is no path: {error.strerror}", ""
    return None


def _is_png(path: Path) -> bool:
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(len(SIGNATURE)) == SIGNATURE
