from __future__ import annotations

import pandas as pd
import pytest

from models.purchases.bundle import PurchaseBundle


@pytest.fixture(params=["trained", "seasonal"])
def either(
    request: pytest.FixtureRequest, bundle: PurchaseBundle, seasonal: PurchaseBundle
) -> PurchaseBundle:
    return {"trained": bundle, "seasonal": seasonal}[request.param]


@pytest.fixture
def few(table: pd.DataFrame) -> pd.DataFrame:
    """Every eighth customer, the lost and the busy among them."""
    return table.iloc[::8]
