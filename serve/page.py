"""What a browser or a curious client gets: the page, the model's card, the API's description."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from serve.errors import ServeError, error_response
from serve.openapi import describe_api

if TYPE_CHECKING:
    from collections.abc import Callable

    from serve.replies import ModelReply

STATIC = Path(__file__).parent / "static"
HEADERS = {
    "content-security-policy": (
        "default-src 'self'; img-src data:; frame-ancestors 'none'; base-uri 'none'"
    ),
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
}


def pages(describe: Callable[[], ModelReply]) -> Starlette:
    """The application behind the GET routes; `describe` says what model answers now."""

    async def model(request: Request) -> Response:
        try:
            return Response(describe().model_dump_json(), media_type="application/json")
        except ServeError as error:
            return error_response(error)

    async def index(request: Request) -> Response:
        return FileResponse(STATIC / "index.html", headers=HEADERS)

    async def docs(request: Request) -> Response:
        return JSONResponse(describe_api())

    return Starlette(
        routes=[
            Route("/", index),
            Route("/model", model),
            Route("/docs.json", docs),
            Mount("/static", StaticFiles(directory=STATIC)),
        ]
    )
