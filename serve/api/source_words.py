"""Words that mean nothing in the data that the model was trained on: they name no customer."""

from __future__ import annotations

from collections.abc import Sequence

from models.bundle import Bundle
from serve.api.error_messages import shortened
from serve.errors import ServeError


def null_words(bundle: Bundle) -> frozenset[str]:
    """As configured; of a model that knows nothing of such words, none."""
    return frozenset(bundle.card.training.settings["data"].get("null_values", ()))


def refuse_null_words(ids: Sequence[str], entries: str, bundle: Bundle) -> None:
    """Raises ServeError for an id that is such a word; `entries` is the list's name in the body."""
    words = null_words(bundle)
    places = [place for place, each in enumerate(ids) if each in words]
    if places:
        field, others = f"{entries}[{places[0]}].customer_id", len(places) - 1
        more = f" (and {others:,} more)" if others else ""
        raise ServeError(
            f"{field} must name a customer, got {shortened(ids[places[0]])}, a word that means "
            f"nothing in the data of the model (data.null_values){more}",
            field=field,
        )
