"""API keys: several, by name, of which only hashes are stored."""

from __future__ import annotations

import hashlib
import hmac
import logging
import re
import secrets
import time
from pathlib import Path

from serve.errors import ServeError

logger = logging.getLogger(__name__)

BYTES = 32
LONGEST_KEY_BYTES = 1_024
REREAD_SECONDS = 1.0
LINE = re.compile(r"([A-Za-z0-9._-]{1,64}):([0-9a-fA-F]{64})")
SHAPE = "name:sha256, the hash in 64 hexadecimal digits; python -m serve key makes one"

KeyHashes = dict[str, bytes]


def make_key(name: str) -> dict[str, str]:
    """A new key and the line to keep; the key itself is shown this once. Raises ServeError."""
    key = secrets.token_urlsafe(BYTES)
    line = f"{name}:{_hash(key.encode()).hex()}"
    if not LINE.fullmatch(line):
        raise ServeError(
            "a key's name must be 1 to 64 letters, digits, dots, dashes or underscores"
        )
    return {"name": name, "key": key, "line": line}


def read_hashes(lines: list[str], place: str) -> KeyHashes:
    """Name -> hash. Raises ServeError, without what stands there: it could be a key."""
    found: KeyHashes = {}
    for number, text in enumerate(lines, start=1):
        line = text.split("#", maxsplit=1)[0].strip()
        if not line:
            continue
        match = LINE.fullmatch(line)
        if match is None:
            raise ServeError(f"{place}: entry {number} must be {SHAPE}")
        if match[1] in found:
            raise ServeError(f"{place}: entry {number} repeats the name {match[1]}")
        found[match[1]] = bytes.fromhex(match[2])
    return found


class ApiKeys:
    """The keys that are valid. Raises ServeError for entries that cannot be read.

    required   whether keys are asked for at all: decided at the start, so that a file which
               becomes empty locks everybody out and lets nobody in
    """

    def __init__(self, lines: str = "", file: Path | None = None) -> None:
        self.required = bool(lines or file)
        self._from_environment = read_hashes(lines.split(","), "environment: PERENNIAL_API_KEYS")
        self._file = file
        self._file_state: tuple[int, ...] = ()
        self._reread_at = 0.0
        self._hashes = self._from_environment
        if file is not None:
            self._read(file)
        if self.required and not self._hashes:
            raise ServeError(f"{file or 'environment: PERENNIAL_API_KEYS'}: there is no key")

    def name_of(self, key: bytes) -> str | None:
        """Whose key it is, or None. Takes as long for a wrong key as for a right one."""
        self._reread()
        given, found = _hash(key if len(key) <= LONGEST_KEY_BYTES else b""), None
        for name, valid in self._hashes.items():
            if hmac.compare_digest(given, valid):
                found = name
        return found

    @property
    def are_several(self) -> bool:
        """Whether there is more than one."""
        return len(self._hashes) > 1

    def _reread(self) -> None:
        """Read the file again where it has changed; a file that cannot be read changes nothing."""
        if self._file is None or time.monotonic() < self._reread_at:
            return
        self._reread_at = time.monotonic() + REREAD_SECONDS
        try:
            self._read(self._file)
        except ServeError as error:
            logger.error("%s; the keys of before are still good", error)

    def _read(self, file: Path) -> None:
        try:
            status = file.stat()
            state = (status.st_mtime_ns, status.st_size, status.st_ino)
            if state == self._file_state:
                return
            text = file.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise ServeError(f"{file}: the keys cannot be read: {type(error).__name__}") from None
        self._hashes = self._from_environment | read_hashes(text.splitlines(), str(file))
        self._file_state = state
        logger.info("keys: %s", ", ".join(self._hashes) or "none is left")


def _hash(key: bytes) -> bytes:
    # a key is 32 random bytes: nothing that a slow hash would have to protect from guessing
    return hashlib.sha256(key).digest()
