"""Text without credentials: those of URLs in it, and those that this process was given."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from urllib.parse import quote, quote_plus, unquote

CREDENTIALS = re.compile(r"(://)[^/\s@'\"]*@|([?&](?:password|token|secret)=)[^&\s'\"]*", re.I)
URL_WITH_PASSWORD = re.compile(r"\w://[^:/\s]*:(?P<password>\S+)@")
ADDRESSES = ("MLFLOW_TRACKING_URI", "MLFLOW_REGISTRY_URI", "PERENNIAL_STORE")
PASSWORDS = ("MLFLOW_TRACKING_PASSWORD", "MLFLOW_TRACKING_TOKEN", "PGPASSWORD")
SHORTEST_SECRET = 4  # a shorter one would be found in words that have nothing to do with it


def redacted(text: str) -> str:
    """The text with *** in place of the credentials of URLs, and of known passwords.

    Known are those of the environment and of the command line, however they are spelt.
    """
    text = CREDENTIALS.sub(lambda hit: f"{hit[1]}***@" if hit[1] else f"{hit[2]}***", text)
    for secret in sorted({*_spellings()}, key=len, reverse=True):
        text = text.replace(secret, "***")
    return text


def _spellings() -> Iterator[str]:
    for secret in _given():
        plain = unquote(secret)
        if len(plain) >= SHORTEST_SECRET:
            yield from (secret, plain, quote(plain, safe=""), quote_plus(plain), repr(plain)[1:-1])


def _given() -> Iterator[str]:
    yield from filter(None, map(os.environ.get, PASSWORDS))
    for each in (*filter(None, map(os.environ.get, ADDRESSES)), *sys.argv):
        if hit := URL_WITH_PASSWORD.search(each):
            yield hit["password"]
