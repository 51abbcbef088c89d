"""The fast path of POST /predict_features: a valid body of rows, decoded in one go.

A decoder made for the bundle's features takes rows that are exactly as they should be: every
feature, numbers that are finite, no name twice. Whatever it does not take, it leaves to
`serve.api.requests`, which reports what is wrong; a test holds the two equal.
"""

from __future__ import annotations

from collections.abc import Callable
from operator import attrgetter
from typing import Annotated, Any

import msgspec
import numpy as np

from features.single_values import read_id
from models.bundle import Bundle
from models.design_matrix import Values, numbers_of_rows
from serve.api.feature_rows import FeatureRows, check_histories
from serve.api.field_types import LARGEST, LONGEST_ID
from serve.api.requests import MOST_CUSTOMERS, Options, validate
from serve.api.strict_json import read_json

Id = Annotated[str, msgspec.Meta(min_length=1, max_length=LONGEST_ID)]
OPTIONS = ("as_of", "horizon_days", "economics", "curve", "explain")
NO_OPTIONS = validate(Options, {})
ROWS_COLON = 1  # the colon after the name "rows" itself

FastReader = Callable[[bytes], tuple[Options, FeatureRows] | None]


def fast_reader(bundle: Bundle) -> FastReader:
    """Body -> options and rows, or None where the body is not for the fast path.

    Raises ServeError where it is, and its options or histories are at fault.
    """
    units = {feature.name: feature.unit for feature in bundle.card.features}
    kinds = {name: str | None if unit == "text" else float | None for name, unit in units.items()}
    row = msgspec.defstruct(
        "Row",
        [("customer_id", Id), *kinds.items()],
        forbid_unknown_fields=True,
        gc=False,
    )
    rows = Annotated[list[row], msgspec.Meta(min_length=1, max_length=MOST_CUSTOMERS)]  # type: ignore[valid-type]
    raw: list[Any] = [(name, msgspec.Raw | msgspec.UnsetType, msgspec.UNSET) for name in OPTIONS]
    request = msgspec.defstruct("Request", [("rows", rows), *raw], forbid_unknown_fields=True)
    decode = msgspec.json.Decoder(request).decode
    cells_of = attrgetter(*bundle.names)
    names_in_a_row = len(bundle.names) + 1

    def read(body: bytes) -> tuple[Options, FeatureRows] | None:
        try:
            found: Any = decode(body)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            return None
        given = {name: getattr(found, name) for name in OPTIONS}
        given = {name: bytes(each) for name, each in given.items() if each is not msgspec.UNSET}
        ids = [each.customer_id for each in found.rows]
        nested = sum(each.count(b":") for each in given.values())
        # subtle: as many colons as names means that no name occurs twice
        if body.count(b":") != ROWS_COLON + len(given) + nested + names_in_a_row * len(ids):
            return None
        cells = [cells_of(each) for each in found.rows]
        matrix = numbers_of_rows(cells, bundle.names, bundle.card.levels)
        if not _is_sound(ids, matrix):
            return None
        return _options(given), check_histories(FeatureRows(ids, cells, matrix), bundle)

    return read


def _is_sound(ids: list[str], matrix: Values) -> bool:
    """Whether ids are different and as they are read, and numbers within their bounds."""
    if len(set(ids)) < len(ids) or not all(map(_is_plain, ids)):
        return False
    return not bool((np.abs(matrix) > LARGEST).any())


def _is_plain(name: str) -> bool:
    try:
        return read_id(name) == name
    except ValueError:
        return False


def _options(given: dict[str, bytes]) -> Options:
    if not given:
        return NO_OPTIONS
    parts = b",".join(b'"%s":%s' % (name.encode(), each) for name, each in given.items())
    return validate(Options, read_json(b"{" + parts + b"}"))
