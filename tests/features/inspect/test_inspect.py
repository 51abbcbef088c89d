"""A source of unknown form becomes a configuration that reads it, or one sentence."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pytest

from features.__main__ import main
from features.config.read import read_config, read_purchase_config, read_subscription_config
from features.errors import DataError
from features.ingest.subscribers import SubscriberTable, read_subscribers
from features.ingest.transactions import TransactionLog, read_transactions
from features.inspect.attempts import Attempt
from features.inspect.inspection import inspect
from features.inspect.proposal import Proposal
from features.inspect.toml_text import toml_text

NOW = datetime(2025, 1, 1, tzinfo=UTC)
LINES = ["customer_id", "order_id", "local_us", "amount", "category", "channel"]


def inspected(path: Path, text: str | None = None, encoding: str = "utf-8") -> Attempt:
    if text is not None:
        path.write_text(text, encoding=encoding)
    return inspect(str(path), NOW).attempt


def log(attempt: Attempt) -> TransactionLog:
    assert isinstance(attempt.dataset, TransactionLog), attempt.refused
    return attempt.dataset


def lines(attempt: Attempt) -> list[tuple[str, str, float]]:
    frame = log(attempt).lines
    at = pd.to_datetime(frame["us"], unit="us").dt.strftime("%Y-%m-%d %H:%M")
    return list(zip(frame["customer_id"], at, frame["amount"], strict=True))


@pytest.mark.parametrize(("name", "config"), [("online_retail_ii", "online_retail")])
def test_the_sample_of_a_wholesaler_needs_no_help(
    name: str, config: str, at_root: Path, retail: TransactionLog
) -> None:
    """The zone of its shop is not in the data: the clock on the wall is the same."""
    found = log(inspected(at_root / "data" / f"{name}.parquet"))
    columns = [each for each in LINES if each != "local_us"]
    read = found.lines.sort_values(LINES)[LINES].reset_index(drop=True)
    expected = retail.lines.sort_values(LINES)[LINES].reset_index(drop=True)
    assert len(read) == len(expected)
    pd.testing.assert_frame_equal(read[columns], expected[columns])


def test_the_sample_of_groceries_needs_no_help(at_root: Path, groceries: TransactionLog) -> None:
    found = log(inspected(at_root / "data" / "complete_journey.parquet"))
    pd.testing.assert_frame_equal(found.lines, groceries.lines)
    assert found.counts == groceries.counts


@pytest.mark.parametrize("name", ["cdnow", "cdnow_sample"])
def test_the_samples_of_a_music_shop_need_no_help(name: str, at_root: Path) -> None:
    path = at_root / "data" / f"{name}.parquet"
    data = read_purchase_config(at_root / "configs" / "cdnow.toml").data
    expected = read_transactions(data.model_copy(update={"transactions": str(path)}))
    pd.testing.assert_frame_equal(log(inspected(path)).lines, expected.lines)


def test_the_sample_of_subscribers_needs_no_help(at_root: Path) -> None:
    found = inspected(at_root / "data" / "telco.parquet").dataset
    assert isinstance(found, SubscriberTable)
    expected = read_subscribers(read_subscription_config(at_root / "configs" / "telco.toml").data)
    assert set(found.attributes) == set(expected.attributes)
    columns = expected.customers.columns
    pd.testing.assert_frame_equal(found.customers[columns], expected.customers)


GERMAN = """\
Kundennummer;Bestellnummer;Bestelldatum;Lieferdatum;Gesamtbetrag;MwSt;Status
K01;B1;05.01.2024 10:00;07.01.2024;1.234,50 €;197,10 €;bezahlt
K02;B2;13.02.2024 11:30;15.02.2024;20,00 €;3,19 €;storniert
K02;B3;14.02.2024 12:30;15.02.2024;30,00 €;4,79 €;versendet
"""
FRENCH = """\
N° client;N° commande;Date de commande;Montant total;Remise
12;C1;05/01/2024;1 234,50;0
13;C2;25/02/2024;20,00;1
"""
SPANISH = """\
ID Cliente,Número de pedido,Fecha de compra,Precio unitario,Cantidad,País
7,P1,2024-01-05,10.50,2,ES
8,P2,2024-02-25,20.00,1,MX
"""
PORTUGUESE = """\
Código do cliente;Pedido;Data do pedido;Valor total;Frete
7;P1;05/01/2024;R$ 1.021,00;5,00
8;P2;25/02/2024;R$ 20,00;5,00
"""
ITALIAN = """\
Cliente;Numero ordine;Data ordine;Importo totale;IVA
anna;O1;05-01-2024;21,50;3,00
bruno;O2;25-02-2024;20,00;3,00
"""
DUTCH = """\
Klantnummer;Ordernummer;Besteldatum;Totaalbedrag;BTW
7;O1;05-01-2024;21,50;3,00
8;O2;25-02-2024;20,00;3,00
"""
POLISH = """\
ID klienta;Numer zamówienia;Data zamówienia;Wartość;Rabat
7;Z1;2024-01-05 10:00;21,50 zł;0
8;Z2;2024-02-25 10:00;20,00 zł;0
"""


@pytest.mark.parametrize(
    ("text", "expected", "currency"),
    [
        (GERMAN, [("K01", "2024-01-05 10:00", 1234.5), ("K02", "2024-02-14 12:30", 30)], "EUR"),
        (FRENCH, [("12", "2024-01-05 00:00", 1234.5), ("13", "2024-02-25 00:00", 20)], "USD"),
        (SPANISH, [("7", "2024-01-05 00:00", 21), ("8", "2024-02-25 00:00", 20)], "USD"),
        (PORTUGUESE, [("7", "2024-01-05 00:00", 1021), ("8", "2024-02-25 00:00", 20)], "BRL"),
        (ITALIAN, [("anna", "2024-01-05 00:00", 21.5), ("bruno", "2024-02-25 00:00", 20)], "USD"),
        (DUTCH, [("7", "2024-01-05 00:00", 21.5), ("8", "2024-02-25 00:00", 20)], "USD"),
        (POLISH, [("7", "2024-01-05 10:00", 21.5), ("8", "2024-02-25 10:00", 20)], "PLN"),
    ],
    ids=["German", "French", "Spanish", "Portuguese", "Italian", "Dutch", "Polish"],
)
def test_columns_are_known_in_the_language_of_their_shop(
    text: str, expected: list[tuple[str, str, float]], currency: str, tmp_path: Path
) -> None:
    found = inspected(tmp_path / "orders.csv", text)
    assert lines(found) == expected
    assert found.proposal.data["currency"] == currency
    assert found.proposal.data["columns"].get("order_id")


def test_names_that_say_nothing_are_known_by_what_they_hold(tmp_path: Path) -> None:
    text = "a,b,c,d\n" + "".join(
        f"x{day},who{day % 2}@example.com,2024-01-{day:02}T10:00:00Z,{day}.50\n"
        for day in range(1, 6)
    )
    found = inspected(tmp_path / "x.csv", text)
    assert lines(found)[0] == ("who1@example.com", "2024-01-01 10:00", 1.5)
    assert any("no name says what is a customer: b" in each for each in found.proposal.unsure)


def test_the_total_of_an_order_on_each_of_its_rows_counts_once(tmp_path: Path) -> None:
    text = "customer_id,order_id,date,total\n" + "".join(
        f"c{order},{order},2024-01-0{order},{order * 10}\n" * 2 for order in range(1, 5)
    )
    found = inspected(tmp_path / "orders.csv", text)
    assert log(found).lines["amount"].sum() == 100
    assert any("taken for the order's total" in each for each in found.proposal.unsure)


def test_a_blank_row_of_an_order_is_that_of_the_row_above(tmp_path: Path) -> None:
    text = "order,customer,date,total,item\n1,ann,2024-01-05,50,a\n1,,,,b\n2,bob,2024-02-05,7,c\n"
    found = inspected(tmp_path / "orders.csv", text)
    assert lines(found) == [("ann", "2024-01-05 00:00", 50), ("bob", "2024-02-05 00:00", 7)]


def test_tests_failures_and_other_currencies_do_not_count(tmp_path: Path) -> None:
    text = (
        "customer,date,total,currency,status,is_test\n"
        "ann,2024-01-05,10,EUR,paid,false\nann,2024-01-06,20,EUR,refunded,false\n"
        "bob,2024-01-07,30,EUR,paid,true\nbob,2024-01-08,40,usd,paid,false\n"
        "bob,2024-01-09,50,eur,paid,false\n"
    )
    found = inspected(tmp_path / "orders.csv", text)
    assert lines(found) == [("ann", "2024-01-05 00:00", 10), ("bob", "2024-01-09 00:00", 50)]
    assert any("EUR, USD: only rows in EUR" in each for each in found.proposal.unsure)


def test_a_status_in_the_last_of_several_files_is_seen(tmp_path: Path) -> None:
    header = "customer,order,date,total,status\n"
    (tmp_path / "a.csv").write_text(header + "ann,1,2024-01-05,10,paid\nbob,2,2024-01-06,5,paid\n")
    (tmp_path / "b.csv").write_text(header + "ann,3,2024-02-05,20,cancelled\n")
    found = inspected(tmp_path)
    assert log(found).lines["amount"].tolist() == [10, 5]


def test_a_password_is_not_written() -> None:
    address = "postgresql://me:secret@host/shop?table=orders"
    text = toml_text(Proposal(address, "purchases", {"columns": {}}))
    assert "secret" not in text
    assert "postgresql://me@host/shop?table=orders" in text


def test_lines_above_the_header_and_an_old_encoding_are_found(tmp_path: Path) -> None:
    text = "Umsätze\n\nKunde;Datum;Betrag\nMüller;05.01.2024;1,50\nMeyer;25.01.2024;2,50\n"
    found = inspected(tmp_path / "export.csv", text, "cp1252")
    assert lines(found)[0] == ("Müller", "2024-01-05 00:00", 1.5)
    assert found.proposal.data["encoding"] == "cp1252"


@pytest.mark.parametrize(
    ("rows", "key", "amounts"),
    [
        ("ann,01/02/2024,5\nbob,03/04/2024,6\n", "date_format", [5, 6]),
        ("ann,2024-01-05,1.234\nbob,2024-02-05,2.345\n", "thousands", [1234, 2345]),
        ('ann,2024-01-05,"1,234"\nbob,2024-02-05,"2,345"\n', "thousands", [1234, 2345]),
    ],
    ids=["dates", "points", "commas"],
)
def test_what_a_source_cannot_settle_is_left_to_choose(
    rows: str, key: str, amounts: list[float], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source, out = tmp_path / "orders.csv", tmp_path / "mine.toml"
    source.write_text(f"customer,date,amount\n{rows}")
    assert main(["inspect", str(source), "--out", str(out)]) == 2
    assert f"data.{key}" in capsys.readouterr().err.splitlines()[-1]
    before, _, choices = out.read_text().partition("# either, for the source cannot settle it:\n")
    first, or_, rest = choices.partition("# or, ")
    out.write_text(before + first.replace("# ", "") + or_ + rest)
    log = read_transactions(read_purchase_config(out).data)
    assert log.lines["amount"].tolist() == amounts


def test_the_command_writes_a_configuration_that_reads_the_source(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("orders.csv").write_text(GERMAN)
    assert main(["inspect", "orders.csv", "--out", "configs/mine.toml"]) == 0
    captured = capsys.readouterr()
    result = json.loads(captured.out.splitlines()[-1])
    assert result["columns"]["customer_id"] == "Kundennummer"
    assert result["counts"]["lines"] == 2
    assert "unsure: the time zone" in captured.err
    assert read_config(Path("configs/mine.toml")).problem.horizon_days == 90
    assert main(["inspect", "orders.csv", "--out", "configs/mine.toml"]) == 2
    assert "is there already" in capsys.readouterr().err
    assert main(["inspect", "orders.csv"]) == 0
    printed = capsys.readouterr().out
    assert printed[: printed.rindex('{"source"')] == Path("configs/mine.toml").read_text()


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("customer,amount\na,1\nb,2\n", "no column looks like a moment; the columns are"),
        ("customer,date,amount\n", "holds no rows"),
    ],
)
def test_a_source_that_is_no_log_is_one_sentence_and_no_file(
    text: str, sentence: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "x.csv").write_text(text)
    assert main(["inspect", str(tmp_path / "x.csv"), "--out", str(tmp_path / "m.toml")]) == 2
    assert sentence in capsys.readouterr().err.splitlines()[-1]
    assert not (tmp_path / "m.toml").exists()


def test_dated_subscriptions_are_a_contract(dated_rows: str, tmp_path: Path) -> None:
    text = dated_rows.replace(
        "who,since,fee,until", "customer_id,start_date,monthly_fee,cancelled_at"
    )
    found = inspected(tmp_path / "customers.csv", text)
    assert found.proposal.relationship == "contract"
    assert isinstance(found.dataset, SubscriberTable)
    assert found.dataset.counts["customers_cancelled"] == 3


def test_names_and_sentences_cannot_break_the_file(tmp_path: Path) -> None:
    strange = 'da"te\\ 1'
    quoted = strange.replace('"', '""')
    text = f'customer,"{quoted}",amount\nann,2024-01-05,5\nbob,2024-01-06,6\n'
    found = inspected(tmp_path / "orders.csv", text)
    (tmp_path / "mine.toml").write_text(toml_text(found.proposal, "a\nsentence\x00"))
    data = read_purchase_config(tmp_path / "mine.toml").data
    assert data.columns.timestamp == strange


def test_a_source_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no such file"):
        inspect(str(tmp_path / "nothing.csv"), NOW)
