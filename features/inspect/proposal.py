"""What a configuration could be: keys, why they are so, and what is unsure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Proposal:
    """A configuration to try.

    source          the address of the data, as it was given
    relationship    purchases or contract
    data            the keys of [data] but the source
    why             key of `data` -> a comment of one line
    unsure          sentences
    choices         what the source cannot settle: keys of [data], one or the other
    """

    source: str
    relationship: str
    data: dict[str, Any]
    why: dict[str, str] = field(default_factory=dict)
    unsure: tuple[str, ...] = ()
    choices: tuple[dict[str, str], ...] = ()

    @property
    def values(self) -> dict[str, Any]:
        """The whole configuration as a file would hold it."""
        named = "customers" if self.relationship == "contract" else "transactions"
        problem: dict[str, Any] = {"horizon_days": 90}
        if self.relationship == "contract":
            problem = {"relationship": "contract", **problem}
        return {"data": {named: self.source, **self.data}, "problem": problem}
