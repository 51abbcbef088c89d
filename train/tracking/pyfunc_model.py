"""The registered model as MLflow loads it: a bundle that predicts from rows of features."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
from mlflow.models import set_model
from mlflow.pyfunc.model import PythonModel


class BundleModel(PythonModel):
    """`predict` takes the feature table with `customer_id` as a column; needs this checkout."""

    def load_context(self, context: Any) -> None:
        """Load and check the bundle that lies beside this code."""
        from models.bundle import load

        self.bundle = load(Path(context.artifacts["bundle"]))

    def predict(
        self, context: Any, model_input: pd.DataFrame, params: dict[str, Any] | None = None
    ) -> pd.DataFrame:
        """Feature rows -> predictions; params: as_of (ISO text), horizon_days."""
        from features.timestamps import parse_as_of
        from models.predictor import predictor_of

        card, asked = self.bundle.card, params or {}
        as_of = asked.get("as_of")
        predictions = predictor_of(self.bundle).predict(
            model_input.set_index("customer_id"),
            as_of=parse_as_of(as_of, card.timezone) if as_of else card.trained_as_of,
            horizon_days=asked.get("horizon_days"),
        )
        return predictions.assign(warnings=predictions["warnings"].str.join("; ")).reset_index()


set_model(BundleModel())
