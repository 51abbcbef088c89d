"""Text files that the engine reads in one scan, itself or as copies."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from features.config.source_format import SourceFormat
from features.ingest.csv_scans import rewritten, rewritten_layout
from features.ingest.files import SourceFile
from features.ingest.spreadsheets import sheet_as_csv
from features.ingest.text_files import Layout, layout, readable


@dataclass(frozen=True)
class Group:
    """Files that the engine reads in one scan.

    originals   as the source has them
    plains      as the engine reads them: the same, or copies
    layout      of CSV files; None for JSON
    """

    originals: tuple[SourceFile, ...]
    plains: tuple[SourceFile, ...]
    layout: Layout | None

    @property
    def is_copied(self) -> bool:
        """Whether the engine reads a copy, whose name means nothing."""
        return self.originals[0].path != self.plains[0].path


def alike(files: Sequence[SourceFile], form: SourceFormat, folder: Path) -> list[Group]:
    """Groups of files by what the engine must know of them; a copy is a group of its own."""
    groups: dict[object, Group] = {}
    for original in files:
        plain = _plain(original, form, folder)
        laid = None if plain.kind == "json" else layout(plain, _form_of_copy(original, plain, form))
        group = Group((original,), (plain,), laid)
        if laid is not None and laid.mixed:
            with suppress(csv.Error):  # then the engine says what is wrong
                (group,) = rewritten_groups(group, folder)
        key = plain.path if group.is_copied else (plain.packing, laid)
        known = groups.get(key)
        groups[key] = group if known is None else _joined(known, group)
    return list(groups.values())


def _joined(one: Group, other: Group) -> Group:
    return replace(one, originals=one.originals + other.originals, plains=one.plains + other.plains)


def rewritten_groups(group: Group, folder: Path) -> list[Group]:
    """A group of each file, of a copy. Raises csv.Error where there is none."""
    laid = group.layout
    if laid is None:
        raise csv.Error("no CSV")
    pairs = zip(group.originals, group.plains, strict=True)
    return [
        Group(
            (original,),
            (replace(plain, path=rewritten(plain, laid, folder), packing=""),),
            rewritten_layout(laid),
        )
        for original, plain in pairs
    ]


def _plain(file: SourceFile, form: SourceFormat, folder: Path) -> SourceFile:
    """The file as UTF-8 that is not packed, or with gzip: itself, or a copy."""
    if file.is_copy:
        return file
    if file.kind == "xlsx":
        return SourceFile(sheet_as_csv(file.path, form, folder), "csv", "", file.partition)
    path = readable(file, form, folder)
    return replace(file, path=path, packing=file.packing if path == file.path else "")


def _form_of_copy(original: SourceFile, plain: SourceFile, form: SourceFormat) -> SourceFormat:
    """A copy is in UTF-8; of a sheet and of a database also from the header on, with commas."""
    if original.kind == "xlsx" or original.is_copy:
        return form.model_copy(update={"skip_rows": 0, "delimiter": ",", "encoding": None})
    if plain.path != original.path:
        return form.model_copy(update={"encoding": None})
    return form
