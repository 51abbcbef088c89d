"""Cases of how CSV files are written: encodings, separators, quotes, lines that are no rows."""

from __future__ import annotations

from benchmarks.intake_cases.case import HEADER, TWO, Case, log, refused, right

ROWS = ("u,2024-01-05,10", "v,2024-01-06,20.5")
CSV = log(*ROWS)
JOSE = log("José,2024-01-05,10")
ORDERS = "order_id,customer_id,timestamp,amount,note\n"


def _with(header: str) -> str:
    return log(*ROWS, header=header)


ENCODINGS = (
    right("cp1252", JOSE.encode("cp1252"), {"José": 10}, encoding="cp1252"),
    refused("cp1252-unset", JOSE.encode("cp1252"), "data.encoding"),
    right("latin-1", JOSE.encode("latin-1"), {"José": 10}, encoding="latin-1"),
    right("utf-16-bom", JOSE.encode("utf-16"), {"José": 10}),
    right("utf-16-no-bom", JOSE.encode("utf-16-le"), {"José": 10}, encoding="utf-16-le"),
    right("utf-16-plain-no-bom", JOSE.encode("utf-16-le"), {"José": 10}, encoding="utf-16"),
    refused("utf-16-no-bom-unset", JOSE.encode("utf-16-le"), "data.encoding"),
    refused("utf-16-be-no-bom-unset", JOSE.encode("utf-16-be"), "data.encoding"),
    right("utf-8-bom", JOSE.encode("utf-8-sig"), {"José": 10}),
    right("utf-8-bom-named", JOSE.encode("utf-8-sig"), {"José": 10}, encoding="UTF8"),
    right("shift-jis", log("山田,2024-01-05,10").encode("shift_jis"), {"山田": 10},
          encoding="shift_jis"),
    refused("shift-jis-unset", log("山田,2024-01-05,10").encode("shift_jis"), "data.encoding"),
    refused("mixed-bytes", (JOSE + "Zoë,2024-01-06,1\n").encode().replace("ë".encode(), b"\xeb"),
            "data.encoding"),
    refused("late-bytes", log(*["u,2024-01-05,1"] * 90_000).encode() + b"Zo\xeb,2024-01-06,1\n",
            "data.encoding"),
    refused("ascii-set", JOSE, "data.encoding", encoding="ascii"),
)  # fmt: skip

SEPARATORS = (
    right("tabs-in-csv", CSV.replace(",", "\t"), TWO),
    right("pipes", CSV.replace(",", "|"), TWO),
    right("semicolons-and-decimal-comma", CSV.replace(",", ";").replace(".5", ",5"), TWO,
          decimal=","),
    right("sep-line", "sep=;\r\n" + CSV.replace(",", ";"), TWO),
    right("sep-line-quoted", '"sep=;"\n' + CSV.replace(",", ";"), TWO),
    right("carets-set", CSV.replace(",", "^"), TWO, delimiter="^"),
    refused("carets-unset", CSV.replace(",", "^"), "data.delimiter"),
    refused("wrong-delimiter-set", CSV, "data.delimiter", delimiter=";"),
    right("cr-only", CSV.replace("\n", "\r"), TWO),
    right("crlf", CSV.replace("\n", "\r\n"), TWO),
    right("mixed-line-ends", HEADER + "u,2024-01-05,10\r\nv,2024-01-06,20.5\n", TWO),
    right("mixed-line-ends-other-way", HEADER.replace("\n", "\r\n") + "\n".join(ROWS) + "\r\n",
          TWO),
    right("mixed-line-ends-cr", HEADER + "u,2024-01-05,10\rv,2024-01-06,20.5\n", TWO),
    right("no-last-line-end", CSV.rstrip("\n"), TWO),
    right("blank-lines", CSV.replace("\n", "\n\n"), TWO),
    right("blank-lines-first", "\n\n" + CSV, TWO),
    right("lines-of-separators", CSV + ",,\n,,\n", TWO),
    right("lines-of-blank-cells", CSV + " , ,\n\"\",,\"\"\n", TWO),
    right("trailing-commas", CSV.replace("\n", ",,\n"), TWO),
    right("trailing-commas-rows-only", HEADER + CSV.removeprefix(HEADER).replace("\n", ",,\n"),
          TWO),
    right("cells-left-out-at-the-end",
          "customer_id,timestamp,amount,coupon,note\nu,2024-01-05,10\nv,2024-01-06,20.5,x,y\n",
          TWO),
    refused("too-many-cells", CSV + "w,2024-01-07,1,234\n", "line 4"),
    refused("footer-total", CSV + "Total,,30.5\n", "data.missing"),
    right("footer-total-dropped", CSV + "Total,,30.5\n", TWO, missing="drop"),
    right("footer-one-cell-dropped", CSV + "2 rows exported\n", TWO, missing="drop"),
    refused("footer-one-cell", CSV + "2 rows exported\n", "data.missing"),
    right("footer-beside-newlines",
          ORDERS + '1,u,2024-01-05,10,"a\nb"\n2,v,2024-01-06,20.5,x\n2 rows\n', TWO,
          missing="drop"),
    refused("title-lines", "Orders of our shop\nof 2024\n" + CSV, "data.skip_rows"),
    right("title-lines-skipped", "Orders of our shop\nof 2024\n" + CSV, TWO, skip_rows=2),
    right("title-quotes-skipped", 'Orders of "our" shop, 2024\n\n' + CSV, TWO, skip_rows=2),
    right("title-odd-quote-skipped", 'Screens of 24" and more\n' + CSV, TWO, skip_rows=1),
    right("title-feed-skipped", "Orders\x0cof \u2028us\n" + CSV, TWO, skip_rows=1),
    refused("comment-lines", "# exported\n" + CSV, "data.skip_rows"),
    refused("header-missing", "".join(f"{row}\n" for row in ROWS), "data.columns.customer_id"),
    refused("only-blanks", " \n\n", "no header"),
)  # fmt: skip

