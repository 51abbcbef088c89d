"""Which recipe a configuration asks for."""

from __future__ import annotations

from pathlib import Path

from features.config.read import AnyConfig, is_subscription
from features.config.subscriptions import SubscriptionConfig
from features.errors import DataError
from train.purchases.recipe import PURCHASES
from train.recipe import Recipe
from train.subscriptions.recipe import SUBSCRIPTIONS


def recipe_of(config: AnyConfig) -> Recipe:
    """The recipe of a configuration's kind of customers."""
    return SUBSCRIPTIONS if isinstance(config, SubscriptionConfig) else PURCHASES


def require_command(command: str, config: Path) -> None:
    """Raises DataError, before any data are read, where a configuration has no such command."""
    recipe = SUBSCRIPTIONS if is_subscription(config) else PURCHASES
    if command in recipe.refused:
        raise DataError(f"{config}: {recipe.refused[command]}")
