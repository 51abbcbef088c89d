"""A bundle that answers, and where it came from."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal

from features.moments import show_moment
from models import bundle as bundles
from models.bundle import AnyBundle, BundleError
from serve.errors import ServeError
from serve.quick_rows import Reader, reader

Source = Literal["registry", "last_good", "folder"]
NAME = "clv"


@dataclass(frozen=True, kw_only=True)
class Served:
    """A loaded bundle with its name and version; one assignment swaps it for another."""

    bundle: AnyBundle
    name: str
    version: str
    run_id: str | None
    source: Source

    @cached_property
    def stamp(self) -> dict[str, str]:
        """What every reply says of the model that answered."""
        card = self.bundle.card
        return {
            "name": self.name,
            "version": self.version,
            "trained_as_of": show_moment(card.trained_as_of, card.timezone),
        }

    @cached_property
    def read_rows(self) -> Reader:
        """Reads the usual body of the features door."""
        return reader(self.bundle)


def from_folder(folder: Path) -> Served:
    """The bundle in a folder; its version is the beginning of its card's hash.

    Raises ServeError for a folder that holds no bundle.
    """
    try:
        loaded = bundles.load(folder)
    except BundleError as error:
        raise ServeError(str(error), status=503) from None
    digest = hashlib.sha256((folder / bundles.CARD).read_bytes()).hexdigest()
    return Served(
        bundle=loaded, name=NAME, version=f"card-{digest[:12]}", run_id=None, source="folder"
    )
