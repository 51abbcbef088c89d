"""The registered model as MLflow loads it: a bundle that answers rows of the feature table."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
from mlflow.models import set_model
from mlflow.pyfunc.model import PythonModel


class ServedModel(PythonModel):
    """`predict` takes the feature table with `customer_id` as a column; needs this checkout."""

    def load_context(self, context: Any) -> None:
        """Load and check the bundle that lies beside this code."""
        from models.bundle import load

        self.bundle = load(Path(context.artifacts["bundle"]))

    def predict(
        self, context: Any, model_input: pd.DataFrame, params: dict[str, Any] | None = None
    ) -> pd.DataFrame:
        """Feature rows -> predictions; params: as_of (ISO text), horizon_days."""
        from features.moments import parse_as_of
        from models.answers import answer

        card, asked = self.bundle.card, params or {}
        as_of = asked.get("as_of")
        said = answer(
            self.bundle,
            model_input.set_index("customer_id"),
            as_of=parse_as_of(as_of, card.timezone) if as_of else card.trained_as_of,
            horizon_days=asked.get("horizon_days"),
        )
        return said.assign(warnings=said["warnings"].str.join("; ")).reset_index()


set_model(ServedModel())
