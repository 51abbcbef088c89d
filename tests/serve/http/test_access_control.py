"""Who is answered: callers with a key, and without keys this machine alone."""

from __future__ import annotations

import pytest

from serve.http.local_callers import is_loopback
from tests.serve.http.guarded_app import BEARER, CRM, LOCAL, client, error


@pytest.mark.parametrize(
    "headers",
    [BEARER, {"authorization": f"bearer {CRM['key']}"}, {"x-api-key": CRM["key"]}],
)
def test_a_key_may_come_in_two_headers(headers: dict[str, str]) -> None:
    assert client(CRM["line"]).post("/echo", headers=headers).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"x-api-key": "no"},
        {"authorization": f"Basic {CRM['key']}"},
        {"authorization": "Bearer"},
    ],
)
def test_without_a_good_key_all_is_refused_in_the_same_words(headers: dict[str, str]) -> None:
    guarded = client(CRM["line"])
    for path in ("/echo", "/nothing", "/customers/a", "/streamed"):
        refusal = guarded.post(path, headers=headers)
        assert error(refusal, 401)["message"].startswith("a valid key is needed")
        assert refusal.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize(("path", "status"), [("/", 200), ("/livez", 200), ("/readyz", 503)])
def test_probes_and_page_need_no_key(path: str, status: int) -> None:
    assert client(CRM["line"]).get(path).status_code == status


def test_a_key_above_its_rate_gets_retry_after() -> None:
    guarded = client(CRM["line"], rate=3)
    statuses = [guarded.post("/echo", headers=BEARER).status_code for _ in range(5)]
    assert statuses == [200, 200, 200, 429, 429]
    assert guarded.get("/livez").status_code == 200
    assert guarded.post("/echo", headers=BEARER).headers["retry-after"] == "1"


@pytest.mark.parametrize("address", ["http://localhost:3000", "http://[::1]:3000", LOCAL])
def test_without_keys_this_machine_is_answered(address: str) -> None:
    assert client(address=address).get("/livez").status_code == 200


@pytest.mark.parametrize("address", ["http://192.168.1.5:3000", "http://shop.example", "http://0"])
def test_without_keys_nobody_else_is_answered(address: str) -> None:
    assert "without API keys" in error(client(address=address).get("/livez"), 403)["message"]


@pytest.mark.parametrize(
    "host",
    [
        *("shop.example", "127.0.0.1.shop.example", "[::2]", "", "127.0.0.1:@shop.example"),
        *("localhost:3000@shop.example", "localhost:", "localhost:x", "[::1]x", "localhost/"),
        *("localhost:3000:80", "localhost:123456", "localhost,localhost", "localhost."),
    ],
)
def test_without_keys_a_name_that_was_made_to_point_here_is_refused(host: str) -> None:
    error(client().get("/", headers={"host": host}), 403)


@pytest.mark.parametrize(
    "name",
    ["Forwarded", "Via", "X-Forwarded-For", "X-Forwarded-Port", "CF-Connecting-IP", "X-Real-IP"],
)
def test_without_keys_nothing_that_was_forwarded_is_answered(name: str) -> None:
    refused = client().get("/livez", headers={name: "127.0.0.1"})
    assert "was forwarded by a proxy" in error(refused, 403)["message"]
    keyed = client(CRM["line"]).post("/echo", headers={name: "10.0.0.7", **BEARER})
    assert keyed.status_code == 200


OTHER_SITES: list[dict[str, str]] = [
    {"origin": "http://shop.example"},
    {"origin": "http://127.0.0.1:3001"},
    {"origin": "http://localhost:3000"},
    {"origin": "http://127.0.0.1:3000.shop.example"},
    {"origin": "null"},
    {"sec-fetch-site": "cross-site"},
    {"sec-fetch-site": "same-site"},
    {"sec-fetch-site": "cross-site", "origin": LOCAL},
]


@pytest.mark.parametrize("headers", OTHER_SITES, ids=str)
@pytest.mark.parametrize("path", ["/echo", "/customers/a", "/gave_up", "/healthz"])
def test_without_keys_no_page_of_another_site_is_answered(
    path: str, headers: dict[str, str]
) -> None:
    method = "POST" if path == "/echo" else "GET"
    refused = client().request(method, path, headers=headers)
    assert "no page of another site" in error(refused, 403)["message"]


@pytest.mark.parametrize("headers", OTHER_SITES, ids=str)
def test_what_needs_no_key_may_be_linked_to(headers: dict[str, str]) -> None:
    assert client().get("/", headers=headers).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": LOCAL, "sec-fetch-site": "same-origin"},
        {"origin": LOCAL.upper()},
        {"origin": "https://127.0.0.1:3000"},
        {"sec-fetch-site": "none"},
    ],
    ids=str,
)
def test_without_keys_its_own_page_is_answered(headers: dict[str, str]) -> None:
    assert client().post("/echo", headers=headers).status_code == 200


def test_with_keys_a_page_of_another_site_that_has_one_is_answered() -> None:
    headers = {"origin": "http://shop.example", "sec-fetch-site": "cross-site", **BEARER}
    assert client(CRM["line"]).post("/echo", headers=headers).status_code == 200


@pytest.mark.parametrize(
    ("address", "local"),
    [
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("::1", True),
        ("::ffff:127.0.0.1", True),
        ("/run/clv.sock", True),
        ("0.0.0.0", False),
        ("::", False),
        ("10.0.0.1", False),
        ("::ffff:10.0.0.1", False),
        ("shop.example", False),
    ],
)
def test_which_addresses_are_this_machines_own(address: str, local: bool) -> None:
    assert is_loopback(address) is local
