"""Rows that a SELECT reads: a table, joined and filtered."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from sqlglot import exp

from features.compiled.code_block import Block, Value
from features.compiled.scalars import SCALARS
from features.compiled.syntax import column_name, refuse

CUSTOMER = "customer_id"


@dataclass(frozen=True)
class Rows:
    """A list of tuples in the Python variable `name`, which `lines` fill.

    `columns` are (table, column, kind of value) by place. The customer is no column: all rows
    are of the same one.
    """

    name: str
    columns: tuple[tuple[str | None, str, Value], ...]
    lines: list[str] = field(default_factory=list)

    def places(self) -> dict[str, tuple[int, Value]]:
        """Column -> its place and value, by name where that is enough, and with the table."""
        found = {}
        names = [column for _, column, _ in self.columns]
        for place, (table, column, value) in enumerate(self.columns):
            if names.count(column) == 1:
                found[column] = (place, value)
            if table:
                found[f"{table}.{column}"] = (place, value)
        return found

    def scope(self) -> dict[str, Value]:
        """What an expression may name inside a loop over `unpacked`."""
        return {
            name: replace(value, code=f"c{place}", fixed=False)
            for name, (place, value) in self.places().items()
        }

    def unpacked(self) -> str:
        """The target of a loop over the rows."""
        return f"({''.join(f'c{place}, ' for place in range(len(self.columns)))})"

    def star(self) -> dict[str, Value]:
        """All columns, as they are called inside the loop."""
        return {
            column: replace(value, code=f"c{place}", fixed=False)
            for place, (_, column, value) in enumerate(self.columns)
        }

    def place(self, node: exp.Expr) -> int:
        """Where in the tuples a plain column stands."""
        return self._found(node)[0]

    def column(self, node: exp.Expr) -> Value:
        """The kind of a plain column."""
        return self._found(node)[1]

    def _found(self, node: exp.Expr) -> tuple[int, Value]:
        if not isinstance(node, exp.Column):
            refuse(node, "only a plain column can stand here")
        return self.places().get(column_name(node)) or refuse(node, "there is no such column here")


def is_customer(node: exp.Expr) -> bool:
    """Whether this is the column of the customer's id."""
    return isinstance(node, exp.Column) and node.name == CUSTOMER


def source_of(select: exp.Select, name: str, tables: dict[str, Rows]) -> Rows:
    """The rows of FROM and its joins; a joined list is called `name`."""
    source = _table(select.args["from_"].this, tables)
    for number, join in enumerate(select.args.get("joins") or ()):
        source = _joined(source, join, f"{name}{number}", tables)
    return source


def filtered(source: Rows, select: exp.Select, fixed: Block) -> Rows:
    """The rows that WHERE lets through."""
    where = select.args.get("where")
    if not where:
        return source
    name = f"{source.name}_{fixed.new_name()}"
    block = fixed.within(source.scope(), SCALARS)
    condition = block.value(where.this).code
    lines = [
        *source.lines,
        f"{name} = []",
        f"for row in {source.name}:",
        f"    {source.unpacked()} = row",
        *(f"    {each}" for each in block.lines),
        f"    if {condition}: {name}.append(row)",
    ]
    return Rows(name, source.columns, lines)


def _table(node: exp.Expr, tables: dict[str, Rows]) -> Rows:
    if not isinstance(node, exp.Table) or node.name not in tables:
        refuse(node, "there is no such table")
    found = tables[node.name]
    columns = tuple((node.name, column, value) for _, column, value in found.columns)
    return Rows(found.name, columns)


def _joined(left: Rows, join: exp.Join, name: str, tables: dict[str, Rows]) -> Rows:
    """Rows side by side where their keys are equal; LEFT JOIN includes what finds no partner."""
    right, side = _table(join.this, tables), join.text("side")
    if side not in ("", "LEFT"):
        refuse(join, "only LEFT and inner joins are understood")
    pairs = _keys(left, right, join)
    ours = "".join(f"left[{ours}], " for ours, _ in pairs)
    theirs = "".join(f"row[{theirs}], " for _, theirs in pairs)
    none = f"(({'None, ' * len(right.columns)}),)" if side else "()"
    lines = [
        *left.lines,
        "index = {}",
        f"for row in {right.name}: index.setdefault(({theirs}), []).append(row)",
        f"{name} = [left + right for left in {left.name} for right in index.get(({ours}), {none})]",
    ]
    added = [
        (table, column, replace(value, nullable=value.nullable or bool(side)))
        for table, column, value in right.columns
    ]
    return Rows(name, (*left.columns, *added), lines)


def _keys(left: Rows, right: Rows, join: exp.Join) -> list[tuple[int, int]]:
    """Places of equal columns, the customer's aside, who must be among them."""
    on = join.args.get("on") or refuse(join, "it has no ON")
    pairs, same_customer = [], False
    for each in on.flatten() if isinstance(on, exp.And) else [on]:
        if not isinstance(each, exp.EQ):
            refuse(each, "a join compares columns by = only")
        if is_customer(each.this) and is_customer(each.expression):
            same_customer = True
            continue
        here, there = each.this, each.expression
        if left.column(here).nullable or right.column(there).nullable:
            refuse(each, "a join by a column that may be null")
        pairs.append((left.place(here), right.place(there)))
    return pairs if same_customer else refuse(join, "it would mix customers")
