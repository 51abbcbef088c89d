from __future__ import annotations

from pathlib import Path

import pytest

from train.fingerprint import PACKAGES, fingerprint


@pytest.fixture
def code(tmp_path: Path) -> Path:
    """A checkout of a few lines, some of them in packages of packages."""
    for name in (*PACKAGES, "serve"):
        folder = tmp_path / name / "inner" / "innermost"
        folder.mkdir(parents=True)
        for each in (folder, folder.parent, folder.parent.parent):
            (each / "module.py").write_text("one = 1\n")
    return tmp_path


@pytest.mark.parametrize("package", PACKAGES)
@pytest.mark.parametrize("place", ["module.py", "inner/module.py", "inner/innermost/module.py"])
def test_a_line_of_code_anywhere_changes_the_name(code: Path, package: str, place: str) -> None:
    before = fingerprint("settings", root=code)
    (code / package / place).write_text("one = 2\n")
    assert fingerprint("settings", root=code) != before


def test_the_name_changes_with_its_parts_and_with_nothing_else(code: Path) -> None:
    before = fingerprint("settings", "data", root=code)
    assert fingerprint("settings", "other data", root=code) != before
    (code / "serve" / "inner" / "module.py").write_text("one = 2\n")
    (code / "train" / "notes.txt").write_text("a note")
    assert fingerprint("settings", "data", root=code) == before
    assert len(before) == 24
