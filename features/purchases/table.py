"""The feature table: one row per customer, as of one point in time."""

from __future__ import annotations

from datetime import datetime
from functools import cache

import numpy as np
import pandas as pd
from pandas.api.types import is_float_dtype, is_string_dtype

from features.lines.stored import StoredLines
from features.purchases.duckdb_engine import run_duckdb, run_shards
from features.purchases.expression import Expression
from features.purchases.families.cadence import CADENCE
from features.purchases.families.calendar import CALENDAR
from features.purchases.families.mix import MIX
from features.purchases.families.refunds import REFUNDS
from features.purchases.families.rfm import RFM
from features.purchases.families.tenure import TENURE
from features.purchases.families.windows import WINDOWS
from features.purchases.gathering import Gathered, filled, gather, texts_of
from features.purchases.statement import compose
from features.schema import OPTIONAL, Column, OptionalColumn, TableSchema
from features.timestamps import require_aware

FAMILIES = {
    "rfm": RFM,
    "tenure": TENURE,
    "cadence": CADENCE,
    "windows": WINDOWS,
    "mix": MIX,
    "refunds": REFUNDS,
    "calendar": CALENDAR,
}
NEVER_NULL = {"recency_days", "age_days", "repeat_days", "last_repeat_days", "day_value_mean"}


def expressions(optional: tuple[str, ...] = ()) -> tuple[Expression, ...]:
    """The features in column order; `optional` names the optional columns that the log has."""
    return tuple(
        each
        for family in FAMILIES.values()
        for each in family
        if each.needs is None or each.needs in optional
    )


def schema(optional: tuple[str, ...] = ()) -> TableSchema:
    """What a feature table must look like, `customer_id` as a column; unknown values are null."""
    return TableSchema(
        "feature table",
        (
            Column(name="customer_id", has_dtype=is_string_dtype, unit="text", meaning="who"),
            *(_column(each) for each in expressions(optional)),
        ),
    )


def build_features(
    lines: pd.DataFrame | StoredLines, as_of: datetime, *, optional: tuple[str, ...] = ()
) -> pd.DataFrame:
    """Canonical lines -> the features of every customer with a purchase before `as_of`.

    Index `customer_id`, sorted; one column per expression, float64 (text for unit "text"),
    NaN where a feature is unknown. Rows at or after `as_of` are not seen.

    Raises DataError when `as_of` carries no time zone.
    """
    instants = {"as_of": require_aware(as_of)}
    present = tuple(each for each in OPTIONAL if each in optional)
    members = expressions(present)
    numbers = [each.name for each in members if each.unit != "text"]
    texts = [each.name for each in members if each.unit == "text"]
    if isinstance(lines, StoredLines):
        results = run_shards(_statement(present), lines, instants)
        return _table(gather(lines, results, numbers=numbers, texts=texts), members)
    columns = ["customer_id", "order_id", "us", "local_us", "amount", *present]
    found = run_duckdb(_statement(present), lines[columns], instants)
    index = pd.Index(found["customer_id"], dtype="str", name="customer_id")
    block = np.stack([filled(found[name]) for name in numbers])
    return _table(Gathered(index, block, {name: texts_of(found[name]) for name in texts}), members)


def _table(found: Gathered, members: tuple[Expression, ...]) -> pd.DataFrame:
    """All numbers in one block: quick for a single row."""
    numbers = [each.name for each in members if each.name not in found.texts]
    table = pd.DataFrame(found.numbers.T, index=found.index, columns=numbers, copy=False)
    for place, each in enumerate(members):
        if each.name in found.texts:
            values = pd.Series(found.texts[each.name], index=found.index, dtype="str")
            table.insert(place, each.name, values)
    return table


def statement(optional: tuple[str, ...] = ()) -> str:
    """The SQL of the table over `lines` before `:as_of`, for a log with these optional columns."""
    return _statement(tuple(each for each in OPTIONAL if each in optional))


@cache
def _statement(optional: tuple[OptionalColumn, ...]) -> str:
    return compose(expressions(optional), optional)


def _column(feature: Expression) -> Column:
    return Column(
        name=feature.name,
        has_dtype=is_string_dtype if feature.unit == "text" else is_float_dtype,
        unit=feature.unit,
        meaning=feature.meaning,
        nullable=feature.name not in NEVER_NULL,
    )
