"""The retry of the client: whether a request is sent again, and after how long."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx

from serve.client.errors import ApiError, error_of
from serve.client.flow import Request

RETRIED_STATUSES = frozenset({429, 503, 504})
FIRST_WAIT_SECONDS = 0.25
LONGEST_WAIT_SECONDS = 30.0


@dataclass(frozen=True)
class Failure:
    """A request that failed, and the seconds that the service asks to wait."""

    error: ApiError
    asked_to_wait: float = 0.0


def read_response(request: Request, response: httpx.Response) -> bytes | Failure:
    """The body of a reply, or how the request failed."""
    if response.is_success or response.status_code in request.accepted:
        return response.content
    return Failure(error_of(response), retry_after(response.headers))


def wait_before_retry(failure: Failure, attempt: int, retries: int) -> float | None:
    """Seconds until the request is sent again; None where that is of no use.

    Every request is idempotent: sending it twice changes nothing.
    """
    status, asked_to_wait = failure.error.status, failure.asked_to_wait
    may_pass = status is None or status in RETRIED_STATUSES
    if attempt >= retries or not may_pass or asked_to_wait > LONGEST_WAIT_SECONDS:
        return None
    return max(asked_to_wait, wait_seconds(attempt))


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
