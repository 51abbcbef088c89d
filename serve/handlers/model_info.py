"""GET /model: which model predicts now, what it was trained on, and what it reads."""

from __future__ import annotations

from serve.api.responses import Candidate, Feature, ModelReply
from serve.model.loaded import LoadedModel


def describe_model(
    model: LoadedModel, notice: str | None, candidate: Candidate | None = None
) -> ModelReply:
    """The reply; notice and candidate as `serve.model.live.LiveModel` has them."""
    card = model.bundle.card
    return ModelReply(
        **model.stamp,
        relationship=model.bundle.relationship,
        run_id=model.run_id,
        source=model.source,
        notice=notice,
        candidate=candidate,
        horizon_days=card.horizon_days,
        fitted_horizon_days=card.fitted_horizon_days,
        currency=card.currency,
        timezone=card.timezone,
        economics=card.economics,
        customers=card.training.customers,
        metrics=card.metrics,
        features=[
            Feature(name=each.name, unit=each.unit, meaning=each.meaning) for each in card.features
        ],
    )
