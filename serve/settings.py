"""The environment of the service, read once."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from serve.errors import ServeError
from serve.registry import ADDRESS, SCHEME
from serve.sentences import details


def _address(model: str) -> str:
    if model.startswith(SCHEME.rstrip("/")) and not ADDRESS.fullmatch(model):
        raise ValueError(
            f"must be models:/name@alias, models:/name/version or a bundle's folder, got {model!r}"
        )
    return model


class Settings(BaseModel):
    """What the environment says; every field is `PERENNIAL_<NAME>` but the tracking address.

    var             folder of the local state
    model           models:/name@alias, models:/name/version, or the folder of a bundle
    max_body_bytes  largest request body
    poll_seconds    how often the registry is asked for a newer model; 0: never
    tracking_uri    MLFLOW_TRACKING_URI, else <var>/mlflow.db; may hold a password, never shown
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    var: Path = Path("var")
    model: Annotated[str, AfterValidator(_address)] = "models:/clv@champion"
    max_body_bytes: int = Field(16 * 1024 * 1024, gt=0)
    poll_seconds: float = Field(10.0, ge=0, allow_inf_nan=False)
    tracking_uri: str = Field(repr=False)


def read_settings(environment: Mapping[str, str] = os.environ) -> Settings:
    """Read the environment; an empty variable counts as none.

    Raises ServeError naming each variable that cannot be used.
    """
    names = {name: f"PERENNIAL_{name.upper()}" for name in Settings.model_fields}
    given = {name: environment[names[name]] for name in names if environment.get(names[name])}
    given.pop("tracking_uri", None)
    var = Path(given.pop("var", "var")).absolute()
    tracking_uri = environment.get("MLFLOW_TRACKING_URI") or f"sqlite:///{var / 'mlflow.db'}"
    try:
        return Settings.model_validate({**given, "var": var, "tracking_uri": tracking_uri})
    except ValidationError as error:
        raise ServeError(
            "; ".join(
                f"environment: {names[each['field']]} {each['message']}" for each in details(error)
            )
        ) from None
