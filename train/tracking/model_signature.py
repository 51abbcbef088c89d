"""What goes into the registered model and comes out of it: types, made-up rows, units in words."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from models.bundle import Card
from models.customer_values import VALUE_COLUMNS

ID = "customer_id"
TEXTS = ("basis", "warnings")


def signature(mlflow: Any, card: Card) -> Any:
    """What goes in and comes out; params default to as_of and horizon of training.

    subtle: of a column with a type MLflow refuses whole numbers where fractions may stand, whole
    ids, and nullable columns: so inputs are of any type, and the model itself says what is wrong.
    """
    types, column, param = mlflow.types, mlflow.types.ColSpec, mlflow.types.ParamSpec
    any_type = mlflow.types.schema.AnyType()
    inputs = [
        column(any_type, name, required=False)
        for name in (ID, *(each.name for each in card.features))
    ]
    outputs = [
        column("string", ID, required=False),
        *(column("double", name, required=False) for name in VALUE_COLUMNS),
        *(column("string", name) for name in TEXTS),
    ]
    params = [
        param("as_of", "string", card.trained_as_of.isoformat()),
        param("horizon_days", "long", card.horizon_days),
    ]
    return mlflow.models.ModelSignature(
        types.Schema(inputs), types.Schema(outputs), types.ParamSchema(params)
    )


def example(card: Card) -> pd.DataFrame:
    """Two made-up rows as `predict` takes them: the ends of what each feature was seen to be."""
    ends = {
        feature.name: ["", ""]
        if feature.unit == "text"
        else np.array([feature.lowest, feature.highest], dtype=float)
        for feature in card.features
    }
    return pd.DataFrame({ID: ["new", "old"], **ends})
