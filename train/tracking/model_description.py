"""The registered model in words: what it takes and predicts, in which units."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from features.timestamps import format_timestamp
from models.bundle import Card
from models.card import Feature

VALUES = {
    "p_churn": ("probability", "no order in the horizon; of a subscriber, cancelled in it"),
    "expected_spend": ("money", "net revenue in the horizon, given that the customer stays"),
    "expected_revenue": ("money", "(1 - p_churn) * expected_spend, undiscounted"),
    "clv": ("money", "residual value: margin on what is expected, discounted, less retention"),
    "clv_low": ("money", "lower end of the 80 % predictive interval of clv"),
    "clv_high": ("money", "upper end of it"),
    "clv_historic": ("money", "margin on the net revenue so far"),
    "clv_total": ("money", "clv_historic + clv"),
    "clv_net": ("money", "clv_total less the cost of acquisition"),
    "basis": ("text", "model, prior (no trees learnt) or insufficient (all numbers are null)"),
    "warnings": ("text", "what a reader of the numbers should know"),
}
README = "README.md"


def short_description(card: Card) -> str:
    """Markdown for the version in the registry; the features are in its README.md."""
    as_of = format_timestamp(card.trained_as_of, card.timezone)
    return "\n".join(
        [
            f"As of {as_of}, {card.horizon_days} days. Money is {card.currency}. Takes the feature "
            f"table with `customer_id`; params `as_of` (ISO text) and `horizon_days` (days). Every "
            f"feature with its unit: `{README}` among the artifacts.",
            "",
            *_table(("output", "unit", "meaning"), _outputs(card)),
        ]
    )


def readme(card: Card) -> str:
    """Markdown for the model's artifacts: outputs, params and every feature."""
    features = [(each.name, _unit(each, card), each.meaning, _seen(each)) for each in card.features]
    return "\n".join(
        [
            "# Customer lifetime value",
            "",
            short_description(card),
            "",
            "## Inputs",
            "",
            "`customer_id` (a text or a whole number) as a column or the index, and:",
            "",
            *_table(("feature", "unit", "meaning", "learnt from"), features),
            "",
            "Null where one is unknown. Rows keep their order; a customer may be in several.",
            "",
            "## Use",
            "",
            '    model = mlflow.pyfunc.load_model("models:/clv@champion")',
            '    model.predict(features, params={"horizon_days": 90})',
            "",
        ]
    )


def _outputs(card: Card) -> Iterator[tuple[str, ...]]:
    for name, (unit, meaning) in VALUES.items():
        yield name, card.currency if unit == "money" else unit, meaning


def _unit(feature: Feature, card: Card) -> str:
    return card.currency if feature.unit == "money" else feature.unit


def _seen(feature: Feature) -> str:
    if feature.lowest is None or feature.highest is None:
        return ""
    return f"{feature.lowest:.6g} to {feature.highest:.6g}"


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> list[str]:
    lines = [head, tuple("---" for _ in head), *rows]
    return [f"| {' | '.join(each.replace('|', '/') for each in line)} |" for line in lines]
