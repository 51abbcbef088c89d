"""A chart that a notebook shows, and that can be saved."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from features.atomic_file import write_atomically
from features.errors import DataError
from train.charts.drawing_library import can_draw
from train.charts.theme import Spec, theme

VEGA_LITE = "application/vnd.vegalite.v5+json"


@dataclass(frozen=True)
class Picture:
    """A chart with its data, in Vega-Lite: `spec`.

    A notebook shows it as the same picture that MLflow's runs have; where none can be drawn, it
    gets the chart itself. Other tools take the specification: altair.Chart.from_dict(each.spec).
    """

    chart: Spec

    @property
    def spec(self) -> Spec:
        """The chart with its data and looks, a dictionary of plain values."""
        return {
            "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
            "config": theme(),
            **self.chart,
        }

    def save(self, path: str | Path) -> None:
        """Write the chart to a file: .png, .svg or .json.

        Raises DataError for another ending, or where nothing can be drawn or written.
        """
        target = Path(path)
        with write_atomically(target, flag="path") as draft:
            draft.write_bytes(self._drawn(target))

    def _drawn(self, target: Path) -> bytes:
        # drawing is begun where something is drawn: it takes a second
        from train.charts.png import png, svg

        if target.suffix == ".png":
            return png(self.chart)
        if target.suffix == ".svg":
            return svg(self.chart).encode()
        if target.suffix == ".json":
            return (json.dumps(self.spec, indent=1) + "\n").encode()
        raise DataError(f"{target}: a chart is saved as .png, .svg or .json; choose one of these")

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        from train.charts.png import svg

        shown: dict[str, Any] = {"text/plain": repr(self)}
        if can_draw():
            return shown | {"image/svg+xml": svg(self.chart)}
        return shown | {VEGA_LITE: self.spec}

    def __repr__(self) -> str:
        return f"<chart: {self.chart.get('title', {}).get('text', '')}>"
