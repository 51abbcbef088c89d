"""What the cards of both kinds of models share: everything about a model that is not a tree."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Annotated, Any, ClassVar, Literal, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, NonNegativeInt
from pydantic.fields import FieldInfo

from features.config.sections import Economics
from models.design_matrix import numbers
from models.segmentation.cutoffs import Cutoffs

Array = NDArray[np.float64]
ClvSpan = Literal["horizon", "life"]
FORMAT_VERSION = 1


def left_out_at(default: object) -> FieldInfo:
    """Of a field that came later: the default is not written, so that an old card stays as it was.

    What a card holds is hashed, and says which batch of scores is the same.
    """
    info: FieldInfo = Field(exclude_if=lambda value: bool(value == default))
    return info


class CardPart(BaseModel):
    """A card or a part of one: frozen, without unknown keys, every number finite."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Feature(CardPart):
    """One column that the trees read; lowest and highest bound the values they learnt from."""

    name: str
    unit: str
    meaning: str
    lowest: float | None = None
    highest: float | None = None


class Trees(CardPart):
    """How a booster is applied: margin = slope * prior's + shift + strength * trees.

    shift   what puts the total where it is expected to be, on the link scale
    sha256  of the booster's file
    slope   share of the prior's that is kept beside trees that did not start from it
    """

    rounds: NonNegativeInt
    strength: float
    shift: float
    sha256: str = ""
    slope: Annotated[float, left_out_at(1.0)] = 1.0


class Training(CardPart):
    """Where the bundle came from; counts of rows and customers, never the rows."""

    data_sha256: str
    counts: dict[str, int]
    snapshots: tuple[AwareDatetime, ...]
    customers: int
    settings: dict[str, Any]
    versions: dict[str, str]


class SharedCard(Protocol):
    """What both kinds of cards hold, as far as it is read without knowing the kind."""

    @property
    def trained_as_of(self) -> AwareDatetime:
        """Nothing at or after it was learnt from."""

    @property
    def horizon_days(self) -> int:
        """The horizon that is predicted unless another is asked for."""

    @property
    def features(self) -> tuple[Feature, ...]:
        """The columns that the trees read."""

    @property
    def levels(self) -> Mapping[str, tuple[str, ...]]:
        """The known values of each text column."""

    @property
    def economics(self) -> Economics:
        """From revenue to value, unless other terms are given."""

    @property
    def bounds(self) -> Cutoffs | None:
        """Cutoffs of tiers and segments of the customers of trained_as_of."""


class FeatureColumns:
    """What follows from the features of a card, worked out once, when it is first asked for.

    clv_covers  what the predicted clv is counted over: the horizon, or the whole remaining life
    """

    clv_covers: ClassVar[ClvSpan]
    card: SharedCard

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The features in the order of every matrix."""
        return tuple(feature.name for feature in self.card.features)

    @property
    def tree_columns(self) -> tuple[str, ...]:
        """What the trees read, in order."""
        return self.names

    @cached_property
    def places(self) -> dict[str, int]:
        """The column of each feature in every matrix."""
        return {name: place for place, name in enumerate(self.names)}

    @cached_property
    def bounds(self) -> tuple[Array, Array]:
        """Lowest and highest of each feature in what was learnt from; NaN where unknown."""
        pairs = [(feature.lowest, feature.highest) for feature in self.card.features]
        known = [pair if None not in pair else (np.nan, np.nan) for pair in pairs]
        lowest, highest = np.array(known, dtype=np.float64).reshape(-1, 2).T
        return lowest, highest

    def feature_matrix(self, table: pd.DataFrame) -> Array:
        """A feature table as float64, columns in the bundle's order, NaN where unknown."""
        return numbers(table, self.names, self.card.levels)
