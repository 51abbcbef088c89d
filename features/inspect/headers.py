"""How a file is written, as far as its first lines and its bytes tell."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from features.config.source_format import SourceFormat
from features.errors import DataError
from features.ingest.files import SourceFile
from features.ingest.text_files import encoding_of, opened
from features.ingest.text_tables import text_names

BLOCK = 1 << 20
MOST_LINES_ABOVE = 20
NUMERIC = re.compile(r"[-+]?[\d.,:/ -]+")


@dataclass(frozen=True)
class Written:
    """How a file is written: keys of [data], and what was not sure."""

    keys: dict[str, Any]
    unsure: tuple[str, ...]

    @property
    def form(self) -> SourceFormat:
        """The same as a form to read the file with."""
        return SourceFormat(**self.keys)


def how_written(file: SourceFile, folder: Path) -> Written:
    """The encoding of a text file, and the lines above its header. Raises DataError."""
    if file.kind == "parquet" or file.is_copy:
        return Written({}, ())
    keys: dict[str, Any] = {}
    unsure: list[str] = []
    if file.kind != "xlsx" and not _is_text(file, encoding_of(file, SourceFormat())):
        keys["encoding"] = _other_encoding(file)
        unsure.append(
            f"the text is not UTF-8: read as {keys['encoding']}; look at names with accents"
        )
    if file.kind in ("csv", "xlsx") and (above := _lines_above(file, keys, folder)):
        keys["skip_rows"] = above
    return Written(keys, tuple(unsure))


def _is_text(file: SourceFile, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        with opened(file) as stream:
            while block := stream.read(BLOCK):
                decoder.decode(block)
            decoder.decode(b"", final=True)
    except UnicodeError:
        return False
    return True


def _other_encoding(file: SourceFile) -> str:
    """UTF-16 without its mark has a zero in every other byte; the rest is often Windows'."""
    with opened(file) as stream:
        head = stream.read(1000)
    if head.count(0) > len(head) / 4:
        return "utf-16-le" if head[1::2].count(0) > head[::2].count(0) else "utf-16-be"
    return next((each for each in ("cp1252",) if _is_text(file, each)), "latin-1")


def _lines_above(file: SourceFile, keys: dict[str, Any], folder: Path) -> int:
    """How many lines stand above the header: those that name fewer columns than it does."""
    if _is_header(_names(file, keys, 0, folder)):
        return 0
    found = {skip: _names(file, keys, skip, folder) for skip in range(1, MOST_LINES_ABOVE)}
    headers = [skip for skip, names in found.items() if _is_header(names)]
    return max(headers, key=lambda skip: (len(found[skip]), -skip), default=0)


def _names(file: SourceFile, keys: dict[str, Any], skip: int, folder: Path) -> list[str]:
    try:
        return text_names(file, SourceFormat(**{**keys, "skip_rows": skip}), folder)
    except DataError:
        if skip == 0:
            raise
        return []


def _is_header(names: list[str]) -> bool:
    """subtle: layout leaves out columns without a name, so a title is one name."""
    return len(names) >= 3 and not any(NUMERIC.fullmatch(each) for each in names)
