from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

import pandas as pd
import pytest

SAMPLE = Path(__file__).resolve().parents[3] / "data" / "cdnow_sample.parquet"
# Names that want to be code.
HOSTILE = "</script><img src=x onerror=alert(1)>'\"&\u2028"


class Reported(NamedTuple):
    """A training and a report of its model: what the commands printed, and what they wrote."""

    trained: Any
    written: Any
    config: Path
    var: Path
    out: Path

    @property
    def page(self) -> str:
        return self.out.read_text(encoding="utf-8")

    @property
    def attached(self) -> Path:
        """The report that the training logged with its run."""
        (found,) = (self.var / "artifacts").rglob("report.html")
        return found

    @property
    def numbers(self) -> dict[str, Any]:
        begin = '<script type="application/json" id="numbers">'
        return dict(json.loads(self.page.partition(begin)[2].partition("</script>")[0]))


@pytest.fixture(scope="session")
def make_reported(
    run_command: Callable[..., Any], shared: Any, tracking_database: Callable[[Path], Path]
) -> Callable[[str, Callable[[Path], Path]], Reported]:
    """Trains on what is written to a folder and writes the report, once in a run of the tests."""

    def make(name: str, write: Callable[[Path], Path]) -> Reported:
        def fill(folder: Path) -> None:
            config, var = write(folder), tracking_database(folder / "var")
            trained = run_command("--config", str(config), var=var)
            out = ("--out", str(folder / "deep" / "report.html"))
            written = run_command("report", "--config", str(config), *out, var=var)
            answers = {
                "config": str(config),
                "trained": trained._asdict(),
                "written": written._asdict(),
            }
            (folder / "answers.json").write_text(json.dumps(answers))

        folder = shared.once(name, fill)
        answers = json.loads((folder / "answers.json").read_text())
        return Reported(
            trained=SimpleNamespace(**answers["trained"]),
            written=SimpleNamespace(**answers["written"]),
            config=Path(answers["config"]),
            var=folder / "var",
            out=folder / "deep" / "report.html",
        )

    return make


@pytest.fixture(scope="session")
def reported(
    make_reported: Callable[..., Reported], write_problem: Callable[..., Path]
) -> Reported:
    """Half of the CDNOW sample, with costs, hostile names, and countries in the source.

    A column beside them says of some rows that they failed.
    """

    def write(folder: Path) -> Path:
        log = pd.read_parquet(SAMPLE)
        log = log[log["customer_id"].astype(int) % 2 == 0]
        who = log["customer_id"].astype(str)
        log = log.assign(
            customer_id="who-" + who + HOSTILE,
            country=who.str[-2].map(lambda digit: "Utopia" if digit in "02468" else "<b>Erewhon"),
        )
        log["state </script><b>'\"&"] = ["failed"] * 200 + ["paid"] * (len(log) - 200)
        more = "[economics]\nmargin = 0.3\nretention_cost_annual = 2.0"
        return write_problem(folder, log, more)

    return make_reported("reported", write)
