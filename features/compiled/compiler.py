"""The statement as a Python function, for one customer at a time."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import sqlglot
from sqlglot import exp
from sqlglot.errors import ParseError

from features.compiled.code_block import Block, Value, divided, floored
from features.compiled.rows import Rows
from features.compiled.scalars import SCALARS
from features.compiled.select import compile_select
from features.compiled.syntax import require_understood

Tuples = Sequence[tuple[Any, ...]]
Compiled = Callable[[Tuples, int], list[tuple[Any, ...]]]


def compile_statement(statement: str, lines: dict[str, Value]) -> Compiled:
    """A statement over the table `lines`, without its customer_id -> a function.

    The function takes the lines of one customer, as tuples of the columns that `lines`
    describes, in the order of the canonical lines, and `:as_of` in UTC microseconds. It returns
    the statement's rows without customer_id; None is null.

    Raises NotImplementedError for SQL that has no translation.
    """
    namespace = {"divided": divided, "floored": floored, "sqrt": math.sqrt}
    exec(compile(python_of(statement, lines), "<features>", "exec"), namespace)
    found: Compiled = namespace["rows_of"]  # type: ignore[assignment]
    return found


def python_of(statement: str, lines: dict[str, Value]) -> str:
    """The source text of that function, to be read when in doubt."""
    tree = _parsed(statement)
    columns = tuple((None, name, value) for name, value in lines.items())
    tables = {"lines": Rows("lines", columns)}
    parameters = {"$as_of": Value("as_of", "int", fixed=True)}
    fixed = Block(parameters, SCALARS)
    body: list[str] = []
    with_ = tree.args.get("with_")
    named = [(each.alias, each.this) for each in with_.expressions] if with_ else []
    for name, select in [*named, ("result", tree)]:
        tables[name] = compile_select(select, f"t_{name}", tables, fixed)
        body += tables[name].lines
    body = [*fixed.lines, *body, "return t_result"]
    return "def rows_of(lines, as_of):\n" + "".join(f"    {each}\n" for each in body)


def _parsed(statement: str) -> exp.Select:
    try:
        tree = sqlglot.parse_one(statement.replace(":as_of", "$as_of"), read="duckdb")
    except ParseError as error:
        raise NotImplementedError(f"features: the statement is not SQL: {error}") from None
    require_understood(tree)
    if not isinstance(tree, exp.Select):
        raise NotImplementedError(f"features: the statement is no SELECT: {statement[:80]}")
    return tree
