from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from features.simulate import Behaviour, buy
from models.purchases.bg_nbd import PurchaseHistories, PurchaseModel, Variant, _log_likelihood, fit

Array = NDArray[np.float64]
VARIANTS: tuple[Variant, ...] = ("bg", "mbg")
HORIZONS = (1, 7, 30, 90, 180, 365, 730, 3650, 36500)


def history(repeats: float, last_repeat: float, age: float) -> PurchaseHistories:
    return PurchaseHistories(np.array([repeats]), np.array([last_repeat]), np.array([age]))


def simulated(
    variant: Variant, behaviour: Behaviour, customers: int, seed: int
) -> PurchaseHistories:
    """Histories of 100 to 500 days; in MBG/NBD the first purchase may be the last."""
    rng = np.random.default_rng(seed)
    rate = rng.gamma(behaviour.r, 1 / behaviour.alpha, customers)
    dropout = rng.beta(behaviour.a, behaviour.b, customers)
    age = rng.uniform(100, 500, customers)
    bought = buy(rate, dropout, begin=500 - age, until=500.0, rng=rng)
    stays = rng.random(customers) >= dropout if variant == "mbg" else np.ones(customers, bool)
    seen = stays[bought.who]
    who, days = bought.who[seen], bought.days[seen]
    last = np.zeros(customers)
    np.maximum.at(last, who, days - (500 - age)[who])
    return PurchaseHistories(np.bincount(who, minlength=customers).astype(float), last, age)


@pytest.fixture(scope="module")
def weeks(cdnow_paper: pd.DataFrame) -> PurchaseHistories:
    columns = ("repeats", "last_repeat", "age")
    return PurchaseHistories(*(cdnow_paper[name].to_numpy() for name in columns))


def test_bg_nbd_of_the_cdnow_sample_as_published(weeks: PurchaseHistories) -> None:
    # Fader, Hardie & Lee (2005), table 2: 2,357 customers, 39 weeks.
    model = fit(weeks)
    assert model.r == pytest.approx(0.2426, abs=1e-4)
    assert model.alpha == pytest.approx(4.4136, abs=5e-4)
    assert model.a == pytest.approx(0.7929, abs=5e-4)
    assert model.b == pytest.approx(2.4259, abs=2e-3)
    assert model.log_likelihood(weeks) == pytest.approx(-9582.43, abs=0.005)


def test_conditional_expectation_as_published() -> None:
    # Fader, Hardie & Lee (2005), spreadsheet note: x = 2, t_x = 30.43, T = 38.86, t = 39 weeks.
    model = PurchaseModel("bg", 0.243, 4.414, 0.793, 2.426)
    expected = model.expected_orders(history(2, 30.43, 38.86), 39)
    assert expected[0] == pytest.approx(1.226, abs=5e-4)


def test_the_unit_of_time_does_not_matter(weeks: PurchaseHistories) -> None:
    days = PurchaseHistories(weeks.repeats, weeks.last_repeat * 7, weeks.age * 7)
    by_week, by_day = fit(weeks), fit(days)
    assert by_day.alpha / 7 == pytest.approx(by_week.alpha, rel=1e-4)
    np.testing.assert_allclose(
        by_day.expected_orders(days, 273), by_week.expected_orders(weeks, 39), rtol=1e-4
    )


@pytest.mark.parametrize("variant", VARIANTS)
def test_gradient_is_the_slope_of_the_likelihood(variant: Variant) -> None:
    some = simulated(variant, Behaviour(), 50, seed=1)
    point, step = np.array([0.7, 35.0, 0.9, 2.2]), 1e-5
    _, gradient = _log_likelihood(point, some, variant)
    for place in range(4):
        moved = [point * np.where(np.arange(4) == place, 1 + by, 1.0) for by in (step, -step)]
        up, down = (_log_likelihood(each, some, variant)[0] for each in moved)
        slope = (up - down) / (2 * step * point[place])
        np.testing.assert_allclose(gradient[place], slope, rtol=1e-5, atol=1e-8)


