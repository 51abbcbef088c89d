"""Columns of pandas as columns of Arrow, those of Python's objects among them."""

from __future__ import annotations

from collections.abc import Collection

import pandas as pd
import pyarrow as pa

from features.errors import DataError


def table_of_pandas(frame: pd.DataFrame, wanted: Collection[str], *, name: str) -> pa.Table:
    """The columns of a frame; its index is left alone.

    A column of texts and whole numbers is one of texts, as order ids are where only some have a
    letter. Others of mixed or unknown objects are left out.

    wanted   columns that must not be left out
    name     what the frame is called in a sentence

    Raises DataError for a wanted column that cannot be converted, or is the index.
    """
    columns: list[pa.ChunkedArray] = []
    names: list[str] = []
    for place, label in enumerate(frame.columns):
        try:
            columns.append(_column(frame.iloc[:, place]))
        except (pa.ArrowException, TypeError, ValueError, OverflowError) as error:
            if str(label) in wanted:
                reason = str(error.args[0] if error.args else error).partition("\n")[0]
                raise DataError(
                    f"{name}: column {label} holds objects of several or unknown types ({reason}); "
                    f"make them one, for example by frame[{label!r}].astype('str')"
                ) from None
            continue
        names.append(str(label))
    for index in frame.index.names:
        if index is not None and str(index) in wanted and str(index) not in names:
            raise DataError(f"{name}: {index} is its index, not a column; give frame.reset_index()")
    return pa.Table.from_arrays(columns, names=names)


def _column(values: pd.Series) -> pa.ChunkedArray:
    try:
        return _converted(values)
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        known = values.dropna()
        if not set(map(type, known)) <= {str, int}:
            raise
        return _converted(values.map(str, na_action="ignore"))


def _converted(values: pd.Series) -> pa.ChunkedArray:
    if isinstance(values.dtype, pd.DatetimeTZDtype):
        instants = pa.chunked_array([pa.array(values.dt.tz_convert(None), from_pandas=True)])
        return instants.cast(pa.timestamp(instants.type.unit, "UTC"))
    # subtle: alone, a series of pandas' own types would be converted in another way
    return pa.Table.from_pandas(values.to_frame("values"), preserve_index=False).column(0)
