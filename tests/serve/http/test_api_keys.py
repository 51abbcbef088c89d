"""Keys: only hashes are stored, a file is read again, and a mistake never opens the service."""

from __future__ import annotations

import hashlib
import json
import logging
import os
from pathlib import Path

import pytest

from serve.__main__ import main
from serve.errors import ServeError
from serve.http.api_keys import LONGEST_KEY_BYTES, ApiKeys, make_key


def key(made: dict[str, str]) -> bytes:
    return made["key"].encode()


def rewrite(file: Path, text: str, keys: ApiKeys) -> None:
    file.write_text(text)
    seconds = file.stat().st_mtime + 10
    os.utime(file, (seconds, seconds))
    keys._reread_at = 0.0


def test_a_key_is_known_by_its_hash() -> None:
    crm, shop = make_key("crm"), make_key("shop")
    keys = ApiKeys(f"{crm['line']}, {shop['line']}")
    assert keys.required
    assert (keys.name_of(key(crm)), keys.name_of(key(shop))) == ("crm", "shop")
    for wrong in (b"", key(crm)[:-1], key(crm) + b" ", crm["line"].encode(), b"\xff"):
        assert keys.name_of(wrong) is None
    assert crm["key"] not in crm["line"]
    assert make_key("crm")["key"] != crm["key"]


def test_without_any_setting_keys_are_off() -> None:
    assert not ApiKeys().required


@pytest.mark.parametrize(
    ("listed", "sentence"),
    [
        ("crm:sesame-open", "PERENNIAL_API_KEYS: entry 1 must be name:sha256"),
        ("sesame-open", "PERENNIAL_API_KEYS: entry 1 must be name:sha256"),
        (f"a:{'0' * 64},a:{'1' * 64}", "entry 2 repeats the name a"),
        (" , ", "PERENNIAL_API_KEYS: there is no key"),
    ],
)
def test_what_is_no_hash_is_refused_and_not_repeated(listed: str, sentence: str) -> None:
    with pytest.raises(ServeError, match=sentence) as found:
        ApiKeys(listed)
    assert "sesame" not in str(found.value)


def test_a_file_that_is_missing_or_empty_does_not_let_the_service_start(tmp_path: Path) -> None:
    with pytest.raises(ServeError, match="the keys cannot be read: FileNotFoundError"):
        ApiKeys(file=tmp_path / "keys")
    (tmp_path / "keys").write_text("# nobody yet\n\n")
    with pytest.raises(ServeError, match="there is no key"):
        ApiKeys(file=tmp_path / "keys")


def test_a_key_is_given_and_revoked_in_the_file(tmp_path: Path) -> None:
    crm, shop = make_key("crm"), make_key("shop")
    file = tmp_path / "keys"
    file.write_text(f"# ours\n{crm['line']}  # since May\n")
    keys = ApiKeys(file=file)
    assert (keys.name_of(key(crm)), keys.name_of(key(shop))) == ("crm", None)
    rewrite(file, shop["line"], keys)
    assert (keys.name_of(key(crm)), keys.name_of(key(shop))) == (None, "shop")
    rewrite(file, "", keys)
    assert keys.name_of(key(shop)) is None
    assert keys.required, "an empty file locks everybody out, it does not let everybody in"


def test_a_file_that_was_damaged_changes_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    crm = make_key("crm")
    file = tmp_path / "keys"
    file.write_text(crm["line"])
    keys = ApiKeys(file=file)
    with caplog.at_level(logging.ERROR):
        rewrite(file, "crm:sesame-open", keys)
        assert keys.name_of(key(crm)) == "crm"
    assert "entry 1 must be name:sha256" in caplog.text
    assert "sesame" not in caplog.text


def test_the_command_makes_a_key(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["key", "--name", "crm"]) == 0
    made = json.loads(capsys.readouterr().out)
    assert ApiKeys(made["line"]).name_of(made["key"].encode()) == "crm"


def test_the_command_refuses_a_name_that_cannot_be_stored(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["key", "--name", "a:b"]) == 2
    assert "letters, digits" in capsys.readouterr().err


def test_a_key_is_only_so_long() -> None:
    """Hashing takes as long as the key is, and a head may hold 64 KiB."""
    longest = b"k" * LONGEST_KEY_BYTES
    lines = [
        f"{len(each)}:{hashlib.sha256(each).hexdigest()}" for each in (longest, longest + b"k")
    ]
    keys = ApiKeys(",".join(lines))
    assert keys.name_of(longest) == str(LONGEST_KEY_BYTES)
    assert keys.name_of(longest + b"k") is None
    assert keys.are_several
