"""Answers of several requests -> one answer, from one version of the model and one batch."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, TypeVar

from serve.api.responses import LookupReply, PredictReply
from serve.client.chunks import Chunk
from serve.client.retry import ApiError

Kind = TypeVar("Kind", bound=PredictReply)
Post = Callable[[bytes], Kind]
Options = Mapping[str, object]

ROUNDS = 4
TOO_LARGE = 413


def merged_reply(
    post: Post[Kind],
    parts: Iterable[Chunk],
    options: Options,
    settled: Callable[[Options], Options] = lambda options: options,
) -> Kind:
    """The answer to all parts, in their order.

    post     asks the service; raises ApiError
    settled  the options with everything in them that must not be read off a part alone
    """
    given = {name: value for name, value in options.items() if value is not None}
    answers, asked = _answers(post, parts, given, settled)
    for _ in range(ROUNDS):
        latest = _origin(answers[-1][1])
        if all(_origin(reply) == latest for _, reply in answers):
            return _merged([reply for _, reply in answers])
        answers = [
            (part, reply if _origin(reply) == latest else post(part.body(asked)))
            for part, reply in answers
        ]
    raise ApiError("the model or the batch changed again and again; ask later", code="changing")


def last_timestamps(customers: Sequence[Mapping[str, Any]]) -> list[str]:
    """The latest timestamp without an offset and the latest with one, as far as there are any."""
    moments = [_moment(line["timestamp"]) for each in customers for line in each["transactions"]]
    naive = [each for each in moments if each and each.tzinfo is None]
    aware = [each for each in moments if each and each.tzinfo is not None]
    return [max(each).isoformat() for each in (naive, aware) if each]


def _moment(value: object) -> datetime | None:
    """None for what is no moment: the service will say so where it meets it."""
    text = value.isoformat() if isinstance(value, date) else value
    try:
        return datetime.fromisoformat(text.strip()) if isinstance(text, str) else None
    except ValueError:
        return None


def _answers(
    post: Post[Kind],
    parts: Iterable[Chunk],
    options: Options,
    settled: Callable[[Options], Options],
) -> tuple[list[tuple[Chunk, Kind]], Options]:
    """Each part and its answer; a part that the service finds too large is halved."""
    waiting = deque(parts)
    answers = []
    while waiting:
        if len(waiting) > 1:
            options = settled(options)
        part = waiting.popleft()
        try:
            answers.append((part, post(part.body(options))))
        except ApiError as error:
            if error.status != TOO_LARGE or len(part.items) < 2:
                raise
            waiting.extendleft(reversed(part.halves()))
    return answers, options


def _origin(reply: PredictReply) -> tuple[object, ...]:
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
