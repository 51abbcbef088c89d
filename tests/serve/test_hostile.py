"""Bodies that nobody sends in good faith: a refusal or a right answer, and the service lives."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

MARK = "hostile-7f3a"
JSON = {"content-type": "application/json"}
GOOD, REFUSED = {200}, {400}


def one(**more: Any) -> dict[str, Any]:
    """A request of one customer, whose line or self is changed."""
    line = {"timestamp": "1997-05-01", "amount": 12.5}
    line |= {name: more.pop(name) for name in ("timestamp", "amount", "order_id") if name in more}
    return {"customers": [{"customer_id": MARK, "transactions": [line]} | more]}


def raw(text: str) -> bytes:
    """The request as text, with something in the place of the amount that JSON may not know."""
    return json.dumps(one(amount="HERE")).replace('"HERE"', text).encode()


def named(name: str) -> bytes:
    return json.dumps(one(customer_id=f"{MARK}{name}")).encode()


NESTED = 100_000
BODIES: dict[str, tuple[bytes, set[int]]] = {
    "deep lists": (b"[" * NESTED, REFUSED),
    "deep lists, closed": (b"[" * 90_000 + b"]" * 90_000, REFUSED),
    "deep objects": (b'{"a":' * 30_000, REFUSED),
    "deep inside": (raw("[" * 900 + "]" * 900), REFUSED),
    "NaN": (raw("NaN"), REFUSED),
    "Infinity": (raw("-Infinity"), REFUSED),
    "1e308": (raw("1e308"), REFUSED),
    "1e999": (raw("1e999"), REFUSED),
    "tiny": (raw("1e-320"), GOOD),
    "negative zero": (raw("-0.0"), GOOD),
    "huge whole number": (raw("9" * 400), REFUSED),
    "huge text of digits": (raw("9" * 5_000), REFUSED),
    "huge exponent": (raw("1e" + "9" * 5_000), REFUSED),
    "hexadecimal": (raw("0x10"), REFUSED),
    "leading zero": (raw("007"), REFUSED),
    "plus": (raw("+1"), REFUSED),
    "a million": (raw("1e6"), GOOD),
    "year 0": (json.dumps(one(timestamp="0000-01-01")).encode(), REFUSED),
    "year 1": (json.dumps(one(timestamp="0001-01-01T00:00:00+14:00")).encode(), REFUSED),
    "year 9999": (json.dumps(one(timestamp="9999-12-31T23:59:59-14:00")).encode(), REFUSED),
    "year 10000": (json.dumps(one(timestamp="10000-01-01")).encode(), REFUSED),
    "leap second": (json.dumps(one(timestamp="1998-12-31T23:59:60Z")).encode(), REFUSED),
    "leap day that was none": (json.dumps(one(timestamp="1900-02-29")).encode(), REFUSED),
    "hour that was twice": (json.dumps(one(timestamp="1997-10-26T01:30:00")).encode(), GOOD),
    "hour that never was": (json.dumps(one(timestamp="1997-04-06T02:30:00")).encode(), GOOD),
    "offset of a day": (json.dumps(one(timestamp="1997-05-01T00:00+24:00")).encode(), REFUSED),
    "digits of another script": (json.dumps(one(timestamp="١٩٩٧-05-01")).encode(), REFUSED),
    "emoji": (named(" \U0001f600\U0001f468\u200d\U0001f469"), GOOD),
    "right to left": (named("\u202e\u05d0"), GOOD),
    "a formula": (named('=cmd|" /C calc"!A0'), GOOD),
    "markup": (named("<script>alert(1)</script>"), GOOD),
    "SQL": (named("'; DROP TABLE scores; --"), GOOD),
    "a line for the log": (named('\r\n{"level": "error"}'), GOOD),
    "NUL": (named("\0"), REFUSED),
    "half a character": (named("").replace(MARK.encode(), MARK.encode() + b"\\ud83d"), REFUSED),
    "half a character as bytes": (named("").replace(b"host", b"\xed\xa0\xbd"), REFUSED),
    "overlong bytes": (named("").replace(b"host", b"\xc0\xaf"), REFUSED),
    "id of 201": (named("x" * 201), REFUSED),
    "id of 100,000": (named("x" * 100_000), REFUSED),
    "name twice": (b'{"customers": [], "customers": []}', REFUSED),
    "name twice inside": (raw("1").replace(b'"amount": 1', b'"amount": 1, "amount": 2'), REFUSED),
    "__proto__": (b'{"__proto__": {"admin": true}}', REFUSED),
    "byte order mark": (b"\xef\xbb\xbf" + named(""), GOOD),
    "UTF-16": (named("").decode().encode("utf-16"), REFUSED),
    "UTF-16 without a mark": (named("").decode().encode("utf-16-le"), REFUSED),
    "UTF-32": (named("").decode().encode("utf-32"), REFUSED),
    "two documents": (named("") * 2, REFUSED),
    "trailing comma": (named("").replace(b"}]}", b"},]}"), REFUSED),
    "comment": (b"/* */" + named(""), REFUSED),
    "single quotes": (named("").replace(b'"', b"'"), REFUSED),
    "a pickle": (b"\x80\x04\x95\x0b\x00\x00\x00\x00\x00\x00\x00\x8c\x02os\x94.", REFUSED),
    "null": (b"null", REFUSED),
    "white space": (b" \r\n\t" * 1_000, REFUSED),
    "many unknown names": (
        json.dumps({f"{MARK}-{number}": number for number in range(5_000)}).encode(),
        REFUSED,
    ),
    "wide rows": (
        json.dumps(
            {"rows": [{"customer_id": MARK, **dict.fromkeys(map(str, range(9_000)))}]}
        ).encode(),
        REFUSED,
    ),
}
KINDS = {
    "pickle": {"content-type": "application/vnd.bentoml+pickle"},
    "python pickle": {"content-type": "application/x-python-pickle"},
    "form": {"content-type": "multipart/form-data; boundary=x"},
    "urlencoded": {"content-type": "application/x-www-form-urlencoded"},
    "nearly": {"content-type": "application/jsonp"},
    "gzip": {**JSON, "content-encoding": "gzip"},
    "bomb": {**JSON, "content-encoding": "gzip, gzip, gzip"},
    "brotli": {**JSON, "content-encoding": "br"},
}


@pytest.fixture(scope="module")
def http(server: Any) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.address, timeout=30) as client:
        yield client


@pytest.fixture(autouse=True)
def _lives_on_and_says_nothing(http: httpx.Client, server: Any) -> Iterator[None]:
    """After whatever came: an answer as ever, no failure and no customer in the log."""
    yield
    answer = http.post("/predict", json=one(customer_id="ann"))
    assert answer.status_code == 200
    printed = server.printed.read_text()
    assert MARK not in printed
    assert "Traceback" not in printed
    assert '"exception"' not in printed


@pytest.mark.parametrize("path", ["/predict", "/predict_features", "/lookup"])
@pytest.mark.parametrize("name", BODIES)
def test_a_hostile_body_is_refused_or_rightly_answered(
    http: httpx.Client, name: str, path: str
) -> None:
    body, right = BODIES[name]
    response = http.post(path, content=body, headers=JSON)
    assert response.status_code in (right if path == "/predict" else {400})
    if response.status_code == 400:
        assert list(response.json()) == ["error"]
        assert len(response.content) < 20_000, "a refusal does not send all of it back"
    else:
        [answer] = response.json()["predictions"]
        assert (
            answer["customer_id"]
            == json.loads(body.decode("utf-8-sig"))["customers"][0]["customer_id"]
        )


@pytest.mark.parametrize("name", KINDS)
def test_another_kind_of_content_is_refused(http: httpx.Client, name: str) -> None:
    body = gzip.compress(b" " * 1_000_000)
    response = http.post("/predict", content=body, headers=KINDS[name])
    assert response.status_code == 415


def test_a_hundred_megabytes_in_chunks_are_refused(http: httpx.Client) -> None:
    def chunks() -> Iterator[bytes]:
        for _ in range(100):
            yield b" " * 1_000_000

    response = http.post("/predict", content=chunks(), headers=JSON)
    assert (response.status_code, response.json()["error"]["code"]) == (413, "too_large")


def test_ten_thousand_customers_with_wide_rows_are_too_large_here(http: httpx.Client) -> None:
    names = [each["name"] for each in http.get("/model").json()["features"]]
    rows = [{"customer_id": f"{MARK} {n}", **dict.fromkeys(names)} for n in range(10_000)]
    response = http.post("/predict_features", json={"rows": rows})
    assert response.status_code == 413


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("margin=1e999", 400),
        ("margin=" + "1" * 60_000, 400),
        ("horizon_days=" + ",".join(["1"] * 20_000), 400),
        ("&".join(f"x{number}=1" for number in range(5_000)), 400),
        ("curve=%00", 400),
        ("%ff=%fe", 400),
        (f"search={MARK}", 400),
        ("", 404),
    ],
)
def test_a_hostile_query_is_refused(
    http: httpx.Client, scored: dict[str, Any], query: str, status: int
) -> None:
    response = http.get(f"/customers/{MARK}%00%ff?{query}")
    assert response.status_code == status
    assert list(response.json()) == ["error"]
