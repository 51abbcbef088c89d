"""Studies are kept as data in one file: bounded, made whole, and refused where they are spoiled."""

from __future__ import annotations

import shutil
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from features.config.sections import Boosting
from train.tuning import studies
from train.tuning.stored_trials import finished
from train.tuning.studies import library, open_study

GAIN = {"mean": 0.1, "sd": 0.05, "least": 0.01}
STORED: dict[str, Any] = {"settings": Boosting().model_dump(), "by_origin": [0.5], "gain": GAIN}


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file without a study, as to make one takes a second."""
    folder = tmp_path_factory.mktemp("empty")
    open_study(folder, "churn-a")
    library().delete_study(study_name="churn-a", storage=f"sqlite:///{folder / 'tuning.db'}")
    return folder / "tuning.db"


@pytest.fixture
def var(tmp_path: Path, empty: Path) -> Path:
    shutil.copy(empty, tmp_path)
    return tmp_path


def add_trial(study: Any, loss: float = 0.5, **changes: Any) -> None:
    attributes = {name: each for name, each in (STORED | changes).items() if each is not None}
    study.add_trial(library().trial.create_trial(value=loss, user_attrs=attributes))


def test_a_trial_is_read_as_it_was_stored(var: Path) -> None:
    add_trial(open_study(var, "churn-a"))
    [found] = finished(open_study(var, "churn-a"))
    assert (found.loss, found.by_origin, found.settings) == (0.5, (0.5,), Boosting())
    assert (found.gain.mean, found.gain.sd, found.gain.least) == tuple(GAIN.values())


@pytest.mark.parametrize(
    "changes",
    [
        *({"settings": None}, {"settings": 3}, {"settings": {"max_depth": "deep"}}),
        *({"by_origin": "x"}, {"gain": {"mean": 1.0}}, {"gain": None}),
    ],
    ids=str,
)
def test_a_trial_that_cannot_be_read_is_one_sentence(var: Path, changes: dict[str, Any]) -> None:
    study = open_study(var, "churn-a")
    add_trial(study, **changes)
    with pytest.raises(ConnectionError, match=r"cannot be read \(.*\); remove it"):
        finished(study)


def test_a_file_that_was_spoiled_meanwhile_is_one_sentence(var: Path) -> None:
    study = open_study(var, "churn-a")
    with closing(sqlite3.connect(var / "tuning.db")) as database, database:
        database.execute("DROP TABLE trials")
    with pytest.raises(ConnectionError, match=r"tuning.db: cannot be used \(.*\); remove it"):
        finished(study)


def test_studies_of_earlier_code_go_when_there_are_too_many(
    var: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(studies, "MOST_STUDIES", 3)
    for number in range(5):
        add_trial(open_study(var, f"churn-{number}"))
    names = library().get_all_study_names(f"sqlite:///{var / 'tuning.db'}")
    assert names == ["churn-2", "churn-3", "churn-4"]
    assert len(finished(open_study(var, "churn-3"))) == 1


def test_who_comes_at_once_shares_one_file_and_one_study(tmp_path: Path) -> None:
    with ThreadPoolExecutor(2) as both:
        list(both.map(lambda _: open_study(tmp_path, "churn-a"), range(2)))
    assert library().get_all_study_names(f"sqlite:///{tmp_path / 'tuning.db'}") == ["churn-a"]
    assert {each.name for each in tmp_path.iterdir()} == {"tuning.db", ".tuning.lock"}


def test_a_folder_without_room_is_one_sentence_and_leaves_no_file(
    tmp_path: Path, full_disk: Any
) -> None:
    with full_disk(5_000), pytest.raises(ConnectionError, match="cannot be used"):
        open_study(tmp_path, "churn-a")
    assert [each.name for each in tmp_path.iterdir()] == [".tuning.lock"]
    open_study(tmp_path, "churn-a")
