"""A piece of compiled Python: statements that compute SQL values, each value once."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Literal

from sqlglot import exp

from features.compiled.syntax import refuse

Kind = Literal["int", "float", "text", "bool"]


@dataclass(frozen=True)
class Value:
    """Python that yields a value: a name or a literal. `fixed`: the same for every row."""

    code: str
    kind: Kind
    nullable: bool = False
    fixed: bool = False


Columns = Mapping[str, Value | None]  # None: two tables have one of that name
Translators = Mapping[type[exp.Expr], Callable[["Block", exp.Expr], Value]]


@dataclass(frozen=True)
class Block:
    """Statements in order; equal Python means the same variable, so nothing is computed twice.

    What no row can change goes to `outer`. Every branch of a CASE is computed, which no one
    notices, because nothing here fails.
    """

    columns: Columns
    translators: Translators
    outer: Block | None = None
    numbers: count[int] = field(default_factory=count)
    lines: list[str] = field(default_factory=list)
    named: dict[str, Value] = field(default_factory=dict)

    def within(self, columns: Columns, translators: Translators) -> Block:
        """A new block whose fixed values are computed in this one."""
        return Block(columns, translators, outer=self, numbers=self.numbers)

    def value(self, node: exp.Expr) -> Value:
        """The value of an expression; what it needs is appended to `lines`."""
        translate = self.translators.get(type(node))
        if translate is None:
            refuse(node, f"{type(node).__name__} has no place here")
        return translate(self, node)

    def new_name(self) -> str:
        """A variable that nobody else has."""
        return f"v{next(self.numbers)}"

    def assign(self, code: str, like: Value) -> Value:
        """The value of `code` in a variable, with the kind and nullability of `like`."""
        if like.fixed and self.outer:
            return self.outer.assign(code, like)
        if code not in self.named:
            self.named[code] = replace(like, code=self.new_name())
            self.lines.append(f"{self.named[code].code} = {code}")
        return self.named[code]

    def strict(self, code: str, kind: Kind, *operands: Value) -> Value:
        """`code`, but null as soon as one of the operands is."""
        nulls = sorted({each.code for each in operands if each.nullable})
        guard = " or ".join(f"{name} is None" for name in nulls)
        like = Value("", kind, bool(nulls), all(each.fixed for each in operands))
        return self.assign(f"None if {guard} else {code}" if guard else code, like)

    def double(self, value: Value) -> Value:
        """The value as a double."""
        if value.kind == "float":
            return value
        return self.strict(f"float({value.code})", "float", value)


def divided(left: float, right: float) -> float:
    """IEEE division: by zero it gives an infinity or NaN."""
    if right:
        return left / right
    if not left or math.isnan(left):
        return math.nan
    return math.copysign(math.inf, left) * math.copysign(1.0, right)


def floored(value: float) -> float:
    """FLOOR of a double, which stays one."""
    return float(math.floor(value)) if math.isfinite(value) else value
