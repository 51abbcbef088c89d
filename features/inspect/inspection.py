"""A source of unknown form: what it holds, and a configuration that has read it."""

from __future__ import annotations

import logging
from collections import Counter
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import duckdb

from features.config.source_address import without_password
from features.errors import DataError
from features.ingest.files import SourceFile
from features.ingest.source_tables import column_names, open_tables
from features.ingest.sources import open_source
from features.ingest.table import unreadable
from features.ingest.text_files import layout
from features.ingest.working_memory import working_engine
from features.inspect.attempts import Attempt, read_with
from features.inspect.columns import Column, read_columns
from features.inspect.contents import moment_formats
from features.inspect.headers import Written, how_written
from features.inspect.proposal import Proposal
from features.inspect.purchases import propose_purchases
from features.inspect.subscriptions import propose_subscriptions

NO_PASSWORD = "the password of the address is not written: set PGPASSWORD in the environment"
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Inspection:
    """What was found out about a source.

    columns   that it has
    attempt   the configuration, and what it read or why it was refused
    """

    columns: tuple[Column, ...]
    attempt: Attempt


def inspect(source: str, now: datetime) -> Inspection:
    """Look at a source, propose a configuration, and read the source with it.

    Raises DataError for a source that cannot be read at all, or in which no column looks like a
    customer, a moment or an amount.
    """
    with working_engine() as (connection, folder):
        files, _ = open_source(source, folder)
        written = how_written(files[0], folder)
        logger.info("%s: %s", without_password(source), _described(files, written))
        try:
            columns = _columns(connection, files, written, folder)
            proposal = _propose(connection, source, columns, now)
        except duckdb.Error as error:
            raise DataError(unreadable([files[0].path], error)) from None
        delimiter = _delimiter(files[0], written)
    data = {**written.keys, **proposal.data}
    proposal = replace(proposal, data=data, unsure=(*written.unsure, *proposal.unsure))
    if without_password(source) != source:
        proposal = replace(proposal, unsure=(*proposal.unsure, NO_PASSWORD))
    attempt = read_with(proposal, now, delimiter=delimiter)
    return Inspection(tuple(columns), attempt)


def _columns(
    connection: duckdb.DuckDBPyConnection,
    files: tuple[SourceFile, ...],
    written: Written,
    folder: Path,
) -> list[Column]:
    times = Counter(column_names(files, written.form, folder))
    names = [each for each, number in times.items() if each and number == 1]
    tables = open_tables(connection, files, written.form, names, folder=folder)
    return read_columns(connection, tables)


def _propose(
    connection: duckdb.DuckDBPyConnection, source: str, columns: list[Column], now: datetime
) -> Proposal:
    formats = moment_formats(connection, columns)
    subscribers = propose_subscriptions(source, columns, formats, now.date())
    return subscribers or propose_purchases(connection, source, columns, formats)


def _delimiter(file: SourceFile, written: Written) -> str:
    is_text = file.kind == "csv" and not file.is_copy
    return layout(file, written.form).delimiter if is_text else ","


def _described(files: tuple[SourceFile, ...], written: Written) -> str:
    first = files[0]
    parts = [f"{len(files):,} files" if len(files) > 1 else "one file", f"of kind {first.kind}"]
    if first.packing:
        parts.append(f"packed as {first.packing}")
    if first.kind == "csv" and not first.is_copy:
        laid = layout(first, written.form)
        parts.append(f"separated by {laid.delimiter!r}, {len(laid.names)} columns")
    parts += [f"{key} {value}" for key, value in written.keys.items()]
    return ", ".join(parts)
