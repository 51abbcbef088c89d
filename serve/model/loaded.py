"""A loaded bundle with its name and version, and where it came from."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from features.timestamps import format_timestamp
from models import bundle as bundles
from models.bundle import Bundle, BundleError
from serve.api.fast_rows import FastReader, fast_reader
from serve.api.responses import ModelSource
from serve.errors import ServeError

NAME = "clv"
ORIGIN = "origin.json"


@dataclass(frozen=True, kw_only=True)
class LoadedModel:
    """A loaded bundle with its name and version; one assignment swaps it for another."""

    bundle: Bundle
    name: str
    version: str
    run_id: str | None
    source: ModelSource

    @cached_property
    def stamp(self) -> dict[str, str]:
        """What every reply says of the model that it is from."""
        card = self.bundle.card
        return {
            "name": self.name,
            "version": self.version,
            "trained_as_of": format_timestamp(card.trained_as_of, card.timezone),
        }

    @cached_property
    def read_rows(self) -> FastReader:
        """The fast path of /predict_features: reads a body that is exactly as it should be."""
        return fast_reader(self.bundle)


def from_folder(folder: Path) -> LoadedModel:
    """The bundle in a folder; its version is a release's own, else how its card's hash begins.

    Raises ServeError for a folder that holds no bundle.
    """
    try:
        loaded = bundles.load(folder)
    except BundleError as error:
        raise ServeError(str(error), status=503) from None
    origin = _origin(folder)
    return LoadedModel(
        bundle=loaded,
        name=origin["name"],
        version=origin["version"],
        run_id=origin["run_id"],
        source="folder",
    )


def _origin(folder: Path) -> dict[str, Any]:
    """Name, version and run: a release writes them beside its bundle."""
    digest = hashlib.sha256((folder / bundles.CARD).read_bytes()).hexdigest()
    unknown = {"name": NAME, "version": f"card-{digest[:12]}", "run_id": None}
    path = folder / ORIGIN
    if not path.exists():
        return unknown
    try:
        return {**unknown, **json.loads(path.read_text(encoding="utf-8"))}
    except (OSError, ValueError, TypeError) as error:
        raise ServeError(f"{path}: cannot be read ({error})", status=503) from None
