"""What stops a command: a configuration or data that cannot be used, in one sentence."""

from __future__ import annotations


class ConfigError(ValueError):
    """A configuration file cannot be used. The message lists every violation."""


class DataError(ValueError):
    """Data break their schema. The message lists every violation."""
