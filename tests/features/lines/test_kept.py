"""Lines that are kept: read once, made anew where anything has changed, never half there."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from features.config.purchases import PurchaseData
from features.errors import DataError
from features.ingest.transactions import TransactionLog, read_transactions
from features.lines import kept
from features.purchases.table import build_features

ROOT = Path(__file__).resolve().parents[3]
CSV = "who,at,paid\na,2024-01-05,10\nb,2024-02-05,20\na,2024-03-05,30\n"

Read = Callable[..., TransactionLog]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Reads a CSV of these rows, its lines kept in `kept`."""

    def make(text: str = CSV, **settings: object) -> TransactionLog:
        path = tmp_path / "log.csv"
        if not path.exists() or path.read_text() != text:
            path.write_text(text)
        columns = {"customer_id": "who", "timestamp": "at", "amount": "paid"}
        data = {"transactions": str(path), "columns": columns} | settings
        return read_transactions(PurchaseData.model_validate(data), kept_in=tmp_path / "kept")

    return make


def folders(tmp_path: Path) -> list[Path]:
    return sorted((tmp_path / "kept").iterdir())


def test_a_source_is_read_once(read: Read, tmp_path: Path) -> None:
    first = read()
    (folder,) = folders(tmp_path)
    before = {each.name: each.stat().st_ino for each in folder.iterdir()}
    second = read()
    assert {each.name: each.stat().st_ino for each in folder.iterdir()} == before
    pd.testing.assert_frame_equal(first.lines, second.lines, check_exact=True)
    for name in ("counts", "sha256", "first", "end", "optional", "findings"):
        assert getattr(first, name) == getattr(second, name), name


@pytest.mark.parametrize(
    "changes", [{"timezone": "Asia/Tokyo"}, {"refunds": "drop"}, {"end": "2024-03-01"}]
)
def test_another_configuration_is_another_log(
    read: Read, tmp_path: Path, changes: dict[str, str]
) -> None:
    read()
    read(**changes)
    assert len(folders(tmp_path)) == 2


def test_another_content_is_another_log(read: Read, tmp_path: Path) -> None:
    read()
    assert read(CSV + "c,2024-03-06,5\n").counts["customers"] == 3
    assert len(folders(tmp_path)) == 2


def test_newer_code_makes_its_own_lines(
    read: Read, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read()
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "money.py").write_text("SIGN = -1")
    monkeypatch.setattr(kept, "CODE", tmp_path / "code")
    read()
    assert len(folders(tmp_path)) == 2


def test_rows_that_move_to_another_file_are_another_content(tmp_path: Path) -> None:
    first = '{"who": "a", "at": "2024-01-05", "paid": 10, "order": "1"}\n'
    again = first.replace("10", "12")
    columns = {"customer_id": "who", "timestamp": "at", "amount": "paid", "order_id": "order"}
    data = {"transactions": str(tmp_path / "in"), "columns": columns, "reexports": "newest"}
    (tmp_path / "in").mkdir()
    found = []
    for one, two in ((first, again + again), (first + again, again)):
        (tmp_path / "in" / "1.jsonl").write_text(one)
        (tmp_path / "in" / "2.jsonl").write_text(two)
        log = read_transactions(PurchaseData.model_validate(data), kept_in=tmp_path / "kept")
        found.append(log.lines["amount"].sum())
    assert found == [24.0, 12.0]


def test_a_column_that_only_folders_name_is_not_one_of_a_single_file(tmp_path: Path) -> None:
    path = tmp_path / "in" / "country=DE" / "log.csv"
    path.parent.mkdir(parents=True)
    path.write_text(CSV)
    columns = {"customer_id": "who", "timestamp": "at", "amount": "paid"}
    data = {"columns": columns, "keep": {"country": ["DE"]}}
    for source in (tmp_path / "in", path):
        settings = PurchaseData.model_validate(data | {"transactions": str(source)})
        if source == path:
            with pytest.raises(DataError, match="no column 'country'"):
                read_transactions(settings, kept_in=tmp_path / "kept")
        else:
            assert read_transactions(settings, kept_in=tmp_path / "kept").counts["lines"] == 3


def test_of_two_processes_that_write_one_log_the_first_one_s_stays(tmp_path: Path) -> None:
    facts = kept.Facts(shards=1, optional=(), counts={}, first=0, end=1)
    first: list[kept.KeptLines] = []

    def write(out: Path) -> kept.Facts:
        (out / "shard-0000.parquet").write_text("lines")
        return facts

    def write_late(out: Path) -> kept.Facts:
        first.append(kept.keep_lines(tmp_path / "kept", "key", write))
        first_states.append((tmp_path / "kept" / "key").stat().st_ino)
        return write(out)

    first_states: list[int] = []
    second = kept.keep_lines(tmp_path / "kept", "key", write_late)
    assert [second.folder.stat().st_ino] == first_states
    assert [each.name for each in folders(tmp_path)] == ["key"]


