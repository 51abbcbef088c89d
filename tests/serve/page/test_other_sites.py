"""Pages of other sites in the user's browser: without keys they get nothing from the service."""

from __future__ import annotations

import re
import threading
import time
from collections import Counter
from collections.abc import Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from playwright.sync_api import Page


class Elsewhere(BaseHTTPRequestHandler):
    """An empty page of somebody else."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("content-type", "text/html")
        self.end_headers()
        self.wfile.write(b"<!doctype html><title>elsewhere</title>")

    def log_message(self, *args: object) -> None:
        """Nothing is printed."""


@pytest.fixture(scope="module")
def elsewhere() -> Iterator[int]:
    """The port of another server on this machine."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Elsewhere)
    thread = threading.Thread(target=partial(server.serve_forever, poll_interval=0.01))
    thread.start()
    yield server.server_address[1]
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def page(browser: Any) -> Iterator[Page]:
    context = browser.new_context()
    context.set_default_timeout(10_000)
    yield context.new_page()
    context.close()


ACTS = {
    "/predict": "fetch('{address}/predict', {{method: 'POST', mode: 'no-cors', body: '{{}}'}})",
    "/overview": "fetch('{address}/overview', {{mode: 'no-cors'}})",
    "/customers": "fetch('{address}/customers?limit=1')",
    "/customers/{customer_id}": "(new Image()).src = '{address}/customers/ann'",
    "/model": """const tag = document.createElement('script');
        tag.src = '{address}/model'; document.head.append(tag)""",
    "/lookup": """const form = document.createElement('form');
        form.method = 'post'; form.enctype = 'text/plain'; form.action = '{address}/lookup';
        document.body.append(form); form.submit()""",
}
LINE = re.compile(r'perennial_requests_total\{door="(.*)",method=".*",status="(\d+)"\} (\S+)')


def refusals(server: Any) -> Counter[str]:
    """How often these endpoints were refused; other tests ask the same service meanwhile."""
    text = httpx.get(f"{server.address}/metrics").text
    found = [match.groups() for match in map(LINE.match, text.splitlines()) if match]
    return Counter(
        {door: int(float(count)) for door, code, count in found if door in ACTS and code == "403"}
    )


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1"])
def test_a_page_from_elsewhere_gets_no_answer(
    page: Page, server: Any, elsewhere: int, name: str
) -> None:
    """Of another site, and of another port of the same one."""
    page.goto(f"http://{name}:{elsewhere}/")
    before = refusals(server)
    for script in ACTS.values():
        page.evaluate(f"() => {{{{{script}}}}}".format(address=server.address))
    deadline = time.monotonic() + 10
    while len(given := refusals(server) - before) < len(ACTS) and time.monotonic() < deadline:
        page.wait_for_timeout(20)
    assert given == Counter(dict.fromkeys(ACTS, 1))


def test_a_name_that_was_made_to_point_here_gets_no_answer(page: Page, server: Any) -> None:
    reply = page.goto(f"http://shop.localhost:{urlsplit(server.address).port}/")
    assert reply is not None
    assert reply.status == 403
    assert "without API keys the service answers this machine alone" in reply.text()


def test_its_own_page_is_answered_also_where_it_was_linked_to(
    page: Page, server: Any, elsewhere: int
) -> None:
    page.goto(f"http://shop.localhost:{elsewhere}/")
    page.evaluate(f"() => {{location.href = '{server.address}/'}}")
    page.wait_for_url(f"{server.address}/**")
    ask = "path => fetch(path).then(reply => reply.status)"
    assert page.evaluate(ask, "/model") == 200
    post = """() => fetch('/lookup', {method: 'POST', body: '{"customer_ids": ["nobody"]}',
        headers: {'content-type': 'application/json'}}).then(reply => reply.status)"""
    assert page.evaluate(post) == 200
