"""Numbers as people write them, in the currency of the log."""

from __future__ import annotations

import string
from collections.abc import Callable
from math import floor, isfinite, log10
from typing import Any

SYMBOLS = {
    "AUD": "A$",
    "BRL": "R$",
    "CAD": "C$",
    "CNY": "CN¥",
    "EUR": "€",
    "GBP": "£",
    "ILS": "₪",
    "INR": "₹",
    "JPY": "¥",
    "KRW": "₩",
    "NZD": "NZ$",
    "PLN": "zł ",
    "USD": "$",
    "VND": "₫",
}
LARGE = ((1e9, "bn", 1e9), (1e6, "m", 1e6), (1e5, "k", 1e3))
UNKNOWN, MINUS = "unknown", "\u2212"


class Words(string.Formatter):
    """Fills sentences with numbers: `fill("{worth:money} of {people:count}", worth=..., ...)`.

    The format of a field is its kind, one of `kinds`; what is null or not finite is "unknown".
    """

    def __init__(self, currency: str) -> None:
        self.currency = currency
        self.symbol = SYMBOLS.get(currency, f"{currency} ")
        self.kinds: dict[str, Callable[[Any], str]] = {
            "text": str,
            "count": lambda value: f"{value:,.0f}",
            "money": self.money,
            "exact": self.exact,
            "percent": percent,
            "number": lambda value: f"{value:,.2f}",
            "points": lambda value: f"{100.0 * value:,.0f} points of a hundred",
            "customers": lambda value: _counted(value, "customer"),
            "days": lambda value: _counted(value, "day"),
            "date": lambda value: str(value)[:10],
        }

    def format_field(self, value: Any, format_spec: str) -> str:
        """One number as its kind says."""
        if value is None or (isinstance(value, float) and not isfinite(value)):
            return UNKNOWN
        return self.kinds[format_spec or "text"](value)

    def fill(self, sentence: str, **numbers: Any) -> str:
        """The sentence with its numbers."""
        return self.vformat(sentence, (), numbers)

    def money(self, value: float) -> str:
        """Money at a glance, three digits of what is large: £1.26m, £911k, £48,310, £4.20."""
        size = _three_digits(abs(value))
        for least, name, unit in LARGE:
            if size >= least:
                digits = max(0, 2 - floor(log10(size / unit)))
                return self._signed(value, f"{size / unit:.{digits}f}{name}")
        return self.exact(value)

    def exact(self, value: float) -> str:
        """Money to the whole unit, below a hundred to its hundredth."""
        size = abs(value)
        if size < 0.005:
            return f"{self.symbol}0"
        return self._signed(value, f"{size:,.0f}" if size >= 99.995 else f"{size:.2f}")

    def _signed(self, value: float, size: str) -> str:
        return f"{MINUS if value < 0 else ''}{self.symbol}{size}"


def percent(share: float) -> str:
    """A share in whole percents; nothing and everything only where it is so."""
    if 0.0 < share < 0.01:
        return "under 1\u00a0%"
    if 0.99 < share < 1.0:
        return "over 99\u00a0%"
    return f"{share:.0%}".replace("%", "\u00a0%").replace("-", MINUS)


def _counted(number: float, noun: str) -> str:
    return f"{number:,.0f} {noun}{'' if round(number) == 1 else 's'}"


def _three_digits(size: float) -> float:
    if size <= 0.0:
        return 0.0
    return float(round(size, 2 - floor(log10(size))))
