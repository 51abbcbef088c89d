"""What a kind of customers brings to the commands: how its models are trained and recorded."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from train.charts.theme import Spec
from train.holdout_table import HoldoutTable, Rows
from train.progress import Step


@dataclass(frozen=True)
class EvaluatedOrigin:
    """What came out at one origin of a backtest.

    report   plain data, fit for JSON: as_of, customers and scores, by model, segment and metric;
             where they are known, differences by model and metric, and intervals
    figures  charts of our model
    """

    report: dict[str, Any]
    figures: Mapping[str, Spec]


@dataclass(frozen=True, kw_only=True)
class BacktestRecipe:
    """Models evaluated at rolling origins, each trained on its past only.

    description  Markdown of the run
    models       their names, ours among them
    origins      the task as of so many earlier origins, newest first
    evaluate     every model at the task's origin; a step a model
    stored       whether the report of an origin is stored, so that an interrupted run goes on
    """

    description: str
    models: Callable[[], Sequence[str]]
    origins: Callable[[Any, int], Sequence[Any]]
    evaluate: Callable[[Any, Step], EvaluatedOrigin]
    stored: bool


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """How the models of one kind of customers are trained, evaluated and recorded.

    models          each has a run of its own; together they are the bundle
    refused         command -> why there is none
    result          what the JSON result has in addition
    steps           how many steps the training of a task takes
    train           a task, the models that get trees, a step -> what was trained
    holdout_table   metrics beside the probability model's
    holdout_rows    the lines of that table, as `train.holdout_table.HoldoutTable` has them, by the
                    metrics of a card
    holdout_figures charts of the holdout evaluation, by name
    description     Markdown of the run of a model, or of the bundle: clv
    params          what the runs of a training have in common, from the bundle's card
    model_figures   charts of a model, by name, of a task and what was trained
    bundle_figures  charts of the bundle
    """

    models: tuple[str, ...]
    refused: Mapping[str, str] = field(default_factory=dict)
    result: Mapping[str, object] = field(default_factory=dict)
    steps: Callable[[Any], int]
    train: Callable[[Any, Sequence[str], Step], Any]
    holdout_table: Callable[[Any], HoldoutTable]
    holdout_rows: Callable[[Mapping[str, float]], Rows]
    holdout_figures: Callable[[Any], dict[str, Spec]]
    description: Callable[[str, Any], str]
    params: Callable[[Any], dict[str, Any]]
    model_figures: Callable[[str, Any, Any], dict[str, Spec]]
    bundle_figures: Callable[[Any], dict[str, Spec]]
    backtest: BacktestRecipe
