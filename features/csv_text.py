"""Lines of a CSV that a spreadsheet can open: no text in it is run, and none is lost.

A text that a spreadsheet could take for a formula, or that begins with an apostrophe, gets an
apostrophe in front; who reads the file takes one away. A text with a semicolon is quoted, too: in
some countries it would begin a new cell.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

MARK = "'"
# What begins a formula, full-width forms among them; blanks and what is not to be seen before it
# are passed over by some programs.
RISKY = re.compile(
    r"[\t\r\n]|[\s\x00-\x1f\x7f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]*[=+\-@\uff1d\uff0b\uff0d\uff20']"
)
QUOTED = re.compile(r'[",;|\x00-\x1f\x85\u2028\u2029]')


def protect(text: str) -> str:
    """The text, with an apostrophe in front where it could be run; `restore` undoes it."""
    return MARK + text if RISKY.match(text) else text


def restore(text: str) -> str:
    """What `protect` was given."""
    return text.removeprefix(MARK)


def csv_line(values: Sequence[object]) -> str:
    """One line: texts protected, numbers as Python writes them, nothing for None."""
    return ",".join(map(_cell, values)) + "\n"


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, int | float):
        return repr(value)
    text = protect(str(value))
    if not QUOTED.search(text):
        return text
    return '"' + text.replace('"', '""') + '"'
