"""Sources as businesses have them come out right, or are refused with what to set."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.intake_cases import __main__ as command
from benchmarks.intake_cases.case import Case, refused, right
from benchmarks.intake_cases.judged import GOOD, judge
from benchmarks.intake_cases.made import CASES

BY_NAME = {case.name: case for case in CASES}
# Each was read wrong, or refused without a word on what to set.
NAMES = """
utf-16-no-bom utf-16-plain-no-bom utf-16-no-bom-unset sep-line sep-line-quoted carets-unset
mixed-line-ends mixed-line-ends-cr lines-of-blank-cells cells-left-out-at-the-end too-many-cells
footer-beside-newlines title-lines title-feed-skipped backslash-quotes backslash-at-end
backslash-quotes-after-many stray-quote open-quote header-over-lines header-case
money-german-half-set money-free money-infinite money-too-large
date-epoch-us date-epoch-s-as-ms date-epoch-zero date-word date-mixed-half-set
date-patterns-that-disagree date-zone-bst date-zone-names date-zone-names-pattern
date-with-time-and-time date-with-offset-and-time date-iso-am-pm-unset
id-hex-with-e id-all-blank
total-of-two-customers status-case status-case-drop status-none-occurs
reexport-other-customer reexport-other-customer-newest
parquet-nan-amount parquet-amount-text-either parquet-float32-id-large parquet-int-id-lower
parquet-flag-float parquet-column-of-row-number parquet-column-of-filename-wanted
parquet-case-twice-other parquet-name-twice parquet-zone-and-time parquet-nothing-in-date
json-bom json-name-with-point json-object-as-id json-no-such-key json-key-null
xlsx-rounded-ids xlsx-small-dimension xlsx-broken-sheet
sqlite-sum-in-query sqlite-unknown-option sqlite-percent sqlite-backslash duckdb-hugeint-exact
paypal-zone delimiter-in-names id-nul name-of-ours xlsx-sheet-two-unset
duckdb-two-statements duckdb-query-with-an-end sqlite-query-with-an-end sqlite-float-ids
"""


@pytest.mark.parametrize("name", NAMES.split())
def test_a_source_is_read_right_or_refused_with_what_to_set(tmp_path: Path, name: str) -> None:
    BY_NAME[name].write(tmp_path)
    verdict = judge(tmp_path)
    assert verdict.kind in GOOD, verdict.shown


@pytest.mark.parametrize(
    ("case", "kind"),
    [
        (right("sums", "customer_id,timestamp,amount\nu,2024-01-05,1\n", {"u": 2}), "wrong"),
        (refused("read", "customer_id,timestamp,amount\nu,2024-01-05,1\n", "key"), "wrong"),
        (refused("other", "customer_id,timestamp,amount\nu,,1\n", "data.end"), "unclear"),
        (right("refused", "customer_id,timestamp,amount\nu,,1\n", {"u": 1}), "unclear"),
    ],
    ids=lambda each: each.name if isinstance(each, Case) else each,
)
def test_a_case_that_does_not_hold_is_called_so(tmp_path: Path, case: Case, kind: str) -> None:
    case.write(tmp_path)
    assert judge(tmp_path).kind == kind


def test_the_command_names_each_case_and_fails_where_one_is_wrong(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = "customer_id,timestamp,amount\nu,2024-01-05,1\n"
    for case in (right("a", rows, {"u": 1}), right("b", rows, {"u": 2})):
        (tmp_path / case.name).mkdir()
        case.write(tmp_path / case.name)
    assert command.main([str(tmp_path)]) == 1
    shown = capsys.readouterr().out.splitlines()
    assert shown[0] == "a: right"
    assert shown[1].startswith("b: wrong: amount: 1.0 instead of 2")
    assert shown[2] == "2 cases: 1 right, 1 wrong"
