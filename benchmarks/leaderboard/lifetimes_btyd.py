"""A process that evaluates BG/NBD x Gamma-Gamma of `lifetimes`, in its own environment."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from benchmarks.leaderboard.model_process import Predicted, answer


def prepare(request: dict[str, Any]) -> list[Callable[[], Predicted]]:
    import lifetimes  # noqa: F401  what it takes to import is not what it takes to fit

    return [partial(_predict, each, request["horizon_days"]) for each in request["origins"]]


def _predict(origin: dict[str, Any], horizon_days: float) -> Predicted:
    import numpy as np
    from lifetimes import BetaGeoFitter, GammaGammaFitter

    names = ("repeats", "last_repeat", "age", "value")
    repeats, last_repeat, age, value = (np.array(origin[each], dtype=float) for each in names)
    purchases = BetaGeoFitter(penalizer_coef=0.0).fit(repeats, last_repeat, age)
    again = repeats > 0
    values = GammaGammaFitter(penalizer_coef=0.0).fit(repeats[again], value[again])
    days = purchases.conditional_expected_number_of_purchases_up_to_time(
        horizon_days, repeats, last_repeat, age
    )
    worth = values.conditional_expected_average_profit(repeats, np.nan_to_num(value))
    # It has no P(an order in a horizon). Who is alive cannot leave before the next purchase, so
    # that follows from its own parameters and its own P(alive).
    r, alpha = purchases.params_["r"], purchases.params_["alpha"]
    none_if_alive = ((alpha + age) / (alpha + age + horizon_days)) ** (r + repeats)
    alive = purchases.conditional_probability_alive(repeats, last_repeat, age)
    return np.asarray(alive * (1.0 - none_if_alive)), np.asarray(days * worth)


if __name__ == "__main__":
    answer(prepare)
