"""One shape for every error, whatever went wrong, and wherever: error.status, message, details."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

logger = logging.getLogger(__name__)

Details = Sequence[dict[str, str]]
MESSAGES = {
    404: "no such path: {method} {path}; the paths are listed in /docs.json",
    405: "{method} is not allowed on {path}, use {allow}",
    415: "{path} reads JSON: send the header content-type: application/json",
    429: "too many requests at once; try again in a second",
    500: "something failed inside the service; its log says what",
    503: "no model is loaded yet; GET /model says why",
    504: "the answer took too long; send fewer customers in one request",
}


class ServeError(ValueError):
    """What was asked for cannot be done; the message says what, where, got and how to repair.

    status    HTTP status of the answer
    details   every violation, as {"field", "message"}
    """

    def __init__(self, message: str, *, status: int = 400, details: Details = ()) -> None:
        super().__init__(message)
        self.status = status
        self.details = list(details)


def error_response(error: ServeError) -> JSONResponse:
    """The error as an answer in the one shape."""
    content = {"status": error.status, "message": str(error), "details": error.details}
    headers = {"retry-after": "1"} if error.status == HTTPStatus.TOO_MANY_REQUESTS else None
    return JSONResponse({"error": content}, status_code=error.status, headers=headers)


class OneShape:
    """ASGI middleware: gives every error that comes from inside, or escapes, the one shape."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass answers through; hold errors back until they are complete, then reshape them."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        held = _Held(scope, receive, send)
        try:
            await self.app(scope, receive, held.send)
        except Exception:
            if held.started:
                raise
            logger.exception("%s %s failed", scope["method"], scope["path"])
            await _reshaped(scope, HTTPStatus.INTERNAL_SERVER_ERROR, "")(scope, receive, send)


class _Held:
    """The sending end of one answer."""

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._scope, self._receive, self._send = scope, receive, send
        self._error: Message | None = None
        self._body = b""
        self.started = False

    async def send(self, message: Message) -> None:
        """Send, unless the answer is an error: that waits for its last part."""
        if message["type"] == "http.response.start" and message["status"] >= 400:
            self._error = message
            return
        if self._error is None:
            self.started = True
            await self._send(message)
            return
        self._body += bytes(message.get("body", b""))
        if not message.get("more_body", False):
            await self._finish(self._error)

    async def _finish(self, start: Message) -> None:
        self.started = True
        if _has_shape(self._body):
            await self._send(start)
            await self._send({"type": "http.response.body", "body": self._body})
            return
        headers = {name.lower(): value.decode("latin-1") for name, value in start["headers"]}
        response = _reshaped(self._scope, start["status"], headers.get(b"allow", ""))
        await response(self._scope, self._receive, self._send)


def _reshaped(scope: Scope, status: int, allow: str) -> JSONResponse:
    template = MESSAGES.get(status, HTTPStatus(status).phrase)
    text = template.format(method=scope["method"], path=scope["path"], allow=allow or "POST")
    response = error_response(ServeError(text, status=status))
    if allow:
        response.headers["allow"] = allow
    return response


def _has_shape(body: bytes) -> bool:
    try:
        content: Any = json.loads(body)
    except ValueError:
        return False
    return isinstance(content, dict) and isinstance(content.get("error"), dict)
