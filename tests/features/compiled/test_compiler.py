"""SQL in Python means what it means to DuckDB, or it is refused."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from features.compiled.code_block import Value
from features.compiled.compiler import compile_statement, python_of
from features.compiled.single_customer import LINE, customer_lines
from features.purchases.duckdb_engine import run_duckdb
from features.purchases.expression import Expression
from features.purchases.statement import compose
from features.purchases.table import expressions
from features.schema import OPTIONAL

AS_OF = 1_000
KINDS = {
    "i": Value("", "int", nullable=True),
    "j": Value("", "int"),
    "x": Value("", "float", nullable=True),
    "y": Value("", "float"),
    "s": Value("", "text", nullable=True),
}
SIGNS = ["=", "<>", "<", "<=", ">", ">="]
SCALARS = [
    "i + j", "i - x", "j * y", "-i", "-x", "i / j", "x / y", "j / i", "y / x", "i / 7", "x / 0E0",
    "i % 7", "(i - 40) % 3", "-7 % 3", "FLOOR(x)", "FLOOR(i / 10E0)", "FLOOR(y)", "FLOOR(x / 0E0)",
    "CAST(FLOOR(x) AS BIGINT)", "CAST(x AS BIGINT)", "CAST(j / 2E0 AS BIGINT)",
    "CAST(i AS DOUBLE)", "(i + 1) * 2 - j", "i + 1E0", "1E-6", ":as_of - i",
    "CASE WHEN i < j THEN x END", "CASE WHEN i < j THEN i ELSE y END",
    "CASE WHEN x > 0E0 THEN 1 WHEN x <= 0E0 THEN 0 ELSE 5 END",
    "CASE WHEN NOT x > y THEN 1 ELSE 0 END", "CASE WHEN i IS NULL THEN 1 ELSE 0 END",
    "CASE WHEN i IS NOT NULL AND x IS NOT NULL THEN 1 END",
    "CASE WHEN NOT (i > 3 AND x > 0E0) THEN 1 ELSE 0 END",
    "CASE WHEN NOT (i > 3 OR x > 0E0) THEN 1 ELSE 0 END",
    "CASE WHEN i <> 3 AND i = i THEN 1 ELSE 0 END", "CASE WHEN i >= x THEN 1 ELSE 0 END",
    "CASE WHEN s = 'b' THEN 1 WHEN s > 'b' THEN 2 ELSE 3 END", "CASE WHEN s < 'é' THEN s END",
    *(f"CASE WHEN x / 0E0 {sign} y / 0E0 THEN 1 ELSE 0 END" for sign in SIGNS),
    *(f"CASE WHEN y / 0E0 {sign} x / 0E0 THEN 1 ELSE 0 END" for sign in SIGNS),
]  # fmt: skip
AGGREGATES = [
    "COUNT(*)", "COUNT(i)", "COUNT(j)", "COUNT(s)", "SUM(i)", "SUM(j)", "SUM(x)", "SUM(y)",
    "AVG(i)", "AVG(j)", "AVG(x)", "AVG(y)", "MIN(i)", "MAX(x)", "MIN(s)", "MAX(s)", "MAX(y)",
    "STDDEV_SAMP(x)", "STDDEV_SAMP(j)", "STDDEV_SAMP(i)", "SUM(x) / COUNT(x)", "SUM(1)",
    "MAX(x / 0E0)", "MIN(x / 0E0)", "SUM(CASE WHEN i > 3 THEN y ELSE 0E0 END) + MAX(j)",
    "CAST(MAX(i) AS DOUBLE) / SUM(i)", "CASE WHEN COUNT(x) > 1 THEN AVG(x) ELSE -1E0 END",
]  # fmt: skip


def some_rows(n: int, seed: int) -> list[tuple[object, ...]]:
    rng = np.random.default_rng(seed)
    unknown = rng.random((3, n)) < [[0.3], [0.3], [0.3]]
    columns = [
        rng.integers(-50, 50, n).tolist(),
        rng.integers(-9, 10, n).tolist(),
        rng.choice([0.0, 0.5, 2.5, -3.5, 0.1, -1e9, 1e-7], n).tolist(),
        rng.normal(0, 3, n).tolist(),
        rng.choice(["a", "b", "é", "😀", ""], n).tolist(),
    ]
    for place, mask in zip((0, 2, 4), unknown, strict=True):
        columns[place] = [
            None if gone else each for each, gone in zip(columns[place], mask, strict=True)
        ]
    return list(zip(*columns, strict=True))


def by_duckdb(statement: str, rows: list[tuple[object, ...]]) -> list[list[object]]:
    types = {"i": "Int64", "j": "int64", "x": "Float64", "y": "float64", "s": "str"}
    columns = {
        name: pd.Series([row[place] for row in rows], dtype=dtype)
        for place, (name, dtype) in enumerate(types.items())
    }
    frame = pd.DataFrame({"customer_id": pd.Series(["c"] * len(rows), dtype="str")} | columns)
    found = run_duckdb(statement, frame, {"as_of": AS_OF} if ":as_of" in statement else {})
    found.pop("customer_id")
    masked = [(values.data.tolist(), np.ma.getmaskarray(values)) for values in found.values()]
    flat = [
        [None if gone else each for each, gone in zip(values, mask, strict=True)]
        for values, mask in masked
    ]
    return [list(row) for row in zip(*flat, strict=True)]


def same(ours: object, theirs: object) -> bool:
    both_nan = ours != ours and theirs != theirs
    return both_nan or (ours == theirs and (ours is None) == (theirs is None))


def disagreements(names: list[str], statement: str, rows: list[tuple[object, ...]]) -> list[object]:
    ours = compile_statement(statement, KINDS)(rows, AS_OF)
    theirs = by_duckdb(statement, rows)
    assert len(ours) == len(theirs)
    return [
        (name, here, there)
        for row, other in zip(ours, theirs, strict=True)
        for name, here, there in zip(names, row, other, strict=True)
        if not same(here, there)
    ]


def selected(names: list[str]) -> str:
    return "".join(f", {name} AS n{place}" for place, name in enumerate(names))


def test_scalars_mean_what_they_mean_to_duckdb() -> None:
    statement = f"SELECT customer_id{selected(SCALARS)} FROM lines"
    assert not disagreements(SCALARS, statement, some_rows(300, 1))


@pytest.mark.parametrize("n", [1, 2, 3, 300])
def test_aggregates_mean_what_they_mean_to_duckdb(n: int) -> None:
    statement = f"SELECT customer_id{selected(AGGREGATES)} FROM lines GROUP BY customer_id"
    for seed in range(5):
        assert not disagreements(AGGREGATES, statement, some_rows(n, seed))


def test_where_having_windows_and_joins_mean_what_they_mean_to_duckdb() -> None:
    statement = """
        WITH positive AS (SELECT * FROM lines WHERE x > 0E0 OR i < 20),
        seen AS (
            SELECT customer_id, j, y, LAG(x) OVER (
                PARTITION BY customer_id, j ORDER BY i DESC, y) AS before
            FROM positive),
        sums AS (
            SELECT customer_id, j, COUNT(before) AS n, SUM(y) AS total
            FROM seen GROUP BY customer_id, j HAVING COUNT(*) > 2),
        few AS (SELECT customer_id, j AS k, total AS part FROM sums WHERE j > 3),
        joined AS (
            SELECT sums.customer_id, total, n, part
            FROM sums LEFT JOIN few ON sums.customer_id = few.customer_id AND sums.j = few.k)
        SELECT customer_id, COUNT(*) AS rows, COUNT(part) AS parts, MAX(total) AS most,
            MIN(part) AS least, SUM(n) AS seen
        FROM joined GROUP BY customer_id ORDER BY customer_id"""
    names = ["rows", "parts", "most", "least", "seen"]
    for seed in range(5):
        assert not disagreements(names, statement, some_rows(200, seed))


def test_an_expression_made_up_today_is_computed() -> None:
    """What is compiled is the expressions' own SQL, not a second writing of it."""
    made_up = Expression(
        "spread", "(MAX(value) - MIN(value)) / COUNT(prev_day)", "money", "made up for this test"
    )
    statement = compose((*expressions(), made_up), ())
    day = 86_400_000_000
    rows = [(day * n, None, amount, None, None) for n, amount in enumerate([5.0, 11.0, 2.0])]
    as_of = 10 * day
    found = compile_statement(statement, LINE)(customer_lines(rows, "UTC"), as_of)
    assert found[0][-1] == (11.0 - 2.0) / 2


