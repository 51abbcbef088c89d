"""Cases of what stands in cells: money, dates, ids."""

from __future__ import annotations

from typing import Any

from benchmarks.intake_cases.case import Case, log, refused, right


def _quoted(*cells: str) -> str:
    return ",".join('"' + each.replace('"', '""') + '"' for each in cells)


def _paid(*texts: str) -> str:
    return log(*(_quoted("u", f"2024-01-{day:02}", text) for day, text in enumerate(texts, 1)))


def _at(*texts: str) -> str:
    return log(*(_quoted("u", text, "1") for text in texts))


def _who(*texts: str) -> str:
    return log(*(_quoted(text, f"2024-01-{day:02}", "1") for day, text in enumerate(texts, 1)))


def _money(name: str, texts: tuple[str, ...], total: float, **more: Any) -> Case:
    return right(f"money-{name}", _paid(*texts), {"u": total}, **more)


def _no_money(name: str, texts: tuple[str, ...], words: str, **more: Any) -> Case:
    return refused(f"money-{name}", _paid(*texts), words, **more)


def _date(name: str, texts: tuple[str, ...], moments: tuple[str, ...], **more: Any) -> Case:
    full = tuple(each if "T" in each else f"{each}T00:00:00" for each in moments)
    return right(f"date-{name}", _at(*texts), {"u": float(len(texts))}, moments=full, **more)


def _no_date(name: str, texts: tuple[str, ...], words: str, **more: Any) -> Case:
    return refused(f"date-{name}", _at(*texts), words, **more)


