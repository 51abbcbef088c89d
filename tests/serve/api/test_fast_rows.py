"""The quick reader and the careful one: whatever the first takes, the second reads alike."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from serve.api.fast_rows import FastReader, fast_reader
from serve.api.feature_rows import feature_rows
from serve.api.possible_rows import impossible
from serve.api.requests import FeaturesRequest, parse
from serve.errors import ServeError

VALUES = (
    st.none()
    | st.floats(0.5, 400.0)
    | st.sampled_from([0, -0.0, 1e12, -1e12, 1.1e12, 3, "low", "", "a:b", True, 10**30])
)
OPTIONS = st.fixed_dictionaries(
    {},
    optional={
        "as_of": st.sampled_from(["1998-01-01", "1998-01-01T10:00:00Z", "soon", 3]),
        "horizon_days": st.sampled_from([30, [30, 90], [90, 30], 0, "90", 1.5, True]),
        "economics": st.sampled_from([None, {"margin": 0.5}, {"margin": 2}, {"margn": 1}]),
        "curve": st.sampled_from([True, False, "yes"]),
        "unknown": st.just(1),
    },
)
IDS = st.sampled_from(
    ["ann", "ben", "c:d", " ann", "7.0", "1e5", " ", "", "\U0001f600", "x" * 200, "x" * 201]
)


@pytest.fixture(scope="module")
def read(store: Any) -> FastReader:
    return fast_reader(store.bundle)


@pytest.fixture(scope="module")
def usual(store: Any, table: pd.DataFrame) -> dict[str, Any]:
    """A row as it should be."""
    first = table.iloc[0]
    return {name: None if pd.isna(first[name]) else first[name] for name in store.bundle.names}


def refused(ask: Callable[[], Any]) -> tuple[Any, str]:
    """What is read, or the message of a refusal."""
    try:
        return ask(), ""
    except ServeError as error:
        return None, str(error)


@settings(max_examples=400, deadline=None)
@given(data=st.data())
def test_what_is_taken_is_what_the_careful_reader_takes(
    store: Any, read: FastReader, usual: dict[str, Any], data: st.DataObject
) -> None:
    names = list(usual)
    rows = []
    for _ in range(data.draw(st.integers(0, 3))):
        changed = data.draw(st.dictionaries(st.sampled_from(names), VALUES, max_size=2))
        row = {"customer_id": data.draw(IDS), **usual, **changed}
        row.pop(data.draw(st.sampled_from(["", "", "", "", names[0], "customer_id"])), None)
        rows.append(row)
    body = json.dumps({"rows": rows, **data.draw(OPTIONS)}).encode()
    quick, refusal = refused(lambda: read(body))
    if refusal:
        careful = refused(lambda: feature_rows(parse(FeaturesRequest, body).rows, store.bundle))
        assert careful == (None, refusal)
    if quick is None:
        return
    options, taken = quick
    request = parse(FeaturesRequest, body)
    careful = feature_rows(request.rows, store.bundle)
    assert taken.ids == careful.ids
    assert [list(each) for each in taken.cells] == careful.cells
    np.testing.assert_array_equal(taken.matrix, careful.matrix)
    for name in ("as_of", "horizon_days", "economics", "curve", "explain"):
        assert getattr(options, name) == getattr(request, name)


def test_the_usual_request_is_taken(read: FastReader, usual: dict[str, Any]) -> None:
    for options in ({}, {"horizon_days": 30}, {"as_of": "1998-01-01T10:00:00Z", "curve": True}):
        rows = [{"customer_id": each, **usual} for each in ("ann", "ben")]
        assert read(json.dumps({"rows": rows, **options}).encode()) is not None


@pytest.mark.parametrize("again", ['"age_days": 1,', '"age_days" : 1,', '"\\u0061ge_days": 1,'])
def test_a_name_that_occurs_twice_is_left_to_the_careful_reader(
    read: FastReader, usual: dict[str, Any], again: str
) -> None:
    row = json.dumps({"customer_id": "ann", **usual})
    body = f'{{"rows": [{{{again}{row[1:]}]}}'.encode()
    assert read(body) is None
    with pytest.raises(ServeError, match="occurs twice in one object"):
        parse(FeaturesRequest, body)


def test_every_customer_of_a_log_is_possible(store: Any, table: pd.DataFrame) -> None:
    matrix = store.bundle.feature_matrix(table)
    assert len(matrix) > 1000
    assert not list(impossible(matrix, store.bundle))
    assert list(impossible(-matrix, store.bundle))
