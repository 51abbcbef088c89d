"""Rows of the data by what became of them, and customers by the basis of their predictions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from features.dataset import Dataset
from features.ingest.health.finding import Finding
from train.charts.columns import Column
from train.report.facts.shared import ReportFacts
from train.report.page.components import Chapter, Table

COUNTS = (Column("number", "number", "count"), Column("meaning", "what"))
BASIS = {
    "model": "the probability model and the trees",
    "prior": "the probability model alone: no trees were learnt",
    "insufficient": "no model: too little is known, and no number is given",
}
MOST = 8
FOUND = "The health check of the data has {findings:count} to report, each with the key to set."
NOTHING_FOUND = "The health check found nothing in the data that speaks against the configuration."


def quality_chapter(
    facts: ReportFacts, data: Dataset, meanings: Mapping[str, str], span: str
) -> Chapter:
    """Rows by what became of them, named by `meanings`; findings; customers by what is known."""
    counts, findings = data.counts, data.findings
    rows = [
        {"number": counts[name], "meaning": meaning, "name": name}
        for name, meaning in meanings.items()
        if name in counts
    ]
    numbers = {
        "read": counts.get("rows_read"),
        "customers": facts.whole.customers,
        "findings": len(findings),
    }
    lead = (
        "{read:count} rows were read, and each is accounted for below; {customers:count} customers "
        "{who:text}."
    )
    return Chapter(
        name="quality",
        title="Data",
        sentences=(
            facts.words.fill(lead, who=facts.worded("customers"), **numbers),
            span,
            facts.words.fill(FOUND if findings else NOTHING_FOUND, **numbers),
        ),
        parts=(
            Table(
                name="counts",
                title="Rows, by what became of them",
                caption="A line that begins with a dash is part of the one above.",
                columns=COUNTS,
                rows=rows,
            ),
            *([_findings(findings, named=facts.inputs.named)] if findings else []),
            _basis(facts),
        ),
        numbers=numbers,
    )


def _findings(findings: Sequence[Finding], *, named: bool) -> Table:
    return Table(
        name="findings",
        title="What does not look as configured",
        caption="Each sentence names the key that settles it; the numbers here rest on the rows "
        "as they are.",
        columns=COUNTS,
        rows=[
            {
                "number": each.number,
                "meaning": each.sentence if named else each.anonymous,
                "name": each.name,
            }
            for each in findings
        ],
    )


def _basis(facts: ReportFacts) -> Table:
    """The basis of the predictions, and the warnings that come with most of them."""
    predictions = facts.predictions
    bases = [
        {
            "number": int(number),
            "meaning": f"predictions are made by {BASIS[str(name)]}",
            "name": str(name),
        }
        for name, number in predictions["basis"].value_counts().items()
    ]
    warned = predictions["warnings"].explode().dropna().value_counts().head(MOST)
    warnings = [
        {"number": int(number), "meaning": f"warning: {text}", "name": "warning"}
        for text, number in warned.items()
    ]
    some = sum(len(each) > 0 for each in predictions["warnings"])
    return Table(
        name="basis",
        title="Customers, by basis of the prediction",
        caption=facts.words.fill("{some:count} customers carry a warning.", some=some),
        columns=COUNTS,
        rows=[*bases, *warnings],
    )
