"""How long one prediction takes over HTTP: `python benchmarks/serve_latency.py --port 3000`.

Needs a running service (`make serve`). Asks for one customer at a time, first over one connection,
then over several; prints one JSON line for each.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from http.client import HTTPConnection

WARM_UP = 20
ORDERS = 20


def main(argv: list[str]) -> int:
    """Measure and print; 1 when the service answers anything but 200."""
    arguments = _parser().parse_args(argv)
    for connections in (1, arguments.connections):
        each = arguments.requests // connections
        started = time.perf_counter()
        with ThreadPoolExecutor(connections) as pool:
            runs = [pool.submit(_run, arguments.port, each, n) for n in range(connections)]
            seconds = sorted(value for run in runs for value in run.result())
        result = {
            "connections": connections,
            "requests": len(seconds),
            "orders_per_customer": ORDERS,
            "p50_ms": round(1e3 * seconds[len(seconds) // 2], 1),
            "p99_ms": round(1e3 * seconds[int(len(seconds) * 0.99)], 1),
            "requests_per_second": round(len(seconds) / (time.perf_counter() - started), 1),
        }
        sys.stdout.write(json.dumps(result) + "\n")
    return 0


def _run(port: int, requests: int, number: int) -> list[float]:
    """Seconds of each request over one kept connection, after a few that are not counted."""
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    body = json.dumps(_request(number))
    found = []
    for place in range(WARM_UP + requests):
        started = time.perf_counter()
        connection.request("POST", "/predict", body, {"content-type": "application/json"})
        response = connection.getresponse()
        content = response.read()
        if response.status != 200:
            raise SystemExit(f"{response.status}: {content.decode()}")
        if place >= WARM_UP:
            found.append(time.perf_counter() - started)
    connection.close()
    return found


def _request(number: int) -> dict[str, object]:
    days = [date(2011, 1, 1) + timedelta(days=13 * place + number) for place in range(ORDERS)]
    lines = [
        {
            "timestamp": f"{day.isoformat()}T10:00:00Z",
            "amount": 20.0 + place,
            "order_id": f"o{place}",
        }
        for place, day in enumerate(days)
    ]
    return {"customers": [{"customer_id": f"c{number}", "transactions": lines}]}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=3000)
    parser.add_argument("--requests", type=int, default=400)
    parser.add_argument("--connections", type=int, default=8)
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
