"""Headers that every answer carries: what a browser must not do with it."""

from __future__ import annotations

Headers = list[tuple[bytes, bytes]]
SAFE: Headers = [
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
]
DATA: Headers = [
    *SAFE,
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
]
PAGE: Headers = [
    *SAFE,
    (
        b"content-security-policy",
        b"default-src 'self'; img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'",
    ),
]
