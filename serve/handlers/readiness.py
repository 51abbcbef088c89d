"""GET /readyz: whether requests are served, and the state of model, registry and store."""

from __future__ import annotations

import json

from serve.http.routes import Response
from serve.model.live import LiveModel
from serve.store.health import HealthCheck

REGISTRY_STATES = {True: "up", False: "down", None: "unused"}


def readiness(live: LiveModel, health: HealthCheck, *, shutting_down: bool) -> Response:
    """Status 200 where a model is loaded and the worker is not shutting down, else 503."""
    model = live.loaded
    ready = model is not None and not shutting_down
    notices = [live.notice, health.notice, "it is about to end" if shutting_down else None]
    content = {
        "ready": ready,
        "model": model and {"version": model.version, "source": model.source},
        "registry": REGISTRY_STATES[live.registry_up],
        "store": health.state,
        "notice": "; ".join(filter(None, notices)) or None,
    }
    return Response(json.dumps(content).encode(), status=200 if ready else 503)
