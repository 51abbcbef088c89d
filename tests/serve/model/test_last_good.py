"""The last good model is read as data that nobody vouches for; only its own files are touched."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from models import bundle as bundles
from models.purchases.bundle import PurchaseBundle
from serve.errors import ServeError
from serve.model import last_good
from serve.model.loaded import LoadedModel, from_folder

ADDRESS = "models:/clv@champion"


@pytest.fixture
def model(store: Any) -> LoadedModel:
    return from_folder(store.folder)


@pytest.fixture
def folder(tmp_path: Path, model: LoadedModel) -> Path:
    """With a model stored in it."""
    last_good.save(tmp_path / "var" / "last_good", model, ADDRESS)
    return tmp_path / "var" / "last_good"


def rewrite(folder: Path, changes: dict[str, object]) -> None:
    pointer = json.loads((folder / "current.json").read_text())
    (folder / "current.json").write_text(json.dumps(pointer | changes))


def names(folder: Path) -> list[str]:
    """What lies there, without the lock."""
    return sorted(each.name for each in folder.iterdir() if each.name != ".current.lock")


def require_whole(folder: Path) -> None:
    """One bundle, the one that is pointed to."""
    pointer = json.loads((folder / "current.json").read_text())
    assert names(folder) == [pointer["folder"], "current.json"]
    assert last_good.load(folder, ADDRESS) is not None


@pytest.mark.parametrize("where", ["absolute", "relative", "link"])
def test_nothing_outside_of_the_folder_is_deleted_or_read(
    folder: Path, model: LoadedModel, tmp_path: Path, store: Any, where: str
) -> None:
    """Whoever can write the pointer must not make the service delete what it names."""
    victim = tmp_path / "victim"
    victim.mkdir()
    for each in store.folder.iterdir():
        (victim / each.name).write_bytes(each.read_bytes())
    (folder / "bundle-12345678").symlink_to(victim)
    named = {"absolute": str(victim), "relative": "../../victim", "link": "bundle-12345678"}[where]
    rewrite(folder, {"folder": named})
    assert last_good.load(folder, ADDRESS) is None
    last_good.save(folder, model, ADDRESS)
    assert {each.name for each in victim.iterdir()} == {"card.json", "churn.ubj", "spend.ubj"}
    assert last_good.load(folder, ADDRESS) is not None


@pytest.mark.parametrize(
    "content",
    [
        *(b"", b"{", b"[]", b"3", b"[" * 100_000, b"\xff\xfe", b'{"folder": 3}'),
        *(b'{"folder": "current.json"}', b'{"folder": ["a"]}', b" " * 100_000 + b"{}"),
    ],
    ids=lambda content: repr(content[:24]),
)
def test_a_pointer_that_cannot_be_read_is_passed_over_in_one_line_and_made_again(
    folder: Path, model: LoadedModel, content: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    (folder / "current.json").write_bytes(content)
    assert last_good.load(folder, ADDRESS) is None
    [line] = caplog.messages
    assert "cannot be used" in line
    assert "\n" not in line
    assert len(line) < 600
    last_good.save(folder, model, ADDRESS)
    require_whole(folder)


@pytest.mark.parametrize("change", [{"version": 3}, {"name": None}, {"run_id": "a\nb"}])
def test_words_of_another_type_are_not_taken_over(
    folder: Path, change: dict[str, object], caplog: pytest.LogCaptureFixture
) -> None:
    rewrite(folder, change)
    assert last_good.load(folder, ADDRESS) is None
    assert next(iter(change)) in caplog.text


def test_a_pipe_in_the_place_of_the_pointer_holds_nobody_up(
    folder: Path, model: LoadedModel, caplog: pytest.LogCaptureFixture
) -> None:
    (folder / "current.json").unlink()
    os.mkfifo(folder / "current.json")
    assert last_good.load(folder, ADDRESS) is None
    last_good.save(folder, model, ADDRESS)
    assert "cannot be stored: is a device or a pipe" in caplog.text


def test_orphans_and_drafts_go_and_what_is_not_ours_stays(folder: Path, model: LoadedModel) -> None:
    dead, old = folder / f".perennial-{'0' * 16}", folder / ".bundle-aaaaaaaa-bbbbbbbb"
    for each in (folder / "bundle-00000000", dead, old, folder / "notes"):
        each.mkdir()
    (dead / ".perennial-lock").touch()
    (folder / "scores.db").touch()
    os.utime(old, (1, 1))
    last_good.save(folder, model, ADDRESS)
    assert [each for each in names(folder) if not each.startswith("bundle-")] == [
        *("current.json", "notes", "scores.db")
    ]
    assert len(names(folder)) == 4


def test_the_same_model_is_not_written_again_but_a_spoiled_one_is(
    folder: Path, model: LoadedModel
) -> None:
    before = (folder / "current.json").stat().st_ino
    last_good.save(folder, model, ADDRESS)
    assert (folder / "current.json").stat().st_ino == before
    [bundle] = folder.glob("bundle-*")
    (bundle / "churn.ubj").write_bytes(b"spoiled")
    last_good.save(folder, model, ADDRESS)
    require_whole(folder)


def test_a_full_disk_leaves_the_model_that_was_stored(
    folder: Path, store: Any, full_disk: Any, caplog: pytest.LogCaptureFixture
) -> None:
    before = names(folder)
    other = LoadedModel(
        bundle=store.bundle, name="clv", version="9", run_id=None, source="registry"
    )
    with full_disk(2_000):
        last_good.save(folder, other, ADDRESS)
    assert "cannot be stored: File too large" in caplog.text
    assert names(folder) == before
    require_whole(folder)


def test_a_folder_that_cannot_be_made_is_said_in_one_line_each_way(
    model: LoadedModel, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "var").write_text("a file in its place")
    last_good.save(tmp_path / "var" / "last_good", model, ADDRESS)
    assert last_good.load(tmp_path / "var" / "last_good", ADDRESS) is None
    stored, read = caplog.messages
    assert "cannot be stored: Not a directory" in stored
    assert "cannot be used" in read


def test_workers_that_store_at_once_leave_exactly_one_whole_model(
    model: LoadedModel, tmp_path: Path
) -> None:
    """Threads, which are kept apart as processes are; all of the same process id, as containers."""
    folder = tmp_path / "last_good"

    def work(worker: int) -> None:
        for number in range(3):
            changed = dataclasses.replace(model, version=f"{worker}-{number}")
            last_good.save(folder, changed, ADDRESS)
            assert last_good.load(folder, ADDRESS) is not None

    with ThreadPoolExecutor(4) as workers:
        list(workers.map(work, range(4)))
    require_whole(folder)


def test_a_service_that_starts_sweeps_what_killed_ones_left(
    store: Any, tmp_path: Path, start_live: Callable[[Path], object]
) -> None:
    dead = [tmp_path / each / f".perennial-{'0' * 16}" for each in ("", "last_good", "backtest")]
    for each in dead:
        each.mkdir(parents=True)
        (each / ".perennial-lock").touch()
    start_live(tmp_path)
    assert not [each for each in dead if each.exists()]


def test_a_folder_that_changes_while_it_is_read_is_never_half_of_each(
    store: Any, tmp_path: Path
) -> None:
    """What is checked is what is loaded: a bundle as it was before or after, or status 503."""
    folder = tmp_path / "bundle"
    bundles.save(store.bundle, folder)
    names = ("card.json", "churn.ubj", "spend.ubj")
    one = {name: (folder / name).read_bytes() for name in names}
    changed = store.bundle.card.model_copy(update={"horizon_days": 77})
    bundles.save(PurchaseBundle(changed, store.bundle.spend, store.bundle.churn), folder)
    other, over = {name: (folder / name).read_bytes() for name in names}, threading.Event()

    def change() -> None:
        while not over.is_set():
            for files in (one, other):
                for name, content in files.items():
                    (folder / name).write_bytes(content)

    changing = threading.Thread(target=change)
    changing.start()
    try:
        for _ in range(30):
            with suppress(ServeError):
                loaded = from_folder(folder).bundle
                hashes = (loaded.card.horizon_days, loaded.card.churn.sha256)
                assert hashes in {
                    (store.bundle.card.horizon_days, hashlib.sha256(one["churn.ubj"]).hexdigest()),
                    (77, hashlib.sha256(other["churn.ubj"]).hexdigest()),
                }
                trees = bytes(loaded.churn.save_raw("ubj"))
                assert hashlib.sha256(trees).hexdigest() == loaded.card.churn.sha256
    finally:
        over.set()
        changing.join()


@pytest.fixture
def start_live(store: Any) -> Callable[[Path], object]:
    """Starts a live model on a registry that is not there."""
    from serve.handlers.smoke_test import smoke_test
    from serve.model.live import LiveModel
    from serve.settings import Settings

    def start(var: Path) -> LiveModel:
        uri = f"sqlite:///{var / 'mlflow.db'}"
        values = {"var": var, "tracking_uri": uri, "poll_seconds": 0}
        live = LiveModel(Settings.model_validate(values), smoke_test)
        live.start()
        live.stop()
        return live

    return start
