from __future__ import annotations

import numpy as np
import pytest

from models.purchases.age_bands import AGE_BANDS, age_bands


def test_every_customer_is_in_the_band_of_his_days() -> None:
    ages = np.array([0.1, 6.9, 7.0, 29.9, 30.0, 89.9, 90.0, 4000.0])
    money = np.arange(8.0)
    found = age_bands(
        ages, p_order=money / 8, expected_revenue=money, ordered=money % 2, revenue=2 * money
    )
    assert [each.band for each in found] == [*AGE_BANDS]
    assert [each.customers for each in found] == [2, 2, 2, 2]
    assert [each.revenue_said for each in found] == [1.0, 5.0, 9.0, 13.0]
    assert [each.revenue_happened for each in found] == [2.0, 10.0, 18.0, 26.0]
    assert [each.orders_said for each in found] == [1 / 8, 5 / 8, 9 / 8, 13 / 8]
    assert [each.orders_happened for each in found] == [1.0, 1.0, 1.0, 1.0]


def test_what_might_as_well_have_happened_is_as_far_off_as_the_error_says() -> None:
    rng = np.random.default_rng(4)
    truth, ages = np.full(2000, 0.3), np.full(2000, 3.0)

    def happened() -> tuple[float, float]:
        ordered = (rng.random(2000) < truth).astype(float)
        band = age_bands(
            ages, p_order=truth, expected_revenue=truth, ordered=ordered, revenue=ordered
        )[0]
        return band.orders_happened, band.orders_sd

    totals, errors = np.array([happened() for _ in range(300)]).T
    assert errors.mean() == pytest.approx(totals.std(), rel=0.15)


def test_nobody_in_a_band_says_nothing() -> None:
    none = np.empty(0)
    found = age_bands(none, p_order=none, expected_revenue=none, ordered=none, revenue=none)
    assert {(each.customers, each.revenue_said, each.revenue_sd) for each in found} == {(0, 0, 0)}
