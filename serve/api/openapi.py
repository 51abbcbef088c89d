"""The OpenAPI document, made from the list of endpoints and the types of requests and responses.

BentoML's own description drops what may be null and knows another shape of error.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from serve.api.endpoints import ENDPOINTS, Endpoint
from serve.api.openapi_parameters import parameters_of
from serve.api.openapi_responses import HEADERS, error_responses, responses_of
from serve.api.openapi_schemas import reference, schemas_of

# Of the body of an endpoint, by their keys in OpenAPI: {"summary", "value"}.
Examples = Mapping[str, Mapping[str, Any]]

TITLE = "Perennial: customer lifetime value"
ABOUT = """What each customer will be worth, from raw transactions, from rows of the feature table,
or as the last batch has left it in the score store. The same customer gets the same numbers at
every endpoint. Unknown fields are refused; every error has one shape; asking twice changes nothing.
A path that is not here answers 404 in the same shape."""
SECURITY = {
    "bearer": {"type": "http", "scheme": "bearer", "description": "Authorization: Bearer KEY"},
    "apiKey": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
}


def describe_api(examples: Mapping[str, Examples], *, keys: bool = True) -> dict[str, Any]:
    """The OpenAPI document.

    examples  endpoint's name -> examples of its body
    keys      whether the service asks for keys
    """
    described = [each for each in ENDPOINTS if each.documented]
    paths: dict[str, Any] = {}
    for each in described:
        operation = _operation(each, examples.get(each.name, {}), keys=keys)
        paths.setdefault(each.path, {})[each.method.lower()] = operation
    return {
        "openapi": "3.1.0",
        "info": {"title": TITLE, "version": "1", "description": " ".join(ABOUT.split())},
        "paths": paths,
        "components": {
            "schemas": schemas_of(described),
            "responses": error_responses(),
            "headers": HEADERS,
            "securitySchemes": SECURITY,
        },
    }


def _operation(endpoint: Endpoint, examples: Examples, *, keys: bool) -> dict[str, Any]:
    keyed = keys and 401 in endpoint.errors
    operation: dict[str, Any] = {
        "operationId": endpoint.name,
        "summary": endpoint.summary,
        "tags": [endpoint.tag],
        "parameters": parameters_of(endpoint),
        "responses": responses_of(endpoint),
        "security": [{name: []} for name in SECURITY] if keyed else [],
    }
    if endpoint.request is not None:
        body = {"schema": reference(endpoint.request)}
        media = {**body, "examples": dict(examples)} if examples else body
        operation["description"] = endpoint.request.__doc__
        operation["requestBody"] = {"required": True, "content": {"application/json": media}}
    return operation
