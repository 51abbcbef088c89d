"""The SQL that can be compiled, as one table; everything else is refused."""

from __future__ import annotations

from typing import NoReturn

from sqlglot import exp

PAIR = ("this", "expression")

# Node of the syntax tree -> the parts of it that are understood. A part that is not named here
# (DISTINCT, FILTER, USING, a frame, an offset of LAG ...) is refused, as is a node that is not.
UNDERSTOOD: dict[type[exp.Expr], tuple[str, ...]] = {
    # values
    exp.Column: ("this", "table"),
    exp.Literal: ("this", "is_string"),
    exp.Placeholder: ("this",),
    exp.Paren: ("this",),
    exp.Case: ("ifs", "default"),
    exp.If: ("this", "true"),
    exp.Cast: ("this", "to"),
    exp.Floor: ("this",),
    exp.Neg: ("this",),
    exp.Add: PAIR,
    exp.Sub: PAIR,
    exp.Mul: PAIR,
    exp.Div: PAIR,
    exp.Mod: PAIR,
    # conditions
    exp.EQ: PAIR,
    exp.NEQ: PAIR,
    exp.LT: PAIR,
    exp.LTE: PAIR,
    exp.GT: PAIR,
    exp.GTE: PAIR,
    exp.And: PAIR,
    exp.Or: PAIR,
    exp.Not: ("this",),
    exp.Is: PAIR,
    # aggregates, and window functions
    exp.Count: ("this", "big_int"),
    exp.Sum: ("this",),
    exp.Avg: ("this",),
    exp.Min: ("this",),
    exp.Max: ("this",),
    exp.StddevSamp: ("this",),
    exp.Window: ("this", "partition_by", "order", "over"),
    exp.Lag: ("this",),
    exp.Lead: ("this",),
    exp.FirstValue: ("this",),
    # queries
    exp.Select: ("expressions", "from_", "joins", "where", "group", "having", "order", "with_"),
    exp.With: ("expressions",),
    exp.CTE: ("this", "alias"),
    exp.From: ("this",),
    exp.Join: ("this", "on", "side"),
    exp.Where: ("this",),
    exp.Group: ("expressions",),
    exp.Having: ("this",),
    exp.Order: ("expressions",),
    exp.Ordered: ("this", "desc"),
    exp.Alias: ("this", "alias"),
    # names, and what stands in fixed places of the above
    exp.Identifier: ("this",),
    exp.Table: ("this",),
    exp.TableAlias: ("this",),
    exp.DataType: ("this",),
    exp.Star: (),
    exp.Null: (),
}


def require_understood(tree: exp.Expr) -> None:
    """Raises NotImplementedError for the first part of a statement that is not in the table."""
    for node in tree.walk():
        parts = UNDERSTOOD.get(type(node))
        if parts is None:
            refuse(node, f"{type(node).__name__} is not understood")
        for name, part in node.args.items():
            if part and name not in parts:
                refuse(node, f"{name.rstrip('_')} of {type(node).__name__} is not understood")


def column_name(node: exp.Expr) -> str:
    """A column as it is written, with its table or without."""
    return f"{node.text('table')}.{node.name}" if node.text("table") else node.name


def refuse(node: exp.Expr, why: str) -> NoReturn:
    """Raises NotImplementedError: this SQL has no translation."""
    raise NotImplementedError(
        f"features: `{node.sql()}` cannot be compiled: {why}; "
        "write it with what features/compiled/syntax.py lists, "
        "or extend features/compiled/scalars.py"
    )
