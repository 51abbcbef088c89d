"""A name for a result, made of all that it depends on, the code included."""

from __future__ import annotations

import hashlib
from pathlib import Path

PACKAGES = ("features", "models", "train")
ROOT = Path(__file__).resolve().parent.parent


def fingerprint(*parts: str, root: Path = ROOT) -> str:
    """24 hexadecimal digits that change with any of `parts` and with any line of the code."""
    digest = hashlib.sha256()
    for path in sorted(each for name in PACKAGES for each in (root / name).rglob("*.py")):
        digest.update(path.read_bytes())
    digest.update("\n".join(parts).encode())
    return digest.hexdigest()[:24]
