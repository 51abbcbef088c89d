"""What the exchanges of a worker share."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.types import ASGIApp

from serve.http.access_control import AccessControl
from serve.http.routes import Router
from serve.http.shared_limits import SharedLimit
from serve.settings import Settings


@dataclass(slots=True)
class WorkerState:
    """Settings and limits, and where requests go.

    app             the application behind the middleware
    body_memory     bytes of bodies that are in memory
    in_flight       requests that are being answered, but for those exempt from the limit
    shutting_down   whether SIGTERM has come: responses then close their connections
    """

    app: ASGIApp
    settings: Settings
    access: AccessControl
    router: Router
    body_memory: SharedLimit
    in_flight: SharedLimit
    shutting_down: bool = False
