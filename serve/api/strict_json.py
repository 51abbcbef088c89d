"""JSON as strict as it can be read: no name twice, no NaN, no depth without end."""

from __future__ import annotations

import json
import re
from typing import Any

from serve.api.error_messages import shortened
from serve.errors import ServeError

SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")


class _DuplicateKey(ValueError):
    """A key that an object holds twice."""


def read_json(body: bytes) -> Any:
    """The content of a body. Raises ServeError for what is not JSON in the strict sense."""
    try:
        # subtle: given bytes, json would guess at UTF-16 and UTF-32 as well
        text = body.decode("utf-8-sig")
        content = json.loads(text, object_pairs_hook=_object, parse_constant=_constant)
    except _DuplicateKey as error:
        raise ServeError(str(error)) from None
    except RecursionError:
        raise ServeError("the body is not a request: it is nested too deeply") from None
    except UnicodeDecodeError:
        raise ServeError("the body is not JSON: it is not UTF-8") from None
    except ValueError as error:
        raise ServeError(f"the body is not JSON: {error}") from None
    if SURROGATE.search(body):
        _refuse_lone_surrogates(content)
    return content


def _refuse_lone_surrogates(content: object) -> None:
    """Refuse a surrogate without its other half: such escapes only make sense in pairs."""
    try:
        json.dumps(content, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise ServeError(
            "the body is not Unicode: it holds half of a character, an escape such as \\ud800 "
            "without its other half"
        ) from None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise _DuplicateKey(
            f"the body is not strict JSON: {shortened(twice)} occurs twice in one object"
        )
    return found


def _constant(name: str) -> float:
    raise ValueError(f"{name} is not a JSON number, give null where a value is unknown")
