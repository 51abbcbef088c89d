"""A frame that a program holds, copied to a file that is read like any other."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from features.errors import DataError
from features.ingest.files import Fingerprint, SourceFile
from features.ingest.frame_digest import FrameDigest
from features.ingest.object_columns import table_of_pandas

NAME = "the frame"
KINDS = "a frame of pandas, Polars, Arrow, DuckDB or PySpark, or anything with __arrow_c_stream__"
ROWS_AT_ONCE = 100_000


class NoFrameError(DataError, TypeError):
    """What was given is nothing that has rows and named columns."""


def open_frame(
    frame: object, folder: Path, wanted: Collection[str]
) -> tuple[tuple[SourceFile, ...], Fingerprint]:
    """The file that a frame is copied to, and the fingerprint of what it holds.

    The copy is what `to_parquet` would write, so that a frame is read as such a file is: the same
    types, the same sentences. It goes batch by batch through Arrow's C stream; an index is left
    alone. Columns that no Parquet file can hold are left out.

    folder   for the copy
    wanted   columns that are read, and so must not be left out

    Raises DataError for what is no frame (NoFrameError), and for a wanted column that cannot be
    copied.
    """
    target = folder / "frame.parquet"
    try:
        reader = _reader(frame, wanted)
        sha256 = _copy(reader, target, wanted)
    except (pa.ArrowException, duckdb.Error) as error:
        reason = str(error).partition("\n")[0]
        raise DataError(f"{NAME}: cannot be read: {reason}") from None
    files = (SourceFile(target, "parquet", called=NAME),)
    return files, Fingerprint(files, content=sha256)


def _reader(frame: object, wanted: Collection[str]) -> pa.RecordBatchReader:
    """The rows of a frame, of whatever kind, as a stream."""
    if isinstance(frame, pd.DataFrame):
        return table_of_pandas(frame, wanted, name=NAME).to_reader()
    if isinstance(frame, pa.RecordBatch):
        return pa.Table.from_batches([frame]).to_reader()
    if callable(collected := getattr(frame, "toArrow", None)):  # of PySpark
        return collected().to_reader()
    if hasattr(frame, "__arrow_c_stream__") and not isinstance(frame, pa.ChunkedArray | pd.Series):
        return pa.RecordBatchReader.from_stream(frame)
    # of Arrow's data sets, of Polars while it is lazy
    for name in ("scanner", "collect"):
        if callable(method := getattr(frame, name, None)):
            found = method()
            return found.to_reader() if name == "scanner" else _reader(found, wanted)
    raise NoFrameError(f"{type(frame).__name__} is no frame of transactions; give {KINDS}")


def _copy(reader: pa.RecordBatchReader, target: Path, wanted: Collection[str]) -> str:
    """Write the rows to a Parquet file; the hash of what they say."""
    places = [place for place, each in enumerate(reader.schema) if _fits(each, wanted)]
    schema = pa.schema(
        [
            pa.field(each.name, _plain_type(each.type))
            for each in (reader.schema.field(place) for place in places)
        ]
    )
    digest = FrameDigest(schema)
    with pq.ParquetWriter(target, schema) as writer:
        for rows in _in_portions(reader):
            columns = [_plain(rows.column(place).combine_chunks()) for place in places]
            table = pa.Table.from_arrays(columns, schema=schema)
            digest.update(table)
            writer.write_table(table)
    return digest.sha256


def _in_portions(reader: pa.RecordBatchReader) -> Iterator[pa.Table]:
    """Batches put together: a row group for each of many small ones would be slow to read."""
    batches: list[pa.RecordBatch] = []
    for batch in reader:
        batches.append(batch)
        if sum(len(each) for each in batches) >= ROWS_AT_ONCE:
            yield pa.Table.from_batches(batches, reader.schema)
            batches = []
    if batches:
        yield pa.Table.from_batches(batches, reader.schema)


def _fits(field: pa.Field, wanted: Collection[str]) -> bool:
    """Whether a column can stand in a Parquet file. Raises DataError for a wanted one."""
    try:
        with pq.ParquetWriter(pa.BufferOutputStream(), pa.schema([("x", _plain_type(field.type))])):
            return True
    except pa.ArrowNotImplementedError:
        if field.name in wanted:
            raise DataError(
                f"{NAME}: column {field.name} is {field.type}, expected one value a row: a text, a "
                "number or a moment"
            ) from None
        return False


def _plain_type(kind: pa.DataType) -> pa.DataType:
    """The type of the values, whatever they are laid out in."""
    if pa.types.is_dictionary(kind) or pa.types.is_run_end_encoded(kind):
        return _plain_type(kind.value_type)
    if kind == pa.string_view():
        return pa.large_string()
    return pa.large_binary() if kind == pa.binary_view() else kind


def _plain(column: pa.Array | pa.ChunkedArray) -> pa.Array | pa.ChunkedArray:
    if isinstance(column, pa.ChunkedArray):
        chunks = [_plain(each) for each in column.chunks]
        return pa.chunked_array(chunks, _plain_type(column.type))
    if pa.types.is_dictionary(column.type):
        return _plain(column.dictionary).take(column.indices)
    if pa.types.is_run_end_encoded(column.type):
        return _plain(pc.run_end_decode(column))
    kind = _plain_type(column.type)
    return column if kind == column.type else column.cast(kind)
