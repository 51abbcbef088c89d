"""The command `inspect`: tells what it found, and writes a configuration whole or not at all."""

from __future__ import annotations

import logging
import os
import sys
from argparse import Namespace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from features.atomic_file import check_out, write_atomically
from features.config.source_address import without_password
from features.errors import DataError
from features.ingest.sources import paths_of
from features.inspect.inspection import Inspection
from features.inspect.inspection import inspect as inspect_source
from features.inspect.toml_text import toml_text

logger = logging.getLogger(__name__)


def inspect(arguments: Namespace) -> dict[str, Any]:
    """Write the configuration that a source seems to need, and read the source with it.

    Raises DataError where the source cannot be read with it: what was found is written all the
    same, with the reason, for it is little that is left to say.
    """
    out: Path | None = arguments.out
    if out is not None:
        folder = [Path(arguments.source)] if Path(arguments.source).is_dir() else []
        check_out(out, inputs=[*folder, *paths_of(arguments.source)])
        if os.path.lexists(out):
            raise DataError(f"{out}: is there already; choose another --out, or remove it first")
    found = inspect_source(arguments.source, datetime.now(UTC))
    _tell(found)
    proposal, refused = found.attempt.proposal, found.attempt.refused
    text = toml_text(proposal, refused)
    if out is None:
        sys.stdout.write(text)
    else:
        with write_atomically(out) as draft:
            draft.write_text(text, encoding="utf-8")
    if found.attempt.dataset is None:
        where = f"; {out} has the rest" if out else ""
        raise DataError(f"{refused}{where}")
    return {
        "source": without_password(proposal.source),
        "relationship": proposal.relationship,
        "preset": proposal.data.get("preset"),
        "columns": proposal.data.get("columns", {}),
        "unsure": list(proposal.unsure),
        "counts": found.attempt.dataset.counts,
        "sha256": found.attempt.dataset.sha256,
        "out": str(out) if out else None,
    }


def _tell(found: Inspection) -> None:
    proposal = found.attempt.proposal
    named = proposal.data.get("columns", {})
    if preset := proposal.data.get("preset"):
        logger.info("the header is that of an export of %s: preset = %r", preset, preset)
    for role, source in named.items():
        logger.info("%-14s %s", role, source)
    for key, value in proposal.data.items():
        if key not in ("columns", "preset"):
            logger.info("%-14s %s", key, value)
    rest = [each.name for each in found.columns if each.name not in named.values()]
    if rest and not preset:
        logger.info("not used: %s", ", ".join(rest[:20]))
    for each in proposal.unsure:
        logger.info("unsure: %s", each)
