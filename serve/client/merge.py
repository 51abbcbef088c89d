"""Responses to several requests -> one reply, from one version of the model and one batch."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, TypeVar

from features.single_values import read_moment
from serve.api.responses import LookupReply, PredictReply
from serve.client.chunks import Chunk
from serve.client.errors import ApiError
from serve.client.flow import Flow

Kind = TypeVar("Kind", bound=PredictReply)
Ask = Callable[[bytes], Flow[Kind]]
Options = Mapping[str, object]

MOST_ROUNDS = 4
TOO_LARGE = 413


def as_given(options: Options) -> Flow[Options]:
    """The options as they are, without a request."""
    return options
    yield


def merged_reply(
    ask: Ask[Kind],
    chunks: Iterable[Chunk],
    options: Options,
    *,
    settled: Callable[[Options], Flow[Options]] = as_given,
    step: Callable[[int], object] = lambda customers: None,
) -> Flow[Kind]:
    """The reply to all chunks, in their order.

    ask      sends a body to the service; raises ApiError
    settled  the options with everything in them that must not be inferred from one chunk alone
    step     is told of the customers that were answered
    """
    given = {name: value for name, value in options.items() if value is not None}
    replies, options_sent = yield from _replies(ask, chunks, given, settled, step)
    for _ in range(MOST_ROUNDS):
        latest = _model_and_batch(replies[-1][1])
        if all(_model_and_batch(reply) == latest for _, reply in replies):
            return _merged([reply for _, reply in replies])
        for place, (chunk, reply) in enumerate(replies):
            if _model_and_batch(reply) != latest:
                replies[place] = chunk, (yield from ask(chunk.body(options_sent)))
    raise ApiError("the model or the batch changed again and again; ask later", code="changing")


def warned(reply: PredictReply, warnings: Sequence[str]) -> PredictReply:
    """The reply with these warnings in each of its predictions."""
    if not warnings:
        return reply
    predictions = [
        each.model_copy(update={"warnings": [*each.warnings, *warnings]})
        for each in reply.predictions
    ]
    return reply.model_copy(update={"predictions": predictions})


def latest_timestamps(customers: Sequence[Mapping[str, Any]]) -> list[str]:
    """The latest timestamp without an offset and the latest with one, as far as there are any."""
    timestamps = [
        _timestamp(line["timestamp"]) for each in customers for line in each["transactions"]
    ]
    naive = [each for each in timestamps if each and each.tzinfo is None]
    aware = [each for each in timestamps if each and each.tzinfo is not None]
    return [max(each).isoformat() for each in (naive, aware) if each]


def _timestamp(value: object) -> datetime | None:
    """None for what is no timestamp: the service will say so where it meets it."""
    text = value.isoformat() if isinstance(value, date) else value
    try:
        return read_moment(text) if isinstance(text, str) else None
    except ValueError:
        return None


def _replies(
    ask: Ask[Kind],
    chunks: Iterable[Chunk],
    options: Options,
    settled: Callable[[Options], Flow[Options]],
    step: Callable[[int], object],
) -> Flow[tuple[list[tuple[Chunk, Kind]], Options]]:
    """Each chunk and its reply; a chunk that the service finds too large is halved."""
    waiting = deque(chunks)
    replies: list[tuple[Chunk, Kind]] = []
    while waiting:
        if len(waiting) > 1:
            options = yield from settled(options)
        chunk = waiting.popleft()
        try:
            reply = yield from ask(chunk.body(options))
        except ApiError as error:
            if error.status != TOO_LARGE or len(chunk.items) < 2:
                raise
            waiting.extendleft(reversed(chunk.halves()))
        else:
            replies.append((chunk, reply))
            step(len(chunk.items))
    return replies, options


def _model_and_batch(reply: PredictReply) -> tuple[object, ...]:
    batch = reply.batch.number if isinstance(reply, LookupReply) else None
    return reply.model, reply.as_of, batch


def _merged(replies: Sequence[Kind]) -> Kind:
    if len(replies) == 1:
        return replies[0]
    more: dict[str, Any] = {"predictions": [each for one in replies for each in one.predictions]}
    if isinstance(replies[0], LookupReply):
        more["unknown"] = [
            each for one in replies if isinstance(one, LookupReply) for each in one.unknown
        ]
    return replies[0].model_copy(update=more)
