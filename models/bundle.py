"""All that training hands to serving: boosters in XGBoost's own format and a card."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import xgboost as xgb
from pydantic import BaseModel, ValidationError

from features.atomic_file import replace_folder
from features.stored_documents import problems, read_bounded
from models.card import FORMAT_VERSION
from models.purchases.bundle import PurchaseBundle
from models.purchases.card import PurchaseCard
from models.subscriptions.bundle import SubscriptionBundle
from models.subscriptions.card import SubscriptionCard
from models.tree_arrays import agrees

CARD = "card.json"
MOST_CARD_BYTES = 16 * 1024 * 1024
MOST_BOOSTER_BYTES = 512 * 1024**2
Card = PurchaseCard | SubscriptionCard
Bundle = PurchaseBundle | SubscriptionBundle


class BundleError(ValueError):
    """A folder is not a bundle that this version can predict with."""


class _Kind(BaseModel):
    """What says how the rest of a card is to be read."""

    format_version: Any = FORMAT_VERSION
    relationship: Any = None


def save(bundle: Bundle, folder: Path) -> None:
    """Write the bundle as a folder; one that is there already stands until the new one is whole.

    Raises BundleError for trees that would be walked otherwise than XGBoost walks them.
    """
    check_trees(bundle, str(folder))
    with replace_folder(folder) as draft:
        hashed = {}
        for name, booster in bundle.boosters.items():
            # subtle: when the disk is full, XGBoost's own way to write a file is no OSError
            trees = bytes(booster.save_raw("ubj"))
            (draft / _file(name)).write_bytes(trees)
            sha256 = hashlib.sha256(trees).hexdigest()
            hashed[name] = getattr(bundle.card, name).model_copy(update={"sha256": sha256})
        card = bundle.card.model_copy(update=hashed)
        (draft / CARD).write_text(card.model_dump_json(indent=2) + "\n", encoding="utf-8")


def version_of(folder: Path) -> str:
    """The version of a bundle that nobody has named: how its card's hash begins.

    Empty where there is no card to read; loading the bundle says what is wrong.
    """
    try:
        card = read_bounded(folder / CARD, MOST_CARD_BYTES)
    except (OSError, ValueError):
        return ""
    return f"card-{hashlib.sha256(card).hexdigest()[:12]}"


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
        columns = len(bundle.tree_columns)
        if booster.num_boosted_rounds() and booster.num_features() != columns:
            raise BundleError(
                f"{folder / _file(name)}: trees over {booster.num_features()} features, but {CARD} "
                f"lists {columns}; train again"
            )
    check_trees(bundle, str(folder))
    return bundle


def files_of(address: str | None) -> list[Path]:
    """The files of a bundle whose folder is given as a model's address; none of another address."""
    folder = Path(address or "")
    return sorted(folder.iterdir()) if address and folder.is_dir() else []


def is_saved(bundle: Bundle, folder: Path) -> bool:
    """Whether the folder holds this bundle, whole."""
    try:
        card = _load_card(folder / CARD)
        for name in bundle.boosters:
            _read_trees(folder / _file(name), getattr(bundle.card, name).sha256)
    except BundleError:
        return False
    return card == bundle.card


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
        text = read_bounded(path, MOST_CARD_BYTES)
    except OSError as error:
        raise BundleError(f"{path}: cannot be read ({error.strerror}); is this a bundle?") from None
    except ValueError as error:
        raise BundleError(f"{error}; is this a bundle?") from None
    # The version comes first: a card of another one is expected to have other keys.
    kind = _kind(text)
    if kind.format_version != FORMAT_VERSION:
        raise BundleError(
            f"{path}: format_version is {str(kind.format_version)[:60]}, this version reads "
            f"{FORMAT_VERSION}; train again"
        )
    try:
        if kind.relationship == "contract":
            return SubscriptionCard.model_validate_json(text)
        return PurchaseCard.model_validate_json(text)
    except ValidationError as error:
        raise BundleError(f"{path}: {problems(error)}; train again") from None


def _kind(text: bytes) -> _Kind:
    """The default where the card is not legible, which its validation then reports."""
    try:
        return _Kind.model_validate_json(text)
    except ValidationError:
        return _Kind()


def _read_trees(path: Path, sha256: str) -> bytes:
    try:
        trees = read_bounded(path, MOST_BOOSTER_BYTES)
    except FileNotFoundError:
        raise BundleError(f"{path}: missing; the bundle is incomplete, train again") from None
    except ValueError as error:
        raise BundleError(f"{error}; train again") from None
    if hashlib.sha256(trees).hexdigest() != sha256:
        raise BundleError(f"{path}: is not the file that {CARD} describes; train again")
    return trees


def _load_booster(path: Path, sha256: str) -> xgb.Booster:
    # read once: what is checked is what is loaded, whatever becomes of the file meanwhile
    trees = _read_trees(path, sha256)
    if not trees.startswith(b"{"):  # subtle: of no bytes at all XGBoost would abort the process
        raise BundleError(f"{path}: not a booster; train again")
    booster = xgb.Booster(params={"nthread": 1})
    try:
        booster.load_model(bytearray(trees))
    except xgb.core.XGBoostError as error:
        reason = str(error).splitlines()[0]
        raise BundleError(f"{path}: not a booster ({reason}); train again") from None
    return booster
