"""The description of the API is true: of every endpoint, every answer, every example."""

from __future__ import annotations

import importlib
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any, cast

import httpx
import pytest
from jsonschema import Draft202012Validator
from schemathesis.specs.openapi.definitions import OPENAPI_31

from serve.api.endpoints import ENDPOINTS
from serve.api.openapi import describe_api
from serve.api.openapi_parameters import customer_parameters, list_parameters
from serve.api.query import CUSTOMER_NAMES, LIST_NAMES
from serve.errors import CODES, ServeError
from serve.http.routes import Handler, Router

JSON = {"content-type": "application/json"}
DOCUMENTED = [each for each in ENDPOINTS if each.documented]
ASKED = {"/predict": "customers", "/predict_features": "rows", "/lookup": "customer_ids"}


@pytest.fixture(scope="module")
def document(server: Any) -> dict[str, Any]:
    """As the running service returns it."""
    found: dict[str, Any] = httpx.get(f"{server.address}/docs.json", timeout=30).json()
    return found


def described(document: dict[str, Any], path: str, method: str, response: httpx.Response) -> None:
    """The answer is one that the document foresees, down to its last field."""
    expected = document["paths"][path][method]["responses"][str(response.status_code)]
    if "$ref" in expected:
        expected = document["components"]["responses"][expected["$ref"].rpartition("/")[2]]
    kind = response.headers["content-type"].partition(";")[0]
    schema = {**expected["content"][kind]["schema"], "components": document["components"]}
    content = response.json() if kind == "application/json" else response.text
    Draft202012Validator(schema).validate(content)
    for name, header in expected["headers"].items():
        component = document["components"]["headers"][header["$ref"].rpartition("/")[2]]
        assert name in response.headers or not component.get("required")


def test_it_is_openapi(document: dict[str, Any]) -> None:
    Draft202012Validator(OPENAPI_31).validate(document)
    Draft202012Validator(OPENAPI_31).validate(describe_api({}))
    for name, schema in document["components"]["schemas"].items():
        Draft202012Validator.check_schema(schema), name


def test_every_endpoint_is_answered_and_described(client: Any, document: dict[str, Any]) -> None:
    for each in ENDPOINTS:
        route, _ = client.app.state.router.find(each.path)
        assert (route.handler is None, route.label) == (each.upstream, each.label)
        if each.upstream and each.documented:
            assert client.request(each.method, each.path).status_code == 200
    described = {(path, method) for path, ways in document["paths"].items() for method in ways}
    assert described == {(each.path, each.method.lower()) for each in DOCUMENTED}
    assert {each.name for each in ENDPOINTS if not (each.upstream or each.documented)} == set()


def test_an_endpoint_without_a_handler_is_an_error() -> None:
    with pytest.raises(ValueError, match="predict"):
        Router(ENDPOINTS[:1], {})
    with pytest.raises(ValueError, match="nowhere"):
        Router([], {"nowhere": cast(Handler, None)})


def test_codes_and_parameters_are_those_of_the_service() -> None:
    codes = describe_api({})["components"]["schemas"]["ErrorContent"]["properties"]["code"]["enum"]
    assert set(codes) == {*CODES.values(), ServeError("").code, ServeError("", status=500).code}
    assert {each["name"] for each in customer_parameters()} == {*CUSTOMER_NAMES}
    assert {each["name"] for each in list_parameters()} == {*LIST_NAMES}


def test_keys_are_asked_for_where_there_are_keys() -> None:
    asked, not_asked = describe_api({}, keys=True)["paths"], describe_api({}, keys=False)["paths"]
    for each in DOCUMENTED:
        keyed = each.path not in {"/", "/livez", "/readyz", "/docs.json"}
        assert bool(asked[each.path][each.method.lower()]["security"]) == keyed
        assert not not_asked[each.path][each.method.lower()]["security"]


@pytest.mark.parametrize("path", ASKED)
def test_an_example_can_be_sent_as_it_stands(
    document: dict[str, Any], server: Any, scored: dict[str, Any], path: str
) -> None:
    body = document["paths"][path]["post"]["requestBody"]["content"]["application/json"]
    assert body["examples"]
    schema = {**body["schema"], "components": document["components"]}
    for example in body["examples"].values():
        Draft202012Validator(schema).validate(example["value"])
        response = httpx.post(f"{server.address}{path}", json=example["value"], timeout=30)
        assert response.status_code == 200
        described(document, path, "post", response)


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/customers/{customer_id}", ""),
        ("/customers/{customer_id}", "?horizon_days=30,90&margin=0.4&curve=true&explain=true"),
        ("/customers/{customer_id}", "?history=true&features=true"),
        ("/customers", "?sort=customer_id&descending=false&basis=model&min_clv=1&limit=3"),
        ("/customers", "?format=csv&limit=3"),
        ("/overview", ""),
        *[(path, "") for path in ("/model", "/readyz", "/livez", "/metrics", "/docs.json", "/")],
    ],
)
def test_what_is_read_is_as_described(
    document: dict[str, Any],
    server: Any,
    scored: dict[str, Any],
    table: Any,
    path: str,
    query: str,
) -> None:
    place = path.format(customer_id=table.index[0])
    response = httpx.get(f"{server.address}{place}{query}", timeout=30)
    assert response.status_code == 200
    described(document, path, "get", response)


