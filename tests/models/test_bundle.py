from __future__ import annotations

import hashlib
import json
import os
import pickletools
import shutil
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from features.ingest.transactions import TransactionLog
from models.boosting import no_trees
from models.bundle import MOST_CARD_BYTES, BundleError, is_saved, load, save
from models.card import FORMAT_VERSION
from models.purchases.bundle import PurchaseBundle
from models.purchases.predictor import PurchasePredictor

FILES = {"card.json", "churn.ubj", "spend.ubj"}


@pytest.fixture
def folder(bundle: PurchaseBundle, tmp_path: Path) -> Path:
    save(bundle, tmp_path / "bundle")
    return tmp_path / "bundle"


def rewrite(folder: Path, change: Callable[[dict[str, Any]], object]) -> None:
    """Change the card as a mapping."""
    card = json.loads((folder / "card.json").read_text(encoding="utf-8"))
    change(card)
    (folder / "card.json").write_text(json.dumps(card), encoding="utf-8")


def test_a_bundle_read_back_gives_the_same_answers(
    bundle: PurchaseBundle, folder: Path, table: pd.DataFrame, as_of: datetime
) -> None:
    again = load(folder)
    for horizon in (30, 91, 365):
        arguments = {"as_of": as_of, "horizon_days": horizon}
        pd.testing.assert_frame_equal(
            PurchasePredictor(again).predict(table, **arguments),
            PurchasePredictor(bundle).predict(table, **arguments),
            check_exact=True,
        )


def test_a_card_read_back_is_the_card_with_the_boosters_hashes(
    bundle: PurchaseBundle, folder: Path
) -> None:
    card = load(folder).card
    blank = {
        name: getattr(card, name).model_copy(update={"sha256": ""}) for name in ("churn", "spend")
    }
    assert card.model_copy(update=blank) == bundle.card
    assert card.format_version == FORMAT_VERSION
    assert len(card.churn.sha256) == 64
    assert card.churn.sha256 != card.spend.sha256


def test_saving_twice_gives_the_same_bytes(
    bundle: PurchaseBundle, folder: Path, tmp_path: Path
) -> None:
    save(bundle, tmp_path / "again")
    for name in FILES:
        assert (folder / name).read_bytes() == (tmp_path / "again" / name).read_bytes()


def test_a_bundle_is_three_files_and_no_draft_is_left(folder: Path) -> None:
    assert {each.name for each in folder.iterdir()} == FILES
    assert [each.name for each in folder.parent.iterdir()] == ["bundle"]


def test_an_old_bundle_is_replaced_whole(bundle: PurchaseBundle, folder: Path) -> None:
    (folder / "left_over.txt").write_text("from an older version", encoding="utf-8")
    rewrite(folder, lambda card: card.update(horizon_days=7))
    save(bundle, folder)
    assert {each.name for each in folder.iterdir()} == FILES
    assert load(folder).card.horizon_days == bundle.card.horizon_days


def test_folders_on_the_way_are_made(bundle: PurchaseBundle, tmp_path: Path) -> None:
    save(bundle, tmp_path / "a" / "b" / "bundle")
    load(tmp_path / "a" / "b" / "bundle")


def test_a_save_that_fails_leaves_the_old_bundle_and_no_draft(
    bundle: PurchaseBundle, folder: Path
) -> None:
    before = {name: (folder / name).read_bytes() for name in FILES}
    without_spend = PurchaseBundle(bundle.card, bundle.churn, None)  # type: ignore[arg-type]
    with pytest.raises(AttributeError):
        save(without_spend, folder)
    assert {name: (folder / name).read_bytes() for name in FILES} == before
    assert [each.name for each in folder.parent.iterdir()] == ["bundle"]


def test_no_file_of_a_bundle_is_a_pickle(folder: Path) -> None:
    for name in FILES:
        content = (folder / name).read_bytes()
        # Protocol 2 and later begin with 0x80; earlier ones must at least parse to the end.
        assert not content.startswith(b"\x80")
        with pytest.raises(ValueError, match="unknown"):
            list(pickletools.genops(content))