@pytest.mark.parametrize("variant", VARIANTS)
def test_fit_recovers_what_was_simulated(variant: Variant) -> None:
    truth = Behaviour(r=0.8, alpha=40.0, a=0.8, b=2.5)
    some = simulated(variant, truth, 8000, seed=2)
    found = fit(some, variant)
    assert found.r == pytest.approx(truth.r, rel=0.08)
    assert found.alpha == pytest.approx(truth.alpha, rel=0.08)
    assert found.a == pytest.approx(truth.a, rel=0.15)
    assert found.b == pytest.approx(truth.b, rel=0.15)


def test_the_likelier_variant_is_the_one_that_was_simulated() -> None:
    for variant in VARIANTS:
        some = simulated(variant, Behaviour(), 1500, seed=4)
        likelihood = {each: fit(some, each).log_likelihood(some) for each in VARIANTS}
        assert max(likelihood, key=likelihood.__getitem__) == variant


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("seed", range(2))
def test_nothing_is_likelier_than_the_fit(variant: Variant, seed: int) -> None:
    truth = Behaviour(r=0.5, alpha=20.0, a=0.6, b=3.0)
    some = simulated(variant, truth, 500, seed)
    best = fit(some, variant).log_likelihood(some)
    assert best >= PurchaseModel(variant, 0.5, 20.0, 0.6, 3.0).log_likelihood(some)


@pytest.mark.parametrize("variant", VARIANTS)
def test_cells_give_the_fit_of_rows(variant: Variant, weeks: PurchaseHistories) -> None:
    few = PurchaseHistories(*(each[:400] for each in (weeks.repeats, weeks.last_repeat, weeks.age)))
    assert len(few.distinct()[1]) < 300
    assert few.distinct()[1].sum() == 400
    # A nudge of a nanoweek makes every history its own, so that each row is a cell.
    rows = PurchaseHistories(few.repeats, few.last_repeat, few.age + 1e-9 * np.arange(1, 401))
    assert len(rows.distinct()[1]) == 400
    by_cell, by_row = fit(few, variant), fit(rows, variant)
    assert by_row.log_likelihood(few) == pytest.approx(by_cell.log_likelihood(few), rel=1e-9)
    np.testing.assert_allclose(
        by_row.expected_orders(few, 39), by_cell.expected_orders(few, 39), rtol=1e-4
    )


def test_fit_ignores_the_order_of_customers(weeks: PurchaseHistories) -> None:
    shuffle = np.random.default_rng(3).permutation(len(weeks.age))
    mixed = PurchaseHistories(
        *(each[shuffle] for each in (weeks.repeats, weeks.last_repeat, weeks.age))
    )
    assert fit(mixed) == fit(weeks)


def test_fit_of_nobody_says_so() -> None:
    nobody = PurchaseHistories(np.empty(0), np.empty(0), np.empty(0))
    with pytest.raises(ValueError, match="no customers to fit"):
        fit(nobody)


ODD_POPULATIONS = {
    "one customer": history(3, 40, 90),
    "one customer without repeats": history(0, 0, 0.5),
    "nobody came back": PurchaseHistories(np.zeros(40), np.zeros(40), np.linspace(1, 400, 40)),
    "everybody alike": PurchaseHistories(np.full(30, 5.0), np.full(30, 80.0), np.full(30, 100.0)),
    "hundreds of repeats": PurchaseHistories(
        np.linspace(200, 900, 30), np.full(30, 999.0), np.full(30, 1000.0)
    ),
    "decades": PurchaseHistories(
        np.arange(30.0), np.where(np.arange(30) > 0, 9000.0, 0.0), np.full(30, 20_000.0)
    ),
    "gone after the second": PurchaseHistories(
        np.ones(30), np.full(30, 1.0), np.linspace(500, 900, 30)
    ),
}


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("name", ODD_POPULATIONS)
def test_odd_populations_are_fitted_and_answered(variant: Variant, name: str) -> None:
    population = ODD_POPULATIONS[name]
    model = fit(population, variant)
    assert all(0 < each < np.inf for each in (model.r, model.alpha, model.a, model.b))
    stays_inside_its_support(model, population)


