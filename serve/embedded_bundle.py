"""Where a release has its embedded bundle."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def embedded_folder(serve: Path = ROOT / "serve") -> Path:
    """Where a release has its bundle: beside the folder `serve`."""
    return serve.parent / "bundle"


def embedded_bundle() -> str | None:
    """The folder of the embedded bundle; None in a checkout, which has none."""
    folder = embedded_folder()
    return str(folder) if (folder / "card.json").is_file() else None
