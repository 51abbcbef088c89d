"""Metrics of a holdout evaluation beside the probability model's, as a table for a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

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


def render_table(
    title: str, metrics: Mapping[str, float], rows: Iterable[tuple[str, str, str]], *, prior: str
) -> str:
    """The metrics that are defined, aligned.

    rows   part, name and label: metric `<part>_<name>`, beside it `<part>_prior_<name>`
    prior  what the probability model is called
    """
    lines = [title, f"  {'':22}{'Perennial':>12}{prior:>14}"]
    for part, name, label in rows:
        if f"{part}_{name}" in metrics:
            other = metrics.get(f"{part}_prior_{name}")
            beside = "" if other is None else f"{other:14.4g}"
            lines.append(f"  {label:22}{metrics[f'{part}_{name}']:12.4g}{beside}")
    return "\n".join(lines)
