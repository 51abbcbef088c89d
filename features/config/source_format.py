"""How a source is written: encoding, separators, numbers, dates, words that mean nothing."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from features.config.sections import Section, Text

NULL_WORDS = (
    *("", "NULL", "null", "None", "none", "nan", "NaN", "NA", "N/A", "n/a", "#N/A", "<NA>"),
    *("\\N", "-"),
)
# What the engine knows of strptime.
DIRECTIVES = (
    "%a %A %b %B %c %d %f %g %G %H %I %j %m %M %n %p %S %u %U %V %w %W %x %X %y %Y %z %Z %%"
)
DIRECTIVE = re.compile(f"%-?[{DIRECTIVES.replace('%', '').replace(' ', '')}]|%%")
# Numbers of a date rather than its text: seconds, milliseconds or microseconds since 1970, days
# since 1899-12-30.
NUMBERED_DATES = ("epoch_s", "epoch_ms", "epoch_us", "excel")


def _listed(value: Any) -> Any:
    """One entry is as good as a list of one."""
    return [value] if isinstance(value, str) else value


def _encoding(name: str) -> str:
    try:
        "".encode(name)
    except (LookupError, UnicodeError):
        raise ValueError("must be an encoding such as cp1252 or utf-16") from None
    return name


Texts = Annotated[tuple[Text, ...], Field(strict=False), BeforeValidator(_listed)]
Words = Annotated[tuple[str, ...], Field(strict=False), BeforeValidator(_listed)]


class SourceFormat(Section):
    """How the files are written; what is not set is settled by the file or asked for.

    encoding      of text files; default: their byte order mark, else UTF-8
    delimiter     of CSV files, one character; default: what separates the names of the header
    skip_rows     lines (of a sheet: rows) above the header
    sheet         of a workbook, by name; default: the first
    decimal       what stands before the fraction of a number
    thousands     what groups the digits of a number; default: nothing
    date_format   strptime patterns, or one of NUMBERED_DATES; default: ISO 8601
    null_values   words that mean nothing, in every column
    """

    encoding: Annotated[Text, Field(), BeforeValidator(_encoding)] | None = None
    delimiter: Annotated[str, Field(min_length=1, max_length=1)] | None = None
    skip_rows: Annotated[int, Field(ge=0, le=10_000)] = 0
    sheet: Text | None = None
    decimal: Literal[".", ","] | None = None
    thousands: Literal["", ",", ".", " ", "'"] | None = None
    date_format: Texts = ()
    null_values: Words = NULL_WORDS

    @model_validator(mode="after")
    def _readable_numbers(self) -> SourceFormat:
        if self.thousands and self.thousands == (self.decimal or "."):
            raise ValueError("must have another sign for thousands than for decimal")
        if len(self.date_format) > 1 and set(self.date_format) & set(NUMBERED_DATES):
            raise ValueError(
                f"date_format must list patterns only, or be {NUMBERED_DATES[0]} alone"
            )
        for pattern in set(self.date_format) - set(NUMBERED_DATES):
            if "%" not in pattern:
                raise ValueError(
                    f"date_format must be a strptime pattern such as %d/%m/%Y, or one of "
                    f"{', '.join(NUMBERED_DATES)}, got {pattern!r}"
                )
            if "%" in DIRECTIVE.sub("", pattern):
                raise ValueError(
                    f"date_format must be a strptime pattern of {DIRECTIVES}, got {pattern!r}"
                )
        return self