@pytest.mark.parametrize(
    "sql",
    [
        "MEDIAN(value)",
        "MY_OWN(value)",
        "ROUND(value)",
        "COALESCE(value, 0E0)",
        "COUNT(DISTINCT day)",
        "SUM(value) FILTER (WHERE day > 3)",
        "SUM(value + 1.5)",
        "SUM(day % 0)",
        "SUM(day % us)",
        "SUM(no_such_column)",
        "SUM(order_id)",
        "SUM(CASE WHEN day THEN 1 END)",
        "SUM(CASE WHEN day > 1 THEN 1 ELSE order_id END)",
        "SUM(CAST(value AS INTEGER))",
        "SUM(TRY_CAST(value AS DOUBLE))",
        "SUM(day // 2)",
        "SUM(day IS DISTINCT FROM 3)",
        "FLOOR(SUM(value), 2)",
        "SUM(:horizon - us)",
        "SUM(SUM(value))",
        "value",
        "SUM((SELECT 1))",
        "SUM(value",
    ],
)
def test_what_cannot_be_compiled_is_refused(sql: str) -> None:
    made_up = Expression("made_up", sql, "money", "made up for this test")
    with pytest.raises(NotImplementedError, match="features: "):
        compile_statement(compose((*expressions(), made_up), ()), LINE)


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT j, SUM(y) AS total FROM lines GROUP BY j",
        "SELECT customer_id, LAG(y) OVER (ORDER BY j) AS before FROM lines",
        "SELECT customer_id, LAG(y, 2) OVER (PARTITION BY customer_id ORDER BY j) AS b FROM lines",
        "SELECT customer_id, SUM(y) OVER (PARTITION BY customer_id ORDER BY j) AS b FROM lines",
        "SELECT customer_id, LAG(y) OVER (PARTITION BY customer_id) AS b FROM lines",
        "SELECT customer_id, LAG(y) OVER (PARTITION BY customer_id ORDER BY s DESC) b FROM lines",
        "SELECT customer_id, LAG(y) OVER (PARTITION BY customer_id ORDER BY j) AS b, "
        "LAG(y) OVER (PARTITION BY customer_id ORDER BY i) AS c FROM lines",
        "SELECT customer_id, y + 1E0 FROM lines",
        "SELECT customer_id, SUM(y) AS b FROM lines GROUP BY customer_id, j + 1",
        "SELECT customer_id, * FROM lines GROUP BY customer_id",
        "SELECT customer_id, CASE WHEN (y IS y) THEN 1 END AS b FROM lines",
        "SELECT customer_id, CASE WHEN (y IS TRUE) THEN 1 END AS b FROM lines",
        "y + 1E0 = x",
        "SELECT customer_id, y AS b FROM lines ORDER BY j",
        "SELECT DISTINCT customer_id, y AS b FROM lines",
        "SELECT customer_id, y AS b FROM lines LIMIT 3",
        "SELECT customer_id, y AS b, x AS b FROM lines",
        "SELECT customer_id, y AS b FROM elsewhere",
        "SELECT customer_id, SUM(y) AS b FROM lines",
        "SELECT customer_id, y AS b FROM lines HAVING y > 0E0",
        "SELECT customer_id, y AS b FROM lines UNION ALL SELECT customer_id, y FROM lines",
        "WITH a AS (SELECT * FROM lines) SELECT lines.customer_id, a.y FROM lines "
        "JOIN a ON lines.j = a.j",
        "WITH a AS (SELECT * FROM lines) SELECT lines.customer_id, a.y FROM lines "
        "JOIN a ON lines.customer_id = a.customer_id AND lines.i = a.i",
        "WITH a AS (SELECT * FROM lines) SELECT lines.customer_id, a.y FROM lines "
        "JOIN a ON lines.customer_id = a.customer_id AND lines.j > a.j",
        "WITH a AS (SELECT * FROM lines) SELECT lines.customer_id, y FROM lines "
        "JOIN a ON lines.customer_id = a.customer_id",
        "WITH a AS (SELECT * FROM lines) SELECT lines.customer_id, a.y FROM lines, a",
        "WITH a AS (SELECT * FROM lines) SELECT lines.customer_id, a.y FROM lines "
        "RIGHT JOIN a ON lines.customer_id = a.customer_id",
        "DROP TABLE lines",
    ],
)
def test_a_statement_that_would_mix_customers_or_goes_further_is_refused(statement: str) -> None:
    with pytest.raises(NotImplementedError, match="features: "):
        compile_statement(statement, KINDS)


def test_what_is_shared_is_computed_once_and_constants_before_the_rows() -> None:
    source = python_of(compose(expressions(OPTIONAL), OPTIONAL), LINE)
    before_rows = source[: source.index("for row in lines")]
    day = 86_400_000_000
    assert f"as_of - {30 * day}" in before_rows
    assert source.count(f"as_of - {30 * day}") == 1


def test_division_by_zero_gives_an_infinity_or_nan() -> None:
    statement = "SELECT customer_id, x / y AS q FROM lines"
    rows = [(1, 1, x, y, "a") for x in (1.0, -1.0, 0.0) for y in (0.0, -0.0)]
    found = [row[0] for row in compile_statement(statement, KINDS)(rows, AS_OF)]
    assert found[:4] == [math.inf, -math.inf, -math.inf, math.inf]
    assert math.isnan(found[4])
