"""The predictor of a bundle: one interface, of whichever kind the trained model is."""

from __future__ import annotations

from models.bundle import Bundle
from models.predictor_interface import Predictor
from models.purchases.predictor import PurchasePredictor
from models.subscriptions.bundle import SubscriptionBundle
from models.subscriptions.predictor import SubscriptionPredictor


def predictor_of(bundle: Bundle) -> Predictor:
    """The model as it is asked, whatever its kind; costs nothing to make."""
    if isinstance(bundle, SubscriptionBundle):
        return SubscriptionPredictor(bundle)
    return PurchasePredictor(bundle)
