"""A line of the log: JSON, and no words of an exception, which may quote a customer."""

from __future__ import annotations

import json
import logging
from typing import Any

from serve.http.json_logs import BENTOML_HANDLER, JsonLines, configure
from serve.http.limited_log import LimitedLog


def line(error: BaseException | None = None, **extra: object) -> dict[str, Any]:
    kind = (type(error), error, error.__traceback__) if error else None
    record = logging.LogRecord("serve.x", logging.INFO, "x.py", 1, "served %s", ("clv",), kind)
    record.__dict__.update(extra)
    text = JsonLines().format(record)
    assert "\n" not in text
    found: dict[str, Any] = json.loads(text)
    return found


def test_a_line_says_when_what_and_where() -> None:
    logged = line(request_id="call-7", status=503, secret="sesame")
    assert logged["time"].endswith("+00:00")
    assert (logged["level"], logged["logger"], logged["message"]) == (
        "info",
        "serve.x",
        "served clv",
    )
    assert (logged["request_id"], logged["status"]) == ("call-7", 503)
    assert "secret" not in logged


def raised() -> BaseException:
    try:
        try:
            raise KeyError("anna")
        except KeyError as error:
            raise RuntimeError("anna has spent 12.5") from error
    except RuntimeError as error:
        return error


def test_an_exception_is_logged_by_its_places() -> None:
    logged = line(raised())
    assert [each for each in logged["exception"] if "/" not in each] == ["KeyError", "RuntimeError"]
    assert "test_json_logs.py" in logged["exception"][0]
    assert "anna" not in json.dumps(logged)


def test_what_the_system_reports_of_a_file_is_logged() -> None:
    assert line(OSError(28, "No space left on device"))["exception"] == [
        "OSError: No space left on device"
    ]


def test_only_the_handler_of_bentoml_is_replaced() -> None:
    logger = logging.getLogger("circus")
    theirs, ours = logging.NullHandler(), logging.NullHandler()
    theirs.set_name(BENTOML_HANDLER)
    before = list(logger.handlers)
    logger.handlers = [theirs, ours]
    try:
        configure()
        assert [type(each) for each in logger.handlers] == [
            logging.NullHandler,
            LimitedLog,
        ]
        assert logger.handlers[0] is ours
    finally:
        logger.handlers = before
