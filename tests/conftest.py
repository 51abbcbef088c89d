"""What every process of a run begins with: its plugins, an environment, a still collector."""

from __future__ import annotations

import gc
import os

# subtle: after those that it imports, or pytest warns that it cannot rewrite their assertions
pytest_plugins = (
    "tests.shared_folder",
    "tests.service_process",
    "tests.left_running",
    "tests.sharing_out",
    "tests.postgresql_server",
    "tests.chromium",
    "tests.full_disk",
)
QUIET = {
    "BENTOML_DO_NOT_TRACK": "True",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "OTEL_SDK_DISABLED": "true",
    # Threads that wait spin by default, and nothing here is large enough for several.
    "OMP_WAIT_POLICY": "PASSIVE",
    "OPENBLAS_NUM_THREADS": "1",
}
for _name, _value in QUIET.items():
    os.environ.setdefault(_name, _value)
# Modules are there to stay: nobody looks for garbage among them, now or later.
gc.disable()


def pytest_collection_finish() -> None:
    """Everything is imported."""
    gc.freeze()
    gc.enable()


def pytest_unconfigure() -> None:
    """Some libraries report what is still there when Python ends."""
    gc.unfreeze()