MONEY = (
    _money("signs", ("$12.50", "USD 3", "4 usd", "US$5"), 24.5),
    _money("negatives", ("100", "(50.00)", "5.00-", "\u22125", "-$5.00", "$-1"), 34),
    _money("thousands", ("1,234.50", "1,234,567.00"), 1235801.5, thousands=","),
    _no_money("thousands-unset", ("1,234.50", "12.00"), "data.thousands"),
    _money("german", ("1.234,50 €", "-0,5"), 1234, decimal=",", thousands=".", currency="EUR"),
    _no_money("german-unset", ("1.234,50", "2,10"), "data.decimal"),
    _no_money("german-half-set", ("1.234", "2,10"), "data.thousands", decimal=","),
    _money("swiss", ("1'234.50", "1\u2019000.00"), 2234.5, thousands="'"),
    _money("french", ("1 234,50", "1\u202f000,25"), 2234.75, thousands=" ", decimal=","),
    _money("indian", ("1,00,000.50",), 100000.5, thousands=","),
    _no_money("either", ("1.234", "100"), "data.thousands"),
    _no_money("percent", ("5%", "10"), "5%"),
    _money("scientific", ("1.5E+2", "1e1", "2.5e-1"), 160.25),
    _no_money("blank", ("", "10"), "data.missing"),
    _money("blank-dropped", ("", "-", "N/A", "10"), 10, missing="drop"),
    _no_money("free", ("free", "10"), "data.null_values"),
    _money("free-is-nothing", ("free", "10"), 10, null_values=["free", ""], missing="drop"),
    _no_money("other-currency", ("€5", "10"), "data.currency"),
    _no_money("infinite", ("1e300", "1"), "amount holds '1e300'"),
    _no_money("too-large", ("9007199254740993000", "1"), "amount holds '9007199254740993000'"),
    _no_money("nan-word", ("nan", "1"), "data.missing"),
    _no_money("inf-word", ("inf", "1"), "amount holds 'inf'"),
    _money("cents", ("1250", "-99"), 11.51, amount_unit="minor"),
    _money("full-width-minus", ("\uff0d5", "10"), 5),
    _no_money("two-numbers", ("10 20",), "amount holds '10 20'"),
    _money("formula-as-text", ("+12.50",), 12.5),
)
DMY = "%d/%m/%Y"
DATES = (
    _date("day-first", ("31/12/2023", "01/02/2024"), ("2023-12-31", "2024-02-01"), date_format=DMY),
    _no_date("day-first-unset", ("31/12/2023", "01/02/2024"), 'data.date_format = "%d/%m/%Y"'),
    _no_date("either", ("01/02/2024",), "data.date_format"),
    _date("two-digit-years", ("31/12/23",), ("2023-12-31",), date_format="%d/%m/%y"),
    _no_date("two-digit-years-unset", ("31/12/23",), 'data.date_format = "%d/%m/%y"'),
    _date("month-names", ("5 Jan 2024", "12 Feb 2024"), ("2024-01-05", "2024-02-12"),
          date_format="%d %b %Y"),
    _no_date("month-names-unset", ("Jan 5, 2024",), "data.date_format"),
    _no_date("french-months", ("5 janv. 2024",), "data.date_format"),
    _date("am-pm", ("01/05/2024 5:05 PM",), ("2024-01-05T17:05:00",),
          date_format="%m/%d/%Y %I:%M %p"),
    _no_date("iso-am-pm-unset", ("2024-01-05 05:05 PM",), 'data.date_format = "%Y-%m-%d %I:%M %p"'),
    _date("epoch-s", ("1704448800",), ("2024-01-05T10:00:00",), date_format="epoch_s"),
    _date("epoch-ms", ("1704448800123",), ("2024-01-05T10:00:00.123000",), date_format="epoch_ms"),
    _date("epoch-us", ("1704448800123456",), ("2024-01-05T10:00:00.123456",),
          date_format="epoch_us"),
    _no_date("epoch-us-unset", ("1704448800123456",), 'data.date_format = "epoch_us"'),
    _no_date("epoch-s-as-ms", ("1704448800",), 'data.date_format = "epoch_s"',
             date_format="epoch_ms"),
    _no_date("epoch-ms-as-s", ("1704448800123",), 'data.date_format = "epoch_ms"',
             date_format="epoch_s"),
    _no_date("epoch-zero", ("0", "1704448800"), "timestamp holds", date_format="epoch_s"),
    _date("excel", ("45296.5",), ("2024-01-05T12:00:00",), date_format="excel"),
    _no_date("excel-unset", ("45296",), 'data.date_format = "excel"'),
    _no_date("zero-date", ("0000-00-00 00:00:00", "2024-01-05"), "0000-00-00"),
    _date("zero-date-null", ("2024-01-05",), ("2024-01-05",), null_values="0000-00-00"),
    _no_date("word", ("epoch",), "timestamp holds 'epoch'"),
    _no_date("mixed-unset", ("2024-01-05", "31/12/2023"), "data.date_format"),
    _date("mixed-set", ("2024-01-05", "31/12/2023"), ("2023-12-31", "2024-01-05"),
          date_format=[DMY, "%Y-%m-%d"]),
    _no_date("mixed-half-set", ("2024-01-05", "31/12/2023"), 'add "%Y-%m-%d" to data.date_format',
             date_format=DMY),
    _no_date("patterns-that-disagree", ("01/02/2024", "31/12/2023"), "data.date_format",
             date_format=[DMY, "%m/%d/%Y"]),
    _date("patterns-that-agree", ("01/01/2024", "31/12/2023"), ("2023-12-31", "2024-01-01"),
          date_format=[DMY, "%m/%d/%Y"]),
    _date("offsets", ("2014-10-21 10:00:00 -0400", "2014-11-05T10:00:00Z"),
          ("2014-10-21T14:00:00", "2014-11-05T10:00:00")),
    _date("offset-patterns-mixed", ("21/10/2014 10:00 -0400", "21/10/2014"),
          ("2014-10-21", "2014-10-21T14:00:00"), date_format=["%d/%m/%Y %H:%M %z", DMY]),
    _date("zone-place", ("2024-07-01 10:00:00 Europe/London",), ("2024-07-01T09:00:00",)),
    _date("zone-utc", ("2024-07-01 10:00:00 UTC", "2024-07-02 10:00 GMT"),
          ("2024-07-01T10:00:00", "2024-07-02T10:00:00")),
    _no_date("zone-bst", ("2024-07-01 10:00:00 BST",), "BST"),
    _date("zone-names", ("2024-07-01 10:00:00 PST", "2024-07-02 10:00 EDT"),
          ("2024-07-01T18:00:00", "2024-07-02T14:00:00")),
    _date("zone-names-pattern", ("07/01/2024 10:00 AM PST", "07/02/2024 10:00 AM UTC"),
          ("2024-07-01T18:00:00", "2024-07-02T10:00:00"), date_format="%m/%d/%Y %I:%M %p %Z"),
    _no_date("zone-pattern", ("01/07/2024 10:00 BST",), "%Z", date_format="%d/%m/%Y %H:%M %Z"),
    _date("dst-gap", ("2024-03-31 01:30",), ("2024-03-31T01:00:00",), timezone="Europe/London"),
    right("date-end-with-zone", _at("2024-01-05 10:00", "2024-01-05 12:00"), {"u": 1},
          moments=("2024-01-05T10:00:00",), end="2024-01-05T12:00:00+01:00"),
    refused("date-end-unreadable", _at("2024-01-05"), "data.end", end="tomorrow"),
    _no_date("future", ("2098-01-05",), "data.end"),
    _no_date("day-60", ("2024-02-30",), "timestamp holds '2024-02-30'"),
    _no_date("month-only", ("2024-01",), "timestamp holds '2024-01'"),
    _date("slashes-iso", ("2024/01/05",), ("2024-01-05",)),
    _no_date("blank", ("", "2024-01-05"), "data.missing"),
    right("date-and-time", log("u,2024-01-05,10,17:05", header=
          "customer_id,timestamp,amount,hour\n"), {"u": 10}, columns={"time": "hour"},
          moments=("2024-01-05T17:05:00",)),
    refused("date-with-time-and-time", log("u,2024-01-05 17:05,10,17:05", header=
            "customer_id,timestamp,amount,hour\n"), "columns.time", columns={"time": "hour"}),
    refused("date-with-offset-and-time", log("u,2024-01-05T00:00:00Z,10,17:05", header=
            "customer_id,timestamp,amount,hour\n"), "columns.time", columns={"time": "hour"}),
    right("date-midnight-and-time", log("u,2024-01-05 00:00:00,10,17:05", header=
          "customer_id,timestamp,amount,hour\n"), {"u": 10}, columns={"time": "hour"},
          moments=("2024-01-05T17:05:00",)),
)  # fmt: skip
IDS = (
    right("id-null-words", _who("NULL", "nan", "N/A", "-", "None", "u"), {"u": 1}),
    right("id-nan-is-a-name", _who("Nan", "Null"), {"Nan": 1, "Null": 1}),
    right("id-null-words-set", _who("NULL", "guest", "u"), {"u": 1}, null_values=["NULL", "guest"]),
    right("id-floats", _who("7.0", "7", "8.00"), {"7": 2, "8": 1}),
    refused("id-exponent", _who("7.4E+15"), "column customer_id holds '7.4E+15'"),
    right("id-hex-with-e", _who("75e12345", "1e5", "00e1"), {"75e12345": 1, "1e5": 1, "00e1": 1}),
    right("id-leading-zeros", _who("007", "7"), {"007": 1, "7": 1}),
    right("id-blanks", _who(" 7", "7\u00a0", "7\u3000", "\u200b7"), {"7": 4}),
    right("id-case-kept", _who("A1", "a1"), {"A1": 1, "a1": 1}),
    right("id-case-lower", _who("A1", "a1"), {"a1": 2}, id_case="lower"),
    right("id-unicode-forms", _who("Jose\u0301", "José"), {"José": 2}),
    right("id-19-digits", _who("9223372036854775807", "9223372036854775806"),
          {"9223372036854775807": 1, "9223372036854775806": 1}),
    right("id-25-digits", _who("1234567890123456789012345"), {"1234567890123456789012345": 1}),
    right("id-uuid", _who("550e8400-e29b-41d4-a716-446655440000"),
          {"550e8400-e29b-41d4-a716-446655440000": 1}),
    right("id-email", _who("Me@x.org", "me@x.org "), {"me@x.org": 2}, id_case="lower"),
    right("id-negative", _who("-7", "7"), {"-7": 1, "7": 1}),
    right("id-booleans", _who("true", "True"), {"true": 1, "True": 1}),
    refused("id-all-blank", _who("", " "), "columns.customer_id"),
    refused("id-guests-error", _who("", "u"), "data.guests", guests="error"),
)  # fmt: skip

CASES: tuple[Case, ...] = (*MONEY, *DATES, *IDS)
