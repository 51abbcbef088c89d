"""Sentences about keys of a configuration, as keyword arguments."""

from __future__ import annotations

import pytest

from features.errors import ConfigError, DataError
from train.estimator.wording import as_arguments, in_arguments


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("no column 'x', set data.columns.customer_id", "no column 'x', set customer_id"),
        ('or set data.missing = "drop"', 'or set missing="drop"'),
        ('set data.columns.currency = "cur", and', 'set currency="cur", and'),
        ('set data.amount_is = "unit_price" and', 'set amount_is="unit_price" and'),
        ('set data.thousands = "," or data.decimal = ","', 'set thousands="," or decimal=","'),
        ('set data.drop.status = ["failed", "void"]', 'set drop={"status": ["failed", "void"]}'),
        ('set data.keep."my status" = ["paid"]', 'set keep={"my status": ["paid"]}'),
        ("which data.keep, data.drop or data.fill_down names",
         "which keep, drop or fill_down names"),
        ("further apart than data.order_span_days = 31: take out columns.order_id",
         "further apart than order_span_days=31: take out order_id"),
        ("problem.horizon_days must be positive", "horizon_days must be positive"),
        ("no such file; set data.transactions", "no such file; set X"),
        # what only looks like a key
        ("data.csv: holds no rows", "data.csv: holds no rows"),
        ("data/data.parquet: is empty", "data/data.parquet: is empty"),
        ("churn.max_rounds must be 0 or more", "churn.max_rounds must be 0 or more"),
    ],
)  # fmt: skip
def test_keys_are_said_as_arguments(written: str, said: str) -> None:
    assert as_arguments(written) == said


@pytest.mark.parametrize("kind", [ConfigError, DataError])
def test_an_error_keeps_its_class(kind: type[Exception]) -> None:
    with pytest.raises(kind) as caught, in_arguments():
        raise kind("set data.end")
    assert str(caught.value) == "set end"
