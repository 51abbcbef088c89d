"""Reports of a backtest's origins -> one table of models, best first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from train.charts import score_table
from train.charts.theme import Spec

OURS = "perennial"
SHOWN = (
    "gini",
    "spearman",
    "mae",
    "rmse",
    "tweedie_deviance",
    "bias",
    "decile_error",
    "auc",
    "log_loss",
    "brier",
    "calibration_error",
)
SIZED = ("bias",)  # averaged by size, so that errors of opposite sign do not cancel


def leaderboard(reports: Sequence[dict[str, Any]], segment: str = "everyone") -> pd.DataFrame:
    """Mean of each metric over the origins where it is defined; index model, best Gini first.

    bias is the mean of its absolute value; a metric that a model never defines is NaN.
    """
    rows = [
        {
            "model": model,
            **{name: np.nan if at is None else at for name, at in parts[segment].items()},
        }
        for report in reports
        for model, parts in report["scores"].items()
    ]
    frame = pd.DataFrame(rows).set_index("model").astype(float)
    for name in SIZED:
        frame[name] = frame[name].abs()
    return frame.groupby(level=0).mean().sort_values("gini", ascending=False)


def intervals(reports: Sequence[dict[str, Any]]) -> dict[str, float]:
    """Mean over origins of the intervals' coverages and width; none where no report has any."""
    known = [report["intervals"] for report in reports if "intervals" in report]
    means = pd.DataFrame(known).astype(float).mean()
    return {str(name): float(at) for name, at in means.items()}


def render(board: pd.DataFrame) -> str:
    """The leaderboard as aligned text, for a terminal or a Markdown code block."""
    columns = [name for name in SHOWN if name in board]
    head = f"{'':22}" + "".join(f"{name.replace('_error', '_err'):>16}" for name in columns)
    lines = [head]
    for model, row in board.iterrows():
        cells = ["-" if np.isnan(row[name]) else f"{row[name]:.4g}" for name in columns]
        lines.append(f"{model!s:22}" + "".join(f"{cell:>16}" for cell in cells))
    return "\n".join(lines)


def chart(board: pd.DataFrame) -> Spec:
    """The leaderboard, best of each column marked."""
    shown = board[[name for name in SHOWN if name in board]]
    rows = {
        str(model): {str(name): float(at) for name, at in zip(shown, row, strict=True)}
        for model, row in zip(shown.index, shown.to_numpy(dtype=float), strict=True)
    }
    return score_table.leaderboard(rows)