@pytest.mark.parametrize("damage", ["shard-0000.parquet", "manifest.json", "customers.parquet"])
@pytest.mark.parametrize("gone", [True, False], ids=["gone", "cut"])
def test_what_is_not_all_there_is_made_anew(
    read: Read, tmp_path: Path, damage: str, gone: bool
) -> None:
    expected = read().lines
    path = folders(tmp_path)[0] / damage
    path.unlink() if gone else os.truncate(path, 10)
    pd.testing.assert_frame_equal(read().lines, expected, check_exact=True)
    assert path.stat().st_size > 10


def test_what_has_not_been_read_for_longest_goes_first(
    read: Read, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept, "MOST_LOGS", 2)
    held = read()
    for place, each in enumerate(folders(tmp_path)):
        os.utime(each / kept.MANIFEST, (place, place))
    del held
    for place, timezone in enumerate(("Asia/Tokyo", "Europe/Rome"), start=1):
        read(timezone=timezone)
        newest = max(folders(tmp_path), key=lambda each: (each / kept.MANIFEST).stat().st_mtime)
        os.utime(newest / kept.MANIFEST, (place, place))
    assert len(folders(tmp_path)) == 2


def test_what_is_being_read_stays(
    read: Read, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept, "MOST_LOGS", 1)
    held = read()
    read(timezone="Asia/Tokyo")
    assert len(folders(tmp_path)) == 2
    assert len(held.lines) == 3


def test_a_source_that_is_refused_leaves_nothing(read: Read, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="expected a number"):
        read(CSV.replace(",20\n", ",twenty\n"))
    assert folders(tmp_path) == []


def test_where_nothing_can_be_kept_the_log_is_read_all_the_same(tmp_path: Path, read: Read) -> None:
    (tmp_path / "kept").write_text("a file")
    assert len(read().lines) == 3


def test_a_folder_that_is_named_as_a_column_changes_no_number(read: Read, tmp_path: Path) -> None:
    expected = read()
    moved = tmp_path / "amount=7" / "kept"
    moved.parent.mkdir()
    (tmp_path / "kept").rename(moved)
    (tmp_path / "kept").symlink_to(moved)
    pd.testing.assert_frame_equal(read().lines, expected.lines, check_exact=True)
    found = replace(expected.stored, folder=next(moved.iterdir()))
    tables = [build_features(each, expected.end) for each in (expected.stored, found)]
    pd.testing.assert_frame_equal(*tables, check_exact=True)


def test_a_log_that_is_not_kept_is_gone_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    (tmp_path / "log.csv").write_text(CSV)
    columns = {"customer_id": "who", "timestamp": "at", "amount": "paid"}
    data = {"transactions": str(tmp_path / "log.csv"), "columns": columns}
    log = read_transactions(PurchaseData.model_validate(data))
    assert len(list((tmp_path / "temporary").iterdir())) == 1
    assert len(log.lines) == 3
    del log
    assert list((tmp_path / "temporary").iterdir()) == []


def test_a_process_that_is_killed_while_it_writes_leaves_nothing_that_is_read(
    read: Read, tmp_path: Path
) -> None:
    code = f"""
        import os, signal, sys
        sys.path.insert(0, {str(ROOT)!r})
        from features.config.purchases import PurchaseData
        from features.ingest import shard_lines, transactions
        def killed(*arguments):
            os.kill(os.getpid(), signal.SIGKILL)
        shard_lines.list_customers = killed
        columns = dict(customer_id="who", timestamp="at", amount="paid")
        data = PurchaseData(transactions={str(tmp_path / "log.csv")!r}, columns=columns)
        transactions.read_transactions(data, kept_in=transactions.Path({str(tmp_path / "kept")!r}))
    """
    (tmp_path / "log.csv").write_text(CSV)
    died = subprocess.run([sys.executable, "-c", textwrap.dedent(code)], check=False)
    assert died.returncode == -9
    assert [each.name.startswith(".perennial-") for each in folders(tmp_path)] == [True]
    assert len(read().lines) == 3
    assert [each.name.startswith(".") for each in folders(tmp_path)] == [False]
    shutil.rmtree(tmp_path / "kept")
