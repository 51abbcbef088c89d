"""Addresses of registered models: models:/name@alias, or models:/name/version."""

from __future__ import annotations

import re

SCHEME = "models:/"
REGISTERED = re.compile(r"models:/+(?P<name>[^/@]+)(?:@(?P<alias>[^/@]+)|/(?P<version>\d+))")
BUNDLE_FOLDER = "bundle"  # where a version's artefacts hold the bundle
TRAIN = "train one with: python -m train --config configs/cdnow.toml"
NOT_FOUND = ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE")  # MLflow's error codes
