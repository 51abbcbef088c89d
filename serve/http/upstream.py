"""The answers of the application behind the front: errors among them are held back."""

from __future__ import annotations

from starlette.types import Message, Send

from serve.errors import ServeError, foreign


class Held:
    """The sending end of an answer that is not ours: passes it on, unless it is an error.

    error     the error that it was, told when it is complete
    started   whether anything was sent
    """

    __slots__ = ("_extra", "_method", "_path", "_send", "_status", "error", "started")

    def __init__(
        self, send: Send, method: str, path: str, extra: list[tuple[bytes, bytes]]
    ) -> None:
        self._send, self._method, self._path, self._extra = send, method, path, extra
        self.error: ServeError | None = None
        self._status = 0
        self.started = False

    async def send(self, message: Message) -> None:
        """Pass a part on, or keep it."""
        if message["type"] != "http.response.start":
            if self.error is None:
                await self._send(message)
            return
        self._status = message["status"]
        if self._status >= 400:
            headers = {name.lower(): value for name, value in message["headers"]}
            allow = headers.get(b"allow", b"").decode("latin-1")
            self.error = foreign(self._status, method=self._method, path=self._path, allow=allow)
            return
        self.started = True
        own = {name for name, _ in self._extra}
        kept = [each for each in message["headers"] if each[0].lower() not in own]
        await self._send({**message, "headers": [*kept, *self._extra]})

    @property
    def status(self) -> int:
        """The status of the answer; 0 as long as there is none."""
        return self._status
