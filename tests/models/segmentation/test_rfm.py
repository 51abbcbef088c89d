from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from models.segment_page import render
from models.segmentation.assign import assign_tiers_and_segments
from models.segmentation.cutoffs import Cutoffs, cutoffs
from models.segmentation.rfm import (
    GRID,
    MEANINGS,
    RfmCutoffs,
    rfm_cutoffs,
    scores,
    segment,
    segment_at,
    segment_of,
)

ROOT = Path(__file__).resolve().parents[3]
COLUMNS = ["recency_days", "n_orders", "monetary_sum", "refund_sum", "repeat_days", "age_days"]
NAN = float("nan")
DAYS = st.one_of(st.floats(0, 800), st.sampled_from([3.0, 3.0, 50.0]))
CUSTOMER = st.builds(
    lambda recency, orders, money, refund, extra: [
        recency, float(orders), money, refund, float(orders - 1), recency + extra * (orders > 1),
    ],
    DAYS, st.integers(1, 12), st.floats(0.01, 1e6), st.floats(0, 1e5), DAYS,
)  # fmt: skip
NOBODY = st.just([NAN] * len(COLUMNS))
TABLES = st.lists(st.one_of(CUSTOMER, CUSTOMER, CUSTOMER, NOBODY), min_size=1, max_size=40)


def table(rows: list[list[float]]) -> pd.DataFrame:
    index = pd.Index([f"c{place}" for place in range(len(rows))], name="customer_id")
    return pd.DataFrame(rows, index=index, columns=COLUMNS, dtype=float)


def five() -> pd.DataFrame:
    """One customer for every score, recency against frequency and money: none is New."""
    return table([[10.0 * each, each, 100.0 * each, 0.0, each, 400.0] for each in range(1, 6)])


def test_all_triples_fall_into_one_cell() -> None:
    found = Counter(segment_of(*triple) for triple in product(range(1, 6), repeat=3))
    assert sum(found.values()) == 125
    assert set(found) == set(MEANINGS) - {"New"}
    assert {name for row in GRID.values() for name in row} == set(found)


@pytest.mark.parametrize(
    ("triple", "new", "expected"),
    [
        ((5, 5, 5), False, "Champions"),
        ((4, 3, 4), False, "Loyal"),
        ((5, 1, 2), False, "Potential"),
        ((5, 1, 5), True, "New"),
        ((3, 1, 1), True, "New"),
        ((2, 1, 1), True, "Hibernating"),
        ((3, 2, 3), False, "Needs attention"),
        ((2, 4, 4), False, "At risk"),
        ((1, 5, 5), False, "Cannot lose"),
        ((1, 5, 4), False, "Cannot lose"),
        ((1, 1, 2), False, "Lost"),
    ],
)
def test_segments_by_hand(triple: tuple[int, int, int], new: bool, expected: str) -> None:
    assert segment_of(*triple, new=new) == expected


def test_fifths_of_five_customers() -> None:
    cuts = rfm_cutoffs(five())
    assert cuts == RfmCutoffs((10, 20, 30, 40), (1, 2, 3, 4), (100, 200, 300, 400))
    found = scores(five(), cuts)
    assert found["recency_score"].tolist() == [5, 4, 3, 2, 1]
    assert found["frequency_score"].tolist() == found["money_score"].tolist() == [1, 2, 3, 4, 5]
    assert segment(five(), cuts).tolist() == [
        "Potential", "Potential", "Needs attention", "At risk", "Cannot lose",
    ]  # fmt: skip


def test_refunds_are_taken_off() -> None:
    returned = five().assign(refund_sum=[0, 0, 0, 0, 499.0])
    assert scores(returned, rfm_cutoffs(five()))["money_score"].tolist() == [1, 2, 3, 4, 1]
    known = five().drop(columns="refund_sum")
    assert rfm_cutoffs(known) == rfm_cutoffs(five())


def test_new_is_who_bought_on_one_day_and_lately() -> None:
    rows = five().assign(repeat_days=[0, 0, 1, 0, 0], age_days=[10, 89.9, 89.9, 40, 50])
    found = segment(rows, rfm_cutoffs(five()))
    assert found.tolist()[:3] == ["New", "New", "Needs attention"]
    assert "New" not in segment(rows.assign(age_days=90.0), rfm_cutoffs(five())).tolist()


