"""What was stored is read back as a form, or refused in one sentence."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from pydantic import BaseModel

from features.stored_documents import read_document


class Note(BaseModel):
    words: list[str]
    number: int = 0


def test_a_document_is_read_and_a_newer_version_may_have_more_keys(tmp_path: Path) -> None:
    (tmp_path / "note.json").write_text('{"words": ["a"], "number": 3, "newer": true}')
    assert read_document(tmp_path / "note.json", Note) == Note(words=["a"], number=3)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "Invalid JSON"),
        (b'{"words": ["a"', "Invalid JSON"),
        (b'{"words": ["\xff"]}', "Invalid JSON"),
        (b"[" * 100_000, "Invalid JSON"),
        (b"3", "the file: Input should be"),
        (b'{"words": "a"}', "words: Input should be a valid array"),
        (b'{"number": 1e999, "words": []}', "number: Input should be"),
        (b'{"words": [' + b"1," * 50 + b"1]}", "and 46 more"),
        (b'{"words": ["' + b"a" * 2_000 + b'"]}', "has more than 2,000 bytes"),
    ],
    ids=["empty", "cut", "flipped", "deep", "scalar", "type", "infinite", "many", "huge"],
)
def test_anything_else_is_refused_in_one_sentence(
    tmp_path: Path, content: bytes, sentence: str
) -> None:
    path = tmp_path / "note.json"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=sentence) as refused:
        read_document(path, Note, most_bytes=200_000 if b"[[" in content else 2_000)
    assert str(refused.value).startswith(f"{path}: ")
    assert "\n" not in str(refused.value)


def test_a_folder_and_a_pipe_are_refused_and_nothing_is_waited_for(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    for name in ("folder", "pipe"):
        with pytest.raises(ValueError, match=r"is not a file|cannot be read"):
            read_document(tmp_path / name, Note)


def test_a_missing_one_is_told_apart(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_document(tmp_path / "none.json", Note)
