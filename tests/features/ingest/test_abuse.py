"""Sources that are too many, too large or not at rest: a right result, or one sentence."""

from __future__ import annotations

import bz2
import gzip
import os
import resource
import sqlite3
import threading
import zipfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest

from features.config.purchases import PurchaseData
from features.errors import DataError
from features.ingest.transactions import TransactionLog, read_transactions

HEADER = "customer_id,timestamp,amount\n"
COLUMNS = {each: each for each in HEADER.strip().split(",")}
ROW = "customer-{:06d},2024-01-05 10:00:00,12.50\n"


def read(source: Path | str, **settings: Any) -> TransactionLog:
    data = {"transactions": str(source), "columns": COLUMNS, **settings}
    return read_transactions(PurchaseData.model_validate(data))


def text(rows: int) -> str:
    return HEADER + "".join(ROW.format(place % 1000) for place in range(rows))


@pytest.mark.parametrize("ending", ["csv", "csv.gz", "json", "parquet"])
def test_many_small_files_are_one_log(tmp_path: Path, ending: str) -> None:
    for place in range(150):
        path = tmp_path / f"day={place % 7}" / f"{place}.{ending}"
        path.parent.mkdir(exist_ok=True)
        frame = pd.DataFrame(
            {"customer_id": [f"c{place}"], "timestamp": ["2024-01-05"], "amount": [place]}
        )
        if ending == "parquet":
            frame.to_parquet(path)
        elif ending == "json":
            frame.to_json(path, orient="records")
        else:
            frame.to_csv(path, index=False)
    found = read(tmp_path)
    assert found.counts["rows_read"] == 150
    assert found.lines["amount"].sum() == 150 * 149 / 2


def test_a_folder_may_hold_more_files_than_may_be_open_at_once(tmp_path: Path) -> None:
    for place in range(200):
        (tmp_path / f"{place}.csv").write_text(HEADER + ROW.format(place))
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (len(os.listdir("/proc/self/fd")) + 40, before[1]))
    try:
        found = read(tmp_path)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
    assert found.counts["rows_read"] == 200


def _plain(path: Path, content: bytes) -> None:
    path.write_bytes(content)


def _gz(path: Path, content: bytes) -> None:
    path.write_bytes(gzip.compress(content, 1))


def _bz2(path: Path, content: bytes) -> None:
    path.write_bytes(bz2.compress(content))


def _zip(path: Path, content: bytes) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("log.csv", content)


def _utf16(path: Path, content: bytes) -> None:
    path.write_bytes(content.decode().encode("utf-16"))


def _xlsx(path: Path, content: bytes) -> None:
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet()
    for line in content.decode().splitlines()[:2000]:
        sheet.append(line.split(","))
    book.save(path)


def _sqlite(path: Path, content: bytes) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE log (customer_id, timestamp, amount)")
        rows = [line.split(",") for line in content.decode().splitlines()[1:]]
        connection.executemany("INSERT INTO log VALUES (?, ?, ?)", rows)


WRITERS: dict[str, Callable[[Path, bytes], None]] = {
    "log.csv": _plain,
    "log.csv.gz": _gz,
    "log.csv.bz2": _bz2,
    "log.zip": _zip,
    "utf16.csv": _utf16,
    "log.xlsx": _xlsx,
    "log.db": _sqlite,
}


@pytest.mark.parametrize("name", WRITERS)
def test_a_full_disk_is_one_sentence_and_nothing_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, full_disk: Any, name: str
) -> None:
    path, room = tmp_path / name, tmp_path / "room"
    room.mkdir()
    WRITERS[name](path, text(20_000).encode())
    monkeypatch.setattr("tempfile.tempdir", str(room))
    source = f"sqlite:///{path}?table=log" if name.endswith(".db") else path
    with full_disk(20_000), pytest.raises(DataError, match="cannot be written") as caught:
        read(source)
    assert "\n" not in str(caught.value)
    assert list(room.iterdir()) == []
    assert read(source).counts["rows_read"] in (20_000, 1_999)


@contextmanager
def always(change: Callable[[], object]) -> Iterator[None]:
    """What another program does again and again meanwhile."""
    over = threading.Event()

    def work() -> None:
        while not over.is_set():
            change()

    change()
    other = threading.Thread(target=work)
    other.start()
    try:
        yield
    finally:
        over.set()
        other.join()


@pytest.mark.parametrize("kind", ["grows", "shrinks", "is replaced", "is touched"])
@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_a_file_that_changes_while_it_is_read_is_one_sentence(
    tmp_path: Path, kind: str, ending: str
) -> None:
    path, other = tmp_path / f"log.{ending}", tmp_path / "other"
    frame = pd.DataFrame({"customer_id": ["a"], "timestamp": ["2024-01-05"], "amount": [1.0]})
    frame = pd.concat([frame] * 2_000)
    if ending == "csv":
        frame.to_csv(path, index=False)
    else:
        frame.to_parquet(path)
    whole = path.read_bytes()

    def grow() -> None:
        with path.open("ab") as stream:
            stream.write(whole.splitlines(keepends=True)[-1])

    def shrink() -> None:
        os.truncate(path, len(whole) // 2)
        path.write_bytes(whole)

    def replace() -> None:
        other.write_bytes(whole)
        other.replace(path)

    changes = {"grows": grow, "shrinks": shrink, "is replaced": replace, "is touched": path.touch}
    with always(changes[kind]), pytest.raises(DataError, match=r"log\.(csv|parquet)") as caught:
        read(path)
    assert "\n" not in str(caught.value)
    path.write_bytes(whole)
    assert read(path).counts["rows_read"] == 2_000


def test_a_file_that_is_gone_before_it_is_read_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(text(2))
    (tmp_path / "b.csv").symlink_to(tmp_path / "gone.csv")
    os.mkfifo(tmp_path / "c.csv")
    found = read(tmp_path)
    assert found.counts["rows_read"] == 2


def test_memory_that_is_bounded_is_enough_for_rows_that_unpack_to_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A text of a few kilobytes for each megabyte of rows."""
    monkeypatch.setenv("PERENNIAL_MEMORY", "256MB")
    path = tmp_path / "log.csv.gz"
    _gz(path, text(60_000).encode())
    found = read(path)
    assert found.counts["rows_read"] == 60_000
    assert found.lines["amount"].sum() == 12.5 * 60_000
