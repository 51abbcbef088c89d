"""The report: facts become chapters, chapters become a page."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from train.progress import Step
from train.report.chapters import accuracy as trust
from train.report.chapters import cohorts, groups, headline, personas, retention, textbook
from train.report.chapters import data_quality as quality
from train.report.chapters import subscription_accuracy as contract_trust
from train.report.chapters import subscription_groups as contract_groups
from train.report.chapters import subscription_headline as contract_headline
from train.report.chapters import subscription_top_customers as contract_whales
from train.report.chapters import tier_changes as moves
from train.report.chapters import top_customers as whales
from train.report.chapters import value_distribution as value
from train.report.facts.purchases import Facts
from train.report.facts.shared import Told
from train.report.facts.subscriptions import ContractFacts
from train.report.page.parts import Chapter
from train.report.page.render import render

CHAPTERS: tuple[Callable[[Facts], Chapter | None], ...] = (
    headline.chapter,
    value.chapter,
    groups.chapter,
    whales.chapter,
    moves.chapter,
    cohorts.chapter,
    personas.chapter,
    trust.chapter,
    textbook.chapter,
    quality.chapter,
)
CONTRACT_CHAPTERS: tuple[Callable[[ContractFacts], Chapter | None], ...] = (
    contract_headline.chapter,
    value.chapter,
    contract_groups.chapter,
    retention.chapter,
    contract_whales.chapter,
    moves.chapter,
    contract_trust.chapter,
    contract_groups.quality,
)
STEPS, CONTRACT_STEPS = len(CHAPTERS) + 1, len(CONTRACT_CHAPTERS) + 1


def write(facts: Facts, *, step: Step) -> str:
    """The report of purchases as one HTML file; a chapter with nothing to tell is left out."""
    return _bound(facts, [partial(each, facts) for each in CHAPTERS], step)


def write_contracts(facts: ContractFacts, *, step: Step) -> str:
    """The report of contracts as one HTML file; a chapter with nothing to tell is left out."""
    return _bound(facts, [partial(each, facts) for each in CONTRACT_CHAPTERS], step)


def _bound(facts: Told, chapters: Sequence[partial[Chapter | None]], step: Step) -> str:
    told = []
    for each in chapters:
        if (found := each()) is not None:
            told.append(found)
        step(each.func.__module__.rpartition(".")[-1])
    page = render(
        told,
        facts.words,
        headline=headline.headline(facts),
        over=_over(facts),
        under=_under(facts),
    )
    step("page")
    return page


def _over(facts: Told) -> str:
    subject = facts.subject
    moment = facts.day(subject.as_of)
    return f"{subject.config.tracking.experiment} · as of {moment} · {subject.bundle.card.currency}"


def _under(facts: Told) -> str:
    subject, card = facts.subject, facts.subject.bundle.card
    which = f"Model clv version {subject.version}" if subject.version else "The model of this run"
    terms = subject.config.economics
    return (
        f"{which}, trained as of {facts.day(card.trained_as_of)}. Value is margin "
        f"({terms.margin:.0%} of revenue) discounted at {terms.discount_rate_annual:.0%} a year to "
        f"today, less {terms.retention_cost_annual:,.2f} {card.currency} a year for keeping a "
        f"customer. {facts.of_kind('churn')} Every number of this page is in its element #numbers "
        "as JSON."
    )
