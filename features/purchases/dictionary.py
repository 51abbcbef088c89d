"""The data dictionary, written from the expressions themselves."""

from __future__ import annotations

import sys

from features.purchases.expression import Expression
from features.purchases.statement import compose
from features.purchases.table import FAMILIES, expressions
from features.schema import OPTIONAL

HEAD = """# The feature table

One row per customer with at least one purchase before `as_of`; rows at or after `as_of` are not
seen. Written by `python -m features dictionary` from the expressions in `features/`: change
those, not this file.

An **order** is all lines of one customer with one order id, dated by its first line. Its sum
makes it a purchase (positive), a refund (negative), or neither. Days are 24 hours where they
measure time; *active* days are calendar days of the log's time zone. Windows are
`[as_of - days, as_of)`. Money is in the log's currency. Every number is a double; null means
unknown.
"""


def render() -> str:
    """The dictionary as Markdown: a table per family, then the statement as it is run."""
    parts = [HEAD]
    for family, members in FAMILIES.items():
        title = (sys.modules[f"features.purchases.families.{family}"].__doc__ or "").strip()
        rows = "\n".join(_row(each) for each in members)
        parts.append(
            f"## {family}\n\n{title}\n\n| feature | unit | meaning |\n|---|---|---|\n{rows}\n"
        )
    statement = compose(expressions(OPTIONAL), OPTIONAL)
    parts.append(
        "## The statement\n\nWith both optional columns; `:as_of` in UTC microseconds, `lines` as "
        "`features.ingest.canonical.canonical_lines` returns them.\n\n"
        f"```sql\n{statement}\n```\n"
    )
    return "\n".join(parts)


def _row(feature: Expression) -> str:
    meaning = feature.meaning
    if feature.needs:
        meaning += f" (only where the log has a {feature.needs})"
    return f"| `{feature.name}` | {feature.unit} | {meaning} |"
