"""Money and other numbers, as people write them: separators, signs, currencies."""

from __future__ import annotations

import re

from features.config.source_format import SourceFormat
from features.errors import DataError
from features.ingest.columns.cast import (
    EXACT,
    FLOATS,
    WHOLE,
    Cast,
    is_blank,
    is_text,
    literal,
    quote,
    written,
)

NUMBER = "a number such as 12.50"
# Beyond it a number is a placeholder or an id: not every whole one is a float.
LARGEST = EXACT
SIGNS = {
    "USD": ("$", "US$"), "CAD": ("$", "CA$", "C$"), "AUD": ("$", "AU$", "A$"),
    "NZD": ("$", "NZ$"), "SGD": ("$", "S$"), "HKD": ("$", "HK$"), "MXN": ("$", "MX$"),
    "ARS": ("$",), "CLP": ("$",), "COP": ("$",), "TWD": ("$", "NT$"), "BRL": ("R$",),
    "EUR": ("€",), "GBP": ("£",), "EGP": ("£", "E£"), "JPY": ("¥", "￥", "円"),
    "CNY": ("¥", "￥", "元"), "KRW": ("₩", "원"), "INR": ("₹", "Rs.", "Rs"), "PKR": ("Rs.", "Rs"),
    "RUB": ("₽", "\u0440\u0443\u0431.", "\u0440\u0443\u0431"), "UAH": ("₴",),
    "TRY": ("₺", "TL"), "ILS": ("₪",),
    "PLN": ("zł",), "CZK": ("Kč",), "HUF": ("Ft",), "RON": ("lei",), "CHF": ("Fr.", "SFr."),
    "SEK": ("kr", "kr."), "NOK": ("kr", "kr."), "DKK": ("kr", "kr."), "ISK": ("kr", "kr."),
    "NGN": ("₦",), "VND": ("₫", "đ"), "THB": ("฿",), "PHP": ("₱",), "IDR": ("Rp", "Rp."),
    "MYR": ("RM",), "ZAR": ("R",), "KES": ("KSh",), "AED": ("د.إ",), "KZT": ("₸",),
}  # fmt: skip
# A minus sign, a dash, and those of full width; an apostrophe as it is set.
MINUS = "\u2212\u2013\ufe63\uff0d"
APOSTROPHES = "\u2019"
NARROW_BLANKS = "\u00a0\u2007\u2009\u202f"
# 1.234: a thousand and more, or one and a bit?
EITHER = r"\D*[1-9]\d{0,2}[.,]\d{3}\D*"
FRACTION = r"\D*(\d+[.,](\d{1,2}|\d{4,})|0[.,]\d+|\d{4,}[.,]\d+)\D*"


def money_cast(column: str, kind: str, form: SourceFormat, currency: str | None = None) -> Cast:
    """A finite number; of a text also its separators, its sign and, of `currency`, its sign.

    Raises DataError for a type that is neither number nor text.
    """
    text = written(column, kind)
    if kind in WHOLE or kind in FLOATS or kind.startswith("DECIMAL"):
        value = f"CAST({quote(column)} AS DOUBLE)"
        if kind in FLOATS:
            value = f"CASE WHEN NOT isnan({value}) THEN {value} END"
    elif is_text(kind):
        value = _number(text, form, currency)
    else:
        raise DataError(f"column {column} is {kind}, expected {NUMBER}")
    return Cast(
        source=column,
        columns={"": value},
        blank=is_blank(column, kind, text),
        misfit=f"COALESCE(NOT abs({value}) <= {LARGEST}, true)",
        expected=NUMBER,
    )


def undecided(column: str, kind: str) -> dict[str, str]:
    """SQL conditions that tell whether a text's separator is settled, where no key says so.

    either    of a value that could be thousands or a fraction
    fraction  of a value that can only be a fraction
    """
    text = written(column, kind)
    return {
        "either": f"regexp_full_match({text}, {literal(EITHER)})",
        "fraction": f"regexp_full_match({text}, {literal(FRACTION)})",
    }


def _number(text: str, form: SourceFormat, currency: str | None) -> str:
    """SQL of a text's number, null where it is none."""
    decimal, thousands = form.decimal or ".", form.thousands or ""
    plain = f"replace({text}, ',', '.')" if decimal == "," else text
    simple = rf"[-+]?(\d+(\{decimal}\d*)?|\{decimal}\d+)"
    scientific = rf"[-+]?(\d+(\{decimal}\d*)?|\{decimal}\d+)[eE][-+]?\d+"
    signs = "|".join(map(re.escape, sorted(_signs(currency), key=len, reverse=True)))
    sign = f"(?i:{signs})?" if signs else ""
    group = rf"[{re.escape(thousands)}]" if thousands else ""
    # subtle: in India the groups have two digits, but for the last
    digits = rf"(\d{{1,3}}({group}\d{{2,3}})*{group}\d{{3}}|\d+)" if group else r"\d+"
    number = rf"({digits}(\{decimal}\d*)?|\{decimal}\d+)"
    forms = (
        rf"([-+]?\s*{sign}|{sign}\s*[-+]?)\s*{number}\s*{sign}",
        rf"{sign}\s*{number}\s*{sign}\s*-\s*{sign}",
        rf"{sign}\s*\(\s*{sign}\s*{number}\s*{sign}\s*\)\s*{sign}",
    )
    odd, usual = MINUS + APOSTROPHES + NARROW_BLANKS, "-" * len(MINUS) + "'" + " " * 4
    ascii_text = f"translate({text}, {literal(odd)}, {literal(usual)})"
    bare = ascii_text
    if signs:
        bare = f"regexp_replace({ascii_text}, {literal(f'(?i:{signs})')}, '', 'g')"
    kept = f"regexp_replace({bare}, {literal(f'[^0-9{re.escape(decimal)}]')}, '', 'g')"
    if decimal == ",":
        kept = f"replace({kept}, ',', '.')"
    negative = f"contains({bare}, '-') OR contains({bare}, '(')"
    return (
        f"CASE WHEN regexp_full_match({text}, {literal(simple)}) "
        f"OR regexp_full_match({text}, {literal(scientific)}) THEN TRY_CAST({plain} AS DOUBLE) "
        f"WHEN regexp_full_match({ascii_text}, {literal('|'.join(forms))}) "
        f"THEN CASE WHEN {negative} THEN -TRY_CAST({kept} AS DOUBLE) "
        f"ELSE TRY_CAST({kept} AS DOUBLE) END END"
    )


def _signs(currency: str | None) -> tuple[str, ...]:
    return (currency, *SIGNS.get(currency, ())) if currency else ()
