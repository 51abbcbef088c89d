"""What the commands and the service of a checkout return, stored in a folder and compared.

    python -m benchmarks.outputs keep FOLDER [--checkout DIR] [CONFIG ...]
    python -m benchmarks.outputs compare FOLDER FOLDER

`keep` runs every command for each configuration (online_retail, cdnow and telco unless named),
starts the service and asks all of its endpoints; about five minutes. `compare` demands that two
such folders, the runs in MLflow among them, are equal to the last bit, but for ids of runs, times
of writing, paths and sentences for people, and exits with 1 where they are not. So it is shown that
a refactoring changes no number: keep the outputs of the version before it and of the version after
it, and compare.
"""

from __future__ import annotations

import argparse
import json
import re
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pandas as pd

from benchmarks.checkout import Checkout, ask

ROOT = Path(__file__).resolve().parent.parent
# Customers to ask about in each sample; the last one or two are unknown there.
CUSTOMERS = {
    "online_retail": ["18102", "14646", "nobody"],
    "cdnow": ["00001", "1", "2"],
    "telco": ["7590-VHVEG", "5575-GNVDE", "nobody"],
}
# Sentences for people; they may be written better without a number being another.
WORDS = {"description", "summary", "meaning", "message"}
# Values that differ from run to run and mean nothing.
PASSING = {"run_id", "request_id", "created_at", "out", "features_out", "store", "url", "seconds"}
NUMBERS = '<script type="application/json" id="numbers">'
SHOWN_DIFFERENCES = 6

Request = tuple[str, str, Any]  # name, path with its query, JSON body or None


def requests(checkout: Path, scored: Path, customers: list[str]) -> list[Request]:
    """One request or two for each endpoint. scored: the feature rows that were scored, Parquet."""
    raw = json.loads((checkout / "docs/request.json").read_text(encoding="utf-8"))
    table = pd.read_parquet(scored).head(5)
    table = table.drop(columns=["as_of", "horizon_days"], errors="ignore")
    rows = json.loads(table.to_json(orient="records"))
    whole = {"curve": True, "explain": True}
    terms = {"horizon_days": [30, 90, 365], "economics": {"margin": 0.4}}
    ids = {"customer_ids": customers}
    options = "curve=true&explain=true&history=true&features=true"
    return [
        ("predict", "/predict", raw),
        ("predict_all", "/predict", {**raw, **whole, **terms}),
        ("predict_features", "/predict_features", {"rows": rows, **whole}),
        ("lookup", "/lookup", ids),
        (
            "lookup_other",
            "/lookup",
            {**ids, "horizon_days": [30, 365], "curve": True, "economics": {"margin": 0.4}},
        ),
        ("bad", "/predict", {"customers": [], "x": 1}),
        ("customer", f"/customers/{customers[0]}?{options}", None),
        ("customers", "/customers?sort=clv&descending=true&limit=50", None),
        ("customers_csv", "/customers?format=csv&limit=1000", None),
        *((name, f"/{name}", None) for name in ("overview", "model")),
        ("docs", "/docs.json", None),
        ("page", "/", None),
    ]


def keep(folder: Path, checkout: Path, names: list[str]) -> None:
    """Run every command for each configuration, ask every endpoint, and store what comes back."""
    for name in names:
        place = folder / name
        (place / "var").mkdir(parents=True)
        tested = Checkout(checkout, place / "var")
        config = ("--config", f"configs/{name}.toml")
        path = {each: str(place / each) for each in ("features.parquet", "labels.parquet")}
        path |= {each: str(place / each) for each in ("scores.parquet", "scored.parquet")}
        store = f"sqlite:///{place / 'var' / 'scores.db'}"
        scoring = ("--features-out", path["scored.parquet"], "--store", store)
        commands: dict[str, tuple[str, ...]] = {
            "build": ("features", "build", *config, "--out", path["features.parquet"]),
            "labels": ("features", "labels", *config, "--out", path["labels.parquet"]),
            "train": ("train", *config),
            "score": ("serve", "score", *config, "--out", path["scores.parquet"], *scoring),
            "report": ("train", "report", *config, "--out", str(place / "report.html")),
            "backtested": (
                *("train", "backtest", *config, "--origins", "2"),
                *("--out", str(place / "backtest.json")),
            ),
        }
        if name == "telco":  # a table of one point in time has neither labels nor a past
            commands = {
                each: words
                for each, words in commands.items()
                if each not in {"labels", "backtested"}
            }
        for each, words in commands.items():
            (place / f"{each}.json").write_text(tested.run(*words), encoding="utf-8")
        with tested.service() as address:
            asked = requests(checkout, place / "scored.parquet", CUSTOMERS[name])
            for each, where, body in asked:
                status, text = ask(address + where, body)
                kind = "json" if text[:1] in "{[" else "txt"
                (place / f"http-{each}.{kind}").write_text(text, encoding="utf-8")
                (place / f"http-{each}.status").write_text(str(status), encoding="utf-8")