def test_of_an_unknown_age_nobody_is_new() -> None:
    row = five().iloc[0].to_dict() | {"repeat_days": 0.0, "age_days": None}
    assert segment_at(row, rfm_cutoffs(five())) == "Potential"
    assert segment_at(row | {"monetary_sum": None}, rfm_cutoffs(five())) is None
    unknown = five().assign(repeat_days=0.0, age_days=NAN)
    assert "New" not in segment(unknown, rfm_cutoffs(five())).tolist()


def test_who_is_unknown_has_no_names_and_moves_no_bound() -> None:
    with_nobody = pd.concat([five(), table([[NAN] * 6]).rename(index={"c0": "nobody"})])
    clv = pd.Series([5.0, 4.0, 3.0, 2.0, 1.0, NAN], index=with_nobody.index)
    found = cutoffs(with_nobody, clv)
    assert found == cutoffs(five(), clv.iloc[:5])
    assert assign_tiers_and_segments(with_nobody, clv, found).loc["nobody"].isna().all()
    assert assign_tiers_and_segments(with_nobody, clv, found).iloc[:5].notna().all(axis=None)


def test_a_batch_of_strangers_has_no_names() -> None:
    strangers = table([[NAN] * 6] * 2)
    clv = pd.Series(NAN, index=strangers.index)
    assert cutoffs(strangers, clv) == Cutoffs(None, None)
    found = assign_tiers_and_segments(strangers, clv, cutoffs(strangers, clv))
    assert found.isna().all(axis=None)
    assert list(found.columns) == ["tier", "segment"]
    with pytest.raises(ValueError, match="no customer with a known recency"):
        rfm_cutoffs(strangers)


def test_names_keep_the_customers_order_and_the_last_tiers() -> None:
    clv = pd.Series([1.0, 2.0, 3.0, 4.0, 5.0], index=five().index)
    found = cutoffs(five(), clv)
    shuffled = assign_tiers_and_segments(five().iloc[::-1], clv, found)
    assert shuffled.index.tolist() == ["c4", "c3", "c2", "c1", "c0"]
    assert shuffled["tier"].tolist() == ["Platinum", "Gold", "Gold", "Silver", "Bronze"]
    previous = shuffled["tier"].iloc[:2]
    assert assign_tiers_and_segments(five(), clv, found, previous).equals(shuffled.iloc[::-1])


def test_bounds_travel_as_json() -> None:
    found = cutoffs(five(), pd.Series([1.0, 2.0, 3.0, 4.0, 5.0], index=five().index))
    text = json.dumps(asdict(found), allow_nan=False)
    assert TypeAdapter(Cutoffs).validate_json(text) == found


def test_the_written_page_is_the_rules() -> None:
    written = (ROOT / "docs" / "segments.md").read_text(encoding="utf-8")
    assert written == render(), "run `python -m models.segment_page > docs/segments.md`"


@settings(max_examples=150, deadline=None)
@given(TABLES)
def test_everybody_known_is_in_one_segment_alone_as_in_the_batch(rows: list[list[float]]) -> None:
    customers = table(rows)
    known = customers["recency_days"].notna()
    if not known.any():
        return
    cuts = rfm_cutoffs(customers)
    found = segment(customers, cuts)
    assert set(found.dropna()) <= set(MEANINGS)
    assert (found.notna() == known).all()
    for who, row in customers.iterrows():
        alone = segment_at(row.to_dict(), cuts)
        assert alone == (found[who] if known[who] else None)
    shuffled = customers.sample(frac=1.0, random_state=1)
    assert rfm_cutoffs(shuffled) == cuts
    scored = scores(customers, cuts)
    new = (customers["repeat_days"] == 0) & (customers["age_days"] < 90)
    for who, triple in scored[known].iterrows():
        assert segment_of(*(int(each) for each in triple), new=bool(new[who])) == found[who]


@settings(max_examples=100, deadline=None)
@given(TABLES)
def test_scores_never_fall_with_what_is_good(rows: list[list[float]]) -> None:
    customers = table(rows).dropna()
    if customers.empty:
        return
    scored = scores(customers, rfm_cutoffs(customers))
    assert scored.isin([1, 2, 3, 4, 5]).all(axis=None)
    net = customers["monetary_sum"] - customers["refund_sum"]
    for values, score in (
        (-customers["recency_days"], "recency_score"),
        (customers["n_orders"], "frequency_score"),
        (net, "money_score"),
    ):
        assert np.diff(scored[score].loc[values.sort_values().index]).min(initial=0) >= 0
        assert scored[score].groupby(values).nunique().max() == 1
