"""What a browser or a curious client gets: the page, and the API's description."""

from __future__ import annotations

from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from serve.openapi import describe_api

STATIC = Path(__file__).parent / "static"


def pages() -> Starlette:
    """The application behind the pages."""

    async def index(request: Request) -> Response:
        return FileResponse(STATIC / "index.html")

    async def docs(request: Request) -> Response:
        return JSONResponse(describe_api())

    return Starlette(
        routes=[
            Route("/", index),
            Route("/docs.json", docs),
            Mount("/static", StaticFiles(directory=STATIC)),
        ]
    )