def differences(one: Any, other: Any, at: str = "") -> Iterator[str]:
    """Where two JSON values differ, whatever the order of keys; NaN is equal to NaN."""
    if isinstance(one, dict) and isinstance(other, dict):
        for key in sorted({*one, *other} - PASSING - WORDS):
            if key not in one or key not in other:
                yield f"{at}.{key}: only in the {'first' if key in one else 'second'}"
            else:
                yield from differences(one[key], other[key], f"{at}.{key}")
    elif isinstance(one, list) and isinstance(other, list):
        if len(one) != len(other):
            yield f"{at}: {len(one)} and {len(other)} entries"
        for place, (a, b) in enumerate(zip(one, other, strict=False)):
            yield from differences(a, b, f"{at}[{place}]")
    elif type(one) is not type(other) or (one != other and not (one != one and other != other)):
        yield f"{at}: {str(one)[:80]!r} and {str(other)[:80]!r}"


def report_differences(one: str, other: str) -> Iterator[str]:
    """Two reports: the data of their pictures, and the numbers in words and tables, in order."""
    data = [
        json.loads(each.partition(NUMBERS)[2].partition("</script>")[0]) for each in (one, other)
    ]
    yield from differences(*data)
    shown = [
        re.sub(r"<(script|style).*?</\1>|<[^>]*>", " ", each, flags=re.S) for each in (one, other)
    ]
    figures = [re.findall(r"-?\d[\d,.]*", each) for each in shown]
    if figures[0] != figures[1]:
        yield "the numbers in its words and tables"


def file_differences(one: Path, other: Path) -> list[str]:
    """How two files of the same name differ."""
    if one.suffix == ".parquet":
        try:
            frames = pd.read_parquet(one), pd.read_parquet(other)
            pd.testing.assert_frame_equal(*frames, check_exact=True)
        except AssertionError as error:
            return [" ".join(str(error).split())]
        return []
    if one.suffix == ".json":
        return list(differences(json.loads(one.read_text()), json.loads(other.read_text())))
    if one.name == "report.html":
        return list(report_differences(one.read_text(), other.read_text()))
    return [] if one.read_bytes() == other.read_bytes() else ["other bytes"]


def files(place: Path) -> dict[str, Path]:
    """What is compared of a configuration, by name: what came back, and the model's bundle."""
    bundle = next(place.rglob("bundle/card.json")).parent
    found = (each for each in (*place.iterdir(), *bundle.iterdir()) if each.is_file())
    return {
        each.name: each
        for each in found
        if each.suffix != ".log" and each.name != "http-page.txt"  # words, too
    }


def runs(place: Path) -> dict[str, Any]:
    """What MLflow holds of each run, by its name: metrics, parameters, names of artefacts."""
    found: dict[str, Any] = {}
    with closing(sqlite3.connect(place / "var" / "mlflow.db")) as store:
        for number, name in store.execute("SELECT run_uuid, name FROM runs ORDER BY start_time"):
            tables = {"metrics": "latest_metrics", "params": "params"}
            values = {
                kind: dict(
                    store.execute(f"SELECT key, value FROM {table} WHERE run_uuid = ?", [number])
                )
                for kind, table in tables.items()
            }
            root = place / "var" / "artifacts" / number
            artefacts = sorted(str(each.relative_to(root)) for each in root.rglob("*.*"))
            found.setdefault(name, []).append({**values, "artefacts": artefacts})
    return found


def compare(one: Path, other: Path) -> int:
    """Print what differs; returns how many files do. Only configurations that both have count."""
    count = 0
    names = sorted(each.name for each in one.iterdir() if (other / each.name).is_dir())
    if not names:
        raise SystemExit(f"{one} and {other} have no configuration in common")
    for name in names:
        a, b = one / name, other / name
        stored, others = files(a), files(b)
        found = {
            file: file_differences(stored[file], others[file])
            if file in stored and file in others
            else [f"only in the {'first' if file in stored else 'second'} folder"]
            for file in sorted({*stored, *others})
        }
        found["runs in MLflow"] = list(differences(runs(a), runs(b)))
        for file, differing in found.items():
            shown = "".join(f"\n    {each[:300]}" for each in differing[:SHOWN_DIFFERENCES])
            sys.stdout.write(
                f"{name}/{file}: {len(differing)} differences{shown}\n" * bool(differing)
            )
        count += sum(map(bool, found.values()))
        sys.stdout.write(f"{name}: {len(found)} files compared\n")
    return count


def main() -> int:
    """Keep or compare; 1 where two folders differ."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.outputs")
    commands = parser.add_subparsers(dest="command", required=True)
    keeping = commands.add_parser("keep", help="run everything and store what comes back")
    keeping.add_argument("folder", type=Path, help="one that is not there yet")
    keeping.add_argument("names", nargs="*", metavar="CONFIG", help=", ".join(CUSTOMERS))
    keeping.add_argument("--checkout", type=Path, default=ROOT, help="the version that is run")
    comparing = commands.add_parser("compare", help="1 where two such folders differ")
    comparing.add_argument("folders", type=Path, nargs=2, metavar="FOLDER")
    arguments = parser.parse_args()
    if arguments.command == "compare":
        return int(compare(*arguments.folders) > 0)
    if unknown := {*arguments.names} - CUSTOMERS.keys():
        parser.error(f"no such configuration: {', '.join(sorted(unknown))}")
    names = arguments.names or list(CUSTOMERS)
    keep(arguments.folder.resolve(), arguments.checkout.resolve(), names)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
