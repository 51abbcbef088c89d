"""From a path to the handler of its endpoint."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import parse_qsl, unquote

from serve.api.endpoints import Endpoint
from serve.api.error_messages import shortened
from serve.errors import ServeError

JSON_TYPE = b"application/json"


class Request(NamedTuple):
    """What a handler gets.

    body         empty where the endpoint reads none
    path_value   what stands in the path in the place of {...}
    query        what follows the question mark
    lines        whether JSON lines are asked for
    """

    body: bytes
    path_value: str
    query: str
    lines: bool = False


@dataclass(frozen=True, slots=True)
class Response:
    """What a handler returns where it is not just a 200 with JSON."""

    body: bytes
    status: int = 200
    content_type: bytes = JSON_TYPE


@dataclass(frozen=True, slots=True)
class StreamedResponse:
    """What a handler returns that is sent as it is made, a 200.

    parts   whole lines, at least one; an error in them becomes the last line
    """

    parts: AsyncGenerator[bytes]
    content_type: bytes


Handler = Callable[[Request], Awaitable[bytes | Response | StreamedResponse]]


@dataclass(frozen=True, slots=True)
class Route:
    """An endpoint as requests are handled by it; see `serve.api.endpoints.Endpoint`.

    label     what metrics, logs and traces call it
    handler   may raise ServeError; None: the application behind the middleware answers
    methods   that the handler is for
    """

    label: str
    handler: Handler | None = None
    methods: tuple[str, ...] = ()
    reads_body: bool = False
    reads_query: bool = False
    open: bool = False
    exempt_from_limit: bool = False


UNKNOWN = Route("other")


class Router:
    """Finds the route of a path.

    Raises ValueError unless exactly the endpoints that are not upstream have a handler.
    """

    def __init__(
        self, endpoints: Iterable[Endpoint] = (), handlers: Mapping[str, Handler] | None = None
    ) -> None:
        handlers, endpoints = handlers or {}, list(endpoints)
        own = {each.name for each in endpoints if not each.upstream}
        if own != handlers.keys():
            raise ValueError(f"without endpoint or handler: {sorted(own ^ handlers.keys())}")
        self._exact: dict[str, Route] = {}
        self._below: list[tuple[str, Route]] = []
        for each in endpoints:
            route, (start, brace, _) = _route(each, handlers), each.path.partition("{")
            if brace or (start.endswith("/") and start != "/"):
                self._below.append((start, route))
            else:
                self._exact[start] = route

    def find(self, path: str, raw_path: bytes = b"") -> tuple[Route, str]:
        """The route of a path, UNKNOWN if there is none, and the value in the path.

        The value may hold a slash: it is read from the path as it was sent, and decoded then.
        """
        route = self._exact.get(path)
        if route is not None:
            return route, ""
        for start, below in self._below:
            if path.startswith(start) and (len(path) > len(start) or below.handler is None):
                raw = raw_path.decode("latin-1") or path
                return below, unquote(raw[len(start) :]) if raw.startswith(start) else ""
        return UNKNOWN, ""


def refuse_query(route: Route, query: str) -> None:
    """Raises ServeError (400) naming what follows the question mark of an endpoint without."""
    name = next(iter(parse_qsl(query, keep_blank_values=True)), ("", ""))[0]
    raise ServeError(
        f"query: {shortened(name)} is unknown, {route.label} reads nothing after the question "
        "mark: remove it",
        field="query",
    )


def _route(endpoint: Endpoint, handlers: Mapping[str, Handler]) -> Route:
    return Route(
        label=endpoint.label,
        handler=handlers.get(endpoint.name),
        methods=("GET", "HEAD") if endpoint.method == "GET" else (endpoint.method,),
        reads_body=endpoint.method == "POST",
        reads_query=endpoint.query is not None,
        open=endpoint.open,
        exempt_from_limit=endpoint.exempt_from_limit,
    )
