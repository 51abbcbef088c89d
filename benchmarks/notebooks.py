"""The notebooks of the docs, run in a kernel: `python -m benchmarks.notebooks` keeps the outputs.

The cell tagged `parameters` may be given other values, as a test does that wants less data.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "docs"
NOTEBOOKS = ("quickstart.ipynb", "subscriptions.ipynb")
# What the first page shows of the first of them.
PICTURE, SVG = "quickstart.svg", "image/svg+xml"
LONGEST_SECONDS = 300
# Where Jupyter and IPython would write in the folder of their user.
PLACES = ("IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR")
Notebook = Any


def main() -> int:
    """Run the notebooks of the docs and keep their outputs."""
    for name in NOTEBOOKS:
        path, notebook = FOLDER / name, executed(read(FOLDER / name))
        write(notebook, path)
        sys.stdout.write(f"{name}: {path.stat().st_size / 1e3:,.0f} kB\n")
        if name == NOTEBOOKS[0]:
            (FOLDER / PICTURE).write_text(first_picture(notebook), encoding="utf-8")
    return 0


def read(path: Path) -> Notebook:
    """A notebook as it is stored."""
    import nbformat

    return nbformat.read(path, as_version=4)


def write(notebook: Notebook, path: Path) -> None:
    """Store a notebook without what would change with every run."""
    import nbformat

    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
    notebook.metadata = {"kernelspec": notebook.metadata["kernelspec"],
                         "language_info": {"name": "python"}}  # fmt: skip
    nbformat.validate(notebook)
    nbformat.write(notebook, path)


def executed(notebook: Notebook, parameters: Mapping[str, object] | None = None) -> Notebook:
    """The notebook with the outputs of its cells, run in its folder; an error is raised.

    parameters   values that the cell tagged `parameters` sets in place of its own
    """
    from nbclient import NotebookClient

    for cell in notebook.cells:
        if parameters and "parameters" in cell.metadata.get("tags", []):
            cell.source = "\n".join(f"{name} = {value!r}" for name, value in parameters.items())
    client = NotebookClient(
        notebook,
        timeout=LONGEST_SECONDS,
        kernel_name="python3",
        resources={"metadata": {"path": str(FOLDER)}},
    )
    with _own_places():
        return client.execute(env={**os.environ, "PYTHONPATH": str(ROOT)})


def first_picture(notebook: Notebook) -> str:
    """The first chart that a notebook shows, as SVG."""
    shown = (
        output["data"][SVG]
        for cell in notebook.cells
        for output in cell.get("outputs", ())
        if SVG in output.get("data", {})
    )
    return str(next(shown))


@contextmanager
def _own_places() -> Iterator[None]:
    """Nothing is written where Jupyter keeps what is the user's."""
    before = {name: os.environ.get(name) for name in PLACES}
    with TemporaryDirectory(prefix="perennial-jupyter-") as folder:
        os.environ.update(dict.fromkeys(PLACES, folder))
        try:
            yield
        finally:
            for name, value in before.items():
                os.environ.pop(name, None)
                if value is not None:
                    os.environ[name] = value


if __name__ == "__main__":
    sys.exit(main())
