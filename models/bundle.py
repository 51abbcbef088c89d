"""All that training hands to serving: two boosters in XGBoost's own format and a card."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import xgboost as xgb
from numpy.typing import NDArray
from pydantic import ValidationError

from models.card import FORMAT_VERSION, Card
from models.trees import Forest, agrees, forest

CARD, CHURN, SPEND = "card.json", "churn.ubj", "spend.ubj"


class BundleError(ValueError):
    """A folder is not a bundle that this version can answer with."""


@dataclass(frozen=True)
class Bundle:
    """A trained model, complete; holds no customer row and no code.

    What follows from these three is worked out once, when it is first asked for.
    """

    card: Card
    churn: xgb.Booster
    spend: xgb.Booster

    @cached_property
    def forests(self) -> tuple[Forest, Forest]:
        """The trees of churn and of spend as arrays."""
        return forest(self.churn), forest(self.spend)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The features in the order of every matrix."""
        return tuple(feature.name for feature in self.card.features)

    @cached_property
    def places(self) -> dict[str, int]:
        """The column of each feature in every matrix."""
        return {name: place for place, name in enumerate(self.names)}

    @cached_property
    def bounds(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Lowest and highest of each feature in what was learnt from; NaN where unknown."""
        kept = [(each.lowest, each.highest) for each in self.card.features]
        known = [pair if None not in pair else (np.nan, np.nan) for pair in kept]
        lowest, highest = np.array(known, dtype=np.float64).reshape(-1, 2).T
        return lowest, highest


def save(bundle: Bundle, folder: Path) -> None:
    """Write the bundle as a folder; one that is there already stands until the new one is whole.

    Raises BundleError for trees that would be walked otherwise than XGBoost walks them.
    """
    check_trees(bundle, str(folder))
    folder.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    aside = draft.with_name(f"{draft.name}-old")
    try:
        bundle.churn.save_model(draft / CHURN)
        bundle.spend.save_model(draft / SPEND)
        card = bundle.card.model_copy(
            update={
                "churn": bundle.card.churn.model_copy(update={"sha256": _sha256(draft / CHURN)}),
                "spend": bundle.card.spend.model_copy(update={"sha256": _sha256(draft / SPEND)}),
            }
        )
        (draft / CARD).write_text(card.model_dump_json(indent=2) + "\n", encoding="utf-8")
        draft.chmod(0o755)
        if folder.exists():
            os.replace(folder, aside)
        os.replace(draft, folder)
        shutil.rmtree(aside, ignore_errors=True)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def load(folder: Path) -> Bundle:
    """Read a bundle and check it: files, format, hashes, number of features, trees as arrays.

    Raises BundleError saying which file is wrong, and how.
    """
    card = _load_card(folder / CARD)
    churn = _load_booster(folder / CHURN, card.churn.sha256)
    spend = _load_booster(folder / SPEND, card.spend.sha256)
    for name, booster in ((CHURN, churn), (SPEND, spend)):
        if booster.num_boosted_rounds() and booster.num_features() != len(card.features):
            raise BundleError(
                f"{folder / name}: trees over {booster.num_features()} features, but {CARD} lists "
                f"{len(card.features)}; train again"
            )
    bundle = Bundle(card, churn, spend)
    check_trees(bundle, str(folder))
    return bundle


def check_trees(bundle: Bundle, folder: str) -> None:
    """Raises BundleError for trees that the arrays do not walk exactly as XGBoost does."""
    for name, trees in zip((CHURN, SPEND), bundle.forests, strict=True):
        if not agrees(trees):
            raise BundleError(
                f"{folder}/{name}: the trees as arrays answer otherwise than XGBoost; are they "
                "over numbers only, and is this the XGBoost that they were trained with?"
            )


def _load_card(path: Path) -> Card:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BundleError(f"{path}: cannot be read ({error}); is this a bundle?") from None
    # The version comes first: a card of another one is expected to have other keys.
    version = _version(text)
    if version != FORMAT_VERSION:
        raise BundleError(
            f"{path}: format_version is {version}, this version reads {FORMAT_VERSION}; train again"
        )
    try:
        return Card.model_validate_json(text)
    except ValidationError as error:
        found = "; ".join(
            f"{'.'.join(map(str, each['loc'])) or 'the file'}: {each['msg']}"
            for each in error.errors()
        )
        raise BundleError(f"{path}: {found}; train again") from None


def _version(text: str) -> object:
    """What the card says of its format; this version's own where it says nothing legible."""
    try:
        said = json.loads(text)
    except ValueError:
        return FORMAT_VERSION
    return said.get("format_version", FORMAT_VERSION) if isinstance(said, dict) else FORMAT_VERSION


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
