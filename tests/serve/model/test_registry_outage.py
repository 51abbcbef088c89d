"""The registry goes away and comes back while the service runs."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from mlflow import MlflowClient

from serve.handlers.smoke_test import smoke_test
from serve.model.live import LiveModel
from serve.settings import read_settings


def test_predictions_go_on_without_the_registry_and_a_move_is_followed_once_it_is_back(
    store: Any, tmp_path: Path
) -> None:
    registry = tmp_path / "mlflow.db"
    shutil.copy(store.var / "mlflow.db", registry)
    MlflowClient(f"sqlite:///{registry}").set_registered_model_alias("clv", "champion", "1")
    live = LiveModel(
        read_settings(
            {
                "PERENNIAL_VAR": str(tmp_path),
                "PERENNIAL_POLL_SECONDS": "60",
                "MLFLOW_TRACKING_URI": f"sqlite:///{registry}",
            }
        ),
        smoke_test,
    )
    live.refresh()
    model = live.require()
    assert (model.version, live.registry_up, live.notice) == ("1", True, None)

    # in place: a connection that is open would go on with a file that was moved away
    whole = registry.read_bytes()
    registry.write_bytes(b"out of order" * (len(whole) // 12))
    live.refresh()
    assert live.require() is model
    assert live.registry_up is False
    assert "does not answer" in (live.notice or "")

    registry.write_bytes(whole)
    MlflowClient(f"sqlite:///{registry}").set_registered_model_alias("clv", "champion", "2")
    live.refresh()
    assert (live.require().version, live.registry_up, live.notice) == ("2", True, None)


@dataclass
class FallsSilent:
    """A registry that knows no model when it is first asked, and later says nothing."""

    asked: list[str] = field(default_factory=list)
    is_waited_for: threading.Event = field(default_factory=threading.Event)
    over: threading.Event = field(default_factory=threading.Event)
    address: str = ""


@pytest.fixture
def falls_silent() -> Iterator[FallsSilent]:
    silent = FallsSilent()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            silent.asked.append(self.path)
            if len(silent.asked) > 1:
                silent.is_waited_for.set()
                silent.over.wait(60)
            body = b'{"error_code": "RESOURCE_DOES_NOT_EXIST", "message": "no"}'
            self.send_response(404)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Not wanted."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    silent.address = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield silent
    silent.over.set()
    server.shutdown()
    server.server_close()


def test_a_registry_that_says_nothing_does_not_hold_the_end_up(
    falls_silent: FallsSilent, tmp_path: Path
) -> None:
    environment = {
        "PERENNIAL_VAR": str(tmp_path),
        "PERENNIAL_POLL_SECONDS": "0.01",
        "MLFLOW_TRACKING_URI": falls_silent.address,
    }
    live = LiveModel(read_settings(environment), smoke_test)
    live.start()
    assert "no such model" in (live.notice or "")
    assert falls_silent.is_waited_for.wait(10)
    ending = threading.Thread(target=live.stop, daemon=True)
    ending.start()
    ending.join(5)
    assert not ending.is_alive(), "it waits for the registry"
