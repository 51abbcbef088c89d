"""What the middleware costs a request: `python benchmarks/front.py` prints microseconds.

The application is called as a server would call it, without a network; each figure is the best
of five rounds. The difference to the first line is what the middleware costs.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from serve.api.endpoints import Endpoint
from serve.http.access_control import AccessControl
from serve.http.api_keys import ApiKeys, make_key
from serve.http.middleware import Middleware
from serve.http.rate_limits import RateLimits
from serve.http.routes import Request, Router
from serve.settings import Settings

CALLS, ROUNDS = 5_000, 5
KEY = make_key("crm")
SETTINGS = Settings(tracking_uri="none", rate_per_second=1_000_000)


async def empty(request: Request) -> bytes:
    return b"{}"


async def bare(scope: Scope, receive: Receive, send: Send) -> None:
    await receive()
    headers = [(b"content-type", b"application/json"), (b"content-length", b"2")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"{}"})


def middleware(keys: ApiKeys, rate: int) -> ASGIApp:
    access = AccessControl(keys, RateLimits(rate))
    made = Middleware(bare, SETTINGS, access, lambda is_shutting_down: Router())
    made.state.router = Router([Endpoint("POST", "/predict", "predict")], {"predict": empty})
    return made


def scope() -> Scope:
    headers = {
        "host": "127.0.0.1:3000",
        "user-agent": "curl/8.5",
        "accept": "*/*",
        "content-type": "application/json",
        "content-length": "2",
        "authorization": f"Bearer {KEY['key']}",
    }
    return {
        "type": "http",
        "method": "POST",
        "path": "/predict",
        "raw_path": b"/predict",
        "query_string": b"",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        "server": ("127.0.0.1", 3000),
        "client": ("127.0.0.1", 50000),
    }


async def receive() -> Message:
    return {"type": "http.request", "body": b"{}", "more_body": False}


async def send(message: Message) -> None:
    return None


async def best(app: ASGIApp) -> float:
    times = []
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        for _ in range(CALLS):
            await app(scope(), receive, send)
        times.append((time.perf_counter() - begun) / CALLS * 1e6)
    return min(times)


async def main() -> None:
    cases: dict[str, Callable[[], ASGIApp]] = {
        "an application that replies at once": lambda: bare,
        "the middleware, keys off": lambda: middleware(ApiKeys(), 0),
        "the middleware, a key, no rate": lambda: middleware(ApiKeys(KEY["line"]), 0),
        "the middleware, a key and its rate": lambda: middleware(ApiKeys(KEY["line"]), 1_000_000),
    }
    for name, make in cases.items():
        print(f"{name:40} {await best(make()):6.1f} us")  # noqa: T201


if __name__ == "__main__":
    asyncio.run(main())
