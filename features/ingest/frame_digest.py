"""What a frame says, as a hash: the same whatever library holds it, and however it is cut."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

Hash = Callable[[bytes], None]


class FrameDigest:
    """SHA-256 over names, kinds and values of the columns, in order, fed with portions of rows.

    Whole numbers are one kind whatever their size, so are floats and texts; moments count to the
    microsecond, in whatever zone. NaN is a missing value. Nested values do not count.
    """

    def __init__(self, schema: pa.Schema) -> None:
        self._names = [(each.name, _kind(each.type)) for each in schema]
        self._missing = [hashlib.sha256() for _ in schema]
        self._lengths = [hashlib.sha256() for _ in schema]
        self._values = [hashlib.sha256() for _ in schema]
        self._rows = 0

    def update(self, rows: pa.Table) -> None:
        """The next rows; columns as the schema has them."""
        self._rows += len(rows)
        for place, (_, kind) in enumerate(self._names):
            for chunk in rows.column(place).chunks:
                self._feed(place, kind, chunk)

    @property
    def sha256(self) -> str:
        """Of all rows so far, 64 hexadecimal digits."""
        whole = hashlib.sha256(f"{self._rows}".encode())
        for place, (name, kind) in enumerate(self._names):
            whole.update(f"\n{len(name)} {name} {kind} ".encode())
            for each in (self._missing, self._lengths, self._values):
                whole.update(each[place].digest())
        return whole.hexdigest()

    def _feed(self, place: int, kind: str, column: pa.Array) -> None:
        if kind == "nested":
            return
        values = _normal(column, kind)
        self._missing[place].update(_bytes(values.is_null()))
        if kind == "text":
            texts = values.fill_null("").cast(pa.large_binary())
            self._lengths[place].update(_bytes(pc.binary_length(texts)))
            self._values[place].update(b"".join(texts.to_pylist()))
        elif kind != "nothing":
            self._values[place].update(_bytes(values.fill_null(0)))


def _bytes(values: pa.Array) -> bytes:
    found: NDArray[np.generic] = values.to_numpy(zero_copy_only=False)
    return found.tobytes()


def _kind(kind: pa.DataType) -> str:
    types = pa.types
    if types.is_timestamp(kind):
        return "moment" if kind.tz is None else "instant"
    kinds = {
        "nothing": types.is_null,
        "truth": types.is_boolean,
        "whole": types.is_integer,
        "float": types.is_floating,
        "day": types.is_date,
        "nested": lambda each: types.is_nested(each) or isinstance(each, pa.BaseExtensionType),
    }
    return next((name for name, test in kinds.items() if test(kind)), "text")


def _normal(column: pa.Array, kind: str) -> pa.Array:
    """The values in the one type of their kind."""
    if kind == "float":
        floats = column.cast(pa.float64())
        return pc.if_else(pc.is_nan(floats), pa.scalar(None, pa.float64()), floats)
    if kind in ("moment", "instant"):
        return column.cast(pa.timestamp("us", column.type.tz), safe=False).cast(pa.int64())
    if kind == "day":
        return column.cast(pa.date32(), safe=False).cast(pa.int32())
    if kind == "text":
        return _text(column)
    if kind == "truth":
        return column.cast(pa.int8())
    # subtle: the largest are no int64, but as bits they are still themselves
    return column.cast(pa.int64(), safe=False) if kind == "whole" else column


def _text(column: pa.Array) -> pa.Array:
    try:
        return column.cast(pa.large_string())
    except (pa.ArrowNotImplementedError, pa.ArrowInvalid):
        # bytes that are no text, spans of time
        texts = [None if each is None else repr(each) for each in column.to_pylist()]
        return pa.array(texts, pa.large_string())