QUOTES = (
    right("everything-quoted", log(*(f'"{row.replace(",", chr(34) + "," + chr(34))}"' for row in
          ROWS), header='"customer_id","timestamp","amount"\n'), TWO),
    right("newline-in-quotes", ORDERS + '1,u,2024-01-05,10,"a\n\nb, c"\n2,v,2024-01-06,20.5,\n',
          TWO),
    right("newline-in-quotes-crlf",
          (ORDERS + '1,u,2024-01-05,10,"a\nb"\n2,v,2024-01-06,20.5,\n').replace("\n", "\r\n"),
          TWO),
    right("doubled-quotes", ORDERS + '1,u,2024-01-05,10,"say ""hi"", you"\n2,v,2024-01-06,20.5,\n',
          TWO),
    right("backslash-quotes",
          ORDERS + '1,u,2024-01-05,10,"say \\"hi\\", you"\n2,v,2024-01-06,20.5,""\n', TWO),
    right("backslash-quotes-at-end",
          ORDERS + '1,u,2024-01-05,10,"say, \\"hi\\""\n2,v,2024-01-06,20.5,x\n', TWO),
    right("backslash-quotes-late",
          ORDERS + '0,u,2024-01-05,0,"a, ""b"""\n' * 300
          + '1,u,2024-01-05,10,x\n2,v,2024-01-06,20.5,"C:\\temp\\"\n', TWO),
    right("backslash-quotes-after-many",
          ORDERS + '0,u,2024-01-05,0,x\n' * 300
          + '1,u,2024-01-05,10,"say \\"hi\\", you"\n2,v,2024-01-06,20.5,x\n', TWO),
    right("backslash-at-end", ORDERS + '1,u,2024-01-05,10,"C:\\"\n2,v,2024-01-06,20.5,"a,b"\n',
          TWO),
    right("inch-in-cell", ORDERS + '1,u,2024-01-05,10,5" pipe\n2,v,2024-01-06,20.5,\n', TWO),
    refused("stray-quote", ORDERS + '1,u,2024-01-05,10,"5" pipe"\n2,v,2024-01-06,20.5,\n',
            "quote"),
    refused("open-quote", ORDERS + '1,u,2024-01-05,10,"open\n2,v,2024-01-06,20.5,\n', "quote"),
)  # fmt: skip

HEADERS = (
    right("header-blanks", _with(" customer_id , timestamp,amount \n"), TWO),
    right("header-quoted-bom", "\ufeff" + _with('"customer_id","timestamp","amount"\n'), TWO),
    right("header-over-lines",
          _with('customer_id,timestamp,"amount\n(gross)"\n'), TWO,
          columns={"amount": "amount\n(gross)"}),
    refused("header-case", _with("Customer_ID,timestamp,amount\n"), "did you mean 'Customer_ID'"),
    refused("header-inner-blank", _with("customer id,timestamp,amount\n"),
            "did you mean 'customer id'"),
    refused("header-twice", log("u,2024-01-05,10,1", header=HEADER.replace("\n", ",amount\n")),
            "2 columns share the name amount"),
    right("header-twice-unused", log("u,2024-01-05,10,1,2",
          header=HEADER.replace("\n", ",x,x\n")), {"u": 10}),
    right("header-case-twice", log("u,2024-01-05,10,99",
          header=HEADER.replace("\n", ",Amount\n")), {"u": 10}),
    right("header-names-of-ours", log("u,2024-01-05,10,1,2",
          header=HEADER.replace("\n", ",perennial_file,filename\n")), {"u": 10}),
    right("header-glob-and-quote", log("u,2024-01-05,10",
          header="customer_id,timestamp,the \"\"'s [*]\n"), {"u": 10},
          columns={"amount": "the \"\"'s [*]"}),
    right("header-repeated-in-rows", log("u,2024-01-05,10"), {"u": 10}),
    refused("header-repeated", CSV + CSV, "expected a timestamp"),
    right("header-wide", log("u,2024-01-05,10" + ",x" * 3000,
          header=HEADER.rstrip("\n") + "".join(f",c{n}" for n in range(3000)) + "\n"), {"u": 10}),
)  # fmt: skip

CASES: tuple[Case, ...] = (*ENCODINGS, *SEPARATORS, *QUOTES, *HEADERS)
