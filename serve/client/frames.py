"""Frames in, frames of the same kind out, whoever made them: rows as the service reads them.

pandas, PyArrow and Polars are imported only where a frame of theirs is given.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, cast

from features.single_values import read_id
from models.customer_values import VALUE_COLUMNS
from serve.api.responses import PredictReply
from serve.client import questions
from serve.client.flow import Flow
from serve.client.options import Customer, FrameOptions, TransactionFrameOptions
from serve.client.progress import customers_bar

Columns = dict[str, list[Any]]

ID = "customer_id"
LINE = ("timestamp", "amount", "order_id", "category", "channel")
REQUIRED = ("timestamp", "amount")
TEXTS_BEFORE, TEXTS_AFTER = (ID, "as_of"), ("tier", "segment", "basis", "currency")
COLUMNS = (
    *(*TEXTS_BEFORE, "horizon_days", *VALUE_COLUMNS, *TEXTS_AFTER),
    *("model_version", "warnings"),
)
MOST_NAMES = 8


def predict(frame: object, options: TransactionFrameOptions) -> Flow[Any]:
    """A frame of transactions -> a frame of predictions."""
    named = {name: str(options.get(name, name)) for name in (ID, *LINE)}
    columns = _columns(frame)
    for name, column in list(named.items()):
        if column not in columns and name not in (*options, ID, *REQUIRED):
            del named[name]  # what may be missing, and was not asked for by name
    given = {name: _column(columns, each, name) for name, each in named.items()}
    customers = _customers(given)
    with customers_bar(len(customers), options.get("progress")) as step:
        if not customers:
            return _like(frame, _no_rows())
        reply = yield from questions.predict(customers, _asked(options), step=step)
    return _like(frame, _rows(reply))


def predict_features(frame: object, options: FrameOptions) -> Flow[Any]:
    """A frame of the feature table -> a frame of predictions."""
    columns = _columns(frame)
    ids = _column(columns, named := options.get("customer_id", ID), ID)
    _require_ids(ids)
    names = [name for name in columns if name != named]
    features = [_column(columns, name, name) for name in names]
    rows = [
        {ID: each, **dict(zip(names, values, strict=True))}
        for each, *values in zip(ids, *features, strict=True)
    ]
    with customers_bar(len(rows), options.get("progress")) as step:
        if not rows:
            return _like(frame, _no_rows())
        reply = yield from questions.predict_features(rows, _asked(options), step=step)
    return _like(frame, _rows(reply))


def _asked(options: Mapping[str, object]) -> dict[str, object]:
    """What is asked of the service, without the names of columns."""
    for name in ("curve", "explain"):
        if options.get(name):
            raise ValueError(f"{name} has no columns in a frame; ask predict() for it")
    known = ("as_of", "horizon_days", "economics")
    return {name: options[name] for name in known if name in options}


def _customers(columns: Columns) -> list[Customer]:
    """Customers in the order of their first lines."""
    ids = columns.pop(ID)
    _require_ids(ids)
    found: dict[str, Customer] = {}
    lines = zip(*columns.values(), strict=True)
    for each, values in zip(ids, lines, strict=True):
        line = dict(zip(columns, values, strict=True))
        customer = found.setdefault(_name(each), {"customer_id": each, "transactions": []})
        cast("list[object]", customer["transactions"]).append(line)
    return list(found.values())


def _name(given: Any) -> str:
    """What the service calls the customer; about what is no id, it will have its say."""
    try:
        return read_id(given)
    except ValueError:
        return repr(given)


def _require_ids(ids: Sequence[object]) -> None:
    if None in ids:
        raise ValueError(
            f"row {ids.index(None)}: the customer has no id; leave such rows out, or name them"
        )


def _columns(frame: Any) -> Mapping[str, Any]:
    """The columns of a frame by name; each can be made a list."""
    if _is_from(frame, "polars") and hasattr(frame, "collect"):
        frame = frame.collect()
    if _is_from(frame, "pandas"):
        return {str(name): frame.iloc[:, place] for place, name in enumerate(frame.columns)}
    if hasattr(frame, "__arrow_c_stream__"):
        import pyarrow as pa

        table = pa.RecordBatchReader.from_stream(frame).read_all()
        return dict(zip(table.column_names, table.columns, strict=True))
    raise TypeError(
        "frame must be of pandas, Polars, PyArrow or another library that gives an Arrow C stream, "
        f"not {type(frame).__name__}"
    )


def _column(columns: Mapping[str, Any], column: str, argument: str) -> list[Any]:
    if column not in columns:
        there = ", ".join(list(columns)[:MOST_NAMES])
        more = ", ..." if len(columns) > MOST_NAMES else ""
        raise ValueError(
            f'the frame has no column {column!r}, it has {there}{more}; name it: {argument}="..."'
        )
    values = columns[column]
    # pandas and PyArrow call it differently
    given = values.to_pylist() if hasattr(values, "to_pylist") else values.tolist()
    return [_plain(each) for each in given]


def _plain(value: Any) -> Any:
    """A value as JSON holds it, null where it is NaN, NaT or NA."""
    if value is None or type(value).__name__ == "NAType" or value != value:
        return None
    if isinstance(value, Decimal):
        return float(value)
    return value.item() if hasattr(value, "item") else value


def _rows(reply: PredictReply) -> Columns:
    columns = _no_rows()
    shared = {
        "as_of": reply.as_of,
        "currency": reply.currency,
        "model_version": reply.model.version,
    }
    for each in reply.predictions:
        for name, values in columns.items():
            values.append(shared[name] if name in shared else getattr(each, name))
    columns["warnings"] = ["; ".join(each) for each in columns["warnings"]]
    return columns


def _no_rows() -> Columns:
    return {name: [] for name in COLUMNS}


def _like(frame: Any, columns: Columns) -> Any:
    """The columns as a frame of the same kind."""
    if _is_from(frame, "pandas"):
        import pandas as pd

        dtypes = {name: _type(name, "str", "int64", "float64") for name in columns}
        return pd.DataFrame(columns).astype(dtypes)
    import pyarrow as pa

    types = {name: _type(name, pa.string(), pa.int64(), pa.float64()) for name in columns}
    table = pa.table(columns, schema=pa.schema(list(types.items())))
    if not _is_from(frame, "polars"):
        return table
    import polars as pl

    made: Any = pl.from_arrow(table)
    return made.lazy() if hasattr(frame, "collect") else made


def _type(name: str, text: Any, whole: Any, number: Any) -> Any:
    if name in VALUE_COLUMNS:
        return number
    return whole if name == "horizon_days" else text


def _is_from(frame: object, library: str) -> bool:
    return type(frame).__module__.partition(".")[0] == library
