"""A loaded bundle with its name and version, and where it came from."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, Field

from features.stored_documents import read_document
from features.timestamps import format_timestamp
from models import bundle as bundles
from models.bundle import Bundle, BundleError
from serve.api.fast_rows import FastReader, fast_reader
from serve.api.responses import ModelSource
from serve.errors import ServeError

NAME = "clv"
ORIGIN = "origin.json"
# Words that were stored beside a bundle, and come back in replies, metrics and logs.
StoredWord = Annotated[str, Field(min_length=1, max_length=256, pattern=r"^[^\x00-\x1f\x7f]+$")]


class Origin(BaseModel):
    """What a bundle was called: a release writes it beside its bundle."""

    name: StoredWord = NAME
    version: StoredWord | None = None
    run_id: StoredWord | None = None


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

    Raises ServeError (503) for a folder that holds no bundle, and for one that changes meanwhile.
    """
    try:
        before = bundles.version_of(folder)
        loaded = bundles.load(folder)
        origin = _origin(folder)
        if bundles.version_of(folder) != before:
            raise ServeError(f"{folder}: changed while it was read; try again", status=503)
    except BundleError as error:
        raise ServeError(str(error), status=503) from None
    return LoadedModel(
        bundle=loaded,
        name=origin.name,
        version=origin.version or before,
        run_id=origin.run_id,
        source="folder",
    )


def _origin(folder: Path) -> Origin:
    try:
        return read_document(folder / ORIGIN, Origin)
    except FileNotFoundError:
        return Origin()
    except ValueError as error:
        raise ServeError(str(error), status=503) from None
