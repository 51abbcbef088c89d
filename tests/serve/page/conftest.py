from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

KEY = "a-key-of-the-tests"


@dataclass
class Tab:
    """A tab of the browser, and what it complained of.

    errors     errors of the console; a response that is an error is none
    elsewhere  requests to another address
    """

    page: Page
    address: str
    errors: list[str] = field(default_factory=list)
    elsewhere: list[str] = field(default_factory=list)

    def listen(self) -> None:
        self.page.on("console", lambda each: self._hear(each.type, each.text))
        self.page.on("pageerror", lambda each: self.errors.append(str(each)))
        self.page.on("request", lambda each: self._see(each.url))

    def open(self, place: str = "") -> None:
        """Go to a place of the page, such as list?tier=Gold, and wait until it is shown."""
        self.page.goto("about:blank")
        self.page.goto(f"{self.address}/#/{place}")
        self.page.locator("main h1, main .error-view").first.wait_for()

    def numbers(self, name: str, within: str = "main") -> list[float]:
        """The exact numbers that stand on the page under a name."""
        found = self.page.locator(f'{within} data[data-name="{name}"]')
        return [float(each) for each in found.evaluate_all("all => all.map(each => each.value)")]

    def until(self, holds: Callable[[], bool], seconds: float = 10) -> None:
        """Wait for something that comes with the next response."""
        deadline = time.monotonic() + seconds
        while not holds():
            assert time.monotonic() < deadline, self.page.locator("main").inner_text()
            self.page.wait_for_timeout(20)

    def _hear(self, kind: str, text: str) -> None:
        if kind in ("error", "warning") and not text.startswith("Failed to load resource"):
            self.errors.append(text)

    def _see(self, url: str) -> None:
        if not url.startswith((self.address, "blob:", "data:", "about:")):
            self.elsewhere.append(url)


@pytest.fixture
def open_tab(browser: Browser) -> Iterator[Callable[..., Tab]]:
    """Opens tabs; in the end none may have complained, or asked elsewhere."""
    opened: list[Tab] = []

    def open_one(address: str, width: int = 1280) -> Tab:
        context = browser.new_context(viewport={"width": width, "height": 800})
        context.set_default_timeout(10_000)
        opened.append(Tab(context.new_page(), address))
        opened[-1].listen()
        return opened[-1]

    yield open_one
    for each in opened:
        each.page.context.close()
    assert [each.errors + each.elsewhere for each in opened] == [[] for _ in opened]


@dataclass(frozen=True)
class Locked:
    """A server that asks for a key, and has no scores at first."""

    server: Any
    key: str
    scores: str

    @property
    def address(self) -> str:
        return str(self.server.address)


@pytest.fixture(scope="module")
def starting(
    trained: Any, start_service: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Locked]:
    """It starts while other tests run."""
    var = tmp_path_factory.mktemp("locked")
    environment = trained.environment() | {
        "PERENNIAL_VAR": str(var),
        "PERENNIAL_MODEL": str(trained.folder),
        "PERENNIAL_API_KEYS": f"tests:{hashlib.sha256(KEY.encode()).hexdigest()}",
    }
    server = start_service("serve.service:ClvService", var, environment)
    yield Locked(server, KEY, f"sqlite:///{var / 'scores.db'}")
    server.end()


@pytest.fixture
def locked(starting: Locked) -> Locked:
    starting.server.wait_until_ready()
    return starting
