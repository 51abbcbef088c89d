"""Compatibility: imported by the code of models that version 0.2.0 registered with MLflow.

See docs/upgrading.md.
"""

from features.timestamps import parse_as_of

__all__ = ["parse_as_of"]
