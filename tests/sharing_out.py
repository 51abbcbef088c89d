"""Which tests of a run one process gets together, and what begins first."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

TESTS = Path(__file__).resolve().parent
# Files and folders of tests, those that take longest first; a process takes one file at a time.
LONG = (
    "train/commands/test_purchases",
    "test_notebooks",
    "train/estimator",
    "serve/test_schemathesis",
    "train/report",
    "train/commands",
    "serve/commands/test_release",
    "serve/page/test_page",
    "serve/store",
    "train/tuning",
    "train/subscriptions",
    "train/purchases",
    "serve/test_hostile",
    "serve/model",
    "train",
    "serve",
    "upgrade",
)
# Files whose tests need the same large log, the same training or database server: one process has
# it for all.
TOGETHER = (
    {
        "features/ingest/test_postgresql",
        "serve/store/test_address",
        "serve/store/test_damage",
        "serve/store/test_listing",
        "serve/store/test_publish",
        "serve/store/test_replica",
        "serve/store/test_score_into_store",
        "serve/store/test_transactions",
    },
    {
        "models/purchases/test_explain",
        "models/purchases/test_horizon_laws",
        "models/purchases/test_prediction_basis",
        "models/purchases/test_predicted_rows",
        "models/purchases/test_predictor",
        "models/segmentation/test_assign",
        "models/test_bundle",
        "models/test_intervals",
        "models/test_tree_arrays",
    },
    {
        "features/compiled/test_single_customer",
        "features/ingest/test_policies",
        "features/purchases/test_labels",
        "features/purchases/test_table_laws",
        "features/purchases/test_table_oracle",
        "features/test_dataset",
    },
    {
        "train/estimator/test_customer_value",
        "train/estimator/test_same_numbers",
    },
    {
        "train/purchases/test_baselines",
        "train/purchases/test_calibration",
        "train/purchases/test_coverage",
        "train/purchases/test_horizons",
        "train/purchases/test_properness",
        "train/purchases/test_snapshots",
    },
)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Gives a process a file at a time, or all that belong together."""
    from xdist.scheduler import LoadFileScheduling

    class Together(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            file = nodeid.partition("::")[0]
            name = file.removeprefix("tests/").removesuffix(".py")
            return next((min(each) for each in TOGETHER if name in each), file)

    return Together(config, log) if config.getoption("dist") == "loadfile" else None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Where several processes share the work, what takes long begins first."""
    if hasattr(config, "workerinput"):
        items.sort(key=_place)


def _place(item: pytest.Item) -> int:
    name = item.path.relative_to(TESTS).as_posix()
    return next((at for at, each in enumerate(LONG) if name.startswith(each)), len(LONG))
