"""One SELECT of the statement in Python, over lists of tuples that are all of one customer."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import partial

from sqlglot import exp

from features.compiled.aggregates import AGGREGATES, Totals
from features.compiled.code_block import Block, Translators, Value
from features.compiled.rows import Rows, filtered, is_customer, source_of
from features.compiled.scalars import SCALARS
from features.compiled.syntax import refuse


def compile_select(select: exp.Select, name: str, tables: dict[str, Rows], fixed: Block) -> Rows:
    """The rows that a SELECT yields, under `name`; `fixed` is where constants are computed.

    Raises NotImplementedError for what cannot be compiled or would mix customers.
    """
    order = select.args.get("order")
    if order and not all(is_customer(each.this) for each in order.expressions):
        refuse(order, "only the customers can be ordered")
    source = source_of(select, f"{name}_source", tables)
    if select.args.get("group"):
        return _grouped(select, name, filtered(source, select, fixed), fixed)
    if select.args.get("having"):
        refuse(select.args["having"], "there is no GROUP BY")
    if _windows(select):
        return _windowed(select, name, filtered(source, select, fixed), fixed)
    return _projected(select, name, source, fixed)


def _projected(select: exp.Select, name: str, source: Rows, fixed: Block) -> Rows:
    if [type(each) for each in select.expressions] == [exp.Star]:
        rows = filtered(source, select, fixed)
        return _rows(rows.name, source.star(), rows.lines)
    block = fixed.within(source.scope(), SCALARS)
    where = select.args.get("where")
    if where:
        block.lines.append(f"if not {block.value(where.this).code}: continue")
    values = _outputs(select, block, source)
    body = [*block.lines, _append(name, values)]
    lines = [*source.lines, f"{name} = []", f"for {source.unpacked()} in {source.name}:"]
    return _rows(name, values, [*lines, *_indented(body)])


def _grouped(select: exp.Select, name: str, source: Rows, fixed: Block) -> Rows:
    """Buckets of equal keys, in order of appearance; each is gone through once."""
    keys = _other_keys(select.args["group"].expressions, select)
    places = [source.place(each) for each in keys]
    totals = Totals(fixed.within(source.scope(), SCALARS))
    scope = {
        column: replace(value, code=f"key[{places.index(place)}]")
        for column, (place, value) in source.places().items()
        if place in places
    }
    reads: Translators = {kind: partial(each, totals) for kind, each in AGGREGATES.items()}
    after = fixed.within(scope, {**SCALARS, **reads})
    having = select.args.get("having")
    condition = after.value(having.this) if having else None
    values = _outputs(select, after, None)
    end = [*after.lines, *([f"if not {condition.code}: continue"] if condition else [])]
    body = [
        *totals.starts,
        f"for {source.unpacked()} in bucket:",
        *_indented(totals.each_row() or ["continue"]),
        *end,
        _append(name, values),
    ]
    lines = [
        *source.lines,
        *_buckets(source, places),
        f"{name} = []",
        "for key, bucket in buckets.items():",
        *_indented(body),
    ]
    return _rows(name, values, lines)


def _windowed(select: exp.Select, name: str, source: Rows, fixed: Block) -> Rows:
    """Buckets of equal partition keys, each sorted; rows see their neighbours by place."""
    first, *others = _windows(select)
    if any(_partition_and_order(each) != _partition_and_order(first) for each in others):
        refuse(first, "the windows of one SELECT must be the same")
    places = [source.place(each) for each in _other_keys(first.args["partition_by"], first)]
    reads: Translators = {exp.Window: partial(_neighbour, source)}
    block = fixed.within(source.scope(), {**SCALARS, **reads})
    values = _outputs(select, block, source)
    body = [
        f"bucket = sorted(bucket, key=lambda row: {_sort_key(first, source)})",
        "last = len(bucket) - 1",
        f"for i, {source.unpacked()} in enumerate(bucket):",
        *_indented([*block.lines, _append(name, values)]),
    ]
    lines = [
        *source.lines,
        *_buckets(source, places),
        f"{name} = []",
        "for bucket in buckets.values():",
        *_indented(body),
    ]
    return _rows(name, values, lines)


NEIGHBOURS = {
    exp.Lag: "bucket[i - 1][{place}] if i else None",
    exp.Lead: "bucket[i + 1][{place}] if i < last else None",
    exp.FirstValue: "bucket[0][{place}]",
}


def _neighbour(source: Rows, block: Block, node: exp.Expr) -> Value:
    code = NEIGHBOURS.get(type(node.this)) or refuse(node, "it is no function of neighbours")
    place, value = source.place(node.this.this), source.column(node.this.this)
    nullable = value.nullable or "None" in code
    return block.assign(code.format(place=place), replace(value, nullable=nullable))


def _sort_key(window: exp.Expr, source: Rows) -> str:
    """Nulls last, up or down; text up only."""
    order = window.args.get("order") or refuse(window, "it has no ORDER BY")
    parts = []
    for each in order.expressions:
        value, x = source.column(each.this), f"row[{source.place(each.this)}]"
        if each.args.get("desc") and value.kind == "text":
            refuse(each, "text is ordered upwards only")
        if value.nullable:
            parts.append(f"{x} is None")
        sign = "-" if each.args.get("desc") else ""
        parts.append(f"{sign}{x}" if not value.nullable or not sign else f"{x} and -{x}")
    return f"({', '.join(parts)},)"


def _windows(select: exp.Select) -> list[exp.Window]:
    return [found for each in select.expressions for found in each.find_all(exp.Window)]


def _partition_and_order(window: exp.Window) -> tuple[object, object]:
    return window.args.get("partition_by"), window.args.get("order")


def _buckets(source: Rows, places: list[int]) -> list[str]:
    if not places:
        return [f"buckets = {{(): {source.name}}} if {source.name} else {{}}"]
    key = "".join(f"row[{place}], " for place in places)
    return [
        "buckets = {}",
        f"for row in {source.name}:",
        f"    buckets.setdefault(({key}), []).append(row)",
    ]


def _other_keys(keys: Iterable[exp.Expr], node: exp.Expr) -> list[exp.Expr]:
    """The keys beside the customer, who must be among them."""
    keys = list(keys)
    if not any(is_customer(each) for each in keys):
        refuse(node, "it would mix customers: customer_id is missing from its keys")
    return [each for each in keys if not is_customer(each)]


def _outputs(select: exp.Select, block: Block, source: Rows | None) -> dict[str, Value]:
    values: dict[str, Value] = {}
    for each in select.expressions:
        if isinstance(each, exp.Star):
            if source is None:
                refuse(select, "* has no place beside GROUP BY")
            values |= source.star()
        elif not is_customer(each):
            if not each.alias_or_name or each.alias_or_name in values:
                refuse(each, "it needs a name of its own")
            values[each.alias_or_name] = block.value(each.unalias())
    return values


def _append(name: str, values: dict[str, Value]) -> str:
    return f"{name}.append(({''.join(f'{each.code}, ' for each in values.values())}))"


def _rows(name: str, values: dict[str, Value], lines: list[str]) -> Rows:
    return Rows(name, tuple((None, column, value) for column, value in values.items()), lines)


def _indented(lines: list[str]) -> list[str]:
    return [f"    {each}" for each in lines]
