"""Metrics of a holdout evaluation beside the probability model's, as text or as a frame."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import pandas as pd

# Part, name and label of each line.
Rows = tuple[tuple[str, str, str], ...]
CHURN = {
    "auc": "ROC-AUC",
    "log_loss": "log loss",
    "brier": "Brier score",
    "calibration_error": "calibration error",
}
VALUE = {
    "gini": "normalised Gini",
    "spearman": "Spearman",
    "top_decile_capture": "top decile's share",
    "mae": "MAE",
    "rmse": "RMSE",
    "bias": "bias of the total",
    "decile_error": "decile error",
    "interval_coverage": "80 % interval covers",
}


def lines_of(parts: Mapping[str, Mapping[str, str]]) -> Rows:
    """The lines of a table by its parts: what each metric of a part is called."""
    return tuple((part, *row) for part, names in parts.items() for row in names.items())


@dataclass(frozen=True)
class HoldoutTable:
    """What came of a holdout evaluation.

    title    of what; where there was none, why
    metrics  of a card
    rows     of each line a metric `<part>_<name>`, beside it `<part>_prior_<name>`
    prior    what the probability model is called
    note     what to keep in mind, "" where there is nothing
    """

    title: str
    metrics: Mapping[str, float] = field(default_factory=dict)
    rows: Rows = ()
    prior: str = ""
    note: str = ""

    def render(self) -> str:
        """The metrics that are defined, aligned, for a terminal."""
        if not self.rows:
            return self.title
        lines = [self.title, f"  {'':22}{'Perennial':>12}{self.prior:>14}"]
        for label, ours, other in self._defined():
            beside = "" if other is None else f"{other:14.4g}"
            lines.append(f"  {label:22}{ours:12.4g}{beside}")
        return "\n".join([*lines, f"  {self.note}"] if self.note else lines)

    def frame(self) -> pd.DataFrame:
        """The same as columns: part, metric, label, model, prior (NaN where it has none)."""
        rows = [
            (part, name, label, self.metrics[f"{part}_{name}"], self._beside(part, name))
            for part, name, label in self.rows
            if f"{part}_{name}" in self.metrics
        ]
        frame = pd.DataFrame(rows, columns=["part", "metric", "label", "model", "prior"])
        return frame.astype({"model": "float64", "prior": "float64"})

    def _defined(self) -> Iterator[tuple[str, float, float | None]]:
        for part, name, label in self.rows:
            if f"{part}_{name}" in self.metrics:
                yield label, self.metrics[f"{part}_{name}"], self._beside(part, name)

    def _beside(self, part: str, name: str) -> float | None:
        return self.metrics.get(f"{part}_prior_{name}")
