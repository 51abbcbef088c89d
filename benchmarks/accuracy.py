"""Reports of `python -m train backtest` as the Markdown of docs/accuracy.md.

python benchmarks/accuracy.py var/backtest-online_retail.json var/backtest-cdnow.json ...
"""

from __future__ import annotations

import json
import math
import sys
from pathlib import Path
from typing import Any

NAMES = {
    "perennial": "**Perennial**",
    "bg_nbd_gamma_gamma": "BG/NBD x Gamma-Gamma",
    "mbg_nbd_gamma_gamma": "MBG/NBD x Gamma-Gamma",
    "two_stage": "two-stage boosting",
    "tweedie": "Tweedie boosting",
    "past_spend": "past spend carried forward",
}
COLUMNS = {
    "gini": "Gini",
    "spearman": "Spearman",
    "mae": "MAE",
    "rmse": "RMSE",
    "tweedie_deviance": "Tweedie",
    "bias": "\\|bias\\|",
    "decile_error": "decile error",
    "auc": "AUC",
    "log_loss": "log loss",
    "brier": "Brier",
}
MORE_IS_BETTER = ("gini", "spearman", "auc")
SEGMENTS = ("one_time", "repeat")


def section(path: Path) -> str:
    """One report as a heading and its tables."""
    report = json.loads(path.read_text(encoding="utf-8"))
    origins = report["origins"]
    dates = ", ".join(each["as_of"][:10] for each in origins)
    title = path.stem.removeprefix("backtest-").rsplit("-", 1)[0].replace("_", " ")
    return "\n".join(
        [
            f"### {title}, {report['horizon_days']} days",
            "",
            f"As of {dates}: means over the origins, money in {report['currency']}.",
            "",
            *_board(report["leaderboard"]),
            "",
            "Perennial minus BG/NBD x Gamma-Gamma, 95 % paired bootstrap over customers:",
            "",
            *_differences(origins),
            "",
            *_segments(origins),
            "",
            *_ages(origins),
            "",
            _intervals(report["intervals"]),
            "",
        ]
    )


def _board(rows: list[dict[str, Any]]) -> list[str]:
    best = {
        name: (max if name in MORE_IS_BETTER else min)(
            row[name] for row in rows if row[name] is not None
        )
        for name in COLUMNS
    }
    lines = [_line(["model", *COLUMNS.values()]), _line(["---", *["---:"] * len(COLUMNS)])]
    for row in rows:
        cells = [_bold(row[name], row[name] == best[name]) for name in COLUMNS]
        lines.append(_line([NAMES[row["model"]], *cells]))
    return lines


def _differences(origins: list[dict[str, Any]]) -> list[str]:
    lines = [_line(["as of", *COLUMNS.values()]), _line(["---", *["---:"] * len(COLUMNS)])]
    for origin in origins:
        found = origin["differences"]["perennial"]
        cells = [
            f"{_number(found[name]['difference'])} "
            f"({_number(found[name]['low'])} to {_number(found[name]['high'])})"
            for name in COLUMNS
        ]
        lines.append(_line([origin["as_of"][:10], *cells]))
    return [line.replace("\\|bias\\|", "bias") for line in lines]


def _segments(origins: list[dict[str, Any]]) -> list[str]:
    """Gini and log loss of ours and the classical model's apart, mean over origins."""
    lines = [
        _line(["customers", "number", "Gini", "classical", "log loss", "classical"]),
        _line(["---", *["---:"] * 5]),
    ]
    for segment in SEGMENTS:
        cells = [f"{_mean([each['segments'][segment] for each in origins]):.0f}"]
        for metric in ("gini", "log_loss"):
            for model in ("perennial", "bg_nbd_gamma_gamma"):
                values = [each["scores"][model][segment][metric] for each in origins]
                cells.append(_number(_mean(values)))
        lines.append(_line([segment.replace("_", "-"), *cells]))
    return lines


def _ages(origins: list[dict[str, Any]]) -> list[str]:
    """What was said against what happened, by days since the first purchase, at each origin."""
    names = ["as of", "days since the first purchase", "customers", "with an order: said"]
    lines = [
        _line([*names, "happened", "revenue: said", "happened"]),
        _line(["---", "---", *["---:"] * 5]),
    ]
    for origin in origins:
        for each in origin["age_bands"]:
            numbers = ("orders_said", "orders_happened", "revenue_said", "revenue_happened")
            cells = [f"{each['customers']}", *(f"{each[name]:,.0f}" for name in numbers)]
            lines.append(_line([origin["as_of"][:10], each["band"], *cells]))
    return lines


def _intervals(covered: dict[str, float]) -> str:
    return (
        f"80 % intervals cover {covered['coverage']:.1%} of customers "
        f"({covered['likely_coverage']:.1%} of those with at least a 20 % chance of an order), "
        f"{covered['group_coverage']:.0%} of the sums over twenty random groups and "
        f"{covered['total_covered']:.0%} of the totals; mean width {covered['mean_width']:.0f}."
    )


def _mean(values: list[float | None]) -> float:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else math.nan


def _number(value: float | None) -> str:
    if value is None or math.isnan(value):
        return "-"
    if abs(value) < 1e-9:
        return "0"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def _bold(value: float | None, best: bool) -> str:
    return f"**{_number(value)}**" if best and value is not None else _number(value)


def _line(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    sys.stdout.write("\n".join(section(Path(name)) for name in sys.argv[1:]))
