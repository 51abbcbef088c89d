"""Where a source is: a path, or the address of a database, of which the password is never shown."""

from __future__ import annotations

import re

PASSWORD = re.compile(r"(?P<user>://[^/?#@:]*):.*@|(?P<name>[?&]password=)[^&]*", re.I)


def without_password(address: str) -> str:
    """The address as it may be logged and stored."""
    return PASSWORD.sub(
        lambda found: f"{found['user']}@" if found["user"] else f"{found['name']}***", address
    )
