"""Customer lifetime value from transactions: customers come and go unannounced."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Self

from features.config.purchases import PurchaseConfig
from train.estimator.arguments import purchase_config
from train.estimator.stored_arguments import store
from train.estimator.value_estimator import ValueEstimator


class CustomerValue(ValueEstimator):
    """What each customer will be worth in the next `horizon_days`, learnt from transactions.

        model = CustomerValue(horizon_days=90, currency="EUR")
        model.fit(df, customer_id="client", timestamp="date", amount="total")
        model.predict()

    The arguments are the keys of a configuration (docs/configuration.md); None is the default of
    the key, and a key that is set is an answer to what the health check would ask. Those of
    [problem] and of [data] stand by themselves, the tables [economics], [churn], [spend], [tiers]
    and [tracking] are dictionaries. What a frame cannot hold, such as `encoding`, is for files.
    """

    relationship: ClassVar[str] = "purchases"

    def __init__(
        self,
        horizon_days: int = 90,
        *,
        snapshots: int | None = None,
        spacing_days: int | None = None,
        seed: int | None = None,
        currency: str | None = None,
        timezone: str | None = None,
        preset: str | None = None,
        refunds: str | None = None,
        refund_matching: str | None = None,
        guests: str | None = None,
        duplicates: str | None = None,
        missing: str | None = None,
        other_currencies: str | None = None,
        reexports: str | None = None,
        amount_is: str | None = None,
        amount_unit: str | None = None,
        id_case: str | None = None,
        order_span_days: int | None = None,
        end: object = None,
        fill_down: str | Sequence[str] | None = None,
        keep: Mapping[str, Any] | None = None,
        drop: Mapping[str, Any] | None = None,
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
        spend: Mapping[str, float] | None = None,
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
        timestamp: str | None = None,
        amount: str | None = None,
        order_id: str | None = None,
        category: str | None = None,
        channel: str | None = None,
        time: str | None = None,
        quantity: str | None = None,
        currency: str | None = None,
        refunded: str | None = None,
        cost: str | None = None,
        refunds_order: str | None = None,
    ) -> Self:
        """Learn from transactions, after a holdout evaluation one horizon earlier; self.

        X      one row per order or per line of an order: a frame of pandas, Polars, Arrow, DuckDB
               or PySpark, or the path of a file, as data.transactions
        y      is not read: what is learnt follows from X
        as_of  a date or timestamp; nothing at or after it is learnt from; default: the midnight
               after the last row

        The others name columns of X, as [data.columns] does; customer_id, timestamp and amount are
        called so unless something else is said.

        What looks wrong is a HealthWarning each. Raises ConfigError naming every argument that
        cannot be used, DataError for a frame, column or value.
        """
        columns = {
            "customer_id": customer_id,
            "timestamp": timestamp,
            "amount": amount,
            "order_id": order_id,
            "category": category,
            "channel": channel,
            "time": time,
            "quantity": quantity,
            "currency": currency,
            "refunded": refunded,
            "cost": cost,
            "refunds_order": refunds_order,
        }
        return self._fit(X, columns, as_of)

    def _configuration(self, columns: Mapping[str, Any], source: object) -> PurchaseConfig:
        return purchase_config(self.get_params(deep=False), columns, source)
