"""What comes back is of the kind that came in: pandas, Polars, Arrow, DuckDB, PySpark."""

from __future__ import annotations

import sys
from typing import Any, Literal

import duckdb
import pandas as pd
import pyarrow as pa

from features.ingest.object_columns import table_of_pandas

Kind = Literal["pandas", "polars", "polars lazy", "arrow", "arrow reader", "duckdb", "pyspark"]


def kind_of(source: object) -> Kind:
    """The kind of a frame; of a file or an address it is pandas, of what is unknown Arrow."""
    if isinstance(source, duckdb.DuckDBPyRelation):
        return "duckdb"
    if isinstance(source, pa.RecordBatchReader):
        return "arrow reader"
    library, _, _ = type(source).__module__.partition(".")
    if library == "polars":
        return "polars lazy" if type(source).__name__ == "LazyFrame" else "polars"
    if library == "pyspark":
        return "pyspark"
    known = isinstance(source, pd.DataFrame) or not hasattr(source, "__arrow_c_stream__")
    return "pandas" if known and library != "pyarrow" else "arrow"


def as_kind(frame: pd.DataFrame, kind: Kind) -> Any:
    """The columns of a frame as one of the kind; the index is left behind but for pandas."""
    if kind == "pandas":
        return frame
    table = table_of_pandas(frame, (), name="the result")
    if kind == "arrow":
        return table
    if kind == "arrow reader":
        return table.to_reader()
    if kind == "duckdb":
        return duckdb.from_arrow(table)
    # of these libraries the frame came: they are imported
    if kind == "pyspark":
        return sys.modules["pyspark.sql"].SparkSession.active().createDataFrame(table)
    found = sys.modules["polars"].from_arrow(table)
    return found.lazy() if kind == "polars lazy" else found
