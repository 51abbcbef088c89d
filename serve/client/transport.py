"""The connection to a service, in threads or awaited: a request in, the body of a reply out."""

from __future__ import annotations

import asyncio
import re
import time
from dataclasses import dataclass
from typing import Any

import httpx

from serve.client.errors import ApiError
from serve.client.flow import Request
from serve.client.retry import Failure, read_response, wait_before_retry

KEY = re.compile(r"[\x21-\x7e]+")
JSON = {"content-type": "application/json"}
RETRIED_ERRORS = (httpx.NetworkError, httpx.TimeoutException, httpx.RemoteProtocolError)


@dataclass(frozen=True)
class Destination:
    """A service and how it is asked.

    url      with user and password where it has them
    key      sent with each request
    timeout  seconds to connect, and between two bytes of a response
    retries  how often a request is sent again

    Raises ValueError for an address or key that cannot be used.
    """

    url: str
    key: str | None
    timeout: float
    retries: int

    def __post_init__(self) -> None:
        parsed = httpx.URL(self.url)
        if parsed.scheme not in {"http", "https"} or not parsed.host:
            raise ValueError("url must begin with http:// or https://, as in http://127.0.0.1:3000")
        if self.key is not None and not KEY.fullmatch(self.key):
            raise ValueError("key must be printable ASCII without blanks")

    @property
    def address(self) -> str:
        """Without user and password, for people."""
        bare = httpx.URL(self.url).copy_with(userinfo=b"", query=None, fragment=None)
        return str(bare).rstrip("/")

    @property
    def settings(self) -> dict[str, Any]:
        """What httpx's clients are made with."""
        headers = {"accept": "application/json"}
        if self.key is not None:
            headers["authorization"] = f"Bearer {self.key}"
        return {"base_url": self.url, "headers": headers, "timeout": self.timeout}

    def attempts(self, request: Request) -> int:
        """How often the request may be sent again."""
        return self.retries if request.retried else 0

    def unreachable(self, request: Request, kind: str) -> Failure:
        """No response came."""
        path = documented_path(request.path)
        return Failure(ApiError(f"{self.address}: no answer to {request.method} {path} ({kind})"))


class Transport:
    """Sends requests, several threads' at a time."""

    def __init__(self, destination: Destination) -> None:
        self.destination = destination
        self._http = httpx.Client(**destination.settings)

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def send(self, request: Request) -> bytes:
        """The body of the reply. Raises ApiError."""
        retries, attempt = self.destination.attempts(request), 0
        while isinstance(outcome := self._send(request), Failure):
            seconds = wait_before_retry(outcome, attempt, retries)
            if seconds is None:
                raise outcome.error
            time.sleep(seconds)
            attempt += 1
        return outcome

    def _send(self, request: Request) -> bytes | Failure:
        """An error is returned, not raised here.

        subtle: what is raised while httpx's own error is handled carries it, and the key with it.
        """
        try:
            response = self._http.request(request.method, request.path, **_sent(request))
            return read_response(request, response)
        except RETRIED_ERRORS as error:
            kind = type(error).__name__
        return self.destination.unreachable(request, kind)


class AsyncTransport:
    """The same where sending is awaited, several tasks' at a time."""

    def __init__(self, destination: Destination) -> None:
        self.destination = destination
        self._http = httpx.AsyncClient(**destination.settings)

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def send(self, request: Request) -> bytes:
        """The body of the reply. Raises ApiError."""
        retries, attempt = self.destination.attempts(request), 0
        while isinstance(outcome := await self._send(request), Failure):
            seconds = wait_before_retry(outcome, attempt, retries)
            if seconds is None:
                raise outcome.error
            await asyncio.sleep(seconds)
            attempt += 1
        return outcome

    async def _send(self, request: Request) -> bytes | Failure:
        try:
            response = await self._http.request(request.method, request.path, **_sent(request))
            return read_response(request, response)
        except RETRIED_ERRORS as error:
            kind = type(error).__name__
        return self.destination.unreachable(request, kind)


def documented_path(path: str) -> str:
    """A path without the customer in it."""
    return "/customers/{customer_id}" if path.startswith("/customers/") else path


def _sent(request: Request) -> dict[str, Any]:
    body = {} if request.body is None else {"content": request.body, "headers": JSON}
    return {"params": request.params, **body}
