"""A fitted model in a few lines: as text, and as HTML for a notebook."""

from __future__ import annotations

from html import escape

from features.timestamps import format_timestamp
from models.bundle import Bundle

BOX = "border:1px solid #c3ccd4;border-radius:6px;padding:.6em 1em;display:inline-block"
HELD_OUT = {"clv_gini": "Gini", "churn_auc": "AUC", "churn_month_auc": "AUC by month"}


def facts(bundle: Bundle) -> dict[str, str]:
    """What was fitted, by what each fact is called."""
    card = bundle.card
    trees = {name: getattr(card, name).rounds for name in bundle.boosters}
    shown = {
        "learnt from": f"{card.training.customers:,} customers",
        "as of": format_timestamp(card.trained_as_of, card.timezone),
        "horizon": f"{card.horizon_days} days",
        "currency": card.currency,
        "trees": ", ".join(f"{name} {rounds}" for name, rounds in trees.items()),
    }
    for name, label in HELD_OUT.items():
        if name in card.metrics:
            part, _, metric = name.rpartition("_")
            prior = card.metrics.get(f"{part}_prior_{metric}")
            beside = "" if prior is None else f" (probability model {prior:.3f})"
            shown[f"held out: {label}"] = f"{card.metrics[name]:.3f}{beside}"
    return shown


def as_lines(bundle: Bundle) -> list[str]:
    """The facts, one a line."""
    return [f"  {name}: {value}" for name, value in facts(bundle).items()]


def as_html(arguments: str, bundle: Bundle | None) -> str:
    """The arguments of an estimator, and the facts of what it has learnt, if anything."""
    rows = facts(bundle) if bundle else {"": "not fitted"}
    cells = "".join(
        f"<tr><td style='text-align:left'>{escape(name)}</td>"
        f"<td style='text-align:left'>{escape(value)}</td></tr>"
        for name, value in rows.items()
    )
    return f"<div style='{BOX}'><code>{escape(arguments)}</code><table>{cells}</table></div>"
