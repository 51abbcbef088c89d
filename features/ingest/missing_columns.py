"""Columns that a source lacks, and what the one who named them may have meant."""

from __future__ import annotations

import re
from collections.abc import Sequence


def hint(missing: Sequence[str], names: Sequence[str], lacks_all: bool) -> str:
    """What could be set, as the end of a sentence; "" where nothing is known to help.

    lacks_all   whether not one of the configured columns is there
    """
    close = [(own, each) for each in missing for own in names if _bare(own) == _bare(each)]
    if close:
        return "; did you mean " + " and ".join(repr(own) for own, _ in close)
    if not lacks_all:
        return ""
    if len(names) == 1 and all(_bare(each) in _bare(names[0]) for each in missing):
        return "; set data.delimiter to what separates them"
    return (
        "; where lines stand above the header, set data.skip_rows to how many; where another sheet "
        "is meant, data.sheet"
    )


def _bare(name: str) -> str:
    """A name without what people change about names."""
    return re.sub(r"[\W_]", "", name).casefold()
