from __future__ import annotations

import json
from dataclasses import asdict

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from features.config.sections import Tiers
from models.segmentation.tiers import TierCutoffs, tier_cutoffs, tier_of, tiers

DEFAULT = Tiers()
MONEY = st.one_of(st.floats(-1e6, 1e9), st.integers(0, 5).map(float))
BATCH = st.lists(MONEY, min_size=1, max_size=60)
TERMS = st.sampled_from(
    [
        DEFAULT,
        Tiers(margin=0.0),
        Tiers(names=("A", "B"), shares=(0.1, 0.9), margin=0.05),
        Tiers(names=("1", "2", "3", "4", "5"), shares=(0.2,) * 5, margin=0.15),
    ]
)


def values(numbers: list[float]) -> pd.Series:
    index = pd.Index([f"c{place}" for place in range(len(numbers))], name="customer_id")
    return pd.Series(numbers, index=index, dtype=float)


def hundred() -> pd.Series:
    return values([float(each) for each in range(1, 101)])


def test_a_hundred_customers_in_quarters() -> None:
    found = tier_cutoffs(hundred())
    assert found.at == (76.0, 51.0, 26.0)
    assert found.enter == (78.0, 53.0, 28.0)
    assert found.leave == (74.0, 49.0, 24.0)
    sizes = tiers(hundred(), found).value_counts()
    assert sizes.to_dict() == {"Platinum": 25, "Gold": 25, "Silver": 25, "Bronze": 25}


def test_names_and_shares_come_from_the_configuration() -> None:
    terms = Tiers(names=("Top", "Middle", "Rest"), shares=(0.1, 0.2, 0.7))
    assert tiers(hundred(), tier_cutoffs(hundred(), terms)).value_counts().to_dict() == {
        "Top": 10,
        "Middle": 20,
        "Rest": 70,
    }


@pytest.mark.parametrize(
    ("clv", "previous", "expected"),
    [
        (76.0, None, "Platinum"),
        (75.9, None, "Gold"),
        (77.9, "Gold", "Gold"),  # within two points of the cut: nothing changes
        (78.0, "Gold", "Platinum"),
        (74.0, "Platinum", "Platinum"),
        (73.9, "Platinum", "Gold"),
        (77.9, "Bronze", "Gold"),  # every cut in between is passed by the margin
        (24.0, "Platinum", "Silver"),
        (23.9, "Platinum", "Bronze"),
        (77.9, "Diamond", "Platinum"),  # a name of an earlier configuration
        (float("nan"), "Gold", None),
    ],
)
def test_a_tier_is_kept_within_the_margin(
    clv: float, previous: str | None, expected: str | None
) -> None:
    assert tier_of(clv, tier_cutoffs(hundred()), previous) == expected


def test_equal_values_are_never_split() -> None:
    # The zeros rank 41 to 100, their middle, 70, lies in Silver; Gold has what is left above.
    found = values([0.0] * 60 + [float(each) for each in range(1, 41)])
    assert tiers(found, tier_cutoffs(found)).value_counts().to_dict() == {
        "Silver": 60,
        "Platinum": 25,
        "Gold": 15,
    }


def test_insufficient_customers_have_no_tier_and_do_not_move_the_cuts() -> None:
    with_unknown = pd.concat([hundred(), pd.Series([np.nan] * 50, index=range(50))])
    assert tier_cutoffs(with_unknown) == tier_cutoffs(hundred())
    found = tiers(with_unknown, tier_cutoffs(with_unknown))
    assert found.isna().sum() == 50
    assert found.iloc[:100].equals(tiers(hundred(), tier_cutoffs(hundred())))


def test_a_customer_at_a_cut_does_not_flap_between_batches() -> None:
    """The same customers with a little noise: hysteresis lets only real moves through."""
    rng = np.random.default_rng(7)
    clv, moves = hundred(), {"with": 0, "without": 0}
    with_margin = without = tiers(clv, tier_cutoffs(clv))
    for _ in range(20):
        noisy = clv + rng.normal(0.0, 0.7, len(clv))
        kept = tiers(noisy, tier_cutoffs(noisy), with_margin)
        fresh = tiers(noisy, tier_cutoffs(noisy))
        moves["with"] += int((kept != with_margin).sum())
        moves["without"] += int((fresh != without).sum())
        with_margin, without = kept, fresh
    assert moves["without"] > 20
    assert moves["with"] <= moves["without"] / 5


def test_cuts_travel_as_json() -> None:
    found = tier_cutoffs(hundred())
    read = TypeAdapter(TierCutoffs).validate_json(json.dumps(asdict(found), allow_nan=False))
    assert read == found


def test_nobody_known_is_one_sentence() -> None:
    with pytest.raises(ValueError, match="no customer with a known value"):
        tier_cutoffs(values([float("nan")]))


@settings(max_examples=150, deadline=None)
@given(BATCH, TERMS)
def test_a_higher_value_never_has_a_lower_tier(numbers: list[float], terms: Tiers) -> None:
    found = values(numbers)
    where = tier_cutoffs(found, terms)
    names = tiers(found, where)
    places = [terms.names.index(names[each]) for each in found.sort_values().index]
    assert places == sorted(places, reverse=True)
    assert names.groupby(found).nunique().max() == 1


@settings(max_examples=150, deadline=None)
@given(BATCH, TERMS)
def test_one_by_one_is_as_in_the_batch_and_twice_is_as_once(
    numbers: list[float], terms: Tiers
) -> None:
    found, where = values(numbers), tier_cutoffs(values(numbers), terms)
    names = [*terms.names, "Diamond", None]
    rng = np.random.default_rng(len(numbers))
    previous = pd.Series([names[each] for each in rng.integers(0, len(names), len(found))])
    previous.index = found.index
    batch = tiers(found, where, previous)
    for who in found.index:
        had = previous[who] if isinstance(previous[who], str) else None
        assert tier_of(found[who], where, had) == batch[who]
    assert tiers(found, where, batch).equals(batch)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=80, unique=True), TERMS)
def test_where_all_differ_every_tier_has_its_share(numbers: list[float], terms: Tiers) -> None:
    found = values(numbers)
    sizes = tiers(found, tier_cutoffs(found, terms)).value_counts()
    for name, share in zip(terms.names, terms.shares, strict=True):
        assert abs(sizes.get(name, 0) - share * len(found)) <= 1.0 + 1e-6
