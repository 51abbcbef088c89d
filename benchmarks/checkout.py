"""A version of the project in a folder: its commands run, its service started and asked."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.bench_serve.processes import running

QUIET = {
    "BENTOML_DO_NOT_TRACK": "True",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_TRACKING_URI": "",
    "OTEL_SDK_DISABLED": "true",
    # subtle: a sum of products by two threads differs in its last bit from that by one
    "OPENBLAS_NUM_THREADS": "1",
    "PERENNIAL_MODEL": "",
}


@dataclass(frozen=True)
class Checkout:
    """A version of the project in a folder, and a folder for the state that it leaves."""

    folder: Path
    var: Path

    @property
    def environment(self) -> dict[str, str]:
        """What its commands are started with."""
        own = {"PERENNIAL_VAR": str(self.var), "BENTOML_HOME": str(self.var / "bentoml")}
        return {**os.environ, **QUIET, **own}

    def run(self, *arguments: str) -> str:
        """`python -m ...`: the result, which is the last line of stdout.

        Raises RuntimeError where it fails.
        """
        sys.stderr.write(f"python -m {' '.join(arguments[:4])}\n")
        done = subprocess.run(
            [sys.executable, "-m", *arguments],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
        )
        if done.returncode:
            raise RuntimeError(f"python -m {' '.join(arguments)}: {done.stderr}")
        return done.stdout.splitlines()[-1]

    @contextmanager
    def service(self) -> Iterator[str]:
        """The address of its service, which is ready to answer, and stopped in the end."""
        with running(
            lambda port: [
                *("bentoml", "serve", "serve.service:ClvService"),
                *("--host", "127.0.0.1", "--port", str(port)),
            ],
            self.var / "service",
            self.environment,
            checkout=self.folder,
        ) as server:
            yield f"http://127.0.0.1:{server.port}"


def ask(url: str, body: Any = None) -> tuple[int, str]:
    """Status and text of the reply to a GET, or to a POST of a JSON body."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=60) as reply:
            return reply.status, reply.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()
