"""The notebooks of the docs run in a kernel, and show what they are kept with."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("nbclient", reason="no nbclient here: the notebooks are not run")

from benchmarks.notebooks import FOLDER, NOTEBOOKS, PICTURE, executed, first_picture, read

MOST_BYTES = 250_000
# One of so many customers is enough to run a notebook.
EVERY = {"quickstart.ipynb": 40, "subscriptions.ipynb": 20}


def shown(notebook: Any) -> list[list[str]]:
    """Of each cell with code, in which forms it shows its value."""
    return [
        sorted(kind for output in cell.outputs for kind in output.get("data", ()))
        for cell in notebook.cells
        if cell.cell_type == "code"
    ]


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_notebook_runs_and_shows_what_it_is_kept_with(name: str) -> None:
    kept = read(FOLDER / name)
    found = executed(read(FOLDER / name), {"EVERY": EVERY[name]})
    assert shown(found) == shown(kept)
    assert sum("image/svg+xml" in kinds for kinds in shown(kept)) >= 2
    # less data are other numbers: what is kept is not what was run here
    assert first_picture(found) != first_picture(kept)


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_what_is_kept_is_small_whole_and_of_no_machine(name: str) -> None:
    text = (FOLDER / name).read_text(encoding="utf-8")
    assert len(text.encode()) < MOST_BYTES
    assert str(Path.home()) not in text
    assert str(FOLDER.parent) not in text
    cells = [each for each in read(FOLDER / name).cells if each.cell_type == "code"]
    assert [each.execution_count for each in cells] == list(range(1, len(cells) + 1))


def test_the_picture_of_the_first_page_is_the_notebooks() -> None:
    assert (FOLDER / PICTURE).read_text(encoding="utf-8") == first_picture(
        read(FOLDER / "quickstart.ipynb")
    )
