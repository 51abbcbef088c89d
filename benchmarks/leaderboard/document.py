"""What the leaderboard shows: of all logs, then of each."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from benchmarks.leaderboard.blocks import Block, Cell, Heading, Table
from benchmarks.leaderboard.rivals import COMPETITORS
from benchmarks.leaderboard.scoring import JUDGED, SHOWN, Log, Losses, beyond_chance
from train.leaderboard import OURS
from train.purchases.differences import Difference

METRICS = {
    "log_loss": "log loss",
    "brier": "Brier",
    "auc": "AUC",
    "gini": "Gini",
    "spearman": "Spearman",
    "tweedie_deviance": "Tweedie",
    "rmse": "RMSE",
    "bias": "|bias|",
    "decile_error": "decile error",
    "mae": "MAE",
}
TITLES = {each.name: each.title for each in COMPETITORS}


def document(logs: Sequence[Log], found: Losses, about: str) -> list[Block]:
    """What is said of all logs, then each log. about: on which machine, and how."""
    lost, compared = found.judged()
    blocks: list[Block] = [
        f"Every model is trained on what was known at each origin and compared with what followed, "
        f"for everybody who had bought by then. {about}",
        f"**{lost} of {compared}** differences from Perennial are beyond chance in favour of "
        f"another model: the whole 95 % interval of a paired bootstrap over customers lies on the "
        f"other's side. Where two models are equally good, one in forty does so by luck. MAE is "
        f"shown last and not judged by: it is least for a prediction of the median, which for "
        f"most customers is nothing.",
        _counts(found),
    ]
    for log in logs:
        blocks += _of_log(log)
    return [*blocks, *_lost(found)]


def _counts(found: Losses) -> Table:
    row = [Cell("in favour of another model")]
    row += [Cell(f"{found.of(name)} of {found.compared[name]}") for name in SHOWN]
    return Table(["beyond chance", *METRICS.values()], [row])


def _of_log(log: Log) -> Iterator[Block]:
    dates = ", ".join(each.as_of[:10] for each in log.origins)
    people = ", ".join(f"{each.customers:,}" for each in log.origins)
    yield Heading(f"{log.name.replace('_', ' ')}, {log.horizon_days} days")
    yield (
        f"As of {dates} ({people} customers): means over the origins, money in {log.currency}, "
        f"seconds and MB to train and predict once. The best of a column is bold."
    )
    yield _board(log)
    if failed := _failures(log):
        yield failed
    yield (
        "The model minus Perennial, with 95 % intervals; bold: better than Perennial beyond chance."
    )
    yield _differences(log)


def _board(log: Log) -> Table:
    means = {name: {metric: log.mean(name, metric) for metric in SHOWN} for name in log.models}
    best = {metric: _best([row[metric] for row in means.values()], metric) for metric in SHOWN}
    order = sorted(log.models, key=lambda name: _first_known(means[name]["gini"]))
    rows = [
        [
            Cell(TITLES[name], name == OURS),
            *(Cell(_number(means[name][each]), means[name][each] == best[each]) for each in SHOWN),
            *map(Cell, _costs(log, name)),
        ]
        for name in order
    ]
    return Table(["model", *METRICS.values(), "seconds", "MB"], rows)


def _costs(log: Log, model: str) -> list[str]:
    measured = [each.measured[model] for each in log.origins]
    seconds = [each.seconds for each in measured if each.seconds is not None]
    memory = [each.peak_memory_mb for each in measured if each.peak_memory_mb is not None]
    return [
        f"{sum(seconds) / len(seconds):.1f}" if seconds else "-",
        f"{max(memory):,.0f}" if memory else "-",
    ]


def _failures(log: Log) -> Table | None:
    rows = [
        [Cell(TITLES[name]), Cell(origin.as_of[:10]), Cell(each.error)]
        for origin in log.origins
        for name, each in origin.measured.items()
        if each.error
    ]
    return Table(["failed", "as of", "why"], rows, words=3) if rows else None


def _differences(log: Log) -> Table:
    rows = [
        [
            Cell(TITLES[name]),
            Cell(origin.as_of[:10]),
            *(_difference(by_metric[each], SHOWN[each]) for each in SHOWN),
        ]
        for name in log.models
        for origin in log.origins
        if (by_metric := origin.differences.get(name))
    ]
    return Table(["model", "as of", *METRICS.values()], rows, words=2)


def _difference(known: Difference, more_is_better: bool) -> Cell:
    if math.isnan(known["difference"]):
        return Cell("-")
    return Cell(_interval(known), beyond_chance(known, more_is_better=more_is_better))


def _lost(found: Losses) -> Iterator[Block]:
    yield Heading("Where another model is better beyond chance")
    rows = [
        [
            *map(Cell, (each.log.replace("_", " "), each.as_of[:10], TITLES[each.model])),
            Cell(METRICS[each.metric]),
            Cell(_interval(each.difference)),
        ]
        for each in found.found
        if each.metric in JUDGED
    ]
    yield Table(["log", "as of", "model", "metric", "difference"], rows, 4) if rows else "Nowhere."


def _interval(known: Difference) -> str:
    return f"{_number(known['difference'])} ({_number(known['low'])} to {_number(known['high'])})"


def _best(values: Sequence[float], metric: str) -> float:
    known = [each for each in values if not math.isnan(each)]
    return (max if SHOWN[metric] else min)(known, default=math.nan)


def _first_known(gini: float) -> tuple[bool, float]:
    """The best ranking first, those that failed last."""
    return math.isnan(gini), -gini


def _number(value: float) -> str:
    if math.isnan(value):
        return "-"
    if abs(value) < 1e-9:
        return "0"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
