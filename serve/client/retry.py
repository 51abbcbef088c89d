"""The retry of the client: a request is sent again while that may help, else ApiError."""

from __future__ import annotations

import json
import random
import re
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx

RETRIED_STATUSES = frozenset({429, 503, 504})
FIRST_WAIT_SECONDS = 0.25
LONGEST_WAIT_SECONDS = 30.0
KEY = re.compile(r"[\x21-\x7e]+")
RETRIED_ERRORS = (httpx.NetworkError, httpx.TimeoutException, httpx.RemoteProtocolError)


class ApiError(Exception):
    """The service refused, failed, or could not be reached; the text is a sentence.

    status      HTTP status; None where no response came
    code        the status as a word: invalid_request, unauthorized, ...; unreachable without one
    field       the place in the request that is at fault, as in customers[0].customer_id
    details     every violation, as {"field", "message"}
    request_id  this request in the service's log
    """

    def __init__(
        self,
        message: str,
        *,
        status: int | None = None,
        code: str = "unreachable",
        field: str | None = None,
        details: tuple[Mapping[str, str], ...] = (),
        request_id: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message, self.status, self.code = message, status, code
        self.field, self.details, self.request_id = field, details, request_id


class RetryingTransport:
    """A connection to one service, which sends a request again while that may help.

    Raises ValueError for an address or key that cannot be used.

    address  without user and password, for people
    """

    def __init__(self, url: str, key: str | None, *, timeout: float, retries: int) -> None:
        parsed = httpx.URL(url)
        if parsed.scheme not in {"http", "https"} or not parsed.host:
            raise ValueError("url must begin with http:// or https://, as in http://127.0.0.1:3000")
        if key is not None and not KEY.fullmatch(key):
            raise ValueError("key must be printable ASCII without blanks")
        headers = {"accept": "application/json"}
        if key is not None:
            headers["authorization"] = f"Bearer {key}"
        self.address = str(parsed.copy_with(userinfo=b"", query=None, fragment=None)).rstrip("/")
        self._retries = retries
        self._http = httpx.Client(base_url=url, headers=headers, timeout=timeout)

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def get(self, path: str, *, params: Mapping[str, str] | None = None) -> bytes:
        """The body of the response. Raises ApiError."""
        return self._retried("GET", path, params=params)

    def post(self, path: str, body: bytes) -> bytes:
        """The body of the response. Raises ApiError."""
        return self._retried(
            "POST", path, content=body, headers={"content-type": "application/json"}
        )

    def get_once(self, path: str) -> tuple[int, bytes]:
        """Status and body, whatever they are. Raises ApiError where no response comes."""
        response = self._send("GET", path)
        if isinstance(response, ApiError):
            raise response
        return response.status_code, response.content

    def _retried(self, method: str, path: str, **more: Any) -> bytes:
        """Every request is idempotent: sending it twice changes nothing."""
        for attempt in range(self._retries + 1):
            response = self._send(method, path, **more)
            if isinstance(response, ApiError):
                error, asked_to_wait = response, 0.0
            elif response.is_success:
                return response.content
            else:
                error, asked_to_wait = error_of(response), retry_after(response.headers)
            may_pass = error.status is None or error.status in RETRIED_STATUSES
            last = attempt == self._retries
            if last or not may_pass or asked_to_wait > LONGEST_WAIT_SECONDS:
                break
            time.sleep(max(asked_to_wait, wait_seconds(attempt)))
        raise error

    def _send(self, method: str, path: str, **more: Any) -> httpx.Response | ApiError:
        """An error is returned, not raised here.

        subtle: what is raised while httpx's own error is handled carries it, and the key with it.
        """
        try:
            return self._http.request(method, path, **more)
        except RETRIED_ERRORS as error:
            kind = type(error).__name__
        return ApiError(f"{self.address}: no answer to {method} {documented_path(path)} ({kind})")


def documented_path(path: str) -> str:
    """A path without the customer in it."""
    return "/customers/{customer_id}" if path.startswith("/customers/") else path


def error_of(response: httpx.Response) -> ApiError:
    """The error in a response, be it the service's or a proxy's."""
    try:
        error = json.loads(response.content)["error"]
        return ApiError(
            error["message"],
            status=response.status_code,
            code=error["code"],
            field=error["field"],
            details=tuple(error["details"]),
            request_id=error["request_id"],
        )
    except (ValueError, KeyError, TypeError):
        return ApiError(
            f"the response was {response.status_code} {response.reason_phrase}, not the service's "
            "own",
            status=response.status_code,
            code="foreign",
            request_id=response.headers.get("x-request-id"),
        )


def wait_seconds(attempt: int) -> float:
    """Twice as long each time, and never the same for two clients that failed together."""
    longest: float = min(FIRST_WAIT_SECONDS * 2**attempt, LONGEST_WAIT_SECONDS)
    return random.uniform(longest / 2, longest)


def retry_after(headers: Mapping[str, str]) -> float:
    """Seconds that the service asks to wait, given as seconds or as a date; 0 if it does not."""
    text = headers.get("retry-after", "").strip()
    if text.isdecimal():
        return float(text)
    try:
        date = parsedate_to_datetime(text)
    except ValueError:
        return 0.0
    aware = date if date.tzinfo else date.replace(tzinfo=UTC)
    return max((aware - datetime.now(UTC)).total_seconds(), 0.0)
