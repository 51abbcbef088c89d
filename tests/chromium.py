"""The browser of a module of tests."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from typing import Any

import pytest

CHROMIUMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """A real Chromium, closed with the module: its event loop would be in the way of others."""
    from playwright.sync_api import Error, sync_playwright

    with sync_playwright() as playwright:
        found = next(filter(None, map(shutil.which, CHROMIUMS)), None)
        try:
            # no sandbox: there is none for root, and nothing but our own page is opened
            started = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        except Error as error:
            pytest.skip(
                "no Chromium: install one, on Debian: apt-get install chromium, elsewhere: "
                f"python -m playwright install chromium ({str(error).splitlines()[0]})"
            )
        yield started
        started.close()
