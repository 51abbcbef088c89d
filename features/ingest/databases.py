"""A table or a query of a database, copied to a file that is read like any other."""

from __future__ import annotations

import csv
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit, urlunsplit
from urllib.parse import quote as percent_encoded

import duckdb

from features.config.source_address import without_password
from features.errors import DataError
from features.ingest.columns.cast import EXACT, literal, quote
from features.ingest.files import SourceFile
from features.ingest.working_memory import is_without_room

if TYPE_CHECKING:
    import psycopg

FILES = ("duckdb", "sqlite")
SCHEMES = ("postgresql", "postgres", *FILES)
TABLE = re.compile(r"[^\0]{1,255}")
ROWS_AT_ONCE = 10_000
CONNECT_SECONDS = 10
BOOLEAN = 16  # PostgreSQL's number of the type


def is_address(source: str) -> bool:
    """Whether a source is the address of a database rather than a path."""
    return "://" in source


def copy_rows(address: str, folder: Path) -> SourceFile:
    """Copy what an address names into a file in `folder`.

    address   postgresql://user@host/database, duckdb:///file or sqlite:///file, each with
              ?table=name or ?query=SELECT...; a password is better left to PGPASSWORD

    Raises DataError, without the password, for an address, a table or a server that cannot be
    used.
    """
    shown = without_password(address)
    try:
        scheme, place, statement = _parts(address)
    except ValueError as error:
        raise DataError(f"{shown}: {error}") from None
    try:
        if scheme == "duckdb":
            return _from_duckdb(place, statement, folder)
        if scheme == "sqlite":
            return _from_sqlite(place, statement, folder)
        return _from_postgresql(place, statement, folder)
    except (duckdb.Error, sqlite3.Error, OSError, _postgresql_error()) as error:
        if is_without_room(error):
            raise
        lines = [line.strip() for line in str(error).splitlines() if line.strip()]
        reason = lines[0] if lines else type(error).__name__
        raise DataError(f"{shown}: cannot be read: {_without_secret(reason, address)}") from None


def _without_secret(reason: str, address: str) -> str:
    """A reason without the password, nor a part of one that was taken for a host or a port."""
    shown = without_password(address)
    if shown == address:
        return reason
    known = f"{shown} {unquote(shown)}"
    hidden = re.sub(r'"([^"]*)"', lambda each: each[0] if each[1] in known else '"***"', reason)
    password = _password(address)
    for each in (unquote(password), password):
        hidden = hidden.replace(each, "***") if each else hidden
    return hidden


def _password(address: str) -> str:
    try:
        return urlsplit(address).password or ""
    except ValueError:
        return ""


def file_of(address: str) -> list[Path]:
    """The file of a DuckDB or SQLite database; nothing for an address of another kind."""
    url = urlsplit(address)
    return [Path(unquote(url.path[1:]))] if url.scheme in FILES and not url.netloc else []


def _parts(address: str) -> tuple[str, str, str]:
    """Scheme, place and SQL of an address. Raises ValueError for what is none."""
    url = urlsplit(address)
    if url.scheme not in SCHEMES:
        raise ValueError(
            "is no address that data.transactions reads; those are postgresql://, duckdb:/// and "
            "sqlite:///, each with ?table=name or ?query=SELECT..."
        )
    # subtle: where blanks stand as they are, a plus is a plus
    written = url.query.replace("+", "%2B") if " " in url.query else url.query
    options = dict(parse_qsl(written, keep_blank_values=True))
    if any("\ufffd" in each for each in options.values()):
        raise ValueError("has a percent sign that begins no byte; write %25 for %")
    table, query = options.pop("table", ""), options.pop("query", "")
    if bool(table) == bool(query):
        raise ValueError("must name either ?table= or ?query=")
    if table and not TABLE.fullmatch(table):
        raise ValueError("names no table")
    # subtle: it will stand in parentheses, where a semicolon or the end of a comment is missed
    query = f"{query.rstrip().rstrip(';')}\n" if query else ""
    statement = query or f"SELECT * FROM {'.'.join(quote(part) for part in table.split('.'))}"
    if url.scheme in FILES:
        if options:
            raise ValueError(
                f"has the unknown option {min(options)}; there are ?table= and ?query=, in which "
                "& is written %26"
            )
        if url.netloc:
            raise ValueError(f"must name a file after three slashes: {url.scheme}:///file")
        return url.scheme, unquote(url.path[1:]), statement
    rest = urlencode(options, quote_via=percent_encoded)
    return url.scheme, urlunsplit(("postgresql", url.netloc, url.path, rest, "")), statement