ODD_MODELS = [
    (0.25, 30.0, 1.0, 2.5),  # a at the pole of the closed form, and beside it
    (0.25, 30.0, 1.0 + 1e-9, 2.5),
    (0.25, 30.0, 1.0 - 3e-6, 2.5),
    (0.25, 30.0, 0.4, 0.6),  # a + b = 1: the other pole, where nobody has come back
    (0.5, 0.76, 0.0096, 1000.0),  # hardly any churn
    (2.0, 5.0, 0.001, 1000.0),
    (0.05, 3.4, 135.0, 0.16),  # nearly everybody leaves at once
    (5.0, 2.0, 600.0, 600.0),  # all alike
    (1000.0, 30_000.0, 1.0, 3.0),
    (0.001, 0.1, 0.001, 0.001),
]


def stays_inside_its_support(model: PurchaseModel, some: PurchaseHistories) -> None:
    alive = model.p_alive(some)
    assert ((alive > 0) | (some.repeats > 0)).all()
    assert ((alive >= 0) & (alive <= 1)).all()
    before_p, before_n = np.zeros(len(alive)), np.zeros(len(alive))
    for horizon in HORIZONS:
        p_order, orders = model.p_order(some, horizon), model.expected_orders(some, horizon)
        assert np.isfinite(orders).all()
        assert ((p_order >= 0) & (p_order <= alive)).all()
        assert (orders >= p_order * (1 - 1e-12)).all()
        assert (p_order >= before_p).all()
        assert (orders >= before_n * (1 - 1e-6)).all()
        before_p, before_n = p_order, orders


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("parameters", ODD_MODELS)
def test_odd_models_answer_inside_their_support(
    variant: Variant, parameters: tuple[float, float, float, float]
) -> None:
    repeats = np.array([0.0, 0.0, 1.0, 1.0, 12.0, 12.0, 400.0, 900.0])
    last = np.array([0.0, 0.0, 1.0, 9000.0, 5.0, 1200.0, 1999.0, 2000.0])
    age = np.array([0.01, 9000.0, 9000.0, 9000.0, 9000.0, 1201.0, 2000.0, 2000.5])
    stays_inside_its_support(
        PurchaseModel(variant, *parameters), PurchaseHistories(repeats, last, age)
    )


@settings(max_examples=60, deadline=None)
@given(
    variant=st.sampled_from(VARIANTS),
    shapes=st.tuples(*[st.floats(-3.0, 5.0)] * 3),
    log_alpha=st.floats(-1.0, 8.0),
    repeats=st.integers(0, 300),
    age=st.floats(0.1, 5000.0),
    share=st.floats(0.0, 1.0),
)
def test_any_model_answers_any_history_inside_its_support(
    variant: Variant,
    shapes: tuple[float, float, float],
    log_alpha: float,
    repeats: int,
    age: float,
    share: float,
) -> None:
    r, a, b = np.exp(shapes)
    model = PurchaseModel(variant, r, float(np.exp(log_alpha)), a, b)
    stays_inside_its_support(model, history(repeats, share * age if repeats else 0.0, age))


def test_only_mbg_doubts_a_customer_who_bought_once() -> None:
    once = history(0, 0, 300)
    assert PurchaseModel("bg", 0.5, 20.0, 0.6, 3.0).p_alive(once)[0] == 1
    assert PurchaseModel("mbg", 0.5, 20.0, 0.6, 3.0).p_alive(once)[0] < 1


def test_a_silent_frequent_customer_is_thought_gone() -> None:
    model = PurchaseModel("bg", 0.25, 30.0, 0.8, 2.5)
    fresh, silent = history(20, 200, 201), history(20, 200, 900)
    assert model.p_alive(fresh)[0] > 0.9
    assert model.p_alive(silent)[0] < 1e-6
