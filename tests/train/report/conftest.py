from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
import pytest
from playwright.sync_api import Browser, Error, sync_playwright

SAMPLE = Path(__file__).resolve().parents[3] / "data" / "cdnow_sample.parquet"
CHROMIUMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
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
    make_reported: Callable[[Path, Path], Reported], tmp_path_factory: pytest.TempPathFactory
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
    log.to_parquet(folder / "log.parquet")
    config = folder / "problem.toml"
    config.write_text(
        f"""
        [data]
        transactions = "{folder / "log.parquet"}"
        currency = "USD"
        [data.columns]
        customer_id = "customer_id"
        timestamp = "ts"
        amount = "amount"
        [problem]
        horizon_days = 60
        snapshots = 2
        [economics]
        margin = 0.3
        retention_cost_annual = 2.0
        [churn]
        max_rounds = 5
        [spend]
        max_rounds = 5
        """
    )
    return make_reported(config, folder)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A real Chromium, closed with the module: its event loop would be in the way of others."""
    with sync_playwright() as playwright:
        found = next(filter(None, map(shutil.which, CHROMIUMS)), None)
        try:
            # no sandbox: there is none for root, and nothing but our own page is opened
            started = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        except Error as error:
            pytest.skip(
                "no Chromium: install one, on Debian: apt-get install chromium, elsewhere: "
                f"python -m playwright install chromium ({str(error).splitlines()[0]})"
            )
        yield started
        started.close()
