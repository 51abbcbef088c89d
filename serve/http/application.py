"""BentoML's application made lean, behind the front."""

from __future__ import annotations

import logging
import os
import socket
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import bentoml
import click
from bentoml.exceptions import BentoMLConfigException
from starlette.middleware import Middleware
from starlette.types import ASGIApp

from serve.errors import ServeError
from serve.http import json_logs as logs
from serve.http import tracing as traces
from serve.http.access import NO_KEYS, Guard, is_loopback
from serve.http.api_keys import Keys
from serve.http.middleware import Front
from serve.http.rate_limits import Rates
from serve.http.routes import Router
from serve.metrics import record as meters
from serve.settings import Settings, read_settings

if TYPE_CHECKING:
    from starlette.applications import Starlette

logger = logging.getLogger(__name__)

# The front does these itself: one timer instead of a task and a timer that outlives the request,
# and spans, where they are wanted, around all of it.
REPLACED = {"TimeoutMiddleware", "MaxConcurrencyMiddleware", "OpenTelemetryMiddleware"}


class Fronted(bentoml.Service[Any]):  # type: ignore[misc]
    """A BentoML service behind the front; its instance makes the router."""

    def to_asgi(self, is_main: bool = True) -> ASGIApp:
        """The application. Raises ServeError where the environment cannot be used."""
        from serve.http.connection import bound

        logs.begin()
        settings = read_settings()
        bound(settings.body_seconds)
        keys = Keys(settings.api_keys, settings.api_keys_file)
        app: Starlette = super().to_asgi(is_main)
        meters.begin(settings.var, self._workers())
        app.user_middleware = [each for each in app.user_middleware if _name(each) not in REPLACED]
        _say(keys)
        front = Front(app, settings, Guard(keys, Rates(settings.rate_per_second)), _router)
        if not traces.wanted():
            return front
        return traces.traced(
            front, traces.provider(), lambda path: front.router.find(path)[0].label
        )

    def _workers(self) -> int:
        from bentoml._internal.configuration.containers import BentoMLContainer

        workers = BentoMLContainer.config.services[self.name].get().get("workers") or 1
        return workers if isinstance(workers, int) else os.cpu_count() or 1


class Careful:
    """What a service behind the front inherits: it does not start where it must not."""

    @bentoml.on_deployment  # type: ignore[untyped-decorator]
    @staticmethod
    def check() -> None:
        """Refuse to start, in one sentence, rather than let worker after worker fail."""
        tell_nobody()
        command = click.get_current_context(silent=True)
        try:
            check(command.params.get("host") if command else None)
        except ServeError as error:
            raise BentoMLConfigException(str(error)) from None


def tell_nobody() -> None:
    """BentoML reports what runs here to its makers, unless it is told not to."""
    from bentoml._internal.utils.analytics import usage_stats

    os.environ.setdefault("BENTOML_DO_NOT_TRACK", "True")
    # subtle: the command has asked before this module was read, and remembers the answer
    usage_stats.do_not_track.cache_clear()


def check(host: str | None) -> Settings:
    """Everything that can be known before a worker starts. Raises ServeError.

    host   the address that the service is to be bound to, as far as it is known
    """
    settings = read_settings()
    keys = Keys(settings.api_keys, settings.api_keys_file)
    if not keys.on and host is not None and not is_loopback(host):
        raise ServeError(f"{NO_KEYS}, or bind it to 127.0.0.1; it was to be bound to {host}")
    if traces.named():
        traces.exporter()
    return settings


def _say(keys: Keys) -> None:
    if keys.on:
        return
    host = _bound_to(sys.argv)
    if host is not None and not is_loopback(host):
        logger.error("it is bound to %s, and refuses what comes from elsewhere: %s", host, NO_KEYS)
    else:
        logger.warning("API KEYS ARE OFF: %s", NO_KEYS)


def _bound_to(arguments: list[str]) -> str | None:
    """The address of the socket that a worker was given, if it is one."""
    if "--fd" not in arguments:
        return None
    number = os.dup(int(arguments[arguments.index("--fd") + 1]))
    with socket.socket(fileno=number) as listening:
        name = listening.getsockname()
    return str(name[0]) if isinstance(name, tuple) else None


def _name(middleware: Middleware) -> str:
    return str(getattr(middleware.cls, "__name__", ""))


def _router(is_draining: Callable[[], bool]) -> Router:
    make: Callable[[Callable[[], bool]], Router] = bentoml.get_current_service().router
    return make(is_draining)
