"""JSON as strict as it can be read: no name twice, no NaN, no depth without end."""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import Any

from serve.api.error_messages import shortened
from serve.errors import ServeError

# Names of one object, and objects and lists of one body: more than any request needs.
MOST_NAMES = 5_000
MOST_CONTAINERS = 2_000_000
SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")


class _Unfit(ValueError):
    """JSON that no request can be; the message is the whole sentence."""


def read_json(body: bytes) -> Any:
    """The content of a body. Raises ServeError for what is not JSON in the strict sense."""
    # counted before they are made: each would take a hundred bytes for two of the body
    if body.count(b"{") + body.count(b"[") > MOST_CONTAINERS:
        raise ServeError(
            f"the body holds more than {MOST_CONTAINERS:,} objects and lists: send fewer "
            "customers in one request"
        )
    try:
        # subtle: given bytes, json would guess at UTF-16 and UTF-32 as well
        text = body.decode("utf-8-sig")
        content = json.loads(text, object_pairs_hook=_object, parse_constant=_constant)
    except _Unfit as error:
        raise ServeError(str(error)) from None
    except RecursionError:
        raise ServeError("the body is not a request: it is nested too deeply") from None
    except UnicodeDecodeError:
        raise ServeError("the body is not JSON: it is not UTF-8") from None
    except json.JSONDecodeError as error:
        raise ServeError(f"the body is not JSON: {error}") from None
    except ValueError:
        raise ServeError("the body holds a number of thousands of digits: send it as 1e9") from None
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
    if len(pairs) > MOST_NAMES:
        raise _Unfit(
            f"the body is not a request: an object holds {len(pairs):,} names, at most "
            f"{MOST_NAMES:,} may be"
        )
    found = dict(pairs)
    if len(found) < len(pairs):
        times = Counter(name for name, _ in pairs)
        [(twice, _)] = times.most_common(1)
        raise _Unfit(f"the body is not strict JSON: {shortened(twice)} occurs twice in one object")
    return found


def _constant(name: str) -> float:
    raise _Unfit(
        f"the body is not JSON: {name} is not a JSON number, give null where a value is unknown"
    )
