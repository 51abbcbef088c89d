"""Cases of what rows mean: totals, prices, refunds, statuses, currencies, orders, several files."""

from __future__ import annotations

import bz2
import gzip
import zipfile
from pathlib import Path

from benchmarks.intake_cases.case import HEADER, TWO, Case, log, refused, right

CSV = log("u,2024-01-05,10", "v,2024-01-06,20.5")
ONE, OTHER = log("u,2024-01-05,10"), log("v,2024-01-06,20.5")
ORDER = {"order_id": "order_id"}
ORDERS = "order_id,customer_id,timestamp,amount\n"
STATUS = "customer_id,timestamp,amount,status\n"
LINES = log("1,u,2024-01-05,30", "1,u,2024-01-05,30", "2,u,2024-01-06,5", header=ORDERS)
SALES = log("u,2024-01-05,10,paid", "v,2024-01-06,20.5,paid", "u,2024-01-07,9,refunded",
            "w,2024-01-07,9,test", header=STATUS)  # fmt: skip
CURRENCIES = log("u,2024-01-05,10,USD", "u,2024-01-06,99,EUR",
                 header=HEADER.replace("\n", ",code\n"))  # fmt: skip
UNITS = log("u,2024-01-05,2.5,4", "u,2024-01-06,3,-1", header=HEADER.replace("\n", ",units\n"))
BACK = log("u,2024-01-05,10,", "v,2024-01-06,20.5,-3", header=HEADER.replace("\n", ",back\n"))

MONEY = (
    right("total-per-order", LINES, {"u": 35}, columns=ORDER, amount_is="order_total", orders=2),
    right("total-per-line", LINES, {"u": 65}, columns=ORDER, orders=2),
    refused("total-without-order", LINES, "columns.order_id", amount_is="order_total"),
    refused("total-that-differs", LINES.replace("30\n1", "31\n1"), "data.amount_is",
            columns=ORDER, amount_is="order_total"),
    refused("total-of-two-customers", LINES.replace("30\n1,u", "30\n1,v"), "order '1'",
            columns=ORDER, amount_is="order_total"),
    right("unit-price", UNITS, {"u": 7}, columns={"quantity": "units"}, amount_is="unit_price"),
    refused("quantity-unused", UNITS, "amount_is", columns={"quantity": "units"}),
    right("refund-column", BACK, {"u": 10, "v": 17.5}, columns={"refunded": "back"}),
    right("refund-negative", log("u,2024-01-05,10", "u,2024-01-06,-4"), {"u": 6}),
    right("refund-dropped", log("u,2024-01-05,10", "u,2024-01-06,-4"), {"u": 10},
          refunds="drop"),
    refused("refund-error", log("u,2024-01-05,10", "u,2024-01-06,-4"), "data.refunds",
            refunds="error"),
    right("status-kept", SALES, TWO, keep={"status": ["paid"]}),
    right("status-dropped", SALES, TWO, drop={"status": ["refunded", "test"]}),
    right("status-one-never-occurs", SALES, TWO, keep={"status": ["paid", "shipped"]}),
    refused("status-none-occurs", SALES, "data.keep", keep={"status": ["complete"]}),
    refused("status-case", SALES, "data.keep", keep={"status": ["Paid"]}),
    refused("status-case-drop", SALES, "data.drop", drop={"status": ["REFUNDED", "test"]}),
    right("status-both-cases", SALES, TWO, keep={"status": ["Paid", "paid"]}),
    refused("status-kept-and-dropped", SALES, "keep", keep={"status": ["paid"]},
            drop={"status": ["paid"]}),
    right("status-in-both", SALES, TWO, keep={"status": ["paid"]},
          drop={"status": ["test"]}),
    refused("status-no-column", SALES, "data.keep", keep={"state": ["paid"]}),
    right("currency-dropped", CURRENCIES, {"u": 10}, columns={"currency": "code"},
          other_currencies="drop"),
    refused("currency-mixed", CURRENCIES, "data.other_currencies", columns={"currency": "code"}),
    right("copies-kept", log("u,2024-01-05,10", "u,2024-01-05,10"), {"u": 20}),
    right("copies-dropped", log("u,2024-01-05,10", "u,2024-01-05,10"), {"u": 10},
          duplicates="drop"),
    right("shipping-line", log("u,2024-01-05,10,item", "u,2024-01-05,3,shipping", header=STATUS),
          {"u": 10}, drop={"status": "shipping"}),
    refused("no-rows", HEADER, "holds no rows"),
)  # fmt: skip

