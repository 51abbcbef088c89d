"""The one shape of an error."""

from __future__ import annotations

import json

import pytest

from serve.errors import ServeError, error_body, error_for_status


def test_an_error_says_everything_in_one_shape() -> None:
    error = ServeError("too hot", details=[{"field": "a[0].x", "message": "is hot"}])
    assert json.loads(error_body(error, "call-7")) == {
        "error": {
            "status": 400,
            "code": "invalid_request",
            "message": "too hot",
            "field": "a[0].x",
            "details": [{"field": "a[0].x", "message": "is hot"}],
            "request_id": "call-7",
        }
    }


def test_without_details_no_field_is_named_unless_it_is_given() -> None:
    assert ServeError("no").field is None
    assert ServeError("no", details=[{"field": "", "message": "is no object"}]).field is None
    assert ServeError("no", field="as_of").field == "as_of"


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (400, "invalid_request"),
        (401, "unauthorized"),
        (403, "forbidden"),
        (404, "not_found"),
        (405, "method_not_allowed"),
        (408, "timeout"),
        (413, "too_large"),
        (415, "unsupported_media_type"),
        (418, "invalid_request"),
        (429, "too_many_requests"),
        (500, "internal"),
        (502, "internal"),
        (503, "unavailable"),
        (504, "timeout"),
    ],
)
def test_a_status_has_its_code(status: int, code: str) -> None:
    assert error_for_status(status, method="GET", path="/x").code == code


@pytest.mark.parametrize("status", [429, 503])
def test_an_error_that_may_pass_has_retry_after(status: int) -> None:
    assert ServeError("later", status=status).headers["retry-after"] == "1"
    later = ServeError("later", status=status, headers={"retry-after": "7"})
    assert later.headers["retry-after"] == "7"
