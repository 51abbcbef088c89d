"""The value of subscribers: they start, pay by the month and cancel."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Self

from features.config.subscriptions import SubscriptionConfig
from train.estimator.arguments import subscription_config
from train.estimator.stored_arguments import store
from train.estimator.value_estimator import ValueEstimator


class SubscriptionValue(ValueEstimator):
    """What each subscriber will be worth, learnt from a table of contracts.

        model = SubscriptionValue(horizon_days=365, attributes=["plan", "country"])
        model.fit(df, customer_id="client", start="since", amount="fee", cancelled="until")
        model.predict()

    The arguments are the keys of a configuration (docs/subscriptions.md), as those of
    `train.estimator.CustomerValue` are.
    """

    relationship: ClassVar[str] = "contract"

    def __init__(
        self,
        horizon_days: int = 365,
        *,
        attributes: Sequence[str] | None = None,
        known_until: object = None,
        departures: str | None = None,
        snapshots: int | None = None,
        spacing_days: int | None = None,
        seed: int | None = None,
        currency: str | None = None,
        timezone: str | None = None,
        decimal: str | None = None,
        thousands: str | None = None,
        date_format: str | Sequence[str] | None = None,
        null_values: Sequence[str] | None = None,
        encoding: str | None = None,
        delimiter: str | None = None,
        skip_rows: int | None = None,
        sheet: str | None = None,
        economics: Mapping[str, float] | None = None,
        churn: Mapping[str, float] | None = None,
        tiers: Mapping[str, Any] | None = None,
        tracking: Mapping[str, str] | None = None,
    ) -> None:
        """Only stores; what is wrong is said by `fit`."""
        store(self, locals())

    def fit(
        self,
        X: object,
        y: object = None,
        *,
        as_of: object = None,
        customer_id: str | None = None,
        start: str | None = None,
        tenure: str | None = None,
        amount: str | None = None,
        cancelled: str | None = None,
    ) -> Self:
        """Learn from subscribers, with a holdout evaluation; self.

        X      one row per contract: a frame of pandas, Polars, Arrow, DuckDB or PySpark, or the
               path of a file, as data.customers
        y      is not read: what is learnt follows from X
        as_of  a date or timestamp; default: the end of what the table knows

        The others name columns of X, as [data.columns] does: either `start`, and `cancelled` is a
        timestamp, or `tenure` in months, and `cancelled` is a flag.

        Warns and raises as `train.estimator.CustomerValue.fit` does.
        """
        columns = {
            "customer_id": customer_id,
            "start": start,
            "tenure": tenure,
            "amount": amount,
            "cancelled": cancelled,
        }
        return self._fit(X, columns, as_of)

    def _configuration(self, columns: Mapping[str, Any], source: object) -> SubscriptionConfig:
        return subscription_config(self.get_params(deep=False), columns, source)
