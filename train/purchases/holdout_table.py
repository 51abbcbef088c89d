"""What a training found out, as a table for a terminal."""

from __future__ import annotations

from train.purchases.train import TrainedPurchases

ROWS = {
    "churn_auc": "ROC-AUC",
    "churn_log_loss": "log loss",
    "churn_brier": "Brier score",
    "churn_calibration_error": "calibration error",
    "clv_gini": "normalised Gini",
    "clv_spearman": "Spearman",
    "clv_top_decile_capture": "top decile's share",
    "clv_mae": "MAE",
    "clv_rmse": "RMSE",
    "clv_bias": "bias of the total",
    "clv_decile_error": "decile error",
    "clv_interval_coverage": "80 % interval covers",
}
RETURNERS = {
    "spend_gini": "returners: Gini",
    "spend_spearman": "returners: Spearman",
    "spend_mae": "returners: MAE",
    "spend_rmse": "returners: RMSE",
    "spend_bias": "returners: bias",
    "spend_decile_error": "returners: decile err.",
}


def holdout_table(trained: TrainedPurchases) -> str:
    """Metrics on the newest matured window beside the classical model's, aligned."""
    holdout, metrics = trained.holdout, trained.bundle.card.metrics
    if holdout is None:
        return "held out: nothing, too few customers or days lie before the last horizon"
    lines = [
        f"held out: {len(holdout.customers)} customers as of {holdout.as_of:%Y-%m-%d}, "
        f"the {holdout.horizon_days} days that followed",
        f"  {'':22}{'Perennial':>12}{'BG/NBD x GG':>14}",
    ]
    # The spend model's own metrics are for whoever trains it alone.
    rows = ROWS if "clv_mae" in metrics else ROWS | RETURNERS
    for name, label in rows.items():
        if name in metrics:
            part, rest = name.split("_", 1)
            prior = metrics.get(f"{part}_prior_{rest}")
            beside = "" if prior is None else f"{prior:14.4g}"
            lines.append(f"  {label:22}{metrics[name]:12.4g}{beside}")
    return "\n".join(lines)
