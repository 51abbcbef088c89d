"""Responses of the application behind the middleware: those of errors are replaced."""

from __future__ import annotations

from starlette.types import Message, Send

from serve.errors import ServeError, error_for_status


class UpstreamResponse:
    """Receives a response in the place of the client, and passes it on unless it is an error.

    error     the error that it was, in the one shape
    started   whether anything was passed on
    status    0 as long as there is none
    """

    __slots__ = ("_headers", "_method", "_path", "_send", "error", "started", "status")

    def __init__(
        self, send: Send, method: str, path: str, headers: list[tuple[bytes, bytes]]
    ) -> None:
        self._send, self._method, self._path, self._headers = send, method, path, headers
        self.error: ServeError | None = None
        self.status = 0
        self.started = False

    async def send(self, message: Message) -> None:
        """Pass a message on, with these headers in place of its own, or drop it."""
        if message["type"] != "http.response.start":
            if self.error is None:
                await self._send(message)
            return
        self.status = message["status"]
        if self.status >= 400:
            headers = {name.lower(): value for name, value in message["headers"]}
            allow = headers.get(b"allow", b"").decode("latin-1")
            self.error = error_for_status(
                self.status, method=self._method, path=self._path, allow=allow
            )
            return
        self.started = True
        replaced = {name for name, _ in self._headers}
        others = [each for each in message["headers"] if each[0].lower() not in replaced]
        await self._send({**message, "headers": [*others, *self._headers]})
