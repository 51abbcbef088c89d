"""What every endpoint asks of the model: customers, as of when, how far, and on what terms.

`serve.handlers.predict` and `serve.handlers.lookup` make it of a request;
`serve.handlers.build_predictions` makes predictions of it, some customers at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache, partial
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.config.sections import Economics
from models.design_matrix import Cell
from serve.api.feature_rows import FeatureRows
from serve.api.requests import Options

Notes = Mapping[str, list[str]]


@dataclass(frozen=True, kw_only=True)
class CustomerFeatures:
    """Customers in the order of the reply, and their features.

    matrix  features as `models.design_matrix` has them, shape (customers, features)
    table   the same as a feature table: made only where texts are needed
    notes   sentences for single customers that become warnings
    """

    ids: list[str]
    matrix: NDArray[np.float64]
    table: Callable[[], pd.DataFrame]
    as_of: datetime
    notes: Notes

    @classmethod
    def of_rows(cls, rows: FeatureRows, names: Sequence[str], as_of: datetime) -> CustomerFeatures:
        """Rows of the feature table, with the features' names."""
        table = partial(feature_table, rows.ids, rows.cells, names)
        return cls(ids=rows.ids, matrix=rows.matrix, table=table, as_of=as_of, notes={})


@dataclass(frozen=True, kw_only=True)
class PredictionQuery(CustomerFeatures):
    """The customers, and what is to be predicted of them."""

    horizons: tuple[int, ...]
    economics: Economics
    curve: bool
    explain: bool


def prediction_query(
    customers: CustomerFeatures, options: Options, *, horizon_days: int, economics: Economics
) -> PredictionQuery:
    """The query of a request; horizon and economics count where its options name none."""
    return PredictionQuery(
        ids=customers.ids,
        matrix=customers.matrix,
        table=customers.table,
        as_of=customers.as_of,
        notes=customers.notes,
        horizons=options.horizon_days or (horizon_days,),
        economics=options.economics.over(economics) if options.economics else economics,
        curve=options.curve,
        explain=options.explain,
    )


def in_chunks(query: PredictionQuery, customers: int) -> Iterator[PredictionQuery]:
    """The query of so many customers at a time, in their order."""
    if len(query.ids) <= customers:
        yield query
        return
    table = cache(query.table)
    for start in range(0, len(query.ids), customers):
        part = slice(start, start + customers)
        yield replace(
            query,
            ids=query.ids[part],
            matrix=query.matrix[part],
            table=partial(_rows, table, part),
        )


def _rows(table: Callable[[], pd.DataFrame], part: slice) -> pd.DataFrame:
    return table().iloc[part]


def feature_table(
    ids: list[str], rows: Sequence[Sequence[Cell]], names: Sequence[str]
) -> pd.DataFrame:
    """Rows of plain values as a feature table; a column without any text is float64."""
    columns: dict[str, pd.Series[Any]] = {}
    for place, name in enumerate(names):
        values: list[Any] = [row[place] for row in rows]
        is_text = any(isinstance(each, str) for each in values)
        columns[name] = pd.Series(values, index=ids, dtype="str" if is_text else "float64")
    return pd.DataFrame(columns, index=pd.Index(ids, dtype="str", name="customer_id"))
