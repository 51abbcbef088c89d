"""The address of a score store: read once, shown without its password."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, quote_plus

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from serve.errors import ServeError

SQLITE = "sqlite"
DRIVERS = {
    "sqlite": "sqlite",
    "sqlite+pysqlite": "sqlite",
    "postgres": "postgresql+psycopg",
    "postgresql": "postgresql+psycopg",
    "postgresql+psycopg": "postgresql+psycopg",
}
EXAMPLES = "sqlite:///var/scores.db or postgresql://user:password@host/database"
SHOWN_OPTIONS = ("host", "port", "dbname")
SECRET_OPTIONS = ("password", "sslpassword")
SHORTEST_SECRET = 4


@dataclass(frozen=True)
class Address:
    """Where a score store is.

    url      what SQLAlchemy connects to; holds the password
    shown    the same as people and logs may see it
    path     the file of a SQLite store, else None
    secrets  every spelling of the password
    """

    url: URL = field(repr=False)
    shown: str
    path: Path | None
    secrets: tuple[str, ...] = field(repr=False)

    def scrub(self, text: str) -> str:
        """A text with *** in place of the password, should it be in there."""
        for secret in self.secrets:
            text = text.replace(secret, "***")
        return text


def read_address(text: str) -> Address:
    """A SQLAlchemy URL -> the address of a store. postgresql:// is read as postgresql+psycopg://.

    Raises ServeError for what is not one; the message repeats nothing that may be a password.
    """
    scheme = text.partition(":")[0] if ":" in text else ""
    if scheme not in DRIVERS:
        raise ServeError(
            f"the score store's address must be like {EXAMPLES}, got one that begins with "
            f"{scheme[:30]!r}"
        )
    if DRIVERS[scheme] != SQLITE and text.count("@") > 1:
        # subtle: what follows the first @ may be the rest of a password, not a host
        raise ServeError(
            "the score store's address has more than one @: write %40 for an @ in the user's name "
            "or password"
        )
    try:
        url = make_url(text).set(drivername=DRIVERS[scheme])
    except (ArgumentError, ValueError):
        raise ServeError(
            f"the score store's address cannot be read: it must be like {EXAMPLES}"
        ) from None
    return _sqlite(url) if url.get_backend_name() == SQLITE else _postgresql(url)


def _sqlite(url: URL) -> Address:
    if url.host or not url.database or url.database == ":memory:" or url.query:
        raise ServeError(
            "the score store's address must name a file: sqlite:/// and a relative path, or "
            "sqlite://// and an absolute one, without options"
        )
    path = Path(url.database).absolute()
    return Address(url, f"sqlite:///{url.database}", path, ())


def _postgresql(url: URL) -> Address:
    options = {name: _one(value) for name, value in url.query.items()}
    passwords = [url.password, *(options.get(name) for name in SECRET_OPTIONS)]
    shown = url.set(query={name: options[name] for name in SHOWN_OPTIONS if name in options})
    return Address(url, shown.render_as_string(hide_password=True), None, _spellings(passwords))


def _one(value: str | tuple[str, ...]) -> str:
    return value if isinstance(value, str) else value[-1]


def _spellings(passwords: list[str | None]) -> tuple[str, ...]:
    # a shorter one would be found in words that have nothing to do with it
    known = {each for each in passwords if each and len(each) >= SHORTEST_SECRET}
    spelt = known | {quote(each, safe="") for each in known} | {quote_plus(each) for each in known}
    return tuple(sorted(spelt, key=len, reverse=True))
