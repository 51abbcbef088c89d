"""Bodies made to be dear: what is wrong is found without going through all of it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from serve.api.feature_rows import feature_rows
from serve.api.requests import (
    MOST_TRANSACTIONS,
    FeaturesRequest,
    LookupRequest,
    PredictRequest,
    parse,
)
from serve.api.strict_json import MOST_CONTAINERS, MOST_NAMES
from serve.errors import ServeError


def refusal(kind: Any, body: bytes) -> ServeError:
    with pytest.raises(ServeError) as refused:
        parse(kind, body)
    assert refused.value.status == 400
    return refused.value


def test_objects_and_lists_without_end_are_not_made() -> None:
    body = b'{"customer_ids":[' + b",".join([b"[]"] * MOST_CONTAINERS) + b"]}"
    assert "more than 2,000,000 objects and lists" in str(refusal(LookupRequest, body))


def test_names_without_end_are_refused_by_their_number() -> None:
    """Before anybody looks which of them occurs twice, or is unknown."""
    names = b",".join(b'"%x":1' % number for number in range(MOST_NAMES))
    error = refusal(LookupRequest, b"{" + names + b',"a":1}')
    assert "an object holds 5,001 names, at most 5,000 may be" in str(error)
    twice = names.rpartition(b",")[0] + b',"0":1'
    assert '"0" occurs twice' in str(refusal(LookupRequest, b"{" + twice + b"}"))


@pytest.mark.parametrize(
    ("kind", "name", "entry", "sentence"),
    [
        (LookupRequest, "customer_ids", 1.5, "customer_ids[0] must be a text"),
        (FeaturesRequest, "rows", {"x": True}, "rows[0].customer_id is missing"),
        (PredictRequest, "customers", {}, "customers[0].customer_id is missing"),
    ],
)
def test_of_a_list_the_first_entry_at_fault_is_named(
    kind: Any, name: str, entry: Any, sentence: str
) -> None:
    error = refusal(kind, json.dumps({name: [entry] * 10_000}).encode())
    assert str(error).startswith(sentence)
    assert {each["field"].partition("]")[0] for each in error.details} == {f"{name}[0"}


def test_of_transactions_too() -> None:
    body = {"customers": [{"customer_id": "a", "transactions": [{}] * 10_000}]}
    error = refusal(PredictRequest, json.dumps(body).encode())
    fields = [each["field"] for each in error.details]
    assert fields == [f"customers[0].transactions[0].{name}" for name in ("timestamp", "amount")]


def test_too_many_transactions_are_counted_before_they_are_read() -> None:
    nulls = b",".join([b"0"] * (MOST_TRANSACTIONS + 1))
    body = b'{"customers":[{"customer_id":"a","transactions":[' + nulls + b"]}]}"
    error = refusal(PredictRequest, body)
    assert "at most 500,000 transactions together, got 500,001" in str(error)
    assert len(error.details) == 1


def test_rows_at_fault_are_counted_and_the_first_of_them_named(trained: Any) -> None:
    rows = [{"customer_id": f"c{number}"} for number in range(2_000)]
    request = parse(FeaturesRequest, json.dumps({"rows": rows}).encode())
    with pytest.raises(ServeError, match=r"rows\[0\] lacks features: .*and 1,999 more") as refused:
        feature_rows(request.rows, trained.bundle)
    assert len(refused.value.details) == 20
