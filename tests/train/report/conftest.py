from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
import pytest

SAMPLE = Path(__file__).resolve().parents[3] / "data" / "cdnow_sample.parquet"
# Names that want to be code.
HOSTILE = "</script><img src=x onerror=alert(1)>'\"&\u2028"


class Reported(NamedTuple):
    """A training and a report of its model: what the commands said, and what they left."""

    trained: Any
    said: Any
    config: Path
    var: Path
    out: Path

    @property
    def page(self) -> str:
        return self.out.read_text(encoding="utf-8")

    @property
    def attached(self) -> Path:
        """The report that the training left with its run."""
        (found,) = (self.var / "artifacts").rglob("report.html")
        return found

    @property
    def numbers(self) -> dict[str, Any]:
        begin = '<script type="application/json" id="numbers">'
        return dict(json.loads(self.page.partition(begin)[2].partition("</script>")[0]))


@pytest.fixture(scope="session")
def make_reported(door: Callable[..., Any]) -> Callable[[Path, Path], Reported]:
    """Trains as a configuration says and writes the report, in a folder."""

    def make(config: Path, folder: Path) -> Reported:
        var, out = folder / "var", folder / "deep" / "report.html"
        trained = door("--config", str(config), var=var)
        said = door("report", "--config", str(config), "--out", str(out), var=var)
        return Reported(trained, said, config, var, out)

    return make


@pytest.fixture(scope="session")
def reported(
    make_reported: Callable[[Path, Path], Reported],
    write_problem: Callable[..., Path],
    tmp_path_factory: pytest.TempPathFactory,
) -> Reported:
    """Half of the CDNOW sample, with costs, hostile names, and countries in the source."""
    folder = tmp_path_factory.mktemp("reported")
    log = pd.read_parquet(SAMPLE)
    log = log[log["customer_id"].astype(int) % 2 == 0]
    who = log["customer_id"].astype(str)
    log = log.assign(
        customer_id="who-" + who + HOSTILE,
        country=who.str[-2].map(lambda digit: "Utopia" if digit in "02468" else "<b>Erewhon"),
    )
    more = "[economics]\nmargin = 0.3\nretention_cost_annual = 2.0"
    config = write_problem(folder, log, more)
    return make_reported(config, folder)
