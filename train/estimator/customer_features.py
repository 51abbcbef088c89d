"""Transactions -> one row of features per customer, for pipelines of one's own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from features.config.purchases import PurchaseConfig
from features.dataset import as_of_or_end, features_as_of, read_frame
from features.ingest.transactions import TransactionLog
from features.purchases.table import expressions
from train.estimator.arguments import as_text, frame_of, purchase_config, reading
from train.estimator.health_warning import warn
from train.estimator.stored_arguments import store
from train.estimator.wording import in_arguments


class CustomerFeatures(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """The features of docs/features.md as of a point in time; no later row is used.

    Rows that come in are transactions, rows that go out are customers who had bought by then,
    index customer_id, sorted: align what is to be learnt with `transform(X).index`.

    as_of     a date or timestamp; default: the end of the data that are transformed
    settings  other keys of [data] in a configuration, such as refunds or missing

    The others name columns, as the arguments of `train.estimator.CustomerValue.fit` do.
    """

    def __init__(
        self,
        as_of: object = None,
        *,
        customer_id: str = "customer_id",
        timestamp: str = "timestamp",
        amount: str = "amount",
        order_id: str | None = None,
        category: str | None = None,
        channel: str | None = None,
        currency: str | None = None,
        timezone: str | None = None,
        settings: Mapping[str, Any] | None = None,
    ) -> None:
        """Only stores; what is wrong is said by `fit`."""
        store(self, locals())

    def fit(self, X: object, y: object = None) -> Self:
        """Learn which features there are: those of categories and channels need such columns.

        X  transactions, a frame of whatever kind or a path; y is not read. What looks wrong is a
           HealthWarning each. Raises ConfigError and DataError for what cannot be used.
        """
        with in_arguments():
            config = self._configuration(X)
            log = _read(config, X)
        warn((each.sentence for each in log.findings), depth=1)
        return self._learn(config, log)

    def transform(self, X: object) -> pd.DataFrame:
        """Transactions -> features, float64 or text, index customer_id.

        Raises NotFittedError before fit, DataError for what cannot be used, and where nobody has
        bought by as_of.
        """
        check_is_fitted(self)
        with in_arguments():
            return self._features(_read(reading(self.config_, X), X))

    def fit_transform(self, X: object, y: object = None, **fit_params: Any) -> Any:
        """`fit` and `transform` of the same rows, which are read once, as a reader can be."""
        with in_arguments():
            config = self._configuration(X)
            log = _read(config, X)
        warn((each.sentence for each in log.findings), depth=1)
        with in_arguments():
            return self._learn(config, log)._features(log)

    def get_feature_names_out(self, input_features: object = None) -> NDArray[np.object_]:
        """The names of the features; `input_features` is not read: rows come in, not features."""
        check_is_fitted(self)
        return np.array(self.names_, dtype=object)

    def _configuration(self, source: object) -> PurchaseConfig:
        params = self.get_params(deep=False)
        roles = ("customer_id", "timestamp", "amount", "order_id", "category", "channel")
        columns = {role: params.pop(role) for role in roles}
        del params["as_of"]
        # the horizon is asked for, and no feature depends on it
        data = {"horizon_days": 1, **(params.pop("settings") or {}), **_set(params)}
        return purchase_config(data, columns, source)

    def _learn(self, config: PurchaseConfig, log: TransactionLog) -> Self:
        self.config_, self.optional_ = config, log.optional
        self.names_ = [each.name for each in expressions(log.optional)]
        return self

    def _features(self, log: TransactionLog) -> pd.DataFrame:
        as_of = as_of_or_end(as_text(self.as_of), log)
        return features_as_of(log, as_of, optional=self.optional_)[self.names_]

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "names_")


def _read(config: Any, source: object) -> TransactionLog:
    log: TransactionLog = read_frame(config, frame_of(source))
    return log


def _set(params: Mapping[str, Any]) -> dict[str, Any]:
    return {name: each for name, each in params.items() if each is not None}
