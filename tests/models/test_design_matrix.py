from __future__ import annotations

import numpy as np
import pandas as pd

from models.design_matrix import MOST_LEVELS, encode, levels, numbers, numbers_of_rows

TABLE = pd.DataFrame(
    {
        "recency_days": [1.0, 2.5, np.nan, 4.0],
        "channel": pd.array(["web", "shop", None, "fax"], dtype="str"),
        "orders": [1, 2, 3, 4],
    },
    index=pd.Index(list("abcd"), name="customer_id"),
)
KNOWN = {"channel": ("shop", "web")}


def test_columns_come_in_the_order_asked_for() -> None:
    found = encode(TABLE, ["orders", "channel", "recency_days"], KNOWN)
    assert found.dtype == np.float32
    nan = np.nan
    np.testing.assert_array_equal(found, [[1, 1, 1], [2, 0, 2.5], [3, nan, nan], [4, nan, 4]])


def test_unasked_columns_are_left_out() -> None:
    np.testing.assert_array_equal(encode(TABLE, ["orders"], {})[:, 0], [1, 2, 3, 4])


def test_a_level_that_training_has_not_seen_is_unknown() -> None:
    found = encode(TABLE, ["channel"], KNOWN)[:, 0]
    assert np.isnan(found).tolist() == [False, False, True, True]


def test_a_text_column_without_any_text_is_unknown() -> None:
    empty = TABLE.assign(channel=pd.Series([None] * 4, index=TABLE.index, dtype="object"))
    assert levels([empty.assign(channel=empty["channel"].astype("str"))])["channel"] == ()
    assert np.isnan(encode(empty, ["channel"], KNOWN)).all()


def test_a_number_column_without_any_number_is_unknown() -> None:
    empty = TABLE.assign(recency_days=pd.Series([None] * 4, index=TABLE.index, dtype="object"))
    assert np.isnan(encode(empty, ["recency_days"], {})).all()


def test_nobody_is_an_empty_matrix() -> None:
    assert encode(TABLE.iloc[:0], ["orders", "channel"], KNOWN).shape == (0, 2)


def test_levels_are_counted_over_all_tables_most_frequent_first_ties_by_name() -> None:
    tables = [
        pd.DataFrame({"channel": pd.Series(each, dtype="str"), "orders": 1.0})
        for each in (["web", "shop", "web"], ["shop", "fax", None, "app"])
    ]
    assert levels(tables) == {"channel": ("shop", "web", "app", "fax")}


def test_rare_levels_are_forgotten() -> None:
    names = [f"c{number:02d}" for number in range(MOST_LEVELS + 5)]
    tables = [pd.DataFrame({"category": pd.Series(names + names[5:], dtype="str")})]
    known = levels(tables)
    assert known["category"] == tuple(names[5:])
    assert np.isnan(encode(tables[0], ["category"], known)[:5]).all()


def test_the_row_order_of_tables_does_not_change_the_levels() -> None:
    assert levels([TABLE]) == levels([TABLE.iloc[::-1]])


def test_numbers_keep_seven_digits() -> None:
    table = pd.DataFrame({"money": [16_343_651.02, 1e-30]})
    np.testing.assert_allclose(encode(table, ["money"], {})[:, 0], table["money"], rtol=1e-7)


def test_rows_of_plain_values_are_the_table() -> None:
    names = ["orders", "channel", "recency_days"]
    rows = [
        [None if pd.isna(each) else each for each in row]
        for row in TABLE[names].itertuples(index=False)
    ]
    np.testing.assert_array_equal(numbers_of_rows(rows, names, KNOWN), numbers(TABLE, names, KNOWN))
    without = ["orders", "recency_days"]
    plain = [[row[0], row[2]] for row in rows]
    np.testing.assert_array_equal(numbers_of_rows(plain, without, {}), numbers(TABLE, without, {}))
    assert numbers_of_rows([], names, KNOWN).shape == (0, 3)


def test_an_unknown_text_is_not_the_level_called_none() -> None:
    found = numbers_of_rows([[None], ["None"]], ["channel"], {"channel": ("None",)})
    np.testing.assert_array_equal(found, [[np.nan], [0.0]])
