"""A name that was read from a file leads nowhere but into its folder."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from features.plain_names import inside

BUNDLE = re.compile(r"bundle-[a-z0-9_]{8}")


def test_a_plain_name_is_an_entry_of_its_folder(tmp_path: Path) -> None:
    assert inside(tmp_path, "bundle-0a1b2c3d", BUNDLE) == tmp_path / "bundle-0a1b2c3d"
    assert inside(tmp_path, "scores.db") == tmp_path / "scores.db"


@pytest.mark.parametrize(
    "name",
    [
        *(
            "",
            ".",
            "..",
            "../x",
            "/etc",
            "a/b",
            "a\\b",
            "a\0b",
            "bundle-0a1b2c3d\n",
            "-rf",
            ".lock",
        ),
        *(
            "x" * 129,
            "bundle-é1b2c3d4",
            None,
            7,
            ["bundle-0a1b2c3d"],
            {"a": "b"},
            b"bundle-0a1b2c3d",
        ),
    ],
    ids=repr,
)
def test_what_is_no_plain_name_is_refused(tmp_path: Path, name: object) -> None:
    with pytest.raises(ValueError, match="is not the name of anything stored there"):
        inside(tmp_path, name)


def test_the_whole_name_must_match_the_pattern(tmp_path: Path) -> None:
    for name in ("current.json", "bundle-0a1b2c3d4", "xbundle-0a1b2c3d"):
        with pytest.raises(ValueError, match="is not the name"):
            inside(tmp_path, name, BUNDLE)


def test_a_link_is_nothing_of_ours(tmp_path: Path) -> None:
    (tmp_path / "victim").mkdir()
    (tmp_path / "bundle-0a1b2c3d").symlink_to(tmp_path / "victim")
    with pytest.raises(ValueError, match="is a link"):
        inside(tmp_path, "bundle-0a1b2c3d", BUNDLE)
