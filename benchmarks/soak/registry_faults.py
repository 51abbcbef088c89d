"""What can become of the registry: gone, silent, or answering nonsense."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from benchmarks.soak.deployment import Deployment, stopped, wait_for_state

NONSENSE = [
    (500, b"{}"),
    (200, b"{}"),
    (200, b"<html>"),
    (200, b'{"model_version": 7}'),
    (404, b""),
]


def stop_registry(deployment: Deployment, pause: float) -> list[str]:
    """The registry ends, and is started again."""
    deployment.registry.close()
    problems = wait_for_state(deployment, "registry", "down")
    time.sleep(pause)
    deployment.start_registry()
    return problems + wait_for_state(deployment, "registry", "up")


def hang_registry(deployment: Deployment, pause: float) -> list[str]:
    """The registry takes connections and says nothing."""
    with stopped(deployment.registry_server.family()):
        time.sleep(2 * pause)
    return wait_for_state(deployment, "registry", "up")


def answer_nonsense(deployment: Deployment, pause: float) -> list[str]:
    """Something else answers at the registry's port."""
    problems = []
    deployment.registry.close()
    for status, body in NONSENSE:
        with _nonsense(deployment.registry_port, status, body):
            problems += wait_for_state(deployment, "registry", "down")
    deployment.start_registry()
    return problems + wait_for_state(deployment, "registry", "up")


@contextmanager
def _nonsense(port: int, status: int, body: bytes) -> Iterator[None]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET

        def log_message(self, *_: object) -> None:
            """Nobody wants to know."""

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
