"""The registry goes away and comes back while the service runs."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from mlflow import MlflowClient

from serve.handlers.smoke_test import smoke_test
from serve.model.live import LiveModel
from serve.settings import read_settings


def test_predictions_go_on_without_the_registry_and_a_move_is_followed_once_it_is_back(
    store: Any, tmp_path: Path
) -> None:
    registry = tmp_path / "mlflow.db"
    shutil.copy(store.var / "mlflow.db", registry)
    MlflowClient(f"sqlite:///{registry}").set_registered_model_alias("clv", "champion", "1")
    live = LiveModel(
        read_settings(
            {
                "PERENNIAL_VAR": str(tmp_path),
                "PERENNIAL_POLL_SECONDS": "60",
                "MLFLOW_TRACKING_URI": f"sqlite:///{registry}",
            }
        ),
        smoke_test,
    )
    live.refresh()
    model = live.require()
    assert (model.version, live.registry_up, live.notice) == ("1", True, None)

    # in place: a connection that is open would go on with a file that was moved away
    whole = registry.read_bytes()
    registry.write_bytes(b"out of order" * (len(whole) // 12))
    live.refresh()
    assert live.require() is model
    assert live.registry_up is False
    assert "does not answer" in (live.notice or "")

    registry.write_bytes(whole)
    MlflowClient(f"sqlite:///{registry}").set_registered_model_alias("clv", "champion", "2")
    live.refresh()
    assert (live.require().version, live.registry_up, live.notice) == ("2", True, None)
