"""The bundle that is embedded in a release beside its code; a checkout has none."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def embedded_folder(serve: Path = ROOT / "serve") -> Path:
    """Where it lies: beside the folder `serve`."""
    return serve.parent / "bundle"


def embedded_bundle() -> str | None:
    """The folder of the embedded bundle, if there is one."""
    folder = embedded_folder()
    return str(folder) if (folder / "card.json").is_file() else None
