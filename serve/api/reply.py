"""The form of every response: no unknown field, no infinity, none that was not asked for."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

AS_OF = "a date where it is midnight in the model's time zone, else an ISO timestamp"


class Reply(BaseModel):
    """Base of all responses."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


def optional_field(description: str) -> Any:
    """A field that a response has only where the request asks for it."""
    return Field(None, exclude_if=lambda value: value is None, description=description)
