"""One SQL value in Python: nulls, kinds and rounding as DuckDB has them.

Integers do not overflow here; where they do in DuckDB, it fails.
"""

from __future__ import annotations

from collections.abc import Callable

from sqlglot import exp

from features.compiled.code_block import Block, Translators, Value
from features.compiled.syntax import column_name, refuse


def _column(block: Block, node: exp.Expr) -> Value:
    name = column_name(node)
    if name not in block.columns:
        refuse(node, f"there is no such column here, only {', '.join(block.columns)}")
    found = block.columns[name]
    return found or refuse(node, "two tables have a column of that name")


def _literal(block: Block, node: exp.Expr) -> Value:
    if node.args["is_string"]:
        return Value(repr(node.name), "text", fixed=True)
    if node.name.isdecimal():
        return Value(str(int(node.name)), "int", fixed=True)
    if "e" not in node.name.lower():
        refuse(node, "a number with a point is a decimal; 1E0 is a double")
    return Value(repr(float(node.name)), "float", fixed=True)


def _placeholder(block: Block, node: exp.Expr) -> Value:
    outermost = block.outer or block
    return outermost.columns.get(f"${node.name}") or refuse(node, "there is no such parameter")


def _paren(block: Block, node: exp.Expr) -> Value:
    return block.value(node.this)


def _number(block: Block, node: exp.Expr) -> Value:
    value = block.value(node)
    return value if value.kind in ("int", "float") else refuse(node, "it is not a number")


def _alike(block: Block, node: exp.Expr, values: list[Value]) -> list[Value]:
    """The values in one kind; integers among doubles become doubles."""
    kinds = {each.kind for each in values}
    if kinds == {"int", "float"}:
        return [block.double(each) for each in values]
    return values if len(kinds) == 1 else refuse(node, f"it mixes {' and '.join(sorted(kinds))}")


def _arithmetic(sign: str) -> Callable[[Block, exp.Expr], Value]:
    def compile_node(block: Block, node: exp.Expr) -> Value:
        operands = [_number(block, node.this), _number(block, node.expression)]
        left, right = _alike(block, node, operands)
        return block.strict(f"{left.code} {sign} {right.code}", left.kind, left, right)

    return compile_node


def _divide(block: Block, node: exp.Expr) -> Value:
    left = block.double(_number(block, node.this))
    right = block.double(_number(block, node.expression))
    return block.strict(f"divided({left.code}, {right.code})", "float", left, right)


def _modulo(block: Block, node: exp.Expr) -> Value:
    """The remainder with the sign of the dividend; a divisor of zero would be an error."""
    left, right = _number(block, node.this), node.expression
    if left.kind != "int" or not isinstance(right, exp.Literal) or not right.name.isdecimal():
        refuse(node, "% takes an integer and a literal integer")
    if not int(right.name):
        refuse(node, "the divisor is zero")
    x, n = left.code, int(right.name)
    return block.strict(f"{x} % {n} if {x} >= 0 else -(-{x} % {n})", "int", left)


def _negate(block: Block, node: exp.Expr) -> Value:
    value = _number(block, node.this)
    return block.strict(f"-{value.code}", value.kind, value)


def _floor(block: Block, node: exp.Expr) -> Value:
    value = block.double(_number(block, node.this))
    return block.strict(f"floored({value.code})", "float", value)


def _cast(block: Block, node: exp.Expr) -> Value:
    """To a double, or to an integer: the nearest one, of two the even one."""
    value, to = _number(block, node.this), node.args["to"].this
    if to is exp.DType.DOUBLE:
        return block.double(value)
    if to is not exp.DType.BIGINT:
        refuse(node, "only DOUBLE and BIGINT can be cast to")
    return value if value.kind == "int" else block.strict(f"round({value.code})", "int", value)


def _case(block: Block, node: exp.Expr) -> Value:
    conditions = [_condition(block, each.this) for each in node.args["ifs"]]
    parts = [each.args["true"] for each in node.args["ifs"]]
    parts += [node.args["default"]] if node.args.get("default") else []
    values = _alike(block, node, [block.value(each) for each in parts])
    default = values[len(conditions)].code if len(values) > len(conditions) else "None"
    branches = zip(values, conditions, strict=False)
    code = " else ".join(f"{value.code} if {when.code}" for value, when in branches)
    like = Value(
        "",
        values[0].kind,
        default == "None" or any(each.nullable for each in values),
        all(each.fixed for each in [*conditions, *values]),
    )
    return block.assign(f"{code} else {default}", like)


def _condition(block: Block, node: exp.Expr) -> Value:
    value = block.value(node)
    return value if value.kind == "bool" else refuse(node, "it is not a condition")


# subtle: a NaN is larger than any number to DuckDB, and equal to itself; b is often a literal
ORDERED: dict[type[exp.Expr], tuple[str, str]] = {
    exp.EQ: ("{a} == {b}", "{a} == {b} or {a} != {a} and {b} != {b}"),
    exp.NEQ: ("{a} != {b}", "{a} != {b} and ({a} == {a} or {b} == {b})"),
    exp.LT: ("{a} < {b}", "{a} < {b} or {b} != {b} and {a} == {a}"),
    exp.LTE: ("{a} <= {b}", "{a} <= {b} or {b} != {b}"),
    exp.GT: ("{a} > {b}", "{a} > {b} or {a} != {a} and {b} == {b}"),
    exp.GTE: ("{a} >= {b}", "{a} >= {b} or {a} != {a}"),
}


def _compare(block: Block, node: exp.Expr) -> Value:
    operands = [block.value(node.this), block.value(node.expression)]
    left, right = _alike(block, node, operands)
    template = ORDERED[type(node)][left.kind == "float"]
    return block.strict(f"({template.format(a=left.code, b=right.code)})", "bool", left, right)


def _logic(word: str, decided: bool) -> Callable[[Block, exp.Expr], Value]:
    """AND, OR: one side may decide alone, though the other is null."""

    def compile_node(block: Block, node: exp.Expr) -> Value:
        left, right = _condition(block, node.this), _condition(block, node.expression)
        a, b, nullable = left.code, right.code, left.nullable or right.nullable
        code = f"{a} {word} {b}"
        if nullable:
            either = f"{decided} if {a} is {decided} or {b} is {decided} else "
            code = f"{either}None if {a} is None or {b} is None else {not decided}"
        return block.assign(code, Value("", "bool", nullable, left.fixed and right.fixed))

    return compile_node


def _not(block: Block, node: exp.Expr) -> Value:
    value = _condition(block, node.this)
    return block.strict(f"not {value.code}", "bool", value)


def _is_null(block: Block, node: exp.Expr) -> Value:
    if not isinstance(node.expression, exp.Null):
        refuse(node, "IS is understood before NULL only")
    value = block.value(node.this)
    return block.assign(f"{value.code} is None", Value("", "bool", fixed=value.fixed))


SCALARS: Translators = {
    exp.Column: _column,
    exp.Literal: _literal,
    exp.Placeholder: _placeholder,
    exp.Paren: _paren,
    exp.Add: _arithmetic("+"),
    exp.Sub: _arithmetic("-"),
    exp.Mul: _arithmetic("*"),
    exp.Div: _divide,
    exp.Mod: _modulo,
    exp.Neg: _negate,
    exp.Floor: _floor,
    exp.Cast: _cast,
    exp.Case: _case,
    **dict.fromkeys(ORDERED, _compare),
    exp.And: _logic("and", False),
    exp.Or: _logic("or", True),
    exp.Not: _not,
    exp.Is: _is_null,
}
