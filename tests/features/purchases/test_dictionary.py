from __future__ import annotations

from pathlib import Path

from features.purchases.dictionary import render
from features.purchases.table import FAMILIES, expressions
from features.schema import OPTIONAL

ROOT = Path(__file__).resolve().parents[3]


def test_the_written_dictionary_is_the_code() -> None:
    written = (ROOT / "docs" / "features.md").read_text(encoding="utf-8")
    assert written == render(), "run `python -m features dictionary`"


def test_every_feature_is_named_once_and_described() -> None:
    names = [each.name for family in FAMILIES.values() for each in family]
    assert len(names) == len(set(names))
    assert all(each.unit and each.meaning for each in expressions(OPTIONAL))


def test_units_show_in_names() -> None:
    for each in expressions(OPTIONAL):
        assert (each.unit == "share") == each.name.endswith("_share"), each.name
        assert each.unit == "days" or not each.name.endswith("_days"), each.name


def test_the_statement_keeps_to_portable_words() -> None:
    statement = render().split("```sql")[1].upper()
    for word in ("COUNT(DISTINCT", "FILTER", "QUALIFY", "EPOCH", "::", "INTERVAL", "EXTRACT", "//"):
        assert word not in statement, word
