"""Canonical lines in Parquet: shards of whole customers, each sorted, and a list of customers."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
from numpy.typing import NDArray

from features.errors import DataError
from features.ingest.columns.cast import literal
from features.lines.sessions import session

CUSTOMERS = "customers.parquet"
BYTES_PER_LINE = 200  # of memory, as a frame
TEXTS = ("customer_id", "order_id", "category", "channel")

Whole = NDArray[np.int64]


@dataclass(frozen=True)
class StoredLines:
    """The canonical lines of a log, or those of them before some moment.

    A shard's file holds all lines of its customers, sorted by customer, moment, order, category
    and channel:

        shard                 the number of the shard, the same on all lines
        customer              the customer's number among those of the shard, in the order of ids
        order_number          of equal value on the lines of an order of a customer; of two orders
                              of a customer that began at once, the one whose id comes first has
                              the smaller one
        order_id              text or whole number; without one, the lines of one moment are one
                              order
        order_us              of a refund that takes back an order without an id: when that was
        us, local_us          microseconds: UTC, and wall clock in the log's time zone
        amount, cost          money; cost may be null
        category, channel     text or null

    `customers.parquet` lists all customers, sorted by id: customer_id (text), shard, customer,
    and how many orders, purchases and refunds each has.

    folder   where the files are
    shards   how many there are
    until    UTC microseconds: lines at or after it do not exist; None for all
    keeper   whatever has to live as long as the files are needed
    """

    folder: Path
    shards: int
    until: int | None = None
    keeper: object = field(default=None, repr=False, compare=False)

    def before(self, us: int) -> StoredLines:
        """The lines before a moment, UTC microseconds."""
        return replace(self, until=us if self.until is None else min(us, self.until))

    def shard(self, number: int) -> str:
        """SQL of a shard's rows, customers and orders by their numbers."""
        until = "" if self.until is None else f" WHERE us < {self.until}"
        return (
            "SELECT customer AS customer_id, order_number AS order_id, us, local_us, amount, "
            f"category, channel FROM {parquet(shard_file(self.folder, number))}{until}"
        )

    def scan(self) -> str:
        """SQL of all rows, as they are written."""
        return parquet(*(shard_file(self.folder, each) for each in range(self.shards)))

    @cached_property
    def customer_ids(self) -> pd.Index:
        """The ids of all customers, sorted."""
        column = pq.read_table(self.folder / CUSTOMERS, columns=["customer_id"]).column(0)
        ids: pd.Index = pd.Index(column.to_pandas(), dtype="str", name="customer_id")
        return ids

    @cached_property
    def places(self) -> list[Whole]:
        """Of each shard, by the numbers of its customers: their places in `customer_ids`."""
        table = pq.read_table(self.folder / CUSTOMERS, columns=["shard", "customer"])
        shard, customer = (each.to_numpy() for each in table.itercolumns())
        found = []
        for number in range(self.shards):
            places = np.flatnonzero(shard == number)
            of = np.empty(len(places), dtype=np.int64)
            of[customer[places]] = places
            found.append(of)
        return found

    @cached_property
    def frame(self) -> pd.DataFrame:
        """All lines in memory, sorted by moment, customer, order, category and channel.

        Columns as `features.ingest.canonical.canonical_lines` has them.
        Raises DataError where they would not fit into the machine's memory.
        """
        self._require_memory()
        until = "" if self.until is None else f"WHERE us < {self.until}"
        query = f"""
            SELECT ids.customer_id,
                COALESCE(CAST(order_id AS VARCHAR), '@' || COALESCE(order_us, us)) AS order_id, us,
                local_us, amount, category, channel
            FROM {self.scan()} lines
            JOIN {parquet(self.folder / CUSTOMERS)} ids USING (shard, customer) {until}
            ORDER BY us, ids.customer_id, 2, category NULLS FIRST, channel NULLS FIRST, amount"""
        frame: pd.DataFrame = session().connection.sql(query).to_arrow_table().to_pandas()
        return frame.astype(dict.fromkeys(TEXTS, "str"))

    def _require_memory(self) -> None:
        files = (shard_file(self.folder, each) for each in range(self.shards))
        lines = sum(pq.read_metadata(each).num_rows for each in files)
        memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
        if lines * BYTES_PER_LINE > memory:
            raise DataError(
                f"the log has {lines:,} orders or lines of orders, more than fit into the "
                f"{memory / 1e9:.0f} GB of memory of this machine; give fewer"
            )

    def named(self, column: str) -> bool:
        """Whether any line has a category or channel."""
        until = "" if self.until is None else f" AND us < {self.until}"
        query = f"SELECT 1 FROM {self.scan()} WHERE {column} IS NOT NULL{until} LIMIT 1"
        return bool(session().connection.execute(query).fetchall())


def shard_file(folder: Path, number: int) -> Path:
    """The file of a shard."""
    return folder / f"shard-{number:04}.parquet"


def parquet(*files: Path) -> str:
    """SQL of a scan of Parquet files, of what they hold and nothing else."""
    # subtle: the engine would take the signs of a glob for one, and a folder `channel=web` above
    # for what the column of that name is to hold
    escaped = (
        "".join(f"[{each}]" if each in "*?[" else each for each in str(file)) for file in files
    )
    return f"read_parquet([{', '.join(map(literal, escaped))}], hive_partitioning = false)"
