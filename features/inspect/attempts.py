"""Reading with a proposal, and changing it as the refusals say, until the source is read."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from features.config.presets import filled_in
from features.config.purchases import PurchaseConfig
from features.config.read import validated
from features.config.subscriptions import SubscriptionConfig
from features.dataset import Dataset, read_dataset
from features.errors import ConfigError, DataError
from features.inspect.proposal import Proposal

MOST_ATTEMPTS = 8
# What all values that were refused agree on.
SETTLED = {"decimal", "thousands", "date_format"}
KEY = re.compile(r'data\.(\w+) = "([^"]*)"')
EITHER = re.compile(r"could be .*thousand|they could be")


@dataclass(frozen=True)
class Attempt:
    """The last proposal tried: the data that it read, or the sentence that refused it."""

    proposal: Proposal
    dataset: Dataset | None
    refused: str


def read_with(proposal: Proposal, now: datetime, *, delimiter: str = ",") -> Attempt:
    """Read the source, setting what the sentences of refusal name.

    now         before which the rows of a log lie
    delimiter   of the source: where it is a semicolon, a comma is a fraction's
    """
    if proposal.choices:
        return Attempt(proposal, None, _unsettled(proposal))
    refused = ""
    for _ in range(MOST_ATTEMPTS):
        try:
            return Attempt(proposal, read_dataset(_config(proposal)), "")
        except (ConfigError, DataError) as error:
            refused = str(error)
        keys = _named(proposal, refused, now, delimiter)
        if not keys:
            break
        proposal = _set(proposal, keys, refused)
    sign = re.search(r'data\.(?:thousands|decimal) = "(.)"', refused)
    if sign and EITHER.search(refused):
        grouped = {"thousands": sign[1]} | ({"decimal": ","} if sign[1] == "." else {})
        proposal = replace(proposal, choices=(grouped, {"decimal": sign[1]}))
    return Attempt(proposal, None, refused)


def _unsettled(proposal: Proposal) -> str:
    column = proposal.data["columns"]["timestamp"]
    shown = " or ".join(f'"{each}"' for keys in proposal.choices for each in keys.values())
    return (
        f"{proposal.source}: column {column} could be {shown}: set data.date_format to what it is"
    )


def _config(proposal: Proposal) -> PurchaseConfig | SubscriptionConfig:
    path = Path("the proposal")
    if proposal.relationship == "contract":
        return validated(path, proposal.values, SubscriptionConfig)
    return validated(path, filled_in(path, proposal.values), PurchaseConfig)


def _named(proposal: Proposal, refused: str, now: datetime, delimiter: str) -> dict[str, Any]:
    """The keys to set that a refusal names; none where it is for people to say."""
    keys: dict[str, Any] = dict(KEY.findall(refused))
    if EITHER.search(refused):
        keys = {"decimal": ","} if delimiter == ";" and keys.get("decimal") == "," else {}
    elif "data.order_span_days" in refused:
        columns = proposal.data["columns"].items()
        keys = {"columns": {role: name for role, name in columns if role != "order_id"}}
    elif 'set it to "line"' in refused:
        keys = {"amount_is": "line"}
    elif "set data.end" in refused:
        keys = {"end": (now + timedelta(days=1)).date().isoformat()}
    elif "data.reexports" in refused:
        keys = {"reexports": "newest"}
    return {key: value for key, value in keys.items() if proposal.data.get(key) != value}


def _set(proposal: Proposal, keys: dict[str, Any], refused: str) -> Proposal:
    """subtle: what was read as order totals needs an order."""
    if "columns" in keys:
        keys = {**keys, "amount_is": "line", "fill_down": []}
    shown = ", ".join(f"data.{key} = {json.dumps(value)}" for key, value in keys.items())
    if set(keys) <= SETTLED:
        return replace(proposal, data={**proposal.data, **keys})
    why = dict.fromkeys(keys, "without it the source is refused, see above")
    return replace(
        proposal,
        data={**proposal.data, **keys},
        why={**proposal.why, **why},
        unsure=(*proposal.unsure, f"{refused}: {shown} is written"),
    )
