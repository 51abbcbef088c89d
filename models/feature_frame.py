"""A frame of features, wherever it comes from, as the feature table that a model reads."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pandas.api.types import is_bool_dtype, is_numeric_dtype

from features.errors import DataError
from features.single_values import read_id, read_text
from models.card import Feature

ID = "customer_id"
MOST_NAMES = 5
LONGEST_VALUE = 40
NUMBERS = (int, float, str, Decimal, np.integer, np.floating)


@dataclass(frozen=True)
class FeatureFrame:
    """Customers in the order of a frame, of which one may be there twice, or have no id.

    ids    as text, null where there is none; index 0, 1, 2, ...
    table  the features in the model's order, float64 and text, of the same index
    """

    ids: pd.Series[str]
    table: pd.DataFrame


def read_feature_frame(frame: pd.DataFrame, features: Sequence[Feature]) -> FeatureFrame:
    """Columns of any kind -> what they mean: whole numbers, nullable ones and text of numbers, too.

    frame  the features, and customer_id as a column or as the index; other columns are passed over

    Raises DataError in one sentence: a feature that is missing, a value that is none.
    """
    ids = _ids(frame)
    _require(frame, [each.name for each in features])
    columns = {
        each.name: _texts(each.name, frame[each.name])
        if each.unit == "text"
        else _numbers(each.name, frame[each.name])
        for each in features
    }
    return FeatureFrame(ids, pd.DataFrame(columns, index=ids.index))


def _ids(frame: pd.DataFrame) -> pd.Series[str]:
    if ID in frame:
        values = list(frame[ID])
    elif frame.index.name == ID:
        values = list(frame.index)
    else:
        raise DataError(f"{ID} is missing: name it as a column, or as the index of the frame")
    return pd.Series(_read_each(ID, values, read_id), dtype="str", name=ID)


def _require(frame: pd.DataFrame, names: Sequence[str]) -> None:
    missing = [name for name in names if name not in frame]
    if not missing:
        return
    shown = ", ".join(missing[:MOST_NAMES])
    more = f" and {len(missing) - MOST_NAMES} more" if len(missing) > MOST_NAMES else ""
    if len(missing) == len(names):
        raise DataError(
            f"the frame holds none of the features ({shown}{more}): this model predicts from the "
            "feature table, not from transactions; make it with: python -m features build, or send "
            "the transactions to /predict of the service"
        )
    raise DataError(f"the frame lacks features: {shown}{more}; give null where one is unknown")


def _texts(name: str, values: pd.Series[str]) -> pd.Series[str]:
    return pd.Series(_read_each(name, list(values), _category), dtype="str")


def _category(value: object) -> str:
    """A category that looks like a whole number comes back from a file as one."""
    return read_text(value) if isinstance(value, str) else read_id(value)


def _read_each(
    name: str, values: Sequence[object], read: Callable[[object], str]
) -> list[str | None]:
    found: list[str | None] = []
    for row, value in enumerate(values):
        try:
            plain = value.item() if isinstance(value, np.generic) else value
            found.append(None if _is_null(plain) else read(plain))
        except ValueError as error:
            raise DataError(f"row {row}: {name} {error}, got {_shown(value)}") from None
    return found


def _numbers(name: str, values: pd.Series[float]) -> NDArray[np.float64]:
    if is_numeric_dtype(values) and not is_bool_dtype(values):
        numbers = np.asarray(values.to_numpy(dtype=np.float64, na_value=np.nan), dtype=np.float64)
    else:
        numbers = np.array(
            [_number(row, name, value) for row, value in enumerate(values)], dtype=np.float64
        )
    if (endless := np.flatnonzero(np.isinf(numbers))).size:
        raise DataError(f"row {endless[0]}: {name} must be a finite number, or null where unknown")
    return numbers


def _number(row: int, name: str, value: object) -> float:
    if _is_null(value) or (isinstance(value, str) and not value.strip()):
        return np.nan
    refusal = DataError(f"row {row}: {name} must be a number or null, got {_shown(value)}")
    if isinstance(value, bool) or not isinstance(value, NUMBERS):
        raise refusal
    try:
        return float(value)
    except ValueError:
        raise refusal from None


def _is_null(value: object) -> bool:
    return value is None or value is pd.NA or value is pd.NaT or value != value


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= LONGEST_VALUE else text[: LONGEST_VALUE - 1] + "…"
