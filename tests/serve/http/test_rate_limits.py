"""A key's rate."""

from __future__ import annotations

import pytest

from serve.errors import ServeError
from serve.http.rate_limits import RateLimits


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def sent(rates: RateLimits, caller: str, times: int) -> int:
    """How many of so many requests are let in."""
    done = 0
    for _ in range(times):
        try:
            rates.count(caller)
        except ServeError:
            continue
        done += 1
    return done


def test_a_key_sends_its_rate_and_no_more() -> None:
    clock = Clock()
    rates = RateLimits(5, clock)
    assert sent(rates, "crm", 9) == 5
    clock.now += 0.4
    assert sent(rates, "crm", 9) == 2
    clock.now += 60
    assert sent(rates, "crm", 9) == 5, "what was not used is not saved up"


def test_one_key_does_not_use_up_what_another_may_send() -> None:
    rates = RateLimits(5, Clock())
    sent(rates, "crm", 9)
    assert sent(rates, "shop", 9) == 5


def test_a_refusal_has_retry_after() -> None:
    rates = RateLimits(1, Clock())
    rates.count("crm")
    with pytest.raises(ServeError, match="may send 1 a second") as found:
        rates.count("crm")
    assert (found.value.status, found.value.headers["retry-after"]) == (429, "1")


def test_zero_is_no_limit() -> None:
    assert sent(RateLimits(0), "crm", 1_000) == 1_000