YEARS = log("1,u,2023-01-05,10", "1,u,2024-01-05,10", header=ORDERS)
BLANK = log("NULL,u,2024-01-05,10", "NULL,u,2024-03-05,10", header=ORDERS)
ORDER_CASES = (
    refused("order-restarts", YEARS, "data.order_span_days", columns=ORDER),
    right("order-restarts-unnamed", YEARS, {"u": 20}, orders=2),
    right("order-null", BLANK, {"u": 20}, columns=ORDER, orders=2),
    refused("order-zero", BLANK.replace("NULL", "0"), "columns.order_id", columns=ORDER),
    right("order-of-two", log("1,u,2024-01-05,10", "1,v,2024-01-05,10", header=ORDERS),
          {"u": 10, "v": 10}, columns=ORDER, orders=2),
    right("order-filled-down", log("1,u,2024-01-05,10", "1,,,5", "2,v,2024-01-06,20.5",
          header=ORDERS), {"u": 15, "v": 20.5}, columns=ORDER,
          fill_down=["customer_id", "timestamp"], orders=2),
)  # fmt: skip
A, B = log("1,u,2024-01-05,10", header=ORDERS), log("1,u,2024-01-05,12", header=ORDERS)
MOVED = log("1,v,2024-01-05,12", header=ORDERS)
SEVERAL = (
    refused("reexport", {"logs/a.csv": A, "logs/b.csv": B}, "data.reexports", columns=ORDER),
    right("reexport-newest", {"logs/a.csv": A, "logs/b.csv": B}, {"u": 12}, columns=ORDER,
          reexports="newest"),
    right("reexport-keep", {"logs/a.csv": A, "logs/b.csv": B}, {"u": 22}, columns=ORDER,
          reexports="keep", orders=1),
    refused("reexport-other-customer", {"logs/a.csv": A, "logs/b.csv": MOVED}, "data.reexports",
            columns=ORDER),
    right("reexport-other-customer-newest", {"logs/a.csv": A, "logs/b.csv": MOVED}, {"v": 12},
          columns=ORDER, reexports="newest"),
    right("columns-in-another-order", {"logs/a.csv": ONE,
          "logs/b.csv": "amount,customer_id,timestamp\n20.5,v,2024-01-06\n"}, TWO),
    refused("column-in-one-file-only", {"logs/a.csv": ONE,
            "logs/b.csv": "customer_id,timestamp,paid\nv,2024-01-06,20.5\n"},
            "b.csv: no column 'amount'"),
    right("nested-folders", {"logs/2023/a.csv": ONE, "logs/2024/01/b.csv": OTHER}, TWO),
    right("mixed-texts", {"logs/a.csv": ONE, "logs/b.tsv": OTHER.replace(",", "\t"),
          "logs/c.csv.gz": gzip.compress(b"customer_id;timestamp;amount\nu;2024-02-01;1\n")},
          {"u": 11, "v": 20.5}),
    refused("empty-file-among-full", {"logs/a.csv": ONE, "logs/b.csv": ""}, "b.csv: is empty"),
    right("header-only-among-full", {"logs/a.csv": CSV, "logs/b.csv": HEADER}, TWO),
    right("hidden-files", {"logs/a.csv": CSV, "logs/.b.csv": ONE, "logs/_c.csv": ONE,
          "logs/_tmp/d.csv": ONE}, TWO),
    right("hive", {"logs/status=paid/a.csv": CSV, "logs/status=test/b.csv": ONE}, TWO,
          keep={"status": ["paid"]}),
    right("glob-signs", {"log[1]*.csv": CSV}, TWO),
    right("glob", {"a1.csv": ONE, "a2.csv": OTHER, "b.csv": OTHER}, TWO, transactions="a*.csv"),
    refused("unknown-kind", {"log.xls": CSV}, "data.transactions"),
    refused("not-there", {"log.csv": CSV}, "data.transactions", transactions="lag.csv"),
)  # fmt: skip


def _zip(*names: str) -> bytes:
    import io

    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name in names:
            archive.writestr(name, CSV)
    return stream.getvalue()


def _link(path: Path) -> None:
    (path.parent / "real.csv").write_text(CSV)
    path.symlink_to("real.csv")


LONG = log(*(f"u{n},2024-01-05,{n % 7}" for n in range(40_000))).encode()
PACKED = (
    right("gz", gzip.compress(CSV.encode()), TWO, file="log.csv.gz"),
    right("gz-several-members", gzip.compress(CSV.encode()) + gzip.compress(b"u,2024-02-05,1\n"),
          {"u": 11, "v": 20.5}, file="log.csv.gz"),
    refused("gz-truncated-short", gzip.compress(CSV.encode())[:-12], "log.csv.gz",
            file="log.csv.gz"),
    refused("gz-truncated", gzip.compress(LONG)[:-5000], "log.csv.gz", file="log.csv.gz"),
    refused("gz-in-name-only", CSV, "log.csv.gz: cannot be read", file="log.csv.gz"),
    refused("gz-of-nothing", gzip.compress(b""), "no header", file="log.csv.gz"),
    refused("gz-bomb-of-zeros", gzip.compress(bytes(50_000_000)), "log.csv.gz",
            file="log.csv.gz"),
    refused("gz-bomb-line", gzip.compress(HEADER.encode() + b"u" * 50_000_000), "log.csv.gz",
            file="log.csv.gz"),
    right("gz-utf-16", gzip.compress(CSV.encode("utf-16")), TWO, file="log.csv.gz"),
    right("bz2", bz2.compress(CSV.encode()), TWO, file="log.csv.bz2"),
    refused("bz2-truncated", bz2.compress(CSV.encode())[:-9], "log.csv.bz2", file="log.csv.bz2"),
    right("zip", _zip("log.csv"), TWO, file="log.zip"),
    right("zip-with-marks", _zip("__MACOSX/._log.csv", "log.csv", ".DS_Store"), TWO,
          file="log.zip"),
    refused("zip-of-two", _zip("a.csv", "b.csv"), "holds 2 files", file="log.zip"),
    refused("zip-of-a-workbook", _zip("log.xlsx"), "log.zip", file="log.zip"),
    refused("zip-truncated", _zip("log.csv")[:-30], "log.zip: cannot be read", file="log.zip"),
    right("symlink", _link, TWO, file="link.csv", transactions="link.csv"),
)  # fmt: skip

CASES: tuple[Case, ...] = (*MONEY, *ORDER_CASES, *SEVERAL, *PACKED)