def test_a_bundle_holds_no_customer(
    folder: Path, cdnow: TransactionLog, table: pd.DataFrame
) -> None:
    card = json.loads((folder / "card.json").read_text(encoding="utf-8"))
    customers = set(cdnow.lines["customer_id"])
    assert set(table.index) <= customers

    def texts(part: object) -> set[str]:
        if isinstance(part, dict):
            return set(part) | set().union(*map(texts, part.values()), set())
        if isinstance(part, list):
            return set().union(*map(texts, part), set())
        return {part} if isinstance(part, str) else set()

    assert not texts(card) & customers
    assert card["training"]["customers"] == len(table)
    for name in ("churn.ubj", "spend.ubj"):
        content = (folder / name).read_bytes()
        assert not any(customer.encode() in content for customer in table.index[:200])


def test_a_bundle_without_trees_is_read_back(
    bundle: PurchaseBundle, tmp_path: Path, table: pd.DataFrame, as_of: datetime
) -> None:
    none = {"rounds": 0}
    card = bundle.card.model_copy(
        update={
            "churn": bundle.card.churn.model_copy(update=none),
            "spend": bundle.card.spend.model_copy(update=none),
        }
    )
    columns = len(card.features)
    bare = PurchaseBundle(
        card, no_trees(columns, "binary:logistic"), no_trees(columns, "reg:gamma")
    )
    save(bare, tmp_path / "bare")
    predicted = PurchasePredictor(load(tmp_path / "bare")).predict(table, as_of=as_of)
    pd.testing.assert_frame_equal(
        predicted, PurchasePredictor(bare).predict(table, as_of=as_of), check_exact=True
    )
    assert (predicted["basis"] == "prior").all()


