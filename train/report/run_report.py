"""The facts of a report from a bundle and its task, and the report that a training logs."""

from __future__ import annotations

import logging
from typing import cast

import pandas as pd

from features.errors import DataError
from models.bundle import Bundle
from models.purchases.bundle import PurchaseBundle
from train.progress import bar
from train.purchases.holdout import PurchaseHoldout
from train.purchases.snapshot_cache import PurchaseTask
from train.purchases.train import TrainedPurchases
from train.report.build import Facts, build, steps
from train.report.facts.purchase_holdout import PurchaseSummary, summarise_purchases
from train.report.facts.purchases import PurchaseFacts, PurchaseInput
from train.report.facts.shared import EarlierTiers
from train.report.facts.subscription_holdout import SubscriptionSummary, summarise_subscriptions
from train.report.facts.subscriptions import SubscriptionFacts, SubscriptionInput
from train.subscriptions.holdout import SubscriptionHoldout
from train.subscriptions.snapshot_cache import SubscriptionTask
from train.subscriptions.train import TrainedSubscriptions
from train.tracking import runs as tracking

logger = logging.getLogger(__name__)

# Names of a run's artefacts: the summary of the holdout evaluation, which is stored as
# judged.json and read again by later reports, and the page.
HOLDOUT, REPORT = "judged", "report.html"


def facts_of(
    bundle: Bundle,
    task: PurchaseTask | SubscriptionTask,
    holdout: PurchaseSummary | SubscriptionSummary | None,
    *,
    version: str = "",
    previous: EarlierTiers | None = None,
    countries: pd.Series | None = None,
    named: bool = True,
) -> Facts:
    """What a report of this model shows; the task and the holdout are of the bundle's kind."""
    if isinstance(bundle, PurchaseBundle):
        return PurchaseFacts(
            PurchaseInput(
                bundle=bundle,
                task=cast(PurchaseTask, task),
                holdout=cast(PurchaseSummary | None, holdout),
                countries=countries,
                version=version,
                previous=previous,
                named=named,
            )
        )
    return SubscriptionFacts(
        SubscriptionInput(
            bundle=bundle,
            task=cast(SubscriptionTask, task),
            holdout=cast(SubscriptionSummary | None, holdout),
            version=version,
            previous=previous,
            named=named,
        )
    )


def read_holdout(bundle: Bundle, document: str) -> PurchaseSummary | SubscriptionSummary | None:
    """What a run logged of its holdout evaluation, as JSON; None where it logged nothing."""
    if not document:
        return None
    kind = PurchaseSummary if isinstance(bundle, PurchaseBundle) else SubscriptionSummary
    return kind.model_validate_json(document)


def log_report(
    trained: TrainedPurchases | TrainedSubscriptions, task: PurchaseTask | SubscriptionTask
) -> None:
    """Log the report and the holdout summary with the open run; it shows nobody's id.

    A training does not fail for a page that cannot be written; what went wrong goes to the log.
    """
    holdout = _summary(trained.holdout)
    documents = {HOLDOUT: holdout.model_dump(mode="json")} if holdout else {}
    texts = {}
    try:
        facts = facts_of(trained.bundle, task, holdout, named=False)
        with bar("report", steps(facts)) as step:
            texts = {REPORT: build(facts, step=step)}
    except DataError as error:
        logger.warning("the run has no report: %s", error)
    except Exception:
        logger.exception("the run has no report: the page could not be written")
    tracking.log(tracking.Record(texts=texts, documents=documents))


def _summary(
    holdout: PurchaseHoldout | SubscriptionHoldout | None,
) -> PurchaseSummary | SubscriptionSummary | None:
    if holdout is None:
        return None
    if isinstance(holdout, PurchaseHoldout):
        return summarise_purchases(holdout)
    return summarise_subscriptions(holdout)
