"""The command `report` of contracts, and the report that each training on them leaves."""

from __future__ import annotations

from argparse import Namespace
from typing import Any

from features.errors import DataError
from models.bundle import Bundle
from models.predictions import UnboundedValueError
from models.subscriptions.bundle import SubscriptionBundle
from train.commands.report import CHAMPION, JUDGED, attach, previous, require_currency, save
from train.progress import bar
from train.report.build import CONTRACT_STEPS, write_contracts
from train.report.facts.subscription_holdout import ContractJudged, contract_judged
from train.report.facts.subscriptions import ContractSubject, gather
from train.subscriptions.snapshot_cache import SubscriptionTask
from train.subscriptions.train import TrainedSubscriptions
from train.tracking.fetch import fetch


def report(arguments: Namespace, task: SubscriptionTask) -> dict[str, Any]:
    """Write the report of a registered model over the task's table; return the JSON result.

    Raises DataError or ConnectionError for what cannot be used.
    """
    with bar("report", CONTRACT_STEPS + 1) as step:
        kept = fetch(arguments.model or CHAMPION, document=f"{JUDGED}.json")
        earlier = arguments.previous
        subject = ContractSubject(
            bundle=_of_contracts(kept.bundle, task),
            config=task.config,
            subscriptions=task.data.source,
            as_of=task.as_of,
            horizon_days=task.horizon_days,
            judged=ContractJudged.model_validate_json(kept.document) if kept.document else None,
            version=kept.version,
            previous=previous(earlier, task.data.source.timezone) if earlier else None,
        )
        step("model")
        facts = gather(subject)
        try:
            page = write_contracts(facts, step=step)
        except UnboundedValueError as error:
            raise DataError(str(error)) from None
    return save(page, facts, arguments.out)


def leave(trained: TrainedSubscriptions, task: SubscriptionTask) -> None:
    """Attach the report to the open run, with customers numbered: a run names nobody."""
    seen = contract_judged(trained.holdout) if trained.holdout else None
    subject = ContractSubject(
        bundle=trained.bundle,
        config=task.config,
        subscriptions=task.data.source,
        as_of=task.as_of,
        horizon_days=task.horizon_days,
        judged=seen,
        named=False,
    )
    attach(lambda step: write_contracts(gather(subject), step=step), CONTRACT_STEPS, seen)


def _of_contracts(bundle: Bundle, task: SubscriptionTask) -> SubscriptionBundle:
    if not isinstance(bundle, SubscriptionBundle):
        raise DataError(
            "the model is one of purchases, and the configuration one of contracts; give another "
            "--model or --config"
        )
    require_currency(bundle, task.config.data.currency)
    return bundle
