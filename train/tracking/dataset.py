"""What a run was trained on, for MLflow's column Datasets: name, hash, counts, columns; no rows."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from features.redaction import redacted
from train.tracking.mlflow_library import library

DIGITS, LONGEST_NAME = 12, 250
TYPES = {"timestamp": "datetime", "start": "datetime"}
NUMBERS = {"amount", "quantity", "refunded", "cost", "tenure"}
ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*://", re.I)


@dataclass(frozen=True)
class TrainingData:
    """A source as it was read.

    source   a path or an address
    sha256   of its bytes
    columns  our name -> the source's column
    counts   rows by what became of them
    """

    source: str
    sha256: str
    columns: Mapping[str, str]
    counts: Mapping[str, int]

    @property
    def name(self) -> str:
        """The file's name without its suffix, or the last part of an address."""
        path = redacted(self.source).partition("?")[0].rstrip("/")
        return PurePath(path).stem[:LONGEST_NAME] or "data"


def log_dataset(run_id: str, data: TrainingData) -> None:
    """Name the data as the run's input, in the context of training."""
    mlflow = library()
    entities, kind, source = mlflow.entities, *_source(redacted(data.source))
    dataset = entities.Dataset(
        name=data.name,
        digest=data.sha256[:DIGITS],
        source_type=kind,
        source=json.dumps(source),
        schema=json.dumps({"mlflow_colspec": _columns(data.columns)}),
        profile=json.dumps({"num_rows": data.counts.get("rows_read"), **data.counts}),
    )
    context = entities.InputTag("mlflow.data.context", "training")
    mlflow.MlflowClient().log_inputs(run_id, [entities.DatasetInput(dataset, [context])])


def _source(source: str) -> tuple[str, dict[str, Any]]:
    """The kind of a source and what MLflow stores of it; it knows files, and code for the rest."""
    if ADDRESS.match(source):
        return "code", {"tags": {"mlflow.source.name": source}}
    return "local", {"uri": source}


def _columns(columns: Mapping[str, str]) -> list[dict[str, Any]]:
    return [
        {
            "type": TYPES.get(ours, "double" if ours in NUMBERS else "string"),
            "name": theirs,
            "required": True,
        }
        for ours, theirs in columns.items()
    ]
