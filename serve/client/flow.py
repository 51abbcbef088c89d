"""What is asked of a service, free of I/O: a generator that yields requests and is sent responses.

Whoever runs a flow sends each request in its own way, with or without `await`, and throws the
ApiError of one that failed into it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Generator, Mapping
from dataclasses import dataclass
from typing import TypeVar

from serve.client.errors import ApiError

Result = TypeVar("Result")


@dataclass(frozen=True)
class Request:
    """One request; its response is the body of a reply.

    accepted  statuses of a reply beside those of success
    retried   whether it is sent again while that may help
    """

    method: str
    path: str
    params: Mapping[str, str] | None = None
    body: bytes | None = None
    accepted: frozenset[int] = frozenset()
    retried: bool = True


Flow = Generator[Request, bytes, Result]


def run(flow: Flow[Result], send: Callable[[Request], bytes]) -> Result:
    """The result of a flow. Raises ApiError where it does not handle one itself."""
    try:
        request = next(flow)
        while True:
            try:
                content = send(request)
            except ApiError as error:
                request = flow.throw(error)
            else:
                request = flow.send(content)
    except StopIteration as ended:
        result: Result = ended.value
        return result


async def run_async(flow: Flow[Result], send: Callable[[Request], Awaitable[bytes]]) -> Result:
    """The same where sending is awaited."""
    try:
        request = next(flow)
        while True:
            try:
                content = await send(request)
            except ApiError as error:
                request = flow.throw(error)
            else:
                request = flow.send(content)
    except StopIteration as ended:
        result: Result = ended.value
        return result
