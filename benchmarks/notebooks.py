"""Notebooks run cell by cell, in this process: `python -m benchmarks.notebooks` keeps the outputs.

A notebook is what its cells give in order; nothing else of Jupyter is needed to run one. The cell
tagged `parameters` may be followed by other values, as a test does that wants less data.
"""

from __future__ import annotations

import ast
import contextlib
import io
import json
import os
import sys
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path
from pprint import pformat
from typing import Any

FOLDER = Path(__file__).resolve().parent.parent / "docs"
NOTEBOOKS = ("quickstart.ipynb", "subscriptions.ipynb")
# What the first page shows of the first of them.
PICTURE, SVG = "quickstart.svg", "image/svg+xml"
Cell = dict[str, Any]
Notebook = dict[str, Any]


def main() -> int:
    """Run the notebooks of the docs and keep their outputs."""
    for name in NOTEBOOKS:
        path = FOLDER / name
        notebook = executed(read(path))
        path.write_text(json.dumps(notebook, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        sys.stdout.write(f"{name}: {path.stat().st_size / 1e3:,.0f} kB\n")
        if name == NOTEBOOKS[0]:
            (FOLDER / PICTURE).write_text(first_picture(notebook), encoding="utf-8")
    return 0


def first_picture(notebook: Notebook) -> str:
    """The first chart that a notebook shows, as SVG."""
    shown = (
        output["data"][SVG]
        for cell in notebook["cells"]
        for output in cell.get("outputs", ())
        if SVG in output.get("data", {})
    )
    return "".join(next(shown))


def read(path: Path) -> Notebook:
    """A notebook as it is stored."""
    found: Notebook = json.loads(path.read_text(encoding="utf-8"))
    return found


def executed(notebook: Notebook, parameters: Mapping[str, object] | None = None) -> Notebook:
    """The notebook with the outputs of its cells, run from its folder; an error is raised.

    parameters   values that are set after the cell tagged `parameters`
    """
    names: dict[str, Any] = {"__name__": "__main__"}
    number, cells = 0, []
    with _inside(FOLDER):
        for cell in notebook["cells"]:
            if cell["cell_type"] != "code":
                cells.append(cell)
                continue
            number += 1
            outputs = _run(cell, names, number)
            if "parameters" in cell["metadata"].get("tags", []):
                names |= parameters or {}
            cells.append(cell | {"execution_count": number, "outputs": outputs})
    return notebook | {"cells": cells}


def _run(cell: Cell, names: dict[str, Any], number: int) -> list[Cell]:
    """What a cell prints, warns of, and shows: the value of its last line."""
    tree = ast.parse("".join(cell["source"]))
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    printed, warned = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(warned), _warnings(warned):
        exec(compile(tree, f"<cell {number}>", "exec"), names)
        value = (
            eval(compile(ast.Expression(last.value), f"<cell {number}>", "eval"), names)
            if last
            else None
        )
        data = _bundle(value)
    outputs = [
        {"output_type": "stream", "name": name, "text": _lines(stream.getvalue())}
        for name, stream in (("stderr", warned), ("stdout", printed))
        if stream.getvalue()
    ]
    if value is not None:
        shown = {kind: _lines(text) for kind, text in data.items()}
        outputs.append(
            {
                "output_type": "execute_result",
                "execution_count": number,
                "metadata": {},
                "data": shown,
            }
        )
    return outputs


def _bundle(value: object) -> dict[str, str]:
    """A value in the forms in which it shows itself."""
    if hasattr(value, "_repr_mimebundle_"):
        return dict(value._repr_mimebundle_())
    found = {"text/plain": pformat(value, width=100) if isinstance(value, list) else repr(value)}
    if callable(html := getattr(value, "_repr_html_", None)):
        found["text/html"] = html()
    return found


@contextlib.contextmanager
def _warnings(stream: io.StringIO) -> Iterator[None]:
    """Each warning as a line: where it stood is the cell above it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.simplefilter("always", UserWarning)
        warnings.showwarning = lambda message, category, *_: stream.write(
            f"{category.__name__}: {message}\n"
        )
        yield


@contextlib.contextmanager
def _inside(folder: Path) -> Iterator[None]:
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


def _lines(text: str) -> list[str]:
    return text.splitlines(keepends=True)


if __name__ == "__main__":
    sys.exit(main())
