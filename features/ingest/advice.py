"""Values that do not fit, and which key of the configuration could make them fit."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime

DATES = (
    "%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%d-%m-%Y", "%m-%d-%Y", "%Y/%m/%d", "%Y%m%d", "%d/%m/%y",
    "%m/%d/%y", "%d.%m.%y", "%d %b %Y", "%b %d, %Y", "%d-%b-%Y", "%B %d, %Y", "%d %B %Y",
    "%d-%b-%y", "%Y.%m.%d", "%Y-%m-%d",
)  # fmt: skip
TIMES = (
    "",
    " %H:%M",
    " %H:%M:%S",
    " %I:%M %p",
    " %I:%M:%S %p",
    ", %H:%M",
    "T%H:%M:%S",
    " %H:%M:%S.%f",
)
ZONES = ("", " %z", "%z")
PATTERNS = tuple(f"{date}{time}" for date in DATES for time in TIMES)
OFFSETS = tuple(f"%Y-%m-%d{time}{zone}" for time in TIMES[1:] for zone in ZONES[1:])
ABBREVIATION = re.compile(r"\d:\d.*?(?!AM|PM|UTC|GMT)\b([A-Z]{3,5})\b")
GROUPED_POINT = re.compile(r"\D*\d{1,3}(,\d{2,3})*,\d{3}(\.\d+)?\D*")
GROUPED_COMMA = re.compile(r"\D*\d{1,3}(\.\d{3})+(,\d+)?\D*")
COMMA = re.compile(r"\D*\d+,\d+\D*")
# The same, or without groups: small numbers have none.
MAYBE_COMMA = re.compile(r"\D*(\d{1,3}(\.\d{3})+|\d+)(,\d+)?\D*")
MAYBE_BLANK = re.compile(r"\D*(\d{1,3}([ \u00a0\u202f]\d{3})+|\d+)([.,]\d+)?\D*")
MAYBE_APOSTROPHE = re.compile(r"\D*(\d{1,3}(['\u2019]\d{3})+|\d+)(\.\d+)?\D*")
GROUPED_BLANK = re.compile(r"\D*\d{1,3}([ \u00a0\u202f]\d{3})+([.,]\d+)?\D*")
GROUPED_APOSTROPHE = re.compile(r"\D*\d{1,3}(['\u2019]\d{3})+(\.\d+)?\D*")


def about_dates(samples: Sequence[str], known: Sequence[str] = ()) -> str:
    """What to set so that these texts are dates.

    known   what data.date_format is
    """
    if found := next((match for each in samples if (match := ABBREVIATION.search(each))), None):
        return f"{found[1]} may mean several offsets: export moments with an offset such as +01:00"
    fitting = date_patterns(samples)
    patterns = [each for each in known if "%" in each]
    if patterns and (several := [each for each in fitting if each in patterns])[1:]:
        return f"{' and '.join(several)} read it differently: leave one of them in data.date_format"
    if patterns and fitting:
        return f'add "{fitting[0]}" to data.date_format'
    if len(fitting) > 1:
        shown = " or ".join(f'"{each}"' for each in fitting[:4])
        return f"they could be {shown}: set data.date_format to the one that they are"
    if fitting:
        return f'set data.date_format = "{fitting[0]}"'
    if all(re.fullmatch(r"\d{10}(\.\d+)?", each) for each in samples):
        return 'set data.date_format = "epoch_s" where they are seconds since 1970'
    if all(re.fullmatch(r"\d{13}", each) for each in samples):
        return 'set data.date_format = "epoch_ms" where they are milliseconds since 1970'
    if all(re.fullmatch(r"\d{16}", each) for each in samples):
        return 'set data.date_format = "epoch_us" where they are microseconds since 1970'
    if all(re.fullmatch(r"[2-6]\d{4}(\.\d+)?", each) for each in samples):
        return 'set data.date_format = "excel" where they are the days of a spreadsheet'
    return (
        "set data.date_format where they are dates of another form, or correct or remove them; "
        "words that mean nothing belong into data.null_values"
    )


def date_patterns(samples: Sequence[str]) -> list[str]:
    """The patterns that read every sample; several where its days and months could be either."""
    return [
        pattern
        for pattern in (*PATTERNS, *OFFSETS)
        if samples and all(_reads(each, pattern) for each in samples)
    ]


def about_numbers(samples: Sequence[str], currency: str) -> str:
    """What to set so that these texts are numbers, "" where nothing is known to help."""
    if samples and not any(re.search(r"\d", each) for each in samples):
        return (
            "correct or remove them; words that mean nothing belong into data.null_values, and "
            'data.missing = "drop" passes over their rows'
        )

    def all_match(pattern: re.Pattern[str]) -> bool:
        return all(pattern.fullmatch(each) for each in samples)

    def any_match(pattern: re.Pattern[str]) -> bool:
        return any(pattern.fullmatch(each) for each in samples)

    if all_match(GROUPED_POINT) and any("." in each or each.count(",") > 1 for each in samples):
        return 'set data.thousands = ","'
    is_grouped = all_match(MAYBE_COMMA) and any_match(GROUPED_COMMA)
    if is_grouped and any("," in each or each.count(".") > 1 for each in samples):
        return 'set data.decimal = "," and data.thousands = "."'
    if all_match(GROUPED_POINT):
        return (
            'they could be thousands, then set data.thousands = ",", or fractions, then set '
            'data.decimal = ","'
        )
    if all_match(COMMA):
        return 'set data.decimal = ","'
    if all_match(MAYBE_COMMA) and any_match(GROUPED_COMMA):
        return 'set data.decimal = "," and data.thousands = "."'
    if all_match(MAYBE_APOSTROPHE) and any_match(GROUPED_APOSTROPHE):
        return 'set data.thousands = "\'"'
    if all_match(MAYBE_BLANK) and any_match(GROUPED_BLANK):
        comma = any("," in each for each in samples)
        return 'set data.thousands = " "' + (' and data.decimal = ","' if comma else "")
    if any(re.search(r"[^\d\s.,'()+\u2019\u2212-]", each) for each in samples):
        return (
            f"a sign of a currency must be that of data.currency, {currency}; where currencies "
            "are mixed, name columns.currency"
        )
    return ""


def _reads(text: str, pattern: str) -> bool:
    try:
        read = datetime.strptime(text, pattern)
    except ValueError:
        return False
    # subtle: %Y reads 24 as the year 24
    return 1901 <= read.year <= 2099
