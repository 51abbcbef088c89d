"""Names of time zones that the text of a moment may end with, in files and in requests alike."""

from __future__ import annotations

import re
from functools import lru_cache
from zoneinfo import available_timezones

# The names of RFC 2822, as offsets: others mean several, and an engine has summer time in PST.
NAMED_OFFSETS = {
    "EST": "-0500", "EDT": "-0400", "CST": "-0600", "CDT": "-0500",
    "MST": "-0700", "MDT": "-0600", "PST": "-0800", "PDT": "-0700",
}  # fmt: skip
UTC_NAMES = ("UTC", "GMT")
# subtle: Etc/GMT+5 lies five hours behind, so that one cannot tell what is meant
PLACE = re.compile(r"[A-Z][A-Za-z_]+(/[A-Z][A-Za-z_-]+)+", re.ASCII)


@lru_cache(maxsize=1)
def places() -> frozenset[str]:
    """The zones that are called after a place, such as Europe/Berlin, as they are written."""
    return frozenset(each for each in available_timezones() if PLACE.fullmatch(each))


@lru_cache(maxsize=1)
def places_pattern() -> str:
    """The same as a regular expression."""
    return "|".join(re.escape(each) for each in sorted(places()))
