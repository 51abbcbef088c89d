"""Cases of odd texts, moments, numbers and ids in text files, JSON and workbooks."""

from __future__ import annotations

import gzip
import json
import zipfile
from collections.abc import Callable
from datetime import date, datetime, time
from io import BytesIO
from pathlib import Path
from typing import Any

import openpyxl

from benchmarks.intake_cases.case import HEADER, TWO, Case, log, refused, right

CSV = log("u,2024-01-05,10", "v,2024-01-06,20.5")
DAYS = ("2024-01-05T00:00:00", "2024-01-06T00:00:00")
IDS = HEADER.strip() + ",order_id\n"


def _book(*rows: list[Any], second: list[list[Any]] | None = None) -> Callable[[Path], object]:
    def write(path: Path) -> None:
        book = openpyxl.Workbook()
        sheet = book.active
        assert sheet is not None
        for row in rows:
            sheet.append(row)
        if second is not None:
            other = book.create_sheet("Orders")
            for row in second:
                other.append(row)
        book.save(path)

    return write


def _zipped(**members: bytes) -> bytes:
    stream = BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, content in members.items():
            archive.writestr(name.replace("__", "."), content)
    return stream.getvalue()


def _at(*moments: str) -> str:
    return log(f"u,{moments[0]},10", f"v,{moments[-1]},20.5")


