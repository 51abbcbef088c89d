"""Seeded transactions of customers who behave exactly as the probability model, with the truth."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from features.timestamps import DAY_US

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Behaviour:
    """A population: BG/NBD purchases (time in days) and Gamma-Gamma values, independent.

    A customer buys at rate lambda ~ Gamma(r, rate alpha) and after each repeat purchase is gone
    with probability ~ Beta(a, b); the value of an order is Gamma(p, rate nu) with
    nu ~ Gamma(q, rate v). Fader, Hardie & Lee 2005; Fader & Hardie 2013.
    """

    r: float = 0.8
    alpha: float = 40.0
    a: float = 0.8
    b: float = 2.5
    p: float = 6.25
    q: float = 3.74
    v: float = 15.44


class Simulation(NamedTuple):
    """A log, up to the end of the horizon, and the truth about its customers at `as_of`."""

    transactions: pd.DataFrame
    truth: pd.DataFrame


def simulate(
    *,
    customers: int,
    seed: int,
    as_of: datetime,
    horizon_days: int,
    start: datetime | None = None,
    behaviour: Behaviour | None = None,
) -> Simulation:
    """Simulate customers whose first orders are spread evenly over [start, as_of).

    `start` is a year before `as_of` unless given. Returns

        transactions   customer_id, order_id, timestamp (UTC), amount; in [start, as_of + horizon)
        truth          index customer_id; rate_daily, dropout, alive, mean_value, p_order,
                       expected_orders, expected_revenue: see `truth_of`
    """
    rng = np.random.default_rng(seed)
    population = behaviour or Behaviour()
    begin = start or as_of - timedelta(days=365)
    known = (as_of - begin) / timedelta(days=1)
    rate = rng.gamma(population.r, 1 / population.alpha, customers)
    dropout = rng.beta(population.a, population.b, customers)
    value_rate = rng.gamma(population.q, 1 / population.v, customers)
    first = rng.uniform(0, known, customers)
    repeats = buy(rate, dropout, begin=first, until=known + horizon_days, rng=rng)
    who = np.concatenate([np.arange(customers), repeats.who])
    days = np.concatenate([first, repeats.days])
    amount = rng.gamma(population.p, 1 / value_rate[who])
    alive = repeats.gone_at >= known
    ids = np.array([f"c{number:06d}" for number in range(customers)])
    truth = truth_of(rate, dropout, alive, population.p / value_rate, horizon=horizon_days)
    truth.index = pd.Index(ids, name="customer_id", dtype="str")
    return Simulation(_transactions(ids[who], days, amount, begin), truth)


class Purchases(NamedTuple):
    """Purchases: who (row of the customer), days (since day 0), and when each one is gone."""

    who: npt.NDArray[np.int64]
    days: Floats
    gone_at: Floats


def buy(
    rate: Floats, dropout: Floats, *, begin: Floats, until: float, rng: np.random.Generator
) -> Purchases:
    """Purchases in (begin, until) of customers alive at `begin`; who stays is gone at infinity."""
    clock, gone_at = begin.copy(), np.full(len(rate), np.inf)
    active = np.arange(len(rate))
    who, days = [active[:0]], [clock[:0]]
    while len(active):
        clock[active] += rng.exponential(1 / rate[active])
        active = active[clock[active] < until]
        who.append(active)
        days.append(clock[active])
        leaves = rng.random(len(active)) < dropout[active]
        gone_at[active[leaves]] = clock[active[leaves]]
        active = active[~leaves]
    return Purchases(np.concatenate(who), np.concatenate(days), gone_at)


def truth_of(
    rate: Floats,
    dropout: Floats,
    alive: npt.NDArray[np.bool_],
    mean_value: Floats,
    *,
    horizon: float,
) -> pd.DataFrame:
    """What the horizon (days) holds for customers whose latent traits are known.

    Whoever is alive buys again after an exponential time, and each purchase ends the life
    with probability p, so that purchases are thinned at the rate lambda p:

        p_order           = 1 - exp(-lambda H)
        expected_orders   = integral of lambda exp(-lambda p t) over [0, H)
                          = (1 - exp(-lambda p H)) / p
        expected_revenue  = expected_orders * mean_value

    and all are 0 for who is gone.
    """
    orders = -np.expm1(-rate * dropout * horizon) / dropout
    return pd.DataFrame(
        {
            "rate_daily": rate,
            "dropout": dropout,
            "alive": alive,
            "mean_value": mean_value,
            "p_order": np.where(alive, -np.expm1(-rate * horizon), 0.0),
            "expected_orders": np.where(alive, orders, 0.0),
            "expected_revenue": np.where(alive, orders * mean_value, 0.0),
        }
    )


def _transactions(
    ids: npt.NDArray[np.str_], days: Floats, amount: Floats, begin: datetime
) -> pd.DataFrame:
    by_time = np.argsort(days, kind="stable")
    offsets = pd.to_timedelta((days[by_time] * DAY_US).astype(np.int64), unit="us")
    frame = pd.DataFrame(
        {
            "customer_id": ids[by_time],
            "order_id": [f"o{number:08d}" for number in range(len(days))],
            "timestamp": pd.Timestamp(begin).tz_convert("UTC") + offsets,
            "amount": amount[by_time],
        }
    )
    return frame.astype({"customer_id": "str", "order_id": "str"})
