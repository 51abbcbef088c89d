"""The bundle that travels with the code in a release; a checkout has none."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def bundle_beside(serve: Path = ROOT / "serve") -> Path:
    """Where it lies: beside the folder `serve`."""
    return serve.parent / "bundle"


def embedded_bundle() -> str | None:
    """The folder of the bundle that came with this code, if one did."""
    folder = bundle_beside()
    return str(folder) if (folder / "card.json").is_file() else None
