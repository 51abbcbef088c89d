"""All that training hands to serving: boosters in XGBoost's own format and a card."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import xgboost as xgb
from pydantic import ValidationError

from features.atomic_file import replace_folder
from models.card import FORMAT_VERSION
from models.purchases.bundle import PurchaseBundle
from models.purchases.card import PurchaseCard
from models.subscriptions.bundle import SubscriptionBundle
from models.subscriptions.card import SubscriptionCard
from models.tree_arrays import agrees

CARD = "card.json"
Card = PurchaseCard | SubscriptionCard
Bundle = PurchaseBundle | SubscriptionBundle


class BundleError(ValueError):
    """A folder is not a bundle that this version can predict with."""


def save(bundle: Bundle, folder: Path) -> None:
    """Write the bundle as a folder; one that is there already stands until the new one is whole.

    Raises BundleError for trees that would be walked otherwise than XGBoost walks them.
    """
    check_trees(bundle, str(folder))
    with replace_folder(folder) as draft:
        hashed = {}
        for name, booster in bundle.boosters.items():
            booster.save_model(draft / _file(name))
            sha256 = _sha256(draft / _file(name))
            hashed[name] = getattr(bundle.card, name).model_copy(update={"sha256": sha256})
        card = bundle.card.model_copy(update=hashed)
        (draft / CARD).write_text(card.model_dump_json(indent=2) + "\n", encoding="utf-8")


def load(folder: Path) -> Bundle:
    """Read a bundle and check it: files, format, hashes, number of features, trees as arrays.

    Raises BundleError saying which file is wrong, and how.
    """
    card = _load_card(folder / CARD)
    churn = _load_booster(folder / _file("churn"), card.churn.sha256)
    bundle: Bundle
    if isinstance(card, SubscriptionCard):
        bundle = SubscriptionBundle(card, churn)
    else:
        bundle = PurchaseBundle(
            card, churn, _load_booster(folder / _file("spend"), card.spend.sha256)
        )
    for name, booster in bundle.boosters.items():
        if booster.num_boosted_rounds() and booster.num_features() != len(card.features):
            raise BundleError(
                f"{folder / _file(name)}: trees over {booster.num_features()} features, but {CARD} "
                f"lists {len(card.features)}; train again"
            )
    check_trees(bundle, str(folder))
    return bundle


def check_trees(bundle: Bundle, folder: str) -> None:
    """Raises BundleError for trees that the arrays do not walk exactly as XGBoost does."""
    for name, trees in zip(bundle.boosters, bundle.tree_arrays, strict=True):
        if not agrees(trees):
            raise BundleError(
                f"{folder}/{_file(name)}: the trees as arrays predict otherwise than XGBoost; are "
                "they over numbers only, and is this the XGBoost that they were trained with?"
            )


def _file(name: str) -> str:
    return f"{name}.ubj"


def _load_card(path: Path) -> Card:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BundleError(f"{path}: cannot be read ({error}); is this a bundle?") from None
    # The version comes first: a card of another one is expected to have other keys.
    values = _plain_values(text)
    version = values.get("format_version", FORMAT_VERSION)
    if version != FORMAT_VERSION:
        raise BundleError(
            f"{path}: format_version is {version}, this version reads {FORMAT_VERSION}; train again"
        )
    try:
        if values.get("relationship") == "contract":
            return SubscriptionCard.model_validate_json(text)
        return PurchaseCard.model_validate_json(text)
    except ValidationError as error:
        problems = "; ".join(
            f"{'.'.join(map(str, each['loc'])) or 'the file'}: {each['msg']}"
            for each in error.errors()
        )
        raise BundleError(f"{path}: {problems}; train again") from None


def _plain_values(text: str) -> dict[str, Any]:
    """The card as plain data; empty where it is not legible, which its validation then reports."""
    try:
        values = json.loads(text)
    except ValueError:
        return {}
    return values if isinstance(values, dict) else {}


def _load_booster(path: Path, sha256: str) -> xgb.Booster:
    if not path.is_file():
        raise BundleError(f"{path}: missing; the bundle is incomplete, train again")
    if _sha256(path) != sha256:
        raise BundleError(f"{path}: is not the file that {CARD} describes; train again")
    booster = xgb.Booster(params={"nthread": 1})
    try:
        booster.load_model(path)
    except xgb.core.XGBoostError as error:
        reason = str(error).splitlines()[0]
        raise BundleError(f"{path}: not a booster ({reason}); train again") from None
    return booster


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
