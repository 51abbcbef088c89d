"""The registered model as MLflow loads it: a bundle that predicts from rows of features.

It is stored with the code that it imports, and so needs no checkout.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
from mlflow.exceptions import MlflowException
from mlflow.models import set_model
from mlflow.pyfunc.model import PythonModel


class BundleModel(PythonModel):
    """`predict` takes the feature table with `customer_id` as a column, or as the index."""

    def load_context(self, context: Any) -> None:
        """Load and check the bundle that lies beside this code."""
        try:
            from models.bundle import load
        except ModuleNotFoundError as error:
            if error.name is None or error.name.partition(".")[0] not in {"features", "models"}:
                raise
            raise MlflowException(
                f"{error}: other packages called features or models were imported before this "
                "model was loaded; load it in a process of its own, or first"
            ) from None
        self.bundle = load(Path(context.artifacts["bundle"]))

    def predict(
        self, context: Any, model_input: pd.DataFrame, params: dict[str, Any] | None = None
    ) -> pd.DataFrame:
        """Feature rows -> predictions, a row each, in the order given.

        params  as_of (ISO text), horizon_days

        Raises MlflowException with one sentence for what cannot be used.
        """
        try:
            return self._predictions(model_input, params or {})
        except ValueError as error:
            raise MlflowException.invalid_parameter_value(str(error)) from None

    def _predictions(self, rows: pd.DataFrame, asked: dict[str, Any]) -> pd.DataFrame:
        from features.command_line import LONGEST_DAYS
        from features.timestamps import parse_as_of
        from models.feature_frame import read_feature_frame
        from models.predictor import predictor_of

        card, given = self.bundle.card, read_feature_frame(rows, self.bundle.card.features)
        as_of, horizon_days = asked.get("as_of"), asked.get("horizon_days")
        if horizon_days is not None and not 1 <= horizon_days <= LONGEST_DAYS:
            raise ValueError(f"horizon_days must lie in 1 to {LONGEST_DAYS}, got {horizon_days}")
        predictions = predictor_of(self.bundle).predict(
            given.table,
            as_of=parse_as_of(as_of, card.timezone) if as_of else card.trained_as_of,
            horizon_days=horizon_days,
        )
        predictions.insert(0, "customer_id", given.ids)
        joined = ["; ".join(each) for each in predictions["warnings"]]
        return predictions.assign(
            basis=predictions["basis"].astype("str"),
            warnings=pd.Series(joined, index=predictions.index, dtype="str"),
        )


set_model(BundleModel())
