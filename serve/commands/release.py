"""A Bento that carries model, features and service, and runs without MLflow and without a network.

The bundle is embedded beside the code and is used unless PERENNIAL_MODEL names another model; see
`serve.settings`.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import logging
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from features.atomic_file import check_out, replace_file, replace_folder
from features.draft_folders import scratch_folder
from models import bundle as bundles
from serve.embedded_bundle import ROOT, embedded_folder
from serve.errors import ServeError
from serve.handlers.smoke_test import smoke_test
from serve.model.live import load
from serve.model.loaded import ORIGIN, LoadedModel
from serve.settings import read_settings

logger = logging.getLogger(__name__)

PACKAGES = ("features", "models", "serve")
SERVICE = "serve.service:ClvService"
REQUIREMENTS = "requirements/serve.txt"
ARCHIVE = ".bento"
VERSION = re.compile(r"[a-z0-9]([a-z0-9._-]{0,61}[a-z0-9])?")
# Nothing is asked of an index, and none is named: the pins are complete as they are.
RECIPE: dict[str, Any] = {
    "service": SERVICE,
    "description": "Customer lifetime value: model, features and service in one.",
    "include": [*(f"{package}/**" for package in PACKAGES), "bundle/**", "/requirements/**"],
    "python": {"requirements_txt": REQUIREMENTS, "lock_packages": False},
}


def release(arguments: argparse.Namespace) -> dict[str, object]:
    """Build a Bento of the model that is asked for; returns what it is and where it lies.

    arguments  model: as PERENNIAL_MODEL; out: a folder, or a file that ends with .bento;
               tag: what the Bento's version is called, default: model version and card

    Raises ServeError for a model that cannot be loaded or fails its smoke test, for a place that
    is taken, and for what BentoML refuses.
    """
    out: Path = arguments.out
    _require_free(out)
    check_out(out, inputs=bundles.files_of(arguments.model))
    model = _model(arguments.model)
    version = _build(model, arguments.tag, out)
    return {
        "bento": f"{model.name}:{version}",
        "out": str(out),
        "model": {"name": model.name, "version": model.version, "run_id": model.run_id},
        "megabytes": round(_bytes(out) / 1e6, 1),
    }


def _build(model: LoadedModel, tag: str | None, out: Path) -> str:
    """Build the Bento and put it in its place, in one step; returns its version."""
    try:
        with scratch_folder() as work:
            _stage(model, work / "stage")
            version = _version(tag, work / "stage")
            _bentoml(work, "build", "--version", version, ".")
            _require_free(out)  # a build takes a while: somebody may have made it meanwhile
            _copy_out(work, version, out)
    except OSError as error:
        # of a folder, shutil lists all failures: source, destination, reason
        several = isinstance(error, shutil.Error)
        first = str(error.args[0][0][-1]) if several else error.strerror or str(error)
        reason = first.partition("] ")[2].partition(":")[0] or first
        raise ServeError(f"{out}: the release cannot be written: {reason}") from None
    return version


def _model(address: str | None) -> LoadedModel:
    environment = {**os.environ, "PERENNIAL_MODEL": address} if address else os.environ
    settings = read_settings(environment)
    logger.info("release of %s", settings.model)
    model = load(settings)
    smoke_test(model)
    return model


def _stage(model: LoadedModel, stage: Path) -> None:
    """What a release holds: code, pins, the bundle, and nothing else."""
    for package in PACKAGES:
        shutil.copytree(ROOT / package, stage / package, ignore=_not_released)
    (stage / REQUIREMENTS).parent.mkdir()
    try:
        shutil.copy(ROOT / REQUIREMENTS, stage / REQUIREMENTS)
    except FileNotFoundError as error:
        raise ServeError(f"{ROOT / REQUIREMENTS}: {error.strerror}; run it in a checkout") from None
    folder = embedded_folder(stage / "serve")
    bundles.save(model.bundle, folder)
    origin = {"name": model.name, "version": model.version, "run_id": model.run_id}
    (folder / ORIGIN).write_text(json.dumps(origin) + "\n", encoding="utf-8")
    # subtle: JSON is YAML too
    (stage / "bentofile.yaml").write_text(json.dumps(RECIPE), encoding="utf-8")


def _not_released(folder: str, names: list[str]) -> set[str]:
    """Whatever is neither code nor, under static/, a page."""
    place = Path(folder)
    is_page = "static" in place.parts
    return {
        name
        for name in names
        if name == "__pycache__" or not (is_page or name.endswith(".py") or (place / name).is_dir())
    }


def _version(tag: str | None, stage: Path) -> str:
    if tag is None:
        card = (embedded_folder(stage / "serve") / bundles.CARD).read_bytes()
        origin = json.loads((embedded_folder(stage / "serve") / ORIGIN).read_text())
        return f"{origin['version']}-{hashlib.sha256(card).hexdigest()[:12]}".lower()
    if not VERSION.fullmatch(tag):
        raise ServeError(
            f"--tag must be small letters, digits, dots, dashes or underscores, got {tag!r}"
        )
    return tag


def _bentoml(work: Path, *command: str) -> None:
    """Run BentoML on the staged code, with a home of its own. Raises ServeError where it fails."""
    (work / "temporary").mkdir(exist_ok=True)
    environment = {
        **os.environ,
        "BENTOML_HOME": str(work / "home"),
        "TMPDIR": str(work / "temporary"),
        "BENTOML_DO_NOT_TRACK": "True",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONPATH": "",
    }
    done = subprocess.run(
        [sys.executable, "-m", "bentoml", *command],
        cwd=work / "stage",
        env=environment,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        printed = [each for each in (done.stdout + done.stderr).splitlines() if each.strip()]
        raise ServeError(
            f"bentoml {command[0]} failed: {printed[-1] if printed else 'it printed nothing'}"
        )


def _require_free(out: Path) -> None:
    """Raises ServeError where there is something of that name."""
    if os.path.lexists(out):
        raise ServeError(f"{out}: exists already; choose another --out, or remove it first")


def _copy_out(work: Path, version: str, out: Path) -> None:
    """The Bento as a folder, or as one file; there whole, or not at all."""
    if out.suffix == ARCHIVE:
        with replace_file(out) as draft:
            _bentoml(work, "export", f"clv:{version}", str(draft.absolute()))
    else:
        with replace_folder(out) as draft:
            built = work / "home" / "bentos" / "clv" / version
            shutil.copytree(built, draft, dirs_exist_ok=True)


def _bytes(place: Path) -> int:
    files = [each for each in place.rglob("*") if each.is_file()] if place.is_dir() else [place]
    return sum(each.stat().st_size for each in files)