@pytest.mark.parametrize(
    ("method", "path", "status", "more"),
    [
        ("post", "/predict", 400, {"content": b"{", "headers": JSON}),
        ("post", "/lookup", 400, {"json": {"customer_ids": [1.5, 2]}}),
        ("post", "/predict", 403, {"content": b"{}", "headers": {**JSON, "host": "elsewhere"}}),
        ("get", "/livez", 403, {"headers": {"host": "elsewhere"}}),
        ("get", "/customers/{customer_id}", 404, {}),
        ("get", "/customers/{customer_id}", 400, {"params": {"margin": "much"}}),
        ("post", "/predict_features", 413, {"content": b" " * 200_001, "headers": JSON}),
        ("post", "/predict", 415, {"content": b"{}", "headers": {"content-type": "text/csv"}}),
    ],
)
def test_a_refusal_is_as_described(
    document: dict[str, Any],
    server: Any,
    scored: dict[str, Any],
    method: str,
    path: str,
    status: int,
    more: dict[str, Any],
) -> None:
    place = path.format(customer_id="nobody")
    response = httpx.request(method, f"{server.address}{place}", timeout=30, **more)
    assert response.status_code == status
    described(document, path, method, response)


@pytest.mark.parametrize("path", [each.path for each in DOCUMENTED])
def test_another_method_is_refused_as_described(
    document: dict[str, Any], server: Any, path: str
) -> None:
    response = httpx.delete(f"{server.address}{path.format(customer_id='ann')}", timeout=30)
    assert response.status_code == 405
    [method] = document["paths"][path]
    assert method.upper() in response.headers["allow"]
    described(document, path, method, response)


@pytest.fixture(scope="module")
def generated(server: Any, tmp_path_factory: pytest.TempPathFactory) -> ModuleType:
    """A client that a program has written after the document."""
    folder = tmp_path_factory.mktemp("generated")
    command = [
        *(sys.executable, "-m", "openapi_python_client", "generate", "--meta", "none"),
        *("--url", f"{server.address}/docs.json", "--output-path", str(folder / "written")),
        "--fail-on-warning",
    ]
    # its own formatting is of no use here, and would need a program on the path
    (folder / "config.yaml").write_text("post_hooks: []\n")
    generation = subprocess.run(
        [*command, "--config", str(folder / "config.yaml")], capture_output=True, text=True
    )
    assert generation.returncode == 0, generation.stdout + generation.stderr
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(folder)
        return importlib.import_module("written.client")


def test_a_generated_client_predicts_looks_up_and_reads_an_error(
    generated: ModuleType, server: Any, scored: dict[str, Any], table: Any, tmp_path: Path
) -> None:
    models, api = (
        importlib.import_module(f"written.{each}") for each in ("models", "api.customers")
    )
    operations = {
        each: importlib.import_module(f"{api.__name__}.{each}")
        for each in ("predict", "lookup", "customer")
    }
    line = {"timestamp": "1997-05-01T10:00:00Z", "amount": 12.5}
    ann = {"customer_id": "ann", "transactions": [line]}
    request = models.PredictRequest.from_dict({"customers": [ann], "horizon_days": [30, 90]})
    with generated.Client(base_url=server.address) as written:
        reply = operations["predict"].sync(client=written, body=request)
        assert [each.horizon_days for each in reply.predictions] == [30, 90]
        assert 0 < reply.predictions[0].p_churn < 1
        ids = [str(table.index[0]), "nobody"]
        asked = models.LookupRequest.from_dict({"customer_ids": ids, "curve": True})
        found = operations["lookup"].sync(client=written, body=asked)
        assert (found.predictions[0].customer_id, found.unknown) == (ids[0], ["nobody"])
        one = operations["customer"].sync(ids[0], client=written, horizon_days=[30, 90], margin=0.5)
        assert [each.horizon_days for each in one.predictions] == [30, 90]
        refused = operations["customer"].sync("nobody", client=written)
    assert isinstance(refused, models.ErrorReply)
    assert (refused.error.status, refused.error.code) == (404, "not_found")
