"""The environment of the service, read once."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from models.registry_address import REGISTERED, SCHEME
from serve.api.error_messages import details
from serve.embedded_bundle import embedded_bundle
from serve.errors import ServeError

Seconds = Annotated[float, Field(gt=0, allow_inf_nan=False)]


def _address(model: str) -> str:
    if model.startswith(SCHEME.rstrip("/")) and not REGISTERED.fullmatch(model):
        raise ValueError(
            f"must be models:/name@alias, models:/name/version or a bundle's folder, got {model!r}"
        )
    return model


class Settings(BaseModel):
    """The environment; every field is `PERENNIAL_<NAME>` but the tracking address.

    var              folder of the local state
    model            models:/name@alias, models:/name/version, or the folder of a bundle; default:
                     the bundle of a release, elsewhere the champion
    store            address of the score store; default: <var>/scores.db
    poll_seconds     how often registry and store are checked; 0: at the start only
    tracking_uri     MLFLOW_TRACKING_URI, else <var>/mlflow.db; may hold a password, never shown
    api_keys         name:sha256, separated by commas; read by serve.http.api_keys, never shown
    api_keys_file    a file of such lines, read again when it changes
    rate_per_second  requests a second of each key and worker; 0: unlimited
    max_body_bytes   largest request body
    max_in_flight    requests that a worker has in flight at once
    body_seconds     how long the head of a request may take to arrive, and then its body
    timeout_seconds  how long the response may take after that
    write_seconds    how long the caller may take to read it
    max_connections  connections that a worker has open at once
    drain_seconds    graceful shutdown: how long after SIGTERM new requests are still answered
    access_log       which requests are logged: errors, or all
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    var: Path = Path("var")
    model: Annotated[str, AfterValidator(_address)] = "models:/clv@champion"
    store: str = Field("sqlite:///var/scores.db", repr=False)
    poll_seconds: float = Field(10.0, ge=0, allow_inf_nan=False)
    tracking_uri: str = Field(repr=False)
    api_keys: str = Field("", repr=False)
    api_keys_file: Path | None = None
    rate_per_second: int = Field(200, ge=0)
    max_body_bytes: int = Field(32 * 1024 * 1024, gt=0)
    max_in_flight: int = Field(128, gt=0)
    body_seconds: Seconds = 20.0
    timeout_seconds: Seconds = 60.0
    write_seconds: Seconds = 60.0
    max_connections: int = Field(1_000, gt=0)
    drain_seconds: float = Field(1.0, ge=0, allow_inf_nan=False)
    access_log: Literal["errors", "all"] = "errors"


def read_settings(environment: Mapping[str, str] = os.environ) -> Settings:
    """Read the environment; an empty variable counts as none.

    Raises ServeError naming each variable that cannot be used.
    """
    names = {name: f"PERENNIAL_{name.upper()}" for name in Settings.model_fields}
    given = {name: environment[names[name]] for name in names if environment.get(names[name])}
    given.pop("tracking_uri", None)
    if not given.get("model") and (embedded := embedded_bundle()):
        given["model"] = embedded
    var = Path(given.pop("var", "var")).absolute()
    tracking_uri = environment.get("MLFLOW_TRACKING_URI") or f"sqlite:///{var / 'mlflow.db'}"
    try:
        return Settings.model_validate(
            {
                "store": f"sqlite:///{var / 'scores.db'}",
                **given,
                "var": var,
                "tracking_uri": tracking_uri,
            }
        )
    except ValidationError as error:
        raise ServeError(
            "; ".join(
                f"environment: {names[each['field']]} {each['message']}" for each in details(error)
            )
        ) from None
