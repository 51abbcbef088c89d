"""What dead processes left is removed by whoever comes next; what the living do is left alone."""

from __future__ import annotations

import errno
import fcntl
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from features.atomic_file import replace_file
from features.draft_folders import LOCK, draft_folder, scratch_folder, sweep

WRITER = """
import sys, time
from pathlib import Path
from features.atomic_file import replace_file, replace_folder

write = replace_folder if sys.argv[1] == "folder" else replace_file
with write(Path(sys.argv[2])) as draft:
    if draft.is_dir():
        draft = draft / "half"
    draft.write_text("half a list of customers")
    print("ready", flush=True)
    time.sleep(60)
"""
ROOT = Path(__file__).resolve().parent.parent.parent


def kill_in_the_middle(kind: str, path: Path) -> list[str]:
    """What lies beside `path` while a process writes it, which is then killed."""
    process = subprocess.Popen(
        [sys.executable, "-c", WRITER, kind, str(path)], cwd=ROOT, stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    with process.stdout:
        assert process.stdout.readline() == b"ready\n"
        sweep(path.parent)
        found = sorted(each.name for each in path.parent.iterdir())
        process.send_signal(signal.SIGKILL)
        process.wait()
    return found


@pytest.mark.parametrize("kind", ["file", "folder"])
def test_the_draft_of_a_killed_process_is_removed_and_that_of_a_living_one_is_not(
    tmp_path: Path, kind: str
) -> None:
    path = tmp_path / "scores.csv"
    [draft] = kill_in_the_middle(kind, path)
    assert (tmp_path / draft).stat().st_mode & 0o077 == 0, "no other user may read it"
    assert [each.name for each in tmp_path.iterdir()] == [draft]
    sweep(tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_folder_that_was_about_to_be_replaced_comes_back(tmp_path: Path) -> None:
    dead = tmp_path / f".perennial-{'0' * 16}"
    (dead / ".perennial-replaced" / "bundle").mkdir(parents=True)
    (dead / ".perennial-replaced" / "bundle" / "card.json").touch()
    (dead / "bundle").mkdir()
    (dead / LOCK).touch()
    sweep(tmp_path)
    assert [each.name for each in tmp_path.rglob("*")] == ["bundle", "card.json"]


def test_what_only_looks_like_a_draft_is_left_alone(tmp_path: Path) -> None:
    victim, folder = tmp_path / "victim", tmp_path / "folder"
    (victim / "sub").mkdir(parents=True)
    (victim / LOCK).touch()
    folder.mkdir()
    (folder / f".perennial-{'1' * 16}").symlink_to(victim)
    (folder / f".perennial-{'2' * 16}").write_text("a file")
    (folder / ".perennial-notes").mkdir()
    (folder / ".scores.part.csv").touch()
    before = sorted(tmp_path.rglob("*"))
    sweep(folder)
    assert sorted(tmp_path.rglob("*")) == before


def test_drafts_of_earlier_versions_go_when_they_are_old(tmp_path: Path) -> None:
    old = [".scores.41.part.parquet", ".scores.41.part.db-journal", ".current.7.part"]
    for name in (*old, ".scores.42.part.parquet"):
        (tmp_path / name).touch()
    for name in old:
        os.utime(tmp_path / name, (1, 1))
    sweep(tmp_path)
    assert [each.name for each in tmp_path.iterdir()] == [".scores.42.part.parquet"]


def test_a_folder_without_a_lock_yet_is_removed_only_while_it_is_empty(tmp_path: Path) -> None:
    """Its maker finds that out, and makes another."""
    empty, other = tmp_path / f".perennial-{'3' * 16}", tmp_path / f".perennial-{'4' * 16}"
    (other / "scores").mkdir(parents=True)
    empty.mkdir()
    sweep(tmp_path)
    assert [each.name for each in tmp_path.iterdir()] == [other.name]


def test_drafts_are_apart_and_gone_at_the_end(tmp_path: Path) -> None:
    with draft_folder(tmp_path) as one, draft_folder(tmp_path) as other:
        assert one != other
        (one / "deep").mkdir()
        (one / "deep" / "file").touch()
        sweep(tmp_path)
        assert (one / "deep" / "file").exists()
    assert not list(tmp_path.iterdir())


def test_temporary_files_lie_where_the_system_has_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    dead = tmp_path / f"perennial-{'5' * 16}"
    dead.mkdir()
    (dead / LOCK).touch()
    with scratch_folder() as folder:
        assert [each.name for each in tmp_path.iterdir()] == [folder.name]
        assert folder.name.startswith("perennial-")
    assert not list(tmp_path.iterdir())


def test_without_locks_files_are_written_and_nobodys_draft_is_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Some file systems over a network know none: who lives cannot be told there."""

    def refuse(descriptor: int, operation: int) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(fcntl, "flock", refuse)
    other = tmp_path / f".perennial-{'6' * 16}"
    other.mkdir()
    (other / LOCK).touch()
    with replace_file(tmp_path / "scores.csv") as draft:
        draft.write_text("whole")
    assert sorted(each.name for each in tmp_path.iterdir()) == [other.name, "scores.csv"]


def test_a_draft_that_was_made_to_hurt_moves_nothing_of_another_folder(tmp_path: Path) -> None:
    (tmp_path / "victim").mkdir()
    (tmp_path / "victim" / "precious").touch()
    draft = tmp_path / "var" / ".perennial-0123456789abcdef"
    draft.mkdir(parents=True)
    (draft / ".perennial-lock").touch()
    (draft / ".perennial-replaced").symlink_to(tmp_path / "victim")
    sweep(tmp_path / "var")
    assert not list((tmp_path / "var").iterdir())
    assert [each.name for each in (tmp_path / "victim").iterdir()] == ["precious"]
