"""A file or a folder appears whole, or what was there before stands."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Any

import pytest

from features.atomic_file import check_out, replace_file, replace_folder, write_atomically
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


def test_a_link_is_followed_and_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    for name in ("old", "new"):
        link = tmp_path / f"{name}.csv"
        link.symlink_to(tmp_path / "there" / "scores.csv")
        with replace_file(link) as draft:
            draft.write_text(name)
        assert link.is_symlink()
        assert (tmp_path / "there" / "scores.csv").read_text() == name


def test_mode_and_owner_of_a_file_that_is_there_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "scores.csv"
    path.touch(mode=0o600)
    owner = 12345 if os.geteuid() == 0 else os.geteuid()
    os.chown(path, owner, -1)
    with replace_file(path) as draft:
        draft.write_text("new")
    assert (path.stat().st_mode & 0o777, path.stat().st_uid) == (0o600, owner)
    folder = tmp_path / "bundle"
    folder.mkdir(mode=0o750)
    with replace_folder(folder):
        pass
    assert folder.stat().st_mode & 0o777 == 0o750


def test_a_new_file_has_the_mode_of_any_new_file(tmp_path: Path) -> None:
    with replace_file(tmp_path / "scores.csv") as draft:
        draft.touch()
    (tmp_path / "other").touch()
    assert (tmp_path / "scores.csv").stat().st_mode == (tmp_path / "other").stat().st_mode


def test_what_is_no_regular_file_is_refused_and_stays(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to(tmp_path / "pipe")
    (tmp_path / "null").symlink_to(os.devnull)
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    before = sorted(tmp_path.rglob("*"))
    for name in ("pipe", "link", "null", "loop"):
        with (
            pytest.raises(DataError, match=r"choose another --out$"),
            write_atomically(tmp_path / name),
        ):
            pytest.fail("work was done for it")
    assert stat.S_ISFIFO((tmp_path / "pipe").stat().st_mode)
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("name", ["log.csv", "link.csv", "hard.csv", "to_come.csv"])
def test_what_the_command_reads_is_refused(tmp_path: Path, name: str) -> None:
    log = tmp_path / "log.csv"
    log.write_text("the only copy")
    (tmp_path / "link.csv").symlink_to(log)
    (tmp_path / "hard.csv").hardlink_to(log)
    with pytest.raises(DataError, match=r"is read by this command, --x would destroy it"):
        check_out(tmp_path / name, inputs=(log, tmp_path / "to_come.csv"), flag="--x")
    check_out(tmp_path / "scores.csv", inputs=(log,), flag="--x")


def test_a_folder_whose_files_are_data_is_no_place_for_a_result(tmp_path: Path) -> None:
    check_out(tmp_path / "deeper" / "scores.csv", inputs=(tmp_path,))
    with pytest.raises(DataError, match="lies in a folder that this command reads"):
        check_out(tmp_path / "scores.csv", inputs=(tmp_path,))


@pytest.mark.parametrize("name", [".lock", "x" * 255, "ü" * 127, " ", "-rf", "a\nb"])
def test_every_name_that_a_file_can_have_is_written(tmp_path: Path, name: str) -> None:
    with write_atomically(tmp_path / name) as draft:
        draft.write_text("whole")
    assert [each.name for each in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize("name", ["x" * 256, "x" * 256 + "/scores.csv"])
def test_a_name_that_no_file_can_have_is_one_sentence(tmp_path: Path, name: str) -> None:
    with pytest.raises(DataError, match=r"cannot be written: .*; choose"):
        check_out(tmp_path / name)


def test_a_full_disk_is_one_sentence_and_leaves_what_was_there(
    tmp_path: Path, full_disk: Any
) -> None:
    path = tmp_path / "scores.csv"
    path.write_text("old")

    def write() -> None:
        with write_atomically(path) as draft:
            draft.write_bytes(b"x" * 100_000)

    with full_disk(50_000), pytest.raises(DataError, match="cannot be written: File too large"):
        write()
    assert path.read_text() == "old"
    assert [each.name for each in tmp_path.iterdir()] == ["scores.csv"]


def test_a_move_that_fails_halfway_does_not_cost_the_old_folder(tmp_path: Path) -> None:
    """It was moved away, and the new one cannot take its place: the old one comes back."""
    folder = tmp_path / "bundle"
    folder.mkdir()
    (folder / "old").touch()
    with pytest.raises(FileNotFoundError), replace_folder(folder) as draft:
        draft.rmdir()
    assert [each.name for each in folder.iterdir()] == ["old"]
    assert [each.name for each in tmp_path.iterdir()] == ["bundle"]
