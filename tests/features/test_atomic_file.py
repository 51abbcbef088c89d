"""A file or a folder appears whole, or what was there before stands."""

from __future__ import annotations

from pathlib import Path

import pytest

from features.atomic_file import replace_file, replace_folder, write_atomically
from features.errors import DataError


def test_a_file_is_replaced_at_the_end_and_only_then(tmp_path: Path) -> None:
    path = tmp_path / "new" / "scores.csv"
    for text in ("first", "second"):
        before = path.read_text() if path.exists() else None
        with replace_file(path) as draft:
            draft.write_text(text)
            assert draft.suffix == ".csv"
            assert (path.read_text() if path.exists() else None) == before
        assert path.read_text() == text
    assert [each.name for each in path.parent.iterdir()] == ["scores.csv"]


def test_a_folder_is_replaced_at_the_end_and_only_then(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "bundle"
    for name in ("first", "second"):
        before = [each.name for each in folder.glob("*")]
        with replace_folder(folder) as draft:
            (draft / name).touch()
            assert [each.name for each in folder.glob("*")] == before
        assert [each.name for each in folder.iterdir()] == [name]
    assert folder.stat().st_mode & 0o777 == 0o755
    assert [each.name for each in folder.parent.iterdir()] == ["bundle"]


@pytest.mark.parametrize("replace", [replace_file, replace_folder])
def test_a_failure_leaves_what_was_there_and_nothing_else(tmp_path: Path, replace: object) -> None:
    path = tmp_path / "bundle"
    path.mkdir() if replace is replace_folder else path.write_text("old")

    def fail() -> None:
        with replace(path) as draft:  # type: ignore[operator]
            (draft / "half" if draft.is_dir() else draft).touch()
            raise ValueError("half written")

    with pytest.raises(ValueError, match="half written"):
        fail()
    assert [each.name for each in tmp_path.iterdir()] == ["bundle"]
    assert not path.is_dir() or not list(path.iterdir())
    assert path.is_dir() or path.read_text() == "old"


def test_a_flag_that_cannot_be_written_to_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="is a folder"), write_atomically(tmp_path):
        pass
    (tmp_path / "file").touch()
    out = tmp_path / "file" / "scores.csv"
    with pytest.raises(DataError, match=r"cannot be written: .*; choose"), write_atomically(out):
        pass
