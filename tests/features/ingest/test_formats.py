"""However a file is written, it is the same log."""

from __future__ import annotations

import bz2
import gzip
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest

from features.config.purchases import PurchaseData
from features.errors import DataError
from features.ingest.transactions import TransactionLog, read_transactions

ROWS = [("José", "2024-01-05T10:00:00", 12.5), ("José", "2024-02-05T11:30:00", 1250.0)]
CSV = "who,at,paid\n" + "".join(f"{who},{at},{paid}\n" for who, at, paid in ROWS)


def read(path: Path, **settings: Any) -> TransactionLog:
    columns = {"customer_id": "who", "timestamp": "at", "amount": "paid"}
    columns |= settings.pop("columns", {})
    data = {"transactions": str(path), "columns": columns, **settings}
    return read_transactions(PurchaseData.model_validate(data))


def rows(log: TransactionLog) -> list[tuple[str, str, float]]:
    at = pd.to_datetime(log.lines["us"], unit="us").dt.strftime("%Y-%m-%dT%H:%M:%S")
    return list(zip(log.lines["customer_id"], at, log.lines["amount"], strict=True))


def _zip(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("__MACOSX/._orders.csv", "x")
        archive.writestr("orders.csv", CSV)


def _workbook(path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["who", "at", "paid"])
    for who, at, paid in ROWS:
        sheet.append([who, pd.Timestamp(at).to_pydatetime(), paid])
    book.create_sheet("notes").append(["nothing"])
    book.save(path)


def _objects() -> list[dict[str, Any]]:
    return [{"who": who, "at": at, "paid": paid, "more": {"a": [1]}} for who, at, paid in ROWS]


WRITERS: dict[str, Callable[[Path], object]] = {
    "log.csv": lambda path: path.write_text(CSV, encoding="utf-8"),
    "log.tsv": lambda path: path.write_text(CSV.replace(",", "\t"), encoding="utf-8"),
    "log.txt": lambda path: path.write_text(CSV.replace(",", "|"), encoding="utf-8"),
    "bom.csv": lambda path: path.write_text(CSV, encoding="utf-8-sig"),
    "utf16.csv": lambda path: path.write_text(CSV, encoding="utf-16"),
    "log.csv.gz": lambda path: path.write_bytes(gzip.compress(CSV.encode())),
    "log.csv.bz2": lambda path: path.write_bytes(bz2.compress(CSV.encode())),
    "log.zip": _zip,
    "log.xlsx": _workbook,
    "log.jsonl": lambda path: path.write_text("\n".join(map(json.dumps, _objects()))),
    "log.json": lambda path: path.write_text(json.dumps(_objects(), indent=1)),
    "log.json.gz": lambda path: path.write_bytes(gzip.compress(json.dumps(_objects()).encode())),
    "log.parquet": lambda path: pd.DataFrame(ROWS, columns=["who", "at", "paid"]).to_parquet(path),
    "sep.csv": lambda path: path.write_text("sep=;\n" + CSV.replace(",", ";"), encoding="utf-8"),
    "trailing.csv": lambda path: path.write_text(CSV.replace("\n", ",\n"), encoding="utf-8"),
    "ragged.csv": lambda path: path.write_text(
        CSV.replace(".5\n", ".5,,\n").replace("0.0\n", "0.0,,\n"), encoding="utf-8"
    ),
    "indexed.csv": lambda path: pd.DataFrame(ROWS, columns=["who", "at", "paid"]).to_csv(path),
    "what[is]this.csv": lambda path: path.write_text(CSV, encoding="utf-8"),
}


@pytest.mark.parametrize("name", WRITERS)
def test_each_kind_of_file_is_read(tmp_path: Path, name: str) -> None:
    WRITERS[name](tmp_path / name)
    assert rows(read(tmp_path / name)) == ROWS


def test_an_encoding_is_asked_for_and_used(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text(CSV, encoding="cp1252")
    with pytest.raises(DataError, match=r"log\.csv: is not written in utf-8; set data\.encoding"):
        read(tmp_path / "log.csv")
    assert rows(read(tmp_path / "log.csv", encoding="cp1252")) == ROWS


def test_rows_above_the_header_are_passed_over(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text("Orders of our shop\n\n" + CSV, encoding="utf-8")
    assert rows(read(tmp_path / "log.csv", skip_rows=2)) == ROWS


def test_a_sheet_is_chosen_by_name(tmp_path: Path) -> None:
    _workbook(tmp_path / "log.xlsx")
    with pytest.raises(DataError, match=r"has no sheet 'orders', .* the sheets are Sheet, notes"):
        read(tmp_path / "log.xlsx", sheet="orders")
    assert rows(read(tmp_path / "log.xlsx", sheet="Sheet")) == ROWS


def test_a_zip_of_several_files_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "log.zip", "w") as archive:
        archive.writestr("a.csv", CSV)
        archive.writestr("b.csv", CSV)
    with pytest.raises(DataError, match=r"holds 2 files \(a\.csv, b\.csv\); a zip must hold one"):
        read(tmp_path / "log.zip")


def test_columns_nobody_asked_for_never_matter(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("who,at,paid,x,x\nu,2024-01-05,1,7,8\n")
    (tmp_path / "b.csv").write_text("y,paid,at,who\nq,2,2024-01-06,u\n")
    found = read(tmp_path)
    assert found.lines["amount"].tolist() == [1.0, 2.0]
    assert found.counts["rows_read"] == 2


def test_columns_that_differ_in_case_alone_are_not_taken_for_each_other(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text("WHO,who,at,paid\nlower,u,2024-01-05,1\n")
    assert rows(read(tmp_path / "log.csv")) == [("u", "2024-01-05T00:00:00", 1.0)]
    with pytest.raises(DataError, match=r"columns who and WHO differ in case alone"):
        read(tmp_path / "log.csv", columns={"order_id": "WHO"})


def test_types_that_differ_between_files_are_one_column(tmp_path: Path) -> None:
    for name, ids in (("a", [7, 8]), ("b", ["7", "9"]), ("c", [7.0, None])):
        frame = pd.DataFrame({"who": ids, "at": pd.Timestamp("2024-01-05"), "paid": 1})
        frame.assign(extra=ids).to_parquet(tmp_path / f"{name}.parquet")
    assert read(tmp_path).lines["customer_id"].tolist() == ["7", "8", "9"]


def test_folders_of_a_partitioned_table_are_columns(tmp_path: Path) -> None:
    for channel in ("web", "a shop", "__HIVE_DEFAULT_PARTITION__"):
        folder = tmp_path / "table" / f"channel={channel.replace(' ', '%20')}" / "day=1"
        folder.mkdir(parents=True)
        frame = pd.DataFrame({"who": ["u"], "at": ["2024-01-05"], "paid": [1.0]})
        frame.to_parquet(folder / "part.parquet")
    found = read(tmp_path / "table", columns={"channel": "channel"})
    assert found.optional == ("channel",)
    assert found.lines["channel"].dropna().tolist() == ["a shop", "web"]


def test_members_of_members_are_named_with_a_point(tmp_path: Path) -> None:
    (tmp_path / "log.jsonl").write_text(
        '{"who": {"id": 7}, "at": "2024-01-05", "paid": 1.0}\n{"at": "2024-01-06", "paid": 2}\n'
    )
    found = read(tmp_path / "log.jsonl", columns={"customer_id": "who.id"})
    assert found.lines["customer_id"].tolist() == ["7"]
    assert found.counts["guest_rows_dropped"] == 1


def test_a_file_that_changes_while_it_is_read_is_refused(tmp_path: Path) -> None:
    from features.ingest.files import Fingerprint, find

    path = tmp_path / "log.csv"
    path.write_text(CSV, encoding="utf-8")
    fingerprint = Fingerprint(find(str(path)))
    path.write_text(CSV + "u,2024-03-01,5\n", encoding="utf-8")
    with pytest.raises(DataError, match="has changed while it was read"):
        fingerprint.require_unchanged()
