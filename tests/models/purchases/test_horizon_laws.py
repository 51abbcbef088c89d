"""What holds of every customer at every horizon, whatever the trees have learnt."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import pandas as pd
import pytest
from scipy.special import logit

from models.purchases.bundle import PurchaseBundle
from models.purchases.predictor import PurchasePredictor


@pytest.mark.parametrize("slope", [0.0, 0.4, 1.0])
@pytest.mark.parametrize("shift", [-4.0, 0.0, 4.0])
def test_whatever_was_learnt_more_time_is_never_less_and_survival_covers_an_order(
    seasonal: PurchaseBundle, table: pd.DataFrame, as_of: datetime, slope: float, shift: float
) -> None:
    trees = {
        name: getattr(seasonal.card, name).model_copy(update={"slope": slope, "shift": shift})
        for name in ("churn", "spend")
    }
    card = seasonal.card.model_copy(update=trees)
    bundle = PurchaseBundle(card, seasonal.churn, seasonal.spend)
    predicted = PurchasePredictor(bundle).forecast_table(table, as_of=as_of)
    days = np.array([0.5, 1, 3, 7, 14, 30, 61, 91, 92, 120, 182, 273, 365, 500, 730, 1500])
    p_order, spend = predicted.p_order_and_spend(days)
    for each in (p_order, spend, p_order * spend):
        assert (np.diff(each, axis=1) >= -1e-9 * each[:, :-1]).all()
    survival = predicted.survival(np.append(0.0, days))
    assert (survival[:, :1] >= p_order * (1 - 1e-12)).all()
    assert (np.diff(survival, axis=1) <= 0).all()


def test_how_far_the_horizon_reaches_decides_and_not_how_much_of_the_prior_is_kept(
    bundle: PurchaseBundle, table: pd.DataFrame, as_of: datetime
) -> None:
    """Fresh trees replace the prior at the horizon that was learnt from; it carries them on."""
    card, far = bundle.card, 365.0
    odds = []
    for slope in (1.0, 0.0):
        churn = card.churn.model_copy(update={"slope": slope})
        changed = PurchaseBundle(
            card.model_copy(update={"churn": churn}), bundle.churn, bundle.spend
        )
        predicted = PurchasePredictor(changed).forecast_table(table, as_of=as_of)
        near = logit(predicted.p_order(float(card.fitted_horizon_days)))
        odds.append(logit(predicted.p_order(far)) - near)
    np.testing.assert_allclose(odds[1], odds[0], atol=1e-6)