NAMES = HEADER.strip().split(",")
TEXTS = (
    right("bom-twice", "\ufeff\ufeff" + CSV, TWO),
    right("utf-16-semicolons", CSV.replace(",", ";").encode("utf-16"), TWO),
    right("cp1252-decimal-comma", CSV.replace(",", ";").replace(".5", ",5").replace(
        "u;", "Ü;").encode("cp1252"), {"Ü": 10, "v": 20.5}, encoding="cp1252", decimal=","),
    right("header-on-line-four", "Shop\nReport\n\n" + CSV, TWO, skip_rows=3),
    refused("header-on-line-four-unset", "Shop\nReport\n\n" + CSV, "data.skip_rows"),
    refused("total-row-at-the-end", CSV + ",,30.5\n", "data.missing"),
    right("total-row-at-the-end-dropped", CSV + ",,30.5\n", TWO, missing="drop"),
    refused("header-again-inside", CSV + CSV, "row 3"),
    right("header-again-inside-dropped", CSV + CSV, {"u": 20, "v": 41},
          drop={"customer_id": ["customer_id"]}),
    right("quoted-thousands", log('u,2024-01-05,"1,010.50"', 'v,2024-01-06,"2,020,030"'),
          {"u": 1010.5, "v": 2020030}, thousands=","),
    right("blanks-as-thousands", log("u,2024-01-05,1\u202f010.50", "v,2024-01-06,2 020 030"),
          {"u": 1010.5, "v": 2020030}, thousands=" "),
    right("tabs-and-quotes", CSV.replace(",", "\t").replace("u\t", '"u\t1"\t'),
          {"u\t1": 10, "v": 20.5}, file="log.tsv"),
    right("file-of-no-ending-in-zip", _zipped(export=CSV.encode()), TWO, file="log.zip"),
    refused("zip-of-several", _zipped(a__csv=CSV.encode(), b__csv=CSV.encode(), c__txt=b"x"),
            "a zip must hold one", file="log.zip"),
    right("gz-of-cp1252", gzip.compress("customer_id,timestamp,amount\né,2024-01-05,1\n".encode(
        "cp1252")), {"é": 1}, file="log.csv.gz", encoding="cp1252"),
    refused("empty-file", "", "give a file with a header and rows"),
    refused("header-only", HEADER, "holds no rows"),
    right("header-only-and-a-file", {"in/a.csv": HEADER, "in/b.csv": CSV}, TWO),
    refused("html-saved-as-csv", "<html><body><table><tr><td>u</td></tr></table></body></html>\n",
            "the columns are"),
    right("null-customers", CSV + "NULL,2024-01-07,5\n null ,2024-01-07,5\n", TWO),
    right("delimiter-in-names", '"customer_id";"timestamp";"amount";"a,b,c,d,e"\n'
          "u;2024-01-05;10;x\nv;2024-01-06;20.5;y\n", TWO),
    right("no-quotes-around-newer-line", CSV.replace("u,", '"u\nv",'), {"u\nv": 10, "v": 20.5}),
)  # fmt: skip
MOMENTS = (
    right("date-nanoseconds", _at("2024-01-05T00:00:00.123456789Z", "2024-01-06T00:00:00.1Z"), TWO,
          moments=("2024-01-05T00:00:00.123456", "2024-01-06T00:00:00.100000")),
    right("date-epoch-ms-fraction", _at("1704412800000.0", "1704499200000"), TWO, moments=DAYS,
          date_format="epoch_ms"),
    right("date-excel-text-fraction", _at("45296.5", "45297"), TWO, date_format="excel",
          moments=("2024-01-05T12:00:00", "2024-01-06T00:00:00")),
    right("date-am-pm-midnight", _at("01/05/2024 12:00:00 AM", "01/06/2024 12:00:00 PM"), TWO,
          moments=("2024-01-05T00:00:00", "2024-01-06T12:00:00"),
          date_format="%m/%d/%Y %I:%M:%S %p"),
    refused("date-mixed-orders", _at("13/01/2024", "01/13/2024"), "data.date_format",
            date_format="%d/%m/%Y"),
    refused("date-two-orders-either", _at("01/02/2024", "03/04/2024"),
            "read it differently", date_format=["%d/%m/%Y", "%m/%d/%Y"]),
    refused("date-one-in-the-future", _at("2024-01-05", "2094-01-06"), "data.end"),
    right("date-one-in-the-future-cut", _at("2024-01-05", "2094-01-06"), {"u": 10},
          end="2025-01-01"),
    refused("date-lower-case-zone", _at("2024-01-05 10:00 europe/berlin"), "timestamp"),
    refused("date-offset-with-seconds", _at("2024-01-05 10:00:00+01:23:45"), "timestamp"),
    right("date-offset-without-colon", _at("2024-01-05T01:00:00+0100", "2024-01-06 01:00 +01"),
          TWO, moments=DAYS),
    right("date-zone-after-blanks", _at("2024-01-05 01:00:00  Europe/Berlin",
          "2024-01-06 00:00:00 Z"), TWO, moments=DAYS),
    right("date-named-offset-glued", _at("2024-01-04 19:00:00EST", "2024-01-05 16:00 PST"), TWO,
          moments=DAYS),
    right("date-and-time-in-a-zone", log("u,2024-07-05,10,23:30", "v,2024-01-06,20.5,0:30",
          header="customer_id,timestamp,amount,at\n"), TWO, timezone="Europe/Berlin",
          columns={"time": "at"}, moments=("2024-01-05T23:30:00", "2024-07-05T21:30:00")),
    right("date-day-left-out", _at("2011-12-30 12:00", "2011-12-31 00:30"), TWO,
          timezone="Pacific/Apia", moments=("2011-12-30T10:00:00", "2011-12-30T10:30:00")),
    refused("date-java", _at("Fri Jan 05 10:00:00 CET 2024"), "with an offset"),
    refused("date-quarter", _at("2024-Q1", "2024-Q2"), "data.date_format"),
    refused("date-year-only", _at("2024", "2023"), "timestamp"),
)  # fmt: skip
VALUES = (
    right("email-case-kept", log("U@x.de,2024-01-05,1", "u@X.de,2024-01-06,2"),
          {"U@x.de": 1, "u@X.de": 2}),
    right("email-case-lower", log("U@x.de,2024-01-05,1", "u@X.de,2024-01-06,2"), {"u@x.de": 3},
          id_case="lower"),
    right("id-point-zero-and-none", log("7.0,2024-01-05,1", "7,2024-01-06,2", "07,2024-01-07,4"),
          {"7": 3, "07": 4}),
    right("id-two-forms", log("e\u0301,2024-01-05,1", "\u00e9,2024-01-06,2"), {"\u00e9": 3}),
    refused("id-nul", {"log.jsonl": '{"customer_id": "a\\u0000b", "timestamp": "2024-01-05", '
                       '"amount": 1}\n'}, "NUL"),
    right("quantity-negative", log("u,2024-01-05,2.5,4", "u,2024-01-06,2.5,-1",
          header="customer_id,timestamp,amount,n\n"), {"u": 7.5}, amount_is="unit_price",
          columns={"quantity": "n"}),
    right("refund-in-an-own-column", log("u,2024-01-05,10,", "v,2024-01-06,21,-0.5",
          "v,2024-01-07,1,1", header="customer_id,timestamp,amount,back\n"), TWO,
          columns={"refunded": "back"}),
    refused("order-ids-of-two-customers", log("u,2024-01-05,10,1", "v,2024-01-06,20.5,1",
            header=IDS), "order '1'", columns={"order_id": "order_id"}, amount_is="order_total"),
    right("order-ids-of-two-customers-by-line", log("u,2024-01-05,10,1", "v,2024-01-06,20.5,1",
          header=IDS), TWO, columns={"order_id": "order_id"}, orders=2),
    refused("order-over-months", log("u,2024-01-05,10,7", "u,2024-06-05,10,7", header=IDS),
            "data.order_span_days", columns={"order_id": "order_id"}),
    right("test-orders-dropped", log("u,2024-01-05,10,false", "v,2024-01-06,20.5,",
          "w,2024-01-06,9,True", header="customer_id,timestamp,amount,test\n"), TWO,
          drop={"test": ["True"]}),
    refused("test-orders-other-case", log("u,2024-01-05,10,FALSE", "w,2024-01-06,9,TRUE",
            header="customer_id,timestamp,amount,test\n"), "data.drop", drop={"test": [True]}),
    refused("overlapping-files", {"in/a.csv": log("u,2024-01-05,10,1", header=IDS),
            "in/b.csv": log("u,2024-01-05,10,1", "v,2024-01-06,20.5,2", header=IDS)},
            "data.reexports", columns={"order_id": "order_id"}),
    right("overlapping-files-newest", {"in/a.csv": log("u,2024-01-05,9,1", header=IDS),
          "in/b.csv": log("u,2024-01-05,10,1", "v,2024-01-06,20.5,2", header=IDS)}, TWO,
          columns={"order_id": "order_id"}, reexports="newest"),
    right("overlapping-files-without-orders", {"in/a.csv": CSV, "in/b.csv": CSV}, TWO,
          duplicates="drop"),
    refused("names-of-two-cases", log("u,2024-01-05,10,1", header="customer_id,timestamp,amount,"
            "Customer_ID\n"), "differ in case alone", columns={"order_id": "Customer_ID"}),
    refused("name-of-ours", log("u,2024-01-05,10,1", header="customer_id,timestamp,amount,"
            "perennial_file\n"), "rename it", columns={"order_id": "perennial_file"}),
    refused("money-euro-in-dollars", log("u,2024-01-05,10 €"), "data.currency"),
    refused("money-text", log("u,2024-01-05,ten"), "amount"),
    right("money-words-that-mean-nothing", log("u,2024-01-05,10", "v,2024-01-06,20.5",
          "v,2024-01-07,n.v."), TWO, missing="drop", null_values=["", "n.v."]),
)  # fmt: skip
OBJECTS = [
    {"customer": {"id": 7, "email": "u@x.de"}, "created": "2024-01-05T00:00:00Z", "total": "10.00",
     "lines": [{"sku": 1}]},
    {"customer": {"id": 8}, "created": "2024-01-06T00:00:00Z", "total": "20.50", "lines": []},
    {"customer": None, "created": "2024-01-07T00:00:00Z", "total": "5.00"},
]  # fmt: skip
MEMBERS = {"customer_id": "customer.id", "timestamp": "created", "amount": "total"}
SEVEN = {"7": 10.0, "8": 20.5}
JSON = (
    right("json-array-of-orders", json.dumps(OBJECTS), SEVEN, file="log.json", columns=MEMBERS,
          moments=DAYS),
    refused("json-array-customer-is-an-object", json.dumps(OBJECTS), "customer", file="log.json",
            columns=MEMBERS | {"customer_id": "customer"}),
    refused("json-wrapped", json.dumps({"orders": OBJECTS}), "columns.customer_id", file="log.json",
            columns=MEMBERS),
    right("json-lines-in-zip", _zipped(orders__jsonl="\n".join(map(json.dumps, OBJECTS)).encode()),
          SEVEN, file="log.zip", columns=MEMBERS),
    right("json-epoch-numbers", json.dumps([{"customer_id": 7.0, "timestamp": 1704412800,
          "amount": 10}, {"customer_id": "8", "timestamp": 1704499200, "amount": 20.5}]), SEVEN,
          file="log.json", date_format="epoch_s", moments=DAYS),
)  # fmt: skip
BOOKS = (
    right("xlsx-sheet-two", _book(["notes"], second=[NAMES, ["u", DAYS[0], 10], ["v", DAYS[1],
          20.5]]), TWO, file="log.xlsx", sheet="Orders"),
    refused("xlsx-sheet-two-unset", _book(["notes"], ["x"], second=[NAMES, ["u", DAYS[0], 10]]),
            "data.sheet", file="log.xlsx"),
    right("xlsx-serial-numbers", _book(NAMES, ["u", 45296, 10], ["v", 45297.0, 20.5]), TWO,
          file="log.xlsx", date_format="excel", moments=DAYS),
    refused("xlsx-serial-numbers-unset", _book(NAMES, ["u", 45296, 10]), "data.date_format",
            file="log.xlsx"),
    right("xlsx-times-apart", _book([*NAMES, "at"], ["u", date(2024, 1, 5), 10, time(1, 30)],
          ["v", datetime(2024, 1, 6), 20.5, time(0)]), TWO, file="log.xlsx",
          columns={"time": "at"}, moments=("2024-01-05T01:30:00", DAYS[1])),
    right("xlsx-header-of-two-rows", _book(["Orders", None, None], NAMES, ["u", DAYS[0], 10],
          ["v", DAYS[1], 20.5]), TWO, file="log.xlsx", skip_rows=1),
    right("xlsx-error-cells-dropped", _book(NAMES, ["u", DAYS[0], 10], ["v", DAYS[1], 20.5],
          ["w", DAYS[1], "#N/A"]), TWO, file="log.xlsx", missing="drop"),
)  # fmt: skip

CASES: tuple[Case, ...] = (*TEXTS, *MOMENTS, *VALUES, *JSON, *BOOKS)
