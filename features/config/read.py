"""A TOML file to the configuration of purchases or of subscriptions, every violation named."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from features.config.error_messages import sentence
from features.config.presets import filled_in
from features.config.purchases import PurchaseConfig
from features.config.sections import Section
from features.config.subscriptions import SubscriptionConfig
from features.errors import ConfigError

AnyConfig = PurchaseConfig | SubscriptionConfig
LONGEST_BYTES = 1_000_000
SectionType = TypeVar("SectionType", bound=Section)


def read_config(path: Path) -> AnyConfig:
    """Read a TOML file of purchases or subscriptions, as its `problem.relationship` names."""
    values = read_toml(path)
    if relationship(values) == "contract":
        return validated(path, values, SubscriptionConfig)
    return validated(path, filled_in(path, values), PurchaseConfig)


def read_purchase_config(path: Path) -> PurchaseConfig:
    """Read a TOML file. Unknown keys are errors: a typo must not run with a default.

    Raises ConfigError naming the file and every violation, not just the first.
    """
    values = read_toml(path)
    if relationship(values) == "contract":
        raise ConfigError(
            f"{path}: problem.relationship is 'contract', which this command does not read yet; "
            "give the configuration of a transaction log"
        )
    return validated(path, filled_in(path, values), PurchaseConfig)


def read_subscription_config(path: Path) -> SubscriptionConfig:
    """Read the TOML file of a problem with subscribers; raises ConfigError like `read_config`."""
    return validated(path, read_toml(path), SubscriptionConfig)


def is_subscription(path: Path) -> bool:
    """Whether a TOML file is that of a problem with subscribers; raises ConfigError."""
    return relationship(read_toml(path)) == "contract"


def read_toml(path: Path) -> dict[str, Any]:
    """The keys of a TOML file of at most a megabyte; raises ConfigError where it cannot be read."""
    try:
        if path.exists() and not path.is_file() and not path.is_dir():
            raise ConfigError(f"{path}: is a device or a pipe, and is read twice; give a file")
        with path.open("rb") as stream:
            text = stream.read(LONGEST_BYTES + 1)
        if len(text) > LONGEST_BYTES:
            raise ConfigError(
                f"{path}: is longer than a megabyte; give the configuration, not data"
            )
        return tomllib.loads(text.decode("utf-8"))
    except FileNotFoundError:
        raise ConfigError(f"{path}: no such file; give the path of a TOML file") from None
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from None
    except RecursionError:
        raise ConfigError(f"{path}: is nested too deeply; give it sections and keys") from None
    except ConfigError:
        raise
    except ValueError as error:
        raise ConfigError(f"{path}: is not valid TOML: {error}") from None


def relationship(values: dict[str, Any]) -> object:
    """What `problem.relationship` is, before anything is validated."""
    problem = values.get("problem")
    return problem.get("relationship") if isinstance(problem, dict) else None


def validated(path: Path, values: dict[str, Any], form: type[SectionType]) -> SectionType:
    """The keys of a file as a configuration; raises ConfigError naming every violation."""
    try:
        return form.model_validate(values)
    except ValidationError as error:
        found = "; ".join(sentence(dict(each), form) for each in error.errors())
        raise ConfigError(f"{path}: {found}") from None
