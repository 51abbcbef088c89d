"""Aggregates in Python: what starts before the rows, grows with each, and is read after them.

Numbers are added one by one, and a deviation is Welford's, as DuckDB does on one thread.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from sqlglot import exp

from features.compiled.code_block import Block, Value
from features.compiled.scalars import ORDERED
from features.compiled.syntax import refuse

ALWAYS = ""


@dataclass(frozen=True)
class Totals:
    """The accumulators of one GROUP BY. `rows` is the block that runs for each row."""

    rows: Block
    starts: list[str] = field(default_factory=list)
    grown: dict[str, list[str]] = field(default_factory=dict)
    known: dict[tuple[str, str], str] = field(default_factory=dict)

    def each_row(self) -> list[str]:
        """The statements of the loop: values first, then what grows by those that are known."""
        lines = list(self.rows.lines)
        for argument, updates in self.grown.items():
            if argument != ALWAYS:
                lines.append(f"if {argument} is not None:")
                updates = [f"    {each}" for each in updates]
            lines += updates
        return lines

    def accumulator(self, start: str, update: str, over: Value | None) -> str:
        """A variable that begins as `start`; `{a}` in `update` is itself, `{x}` the argument."""
        argument = over.code if over else ALWAYS
        if (update, argument) not in self.known:
            name = self.known[update, argument] = self.rows.new_name()
            self.starts.append(f"{name} = {start}")
            growing = self.grown.setdefault(argument if over and over.nullable else ALWAYS, [])
            growing.append(update.format(a=name, x=argument))
        return self.known[update, argument]

    def count(self, over: Value | None) -> str:
        """How many rows know the argument."""
        return self.accumulator("0", "{a} += 1", over if over and over.nullable else None)

    def sum(self, over: Value) -> str:
        """The sum, from left to right."""
        return self.accumulator("0.0" if over.kind == "float" else "0", "{a} += {x}", over)

    def argument(self, node: exp.Expr, *kinds: str) -> Value:
        """What is aggregated, of one of `kinds`."""
        value = self.rows.value(node.this)
        return value if value.kind in kinds else refuse(node, f"it aggregates {value.kind}")


Aggregate = Callable[[Totals, Block, exp.Expr], Value]


def _count(totals: Totals, block: Block, node: exp.Expr) -> Value:
    over = None if isinstance(node.this, exp.Star) else totals.rows.value(node.this)
    return Value(totals.count(over), "int")


def _sum(totals: Totals, block: Block, node: exp.Expr) -> Value:
    over = totals.argument(node, "int", "float")
    total = totals.sum(over)
    if not over.nullable:
        return Value(total, over.kind)
    return block.assign(f"{total} if {totals.count(over)} else None", Value("", over.kind, True))


def _average(totals: Totals, block: Block, node: exp.Expr) -> Value:
    over = totals.argument(node, "int", "float")
    code = f"float({totals.sum(over)}) / {totals.count(over)}"
    if not over.nullable:
        return block.assign(code, Value("", "float"))
    return block.assign(f"{code} if {totals.count(over)} else None", Value("", "float", True))


def _extreme(order: type[exp.Expr]) -> Aggregate:
    def compile_node(totals: Totals, block: Block, node: exp.Expr) -> Value:
        over = totals.argument(node, "int", "float", "text")
        better = ORDERED[order][over.kind == "float"].format(a="{x}", b="{a}")
        update = f"if {{a}} is None or {better}: {{a}} = {{x}}"
        return Value(totals.accumulator("None", update, over), over.kind, over.nullable)

    return compile_node


def _deviation(totals: Totals, block: Block, node: exp.Expr) -> Value:
    over = totals.rows.double(totals.argument(node, "int", "float"))
    n = totals.count(over)
    mean = totals.accumulator("0.0", "{a}_old = {a}; {a} += ({x} - {a}) / " + n, over)
    squares = f"{{a}} += ({{x}} - {mean}) * ({{x}} - {mean}_old)"
    code = f"sqrt({totals.accumulator('0.0', squares, over)} / ({n} - 1)) if {n} > 1 else None"
    return block.assign(code, Value("", "float", True))


AGGREGATES: dict[type[exp.Expr], Aggregate] = {
    exp.Count: _count,
    exp.Sum: _sum,
    exp.Avg: _average,
    exp.Min: _extreme(exp.LT),
    exp.Max: _extreme(exp.GT),
    exp.StddevSamp: _deviation,
}
