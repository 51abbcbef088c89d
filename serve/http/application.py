"""BentoML's application behind the middleware, and the checks before it starts."""

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
from starlette.middleware import Middleware as InstalledMiddleware
from starlette.types import ASGIApp

from serve.errors import ServeError
from serve.http import json_logs, tracing
from serve.http.access_control import AccessControl
from serve.http.api_keys import ApiKeys
from serve.http.local_callers import NO_KEYS, is_loopback
from serve.http.middleware import MOST_BODIES, Middleware
from serve.http.open_connections import ConnectionLimits
from serve.http.rate_limits import RateLimits
from serve.http.routes import Router
from serve.metrics import record as metrics
from serve.settings import Settings, read_settings

if TYPE_CHECKING:
    from starlette.applications import Starlette

logger = logging.getLogger(__name__)

# The middleware does these itself: one timer instead of a task and a timer that outlives the
# request, and spans, where they are wanted, around all of it.
REPLACED = {"TimeoutMiddleware", "MaxConcurrencyMiddleware", "OpenTelemetryMiddleware"}


class WrappedService(bentoml.Service[Any]):  # type: ignore[misc]
    """A BentoML service whose application is wrapped in the middleware.

    Its instance has a method `router`, see `serve.http.middleware.Middleware`.
    """

    def to_asgi(self, is_main: bool = True) -> ASGIApp:
        """The application. Raises ServeError where the environment cannot be used."""
        from serve.http.connection_limits import limit_connections

        json_logs.configure()
        settings = read_settings()
        limit_connections(connection_limits(settings))
        keys = ApiKeys(settings.api_keys, settings.api_keys_file)
        app: Starlette = super().to_asgi(is_main)
        metrics.choose_storage(settings.var, self._workers())
        app.user_middleware = [
            each for each in app.user_middleware if _class_name(each) not in REPLACED
        ]
        _log_access(keys)
        access = AccessControl(keys, RateLimits(settings.rate_per_second))
        middleware = Middleware(app, settings, access, _make_router)
        if not tracing.is_enabled():
            return middleware
        return tracing.with_tracing(middleware, tracing.tracer_provider(), middleware.label)

    def _workers(self) -> int:
        from bentoml._internal.configuration.containers import BentoMLContainer

        workers = BentoMLContainer.config.services[self.name].get().get("workers") or 1
        return workers if isinstance(workers, int) else os.cpu_count() or 1


class StartupCheck:
    """Base of a wrapped service: it does not start where it must not."""

    @bentoml.on_deployment  # type: ignore[untyped-decorator]
    @staticmethod
    def check() -> None:
        """Refuse to start, in one sentence, rather than let worker after worker fail."""
        disable_usage_reports()
        command = click.get_current_context(silent=True)
        try:
            check_environment(command.params.get("host") if command else None)
        except ServeError as error:
            raise BentoMLConfigException(str(error)) from None


def connection_limits(settings: Settings) -> ConnectionLimits:
    """What the settings say of connections."""
    return ConnectionLimits(
        head_seconds=settings.body_seconds,
        write_seconds=settings.write_seconds,
        connections=settings.max_connections,
        unsent_bytes=MOST_BODIES * settings.max_body_bytes,
    )


def disable_usage_reports() -> None:
    """BentoML reports what runs here to its makers, unless it is asked not to."""
    from bentoml._internal.utils.analytics import usage_stats

    os.environ.setdefault("BENTOML_DO_NOT_TRACK", "True")
    # subtle: the command has asked before this module was read, and remembers the answer
    usage_stats.do_not_track.cache_clear()


def check_environment(host: str | None) -> Settings:
    """Everything that can be known before a worker starts. Raises ServeError.

    host   the address that the service is to be bound to, as far as it is known
    """
    settings = read_settings()
    keys = ApiKeys(settings.api_keys, settings.api_keys_file)
    if not keys.required and host is not None and not is_loopback(host):
        raise ServeError(f"{NO_KEYS}, or bind it to 127.0.0.1; it was to be bound to {host}")
    if tracing.exporter_is_named():
        tracing.exporter_class()
    return settings


def _log_access(keys: ApiKeys) -> None:
    if keys.required:
        return
    host = _bound_address(sys.argv)
    if host is not None and not is_loopback(host):
        logger.error("it is bound to %s, and refuses what comes from elsewhere: %s", host, NO_KEYS)
    else:
        logger.warning("API KEYS ARE OFF: %s", NO_KEYS)


def _bound_address(arguments: list[str]) -> str | None:
    """The address of the socket that a worker was given, if it is one."""
    if "--fd" not in arguments:
        return None
    number = os.dup(int(arguments[arguments.index("--fd") + 1]))
    with socket.socket(fileno=number) as listening:
        name = listening.getsockname()
    return str(name[0]) if isinstance(name, tuple) else None


def _class_name(middleware: InstalledMiddleware) -> str:
    return str(getattr(middleware.cls, "__name__", ""))


def _make_router(is_shutting_down: Callable[[], bool]) -> Router:
    make: Callable[[Callable[[], bool]], Router] = bentoml.get_current_service().router
    return make(is_shutting_down)