def _existing(place: str) -> Path:
    path = Path(place)
    if not path.is_file():
        raise DataError(f"{path}: no such database file; set data.transactions")
    return path


def _from_duckdb(place: str, statement: str, folder: Path) -> SourceFile:
    target = folder / "table.parquet"
    with duckdb.connect(str(_existing(place)), read_only=True) as connection:
        found = connection.extract_statements(statement)
        if [each.type for each in found] != [duckdb.StatementType.SELECT]:
            raise duckdb.ParserException("the query must be one SELECT")
        described = connection.execute(f"DESCRIBE {statement}").fetchall()
        # subtle: Parquet has no whole numbers of this size, they would be floats
        large = [quote(row[0]) for row in described if row[1] in ("HUGEINT", "UHUGEINT")]
        if large:
            exact = ", ".join(f"CAST({name} AS VARCHAR) AS {name}" for name in large)
            statement = f"SELECT * REPLACE ({exact}) FROM ({statement})"
        connection.execute(f"COPY ({statement}) TO {literal(str(target))} (FORMAT parquet)")
    return SourceFile(target, "parquet", is_copy=True)


def _from_sqlite(place: str, statement: str, folder: Path) -> SourceFile:
    uri = f"{_existing(place).absolute().as_uri()}?mode=ro"
    with closing(sqlite3.connect(uri, uri=True)) as connection:
        cursor = connection.execute(statement)
        names = [column[0] for column in cursor.description or ()]
        return _as_csv(names, cursor, folder)


def _from_postgresql(place: str, statement: str, folder: Path) -> SourceFile:
    import psycopg

    target = folder / "table.csv"
    with (
        psycopg.connect(place, connect_timeout=CONNECT_SECONDS) as connection,
        connection.cursor() as cursor,
        target.open("wb") as stream,
    ):
        # text that is the same whatever the server's settings are
        cursor.execute("SET default_transaction_read_only = on")
        cursor.execute("SET datestyle = 'ISO'")
        cursor.execute("SET timezone = 'UTC'")
        cursor.execute("SET extra_float_digits = 1")
        connection.commit()
        typed = _with_words(cursor, statement)
        with cursor.copy(f"COPY ({typed}) TO STDOUT (FORMAT csv, HEADER)".encode()) as rows:
            for block in rows:
                stream.write(block)
    return SourceFile(target, "csv", is_copy=True)


def _with_words(cursor: psycopg.Cursor, statement: str) -> str:
    """The statement with flags as the words true and false: in a copy they would be t and f."""
    # subtle: what is sent as binary may be one statement only
    cursor.execute(f"SELECT * FROM ({statement}) AS source LIMIT 0".encode(), binary=True)
    columns = cursor.description or ()
    if not any(each.type_code == BOOLEAN for each in columns):
        return statement
    names = [f"c{place}" for place in range(len(columns))]
    shown = ", ".join(
        f"{f'CAST({own} AS text)' if each.type_code == BOOLEAN else own} AS {quote(each.name)}"
        for own, each in zip(names, columns, strict=True)
    )
    return f"SELECT {shown} FROM ({statement}) AS source ({', '.join(names)})"


def _as_csv(names: list[str], rows: Iterator[Any], folder: Path) -> SourceFile:
    target = folder / "table.csv"
    with target.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(names)
        for row in rows:
            writer.writerow([_written(value) for value in row])
    return SourceFile(target, "csv", is_copy=True)


def _written(value: Any) -> Any:
    """subtle: a float of this size may have been rounded, and is written so that it shows."""
    if value is None:
        return ""
    if isinstance(value, bytes):
        return value.hex()
    return f"{value:.16e}" if isinstance(value, float) and abs(value) >= EXACT else value


def _postgresql_error() -> type[Exception]:
    import psycopg

    return psycopg.Error
