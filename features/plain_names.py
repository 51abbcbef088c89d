"""Names that were read from a file are data: one is used only as a plain name inside its folder."""

from __future__ import annotations

import re
from pathlib import Path

PLAIN = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}")


def inside(folder: Path, name: object, pattern: re.Pattern[str] = PLAIN) -> Path:
    """The entry of this name in the folder, which need not be there.

    name      as it was read: of any type
    pattern   what the whole name must match; one without separators

    Raises ValueError for what is no such name, or is a link.
    """
    if not isinstance(name, str) or not PLAIN.fullmatch(name) or not pattern.fullmatch(name):
        raise ValueError(f"{folder}: {str(name)[:60]!r} is not the name of anything stored there")
    path = folder / name
    if path.is_symlink():
        raise ValueError(f"{path}: is a link, and nothing of ours")
    return path
