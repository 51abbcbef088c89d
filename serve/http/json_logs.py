"""The log: one JSON object a line on stderr, without anything that a customer or a caller sent."""

from __future__ import annotations

import json
import logging
import sys
import traceback
from datetime import UTC, datetime
from itertools import islice

from serve.http.limited_log import LimitedLog

FIELDS = ("request_id", "door", "method", "status", "milliseconds", "key", "error")
# the handler that BentoML prints with
BENTOML_HANDLER = "tracehandler"
LOGGERS = ("", "bentoml", "uvicorn.error", "circus")
MOST_CAUSES = 5


class JsonLines(logging.Formatter):
    """A record as a line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        """The line; of an exception its kinds and places, not its words, which may quote a body."""
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        line |= {name: record.__dict__[name] for name in FIELDS if name in record.__dict__}
        if record.exc_info and record.exc_info[1]:
            line["exception"] = exception_places(record.exc_info[1])
        return json.dumps(line, default=str)


def exception_places(error: BaseException) -> list[str]:
    """What was raised and where, innermost last, its causes first."""
    chain: list[BaseException] = []
    each: BaseException | None = error
    while each is not None and len(chain) < MOST_CAUSES:
        chain.append(each)
        each = each.__cause__ or each.__context__
    return [line for each in reversed(chain) for line in _lines(each)]


def _lines(error: BaseException) -> list[str]:
    frames = traceback.extract_tb(error.__traceback__)
    steps = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]
    reason = f": {error.strerror}" if isinstance(error, OSError) and error.strerror else ""
    return [*islice(steps, max(len(steps) - 20, 0), None), f"{type(error).__qualname__}{reason}"]


def configure() -> None:
    """Write JSON lines in the place of what BentoML prints; loggers without its handler stay."""
    # subtle: BentoML lets only warnings of other packages through
    logging.getLogger("serve").setLevel(logging.INFO)
    # a line for each request, with its path, is not to be: it would name customers
    logging.getLogger("uvicorn.access").propagate = False
    handler = LimitedLog(sys.stderr)
    handler.setFormatter(JsonLines())
    for name in LOGGERS:
        logger = logging.getLogger(name)
        others = [each for each in logger.handlers if each.get_name() != BENTOML_HANDLER]
        if len(others) < len(logger.handlers):
            logger.handlers = [*others, handler]
