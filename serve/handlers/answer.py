"""An answer that is not computed yet: its head, and its predictions some customers at a time.

What an endpoint makes of a request. It is sent as one JSON object or as JSON lines; either way the
predictions are made in chunks, so that only the encoded ones are in memory, and the numbers are
the same to the last bit.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from features.timestamps import format_timestamp
from serve.handlers.build_predictions import predictions
from serve.handlers.prediction_query import PredictionQuery, in_chunks
from serve.metrics import record as metrics
from serve.model.loaded import LoadedModel

Prediction = dict[str, Any]

# Units of work of `serve.api.budget`, less than a fifth of a second.
CHUNK_WORK = 30_000

_encoder = msgspec.json.Encoder()


@dataclass(frozen=True)
class Answer:
    """What comes back.

    head     what stands beside the predictions
    chunks   the predictions in order, made when they are asked for
    work     units of `serve.api.budget`
    """

    head: dict[str, Any]
    chunks: Iterator[Sequence[Prediction]]
    work: int


def answer_of_query(
    model: LoadedModel, query: PredictionQuery, endpoint: str, work: int, **beside: object
) -> Answer:
    """What the model predicts now; `beside` stands in the head. Counted by endpoint."""
    card = model.bundle.card
    head = {
        "model": model.stamp,
        "as_of": format_timestamp(query.as_of, card.timezone),
        "horizon_days": query.horizons if len(query.horizons) > 1 else query.horizons[0],
        "currency": card.currency,
        **beside,
    }
    return Answer(head, _predicted(model, query, endpoint, work), work)


def as_json(answer: Answer) -> Iterator[bytes]:
    """The parts of one JSON object, whose last member are the predictions."""
    before = _encoder.encode(answer.head)[:-1] + b',"predictions":['
    for chunk in answer.chunks:
        yield before + _encoder.encode(chunk)[1:-1]
        before = b","
    # subtle: without a single prediction, the head is still to be sent
    yield before.removeprefix(b",") + b"]}"


def as_lines(answer: Answer) -> Iterator[bytes]:
    """JSON lines: the head, a line for each prediction, and the end with their number."""
    before, sent = _encoder.encode(answer.head) + b"\n", 0
    for chunk in answer.chunks:
        yield before + _encoder.encode_lines(chunk)
        before, sent = b"", sent + len(chunk)
    yield before + _encoder.encode({"end": True, "predictions": sent}) + b"\n"


def customers_a_chunk(customers: int, work: int) -> int:
    """How many customers are predicted at a time."""
    return max(1, CHUNK_WORK * customers // max(work, 1))


def _predicted(
    model: LoadedModel, query: PredictionQuery, endpoint: str, work: int
) -> Iterator[list[Prediction]]:
    for part in in_chunks(query, customers_a_chunk(len(query.ids), work)):
        found = predictions(model.bundle, part)
        metrics.observe_predictions(
            endpoint,
            [each["p_churn"] for each in found],
            [each["clv"] for each in found],
            [each["basis"] for each in found],
        )
        yield found
