"""A browser without a window, which asks no proxy for the pages of this machine."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from playwright.sync_api import Browser, expect, sync_playwright

from tests.counterparts import PATIENCE

CHROMIUM: Final = shutil.which("chromium") or shutil.which("chromium-browser")
"""Debian's own; None where there is none."""


@contextmanager
def a_browser() -> Iterator[Browser]:
    """Start it, and end it after the block; what is expected may take a while."""
    expect.set_options(timeout=1000 * PATIENCE)
    with sync_playwright() as play:
        browser = play.chromium.launch(
            executable_path=CHROMIUM,
            args=["--no-sandbox", "--no-proxy-server", "--disable-quic"],
        )
        yield browser
        browser.close()
