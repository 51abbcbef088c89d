"""What a fitted model is asked: of which data, as of when and on which terms."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import pandas as pd

from features.config.read import AnyConfig
from features.dataset import Dataset, as_of_or_end, features_as_of
from features.errors import DataError
from models.bundle import Bundle
from models.predictor_interface import UnboundedValueError
from models.purchases.bundle import PurchaseBundle
from models.score_rows import Terms, before_the_model, predict_batch
from train.estimator.arguments import as_text, with_economics, with_horizon


def terms_of(
    config: AnyConfig, dataset: Dataset, *, as_of: object, horizon_days: object, economics: object
) -> Terms:
    """What is not said is the end of the data, and the configuration's.

    Raises ConfigError and DataError for what cannot be used.
    """
    return Terms(
        as_of_or_end(as_text(as_of), dataset),
        with_horizon(config, horizon_days),
        with_economics(config, economics),
    )


@dataclass(frozen=True)
class Question:
    """A model with its configuration, the data that it is asked about, and the terms."""

    bundle: Bundle
    config: AnyConfig
    dataset: Dataset
    terms: Terms

    def features(self) -> pd.DataFrame:
        """The features of every customer who is known at that time, index customer_id."""
        bundle = self.bundle
        optional = bundle.card.optional if isinstance(bundle, PurchaseBundle) else None
        return features_as_of(self.dataset, self.terms.as_of, optional=optional)

    def features_of(self, customers: str | Iterable[str]) -> pd.DataFrame:
        """Those of these customers, ids as text. Raises DataError for one who is not there."""
        table = self.features()
        several = not isinstance(customers, str) and isinstance(customers, Iterable)
        ids = [str(each) for each in (customers if several else [customers])]
        if unknown := [each for each in ids if each not in table.index]:
            raise DataError(
                f"there is no customer {unknown[0]!r} among the {len(table):,} known at that time; "
                "ids are compared as text"
            )
        return table.loc[ids]

    def predictions(self) -> pd.DataFrame:
        """Of every customer, as `models.score_rows.predict_batch`.

        Raises DataError where the economics give no value that anybody could live to see.
        """
        features = self.features()
        try:
            return predict_batch(self.bundle, features, self.terms, tiers=self.config.tiers)
        except UnboundedValueError as error:
            raise DataError(str(error)) from None

    def remarks(self) -> list[str]:
        """What to know of a time that lies before the model's own, or after the data's end."""
        as_of, dataset = self.terms.as_of, self.dataset
        found = before_the_model(as_of, self.bundle.card)
        if as_of > dataset.end:
            found.append(f"as_of lies after the {dataset.noun}'s end {dataset.end.isoformat()}")
        return found
