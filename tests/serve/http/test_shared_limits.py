"""An amount that keys share."""

from __future__ import annotations

import pytest

from serve.errors import ServeError
from serve.http.shared_limits import SharedLimit


def slots(limit: int) -> SharedLimit:
    return SharedLimit(limit, full="too many at once", unit="requests in flight")


def taken(shared: SharedLimit, key: str) -> int:
    """How many a key gets, one by one."""
    for number in range(shared.limit + 1):
        try:
            shared.take(key)
        except ServeError:
            return number
    raise AssertionError


def test_a_key_leaves_as_much_as_it_takes() -> None:
    shared = slots(12)
    assert [taken(shared, key) for key in ("crm", "shop", "web")] == [6, 3, 2]
    assert shared.used == 11


def test_who_shares_with_nobody_gets_all() -> None:
    assert taken(slots(12), "") == 12


@pytest.mark.parametrize("limit", [1, 2, 3])
def test_of_little_the_first_gets_something(limit: int) -> None:
    assert taken(slots(limit), "crm") == (limit + 1) // 2


def test_a_refusal_says_whose_limit_it_was_and_takes_nothing() -> None:
    shared = slots(4)
    taken(shared, "crm")
    with pytest.raises(ServeError, match="this key has 2 requests in flight, and the rest is"):
        shared.take("crm")
    with pytest.raises(ServeError, match="too many at once") as found:
        shared.take("shop", 3)
    assert found.value.status == 429
    assert shared.used == 2


def test_what_is_given_back_may_be_taken_again() -> None:
    shared = slots(4)
    for _ in range(100):
        shared.take("crm", 2)
        shared.take("", 1)
        shared.give_back("crm", 2)
        shared.give_back("")
    assert shared.used == 0
