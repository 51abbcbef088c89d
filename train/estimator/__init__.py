"""Customer lifetime value in a notebook: estimators and a transformer in scikit-learn's manners."""

from train.estimator.customer_features import CustomerFeatures
from train.estimator.customer_value import CustomerValue
from train.estimator.health_warning import HealthWarning
from train.estimator.subscription_value import SubscriptionValue

__all__ = ["CustomerFeatures", "CustomerValue", "HealthWarning", "SubscriptionValue"]
