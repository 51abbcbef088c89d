"""Thousands of requests made up from /docs.json, against the real service with keys.

    python benchmarks/schemathesis_long.py --config configs/online_retail.toml --model FOLDER

Every check of Schemathesis, every endpoint, first without scores in the store, then with. The last
line of each run says how many cases there were; the exit code is 1 where one of them failed.
"""

from __future__ import annotations

import argparse
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from serve.http.api_keys import make_key

ROOT = Path(__file__).resolve().parent.parent
KEY = make_key("schemathesis")
START_SECONDS = 90
# What is too large, or not JSON, is refused in the right way too. Without scores a 503 is right.
SETTINGS = """
[checks.negative_data_rejection]
expected-statuses = [400, 401, 403, 404, 405, 413, 415{more}]
[checks.positive_data_acceptance]
expected-statuses = ["2xx", 404, 413{more}]
[checks.not_a_server_error]
expected-statuses = ["2xx", "3xx", "4xx"{more}]
"""


def command(address: str, folder: Path, *options: str, scored: bool = True) -> list[str]:
    """A call of Schemathesis on the service at this address, to be made in `folder`.

    It leaves its settings there, and what it remembers of earlier calls.
    """
    settings = folder / "schemathesis.toml"
    settings.write_text(SETTINGS.format(more="" if scored else ", 503"))
    return [
        *(sys.executable, "-m", "schemathesis.cli", "--config-file", str(settings), "run"),
        *(f"{address}/docs.json", "--checks", "all", "--continue-on-failure", "--no-color"),
        *options,
    ]


def environment() -> dict[str, str]:
    """Schemathesis' environment: hooks for the constraints that JSON Schema cannot express."""
    return os.environ | {"SCHEMATHESIS_HOOKS": "benchmarks.valid_requests", "PYTHONPATH": str(ROOT)}


@contextmanager
def service(var: Path, model: str) -> Iterator[str]:
    """The service on a free port, with keys, without a rate; gives its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    settings = {
        "PERENNIAL_VAR": str(var),
        "PERENNIAL_MODEL": model,
        "PERENNIAL_API_KEYS": KEY["line"],
        "PERENNIAL_RATE_PER_SECOND": "0",
        "BENTOML_HOME": str(var / "bentoml"),
        "BENTOML_DO_NOT_TRACK": "True",
    }
    started = [*(sys.executable, "-m", "bentoml", "serve", "serve.service:ClvService")]
    with (var / "service.log").open("wb") as log:
        process = subprocess.Popen(
            [*started, "--host", "127.0.0.1", "--port", str(port)],
            cwd=ROOT,
            env=os.environ | settings,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        _wait(address, process, var)
        yield address
    finally:
        process.terminate()
        process.wait(timeout=30)


def _wait(address: str, process: subprocess.Popen[bytes], var: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if httpx.get(f"{address}/readyz").status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.2)
    sys.exit(f"the service did not start: {(var / 'service.log').read_text()}")


def main() -> int:
    """Run it without and with scores; 0 if nothing was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--config", default="configs/online_retail.toml")
    parser.add_argument("--model", required=True, help="folder of a bundle")
    parser.add_argument("--examples", type=int, default=250, help="fuzzed cases of each endpoint")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    model = str(Path(arguments.model).absolute())
    found = 0
    with tempfile.TemporaryDirectory() as folder:
        var = Path(folder)
        score = [*(sys.executable, "-m", "serve", "score", "--config", arguments.config)]
        score += ["--model", model, "--store", f"sqlite:///{var / 'scores.db'}"]
        for scored in (False, True):
            if scored:
                subprocess.run(score, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
            options = ("-n", str(arguments.examples), "--seed", str(arguments.seed), "-w", "2")
            key = ("-H", f"Authorization: Bearer {KEY['key']}")
            with service(var, model) as address:
                call = command(address, var, *options, *key, scored=scored)
                found |= subprocess.run(call, cwd=var, env=environment()).returncode
    return found


if __name__ == "__main__":
    sys.exit(main())