def cut(folder: Path, name: str) -> None:
    content = (folder / name).read_bytes()
    (folder / name).write_bytes(content[: len(content) // 2])


def swap(folder: Path) -> None:
    (folder / "churn.ubj").rename(folder / "other")
    (folder / "spend.ubj").rename(folder / "churn.ubj")
    (folder / "other").rename(folder / "spend.ubj")


def card_is(content: bytes) -> Callable[[Path], object]:
    return lambda folder: (folder / "card.json").write_bytes(content)


def card_says(**values: object) -> Callable[[Path], object]:
    return lambda folder: rewrite(folder, lambda card: card.update(values))


SPOILED: dict[str, tuple[Callable[[Path], object], str]] = {
    "no folder": (shutil.rmtree, "card.json: cannot be read .*; is this a bundle"),
    "no card": (lambda folder: (folder / "card.json").unlink(), "card.json: cannot be read"),
    "no churn": (lambda folder: (folder / "churn.ubj").unlink(), "churn.ubj: missing; the bundle"),
    "no spend": (lambda folder: (folder / "spend.ubj").unlink(), "spend.ubj: missing; the bundle"),
    "churn cut off": (lambda folder: cut(folder, "churn.ubj"), "churn.ubj: is not the file that"),
    "card cut off": (lambda folder: cut(folder, "card.json"), "card.json: the file: Invalid JSON"),
    "boosters swapped": (swap, "churn.ubj: is not the file that card.json describes"),
    "newer format": (
        card_says(format_version=2),
        "card.json: format_version is 2, this version reads 1",
    ),
    "newer format with other keys": (
        card_says(format_version=3, tiers=[1, 2]),
        "card.json: format_version is 3, this version reads 1",
    ),
    "format is no number": (
        card_says(format_version="one"),
        "card.json: format_version is one, this version reads 1",
    ),
    "empty card": (card_is(b""), "card.json: the file: Invalid JSON"),
    "card of another kind": (card_is(b"[1, 2]"), "card.json: the file: Input should be an object"),
    "card is no text": (card_is(b"\xff\xfe\x00"), "card.json: the file: Invalid JSON"),
    "extra key": (card_says(hello=1), "card.json: hello: Extra inputs are not permitted"),
    "missing key": (
        lambda folder: rewrite(folder, lambda card: card.pop("currency")),
        "card.json: currency: Field required",
    ),
    "extra key inside the prior": (
        lambda folder: rewrite(folder, lambda card: card["prior"]["purchases"].update(rate=1)),
        r"card.json: prior.purchases.rate: ",
    ),
    "number that is none": (
        lambda folder: rewrite(folder, lambda card: card["churn"].update(shift=float("nan"))),
        "card.json: churn.shift: Input should be a finite number",
    ),
    "horizon of no days": (card_says(horizon_days=0), "card.json: horizon_days: Input should be"),
    "time without a zone": (
        card_says(trained_as_of="1998-04-01T00:00:00"),
        "card.json: trained_as_of: Input should have timezone",
    ),
    "two faults": (card_says(hello=1, horizon_days=0), "horizon_days: .*; hello: "),
    "fewer features": (
        lambda folder: rewrite(folder, lambda card: card["features"].pop()),
        r"churn.ubj: trees over \d+ features, but card.json lists \d+",
    ),
}


@pytest.mark.parametrize("fault", SPOILED)
def test_a_spoiled_bundle_says_what_is_wrong(folder: Path, fault: str) -> None:
    spoil, sentence = SPOILED[fault]
    spoil(folder)
    with pytest.raises(BundleError, match=sentence) as found:
        load(folder)
    predicted = str(found.value)
    assert predicted.startswith(str(folder))
    assert "\n" not in predicted
    assert predicted.endswith(("train again", "is this a bundle?"))


@pytest.mark.parametrize("content", [b"not a booster", b"{but no tree}", b""])
def test_a_file_that_is_described_but_no_booster_is_refused(folder: Path, content: bytes) -> None:
    """Of no bytes at all, XGBoost would end the process."""
    (folder / "churn.ubj").write_bytes(content)
    sha256 = hashlib.sha256(content).hexdigest()
    rewrite(folder, lambda card: card["churn"].update(sha256=sha256))
    with pytest.raises(BundleError, match=r"churn.ubj: not a booster.*; train again"):
        load(folder)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b'{"format_version": ' + b"[" * 100_000, "the file: Invalid JSON"),
        (b'{"format_version": "' + b"9" * 100_000 + b'"}', "this version reads 1"),
        (b" " * (MOST_CARD_BYTES + 1), "has more than 16,777,216 bytes"),
        (json.dumps(dict.fromkeys(map(str, range(9_999)))).encode(), "and .* more; train again"),
    ],
    ids=["deep", "long", "huge", "many"],
)
def test_a_card_that_was_made_to_hurt_is_one_short_sentence(
    folder: Path, content: bytes, sentence: str
) -> None:
    (folder / "card.json").write_bytes(content)
    with pytest.raises(BundleError, match=sentence) as found:
        load(folder)
    assert len(str(found.value)) < 1_000


@pytest.mark.parametrize("name", ["card.json", "churn.ubj"])
def test_a_pipe_is_no_file_of_a_bundle(folder: Path, name: str) -> None:
    """To open it would wait for ever."""
    (folder / name).unlink()
    os.mkfifo(folder / name)
    with pytest.raises(BundleError, match=f"{name}: is not a file"):
        load(folder)


def test_a_saved_bundle_is_known_as_long_as_it_is_whole(
    bundle: PurchaseBundle, folder: Path
) -> None:
    loaded = load(folder)
    assert is_saved(loaded, folder)
    (folder / "spend.ubj").write_bytes((folder / "spend.ubj").read_bytes()[:-1])
    assert not is_saved(loaded, folder)


def test_a_full_disk_is_an_error_and_leaves_the_old_bundle(
    bundle: PurchaseBundle, folder: Path, full_disk: Any
) -> None:
    """Not a bundle of half a booster, described by the hash of that half."""
    before = {name: (folder / name).read_bytes() for name in FILES}
    smallest = min(map(len, (before["churn.ubj"], before["spend.ubj"])))
    with full_disk(smallest // 2), pytest.raises(OSError, match="File too large"):
        save(bundle, folder)
    assert {name: (folder / name).read_bytes() for name in FILES} == before
    assert [each.name for each in folder.parent.iterdir()] == ["bundle"]
