"""The files of a shard's lines and customers, and what their ends are."""

from __future__ import annotations

from pathlib import Path

import duckdb

from features.config.purchases import PurchaseData
from features.ingest.columns.cast import literal
from features.ingest.merging import NAMELESS, SORTED, order_keys
from features.ingest.queries import first_row
from features.ingest.raw_rows import ABSENT
from features.ingest.table import selected
from features.ingest.time_zones import day_of, is_utc, wall_of_utc
from features.lines.stored import CUSTOMERS, parquet
from features.schema import OPTIONAL

BESIDE = ("order_id", "cost", *OPTIONAL)


def copy_lines(
    connection: duckdb.DuckDBPyConnection,
    data: PurchaseData,
    lines: Path,
    *,
    shard: int,
    single: bool,
) -> None:
    """The file of a shard's lines.

    single   whether each line is an order
    """
    columns = {"customer": "customer", "us": "us", "amount": "amount", "order_us": "order_us"}
    columns |= {name: name for name in BESIDE if getattr(data.columns, name)}
    beside = ""
    if not is_utc(data.timezone):
        columns["local_us"] = f"CAST({wall_of_utc('us')} AS BIGINT)"
        beside = f" JOIN utc_days ON utc_days.day = {day_of('us')}"
    # subtle: what is null everywhere would be sorted, too
    ordered = ["customer", *(sql for name, sql in SORTED.items() if name in columns), "amount"]
    rows = (
        f"SELECT {selected(columns)} FROM merged JOIN customers USING (customer_id){beside} "
        f"ORDER BY {', '.join(ordered)}"
    )
    if "order_id" in columns:
        rows = _numbered(rows, single=single)
    shown = {"shard": str(shard), "order_number": NAMELESS, "local_us": "us", **ABSENT}
    shown |= {name: name for name in columns}
    shown |= {"order_number": "order_number"} if "order_id" in columns else {}
    connection.execute(
        f"COPY (SELECT {selected(shown)} FROM ({rows})) TO {literal(str(lines))} (FORMAT parquet)"
    )


def _numbered(rows: str, *, single: bool) -> str:
    """SQL of sorted rows -> the same with what an order's lines share: the place of its first."""
    placed = f"SELECT *, row_number() OVER () AS place FROM ({rows})"
    if single:
        return f"SELECT *, place AS order_number FROM ({placed})"
    first = f"min(place) OVER (PARTITION BY customer, {order_keys(['order_id'])})"
    return f"SELECT *, {first} AS order_number FROM ({placed}) ORDER BY place"


def copy_customers(connection: duckdb.DuckDBPyConnection, out: Path, shard: int) -> None:
    """The file of the shard's customers."""
    connection.execute(
        f"COPY (SELECT CAST(customer_id AS VARCHAR) AS customer_id, {shard} AS shard, customer, "
        f"orders, purchases, refunds FROM customers) "
        f"TO {literal(str(out / f'customers-{shard}.parquet'))} (FORMAT parquet)"
    )


def ends(
    connection: duckdb.DuckDBPyConnection, lines: Path
) -> tuple[int | None, tuple[int, int] | None, frozenset[str]]:
    """The first moment of some lines, the last one, and which optional columns they have."""
    labels = ", ".join(f"count({name}) > 0" for name in OPTIONAL)
    found = first_row(
        connection,
        f"SELECT min(us), max(us), arg_max(local_us, us), {labels} FROM {parquet(lines)}",
    )
    if found is None or found[0] is None:
        return None, None, frozenset()
    optional = frozenset(name for name, has in zip(OPTIONAL, found[3:], strict=True) if has)
    return found[0], (found[1], found[2]), optional


def list_customers(connection: duckdb.DuckDBPyConnection, out: Path, shards: int) -> None:
    """One list of the customers of all shards, sorted by id."""
    parts = [out / f"customers-{shard}.parquet" for shard in range(shards)]
    connection.execute(
        f"COPY (SELECT * FROM {parquet(*parts)} ORDER BY customer_id) "
        f"TO {literal(str(out / CUSTOMERS))} (FORMAT parquet)"
    )
    for each in parts:
        each.unlink()
