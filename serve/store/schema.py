"""The tables of a score store: batches, and each batch's scores."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    Column,
    Connection,
    Double,
    ForeignKey,
    Identity,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    insert,
    inspect,
    select,
)

from models.customer_values import VALUE_COLUMNS
from serve.errors import ServeError

SCHEMA_VERSION = 1
TEXTS = ("basis", "tier", "segment")

METADATA = MetaData()
# Sorted and compared by code point on both, whatever the server's language is.
ID = Text().with_variant(Text(collation="C"), "postgresql")

STORE_META = Table(
    "store_meta",
    METADATA,
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
)

# One row per stored batch; the one with the highest `published` is the current one.
# Timestamps are ISO texts in UTC. `columns` and `features` name what a row of scores holds, in
# order.
BATCHES = Table(
    "batches",
    METADATA,
    Column("number", Integer, Identity(), primary_key=True),
    Column("fingerprint", Text, nullable=False, unique=True),
    Column("published", Integer, nullable=False, unique=True),
    Column("created_at", Text, nullable=False),
    Column("model_name", Text, nullable=False),
    Column("model_version", Text, nullable=False),
    Column("card_sha256", Text, nullable=False),
    Column("trained_as_of", Text, nullable=False),
    Column("as_of", Text, nullable=False),
    Column("horizon_days", Integer, nullable=False),
    Column("currency", Text, nullable=False),
    Column("timezone", Text, nullable=False),
    Column("economics", JSON, nullable=False),
    Column("data_sha256", Text, nullable=False),
    Column("options", JSON, nullable=False),
    Column("customers", Integer, nullable=False),
    Column("totals", JSON, nullable=False),
    Column("columns", JSON, nullable=False),
    Column("features", JSON, nullable=False),
    sqlite_autoincrement=True,  # the number of a dropped batch is not given again
)

# `warnings`, `features` and `others` are JSON: a list of sentences, the row of the feature table
# in the order of batches.features, and predicted columns that have no column here.
SCORES = Table(
    "scores",
    METADATA,
    Column(
        "batch",
        Integer,
        ForeignKey("batches.number", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    Column("customer_id", ID, primary_key=True),
    *(Column(name, Double) for name in VALUE_COLUMNS),
    *(Column(name, Text) for name in TEXTS),
    Column("warnings", Text, nullable=False),
    Column("features", Text, nullable=False),
    Column("others", Text),
)
BY_CLV = Index("scores_by_clv", SCORES.c.batch, SCORES.c.clv.desc(), SCORES.c.customer_id).ddl_if(
    dialect="sqlite"
)
BY_CLV_NULLS_LAST = Index(
    "scores_by_clv_nulls_last",
    SCORES.c.batch,
    SCORES.c.clv.desc().nulls_last(),
    SCORES.c.customer_id,
).ddl_if(dialect="postgresql")


def exists(connection: Connection, shown: str) -> bool:
    """Whether the store's tables are there.

    Raises ServeError (503) where they are another version's, or another program's.
    """
    there = set(inspect(connection).get_table_names())
    if STORE_META.name not in there:
        if unexpected := sorted(there & METADATA.tables.keys()):
            raise ServeError(
                f"{shown}: holds a table {unexpected[0]} that is not a score store's; "
                "give the store a database of its own",
                status=503,
            )
        return False
    version = connection.scalar(
        select(STORE_META.c.value).where(STORE_META.c.name == "schema_version")
    )
    if version != str(SCHEMA_VERSION):
        raise ServeError(
            f"{shown}: the store's tables are of version {str(version)[:60]}, this Perennial reads "
            f"{SCHEMA_VERSION}; use the Perennial that wrote it, or another store",
            status=503,
        )
    return True


def require_own_file(connection: Connection, shown: str) -> None:
    """Raises ServeError where a SQLite file without a store holds something else already.

    A server's database may be shared; a file such as MLflow's is no place for a store.
    """
    if connection.dialect.name == "sqlite" and (others := inspect(connection).get_table_names()):
        raise ServeError(
            f"{shown}: is a database of something else, it holds a table {others[0][:60]}; give "
            "the store a file of its own",
            status=503,
        )


def create(connection: Connection, shown: str) -> None:
    """Make the tables where there are none.

    Raises ServeError as `exists` does, and for a file that is another program's database.
    """
    if exists(connection, shown):
        return
    require_own_file(connection, shown)
    METADATA.create_all(connection)
    connection.execute(insert(STORE_META).values(name="schema_version", value=str(SCHEMA_VERSION)))
