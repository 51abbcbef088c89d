"""One id, text or moment that stands alone, read as the columns of files are.

`features.ingest.columns` says the same in SQL; a test holds both equal.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

from features.ingest.columns.cast import EXACT
from features.ingest.columns.ids import ROUNDED, WITH_POINT
from features.zone_names import NAMED_OFFSETS, UTC_NAMES, places

SEPARATORS = "\u00a0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))
BLANKS = "\t\n\v\f\r " + SEPARATORS + "\u200b\u200c\u200d\u2060\ufeff"
MOMENT = re.compile(
    r"(?P<year>\d{4})(?P<sign>[-/\\ ])(?P<month>\d{1,2})(?P=sign)(?P<day>\d{1,2})"
    r"(?:(?:T| +)(?P<hour>\d{1,2}):(?P<minute>\d{1,2})"
    r"(?::(?P<second>\d{1,2})(?:\.(?P<fraction>\d*))?)?"
    r"(?: *(?P<offset>Z|[+-]\d\d(?::?[0-5]\d)?)| *(?P<zone>[A-Z][A-Za-z_/-]*))?)?",
    re.ASCII,
)
# Other forms of ISO 8601, which no column of a file is read as: 20240105T100000Z, 2024-W01-5.
OTHER_ISO = re.compile(r"\d{4}-\d\d-\d\d[T ]\d.*|\d{8}(T.*)?|\d{4}-?W\d\d.*", re.ASCII)
NUMBER_ROUNDED, WHOLE_WITH_POINT = (re.compile(each, re.ASCII) for each in (ROUNDED, WITH_POINT))
OFFSET_LIMIT = timedelta(hours=16)
NO_MINUTES = re.compile(r"[+-]\d\d:?[6-9]\d$", re.ASCII)
NUL = "\0"
NOT_EXACT = "must be an id as it was given; this one was rounded to a float: send it as a text"


def read_text(text: str) -> str:
    """A text such as a category, without the blanks around it, in Unicode's form C."""
    text = text.strip(BLANKS)
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def read_id(value: object) -> str:
    """An id as text, a whole number without a point; blank where there is none.

    Raises ValueError for what names nobody for sure: a number that is not whole or was rounded.
    """
    if isinstance(value, float):
        if not value.is_integer() or abs(value) >= EXACT:
            raise ValueError(
                NOT_EXACT if abs(value) >= EXACT else "must be a text or a whole number"
            )
        return str(int(value))
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, str):
        raise ValueError("must be a text or a whole number")
    text = read_text(value)
    if NUL in text:
        raise ValueError("must be an id without the character NUL")
    if NUMBER_ROUNDED.fullmatch(text):
        raise ValueError(NOT_EXACT)
    return text.partition(".")[0] if WHOLE_WITH_POINT.fullmatch(text) else text


def read_moment(text: str) -> datetime:
    """A date or timestamp, naive where it names neither offset nor zone.

    Raises ValueError for what is none.
    """
    text = text.strip(BLANKS)
    found = _read_moment(text)
    if isinstance(found.tzinfo, timezone):
        ahead = found.tzinfo.utcoffset(None)
        if ahead.seconds % 60 or abs(ahead) >= OFFSET_LIMIT or NO_MINUTES.search(text):
            raise ValueError(f"no offset of whole minutes within 16 hours: {text!r}")
    return found


def _read_moment(text: str) -> datetime:
    if text[4:5] == text[7:8] == "-" and text[10:11] in ("", "T", " "):
        usual = _iso(text)
        if usual is not None:
            return usual
    if found := MOMENT.fullmatch(text):
        return _of_parts(found.groupdict())
    if OTHER_ISO.fullmatch(text):
        return datetime.fromisoformat(text)
    raise ValueError(f"no date or timestamp: {text!r}")


def _iso(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _of_parts(parts: dict[str, str | None]) -> datetime:
    year, month, day, hour, minute, second = (
        int(parts[name] or 0) for name in ("year", "month", "day", "hour", "minute", "second")
    )
    microsecond = int((parts["fraction"] or "")[:6].ljust(6, "0"))
    midnight = hour == 24 and not (minute or second or microsecond)
    wall = datetime(year, month, day, 0 if midnight else hour, minute, second, microsecond)
    wall += timedelta(days=int(midnight))
    if parts["offset"]:
        return wall.replace(tzinfo=_of_offset(parts["offset"]))
    return _in_zone(wall, parts["zone"]) if parts["zone"] else wall


def _of_offset(offset: str) -> tzinfo:
    if offset == "Z":
        return UTC
    digits = offset[1:].replace(":", "").ljust(4, "0")
    size = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return timezone(-size if offset[0] == "-" else size)


def _in_zone(wall: datetime, name: str) -> datetime:
    """An hour that occurs twice is the second one; one that never was lies after the gap."""
    if name in UTC_NAMES:
        return wall.replace(tzinfo=UTC)
    if name in NAMED_OFFSETS:
        return wall.replace(tzinfo=_of_offset(NAMED_OFFSETS[name]))
    if name not in places():
        raise ValueError(f"no time zone: {name!r}")
    zone = ZoneInfo(name)
    later = wall.replace(tzinfo=zone, fold=1)
    was = later.astimezone(UTC).astimezone(zone).replace(tzinfo=None) == wall
    return later if was else wall.replace(tzinfo=zone)
