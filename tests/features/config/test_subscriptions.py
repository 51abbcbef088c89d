"""The configuration of a problem with subscribers."""

from __future__ import annotations

from pathlib import Path

import pytest

from features.config.read import read_config, read_purchase_config, read_subscription_config
from features.errors import ConfigError

ROOT = Path(__file__).resolve().parents[3]


def test_configurations_of_either_kind_are_distinguished() -> None:
    subscriptions, purchases = ROOT / "configs/telco.toml", ROOT / "configs/cdnow.toml"
    assert read_config(subscriptions) == read_subscription_config(subscriptions)
    assert read_config(purchases) == read_purchase_config(purchases)
    with pytest.raises(ConfigError, match=r"problem\.relationship is 'contract'"):
        read_purchase_config(subscriptions)


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ('tenure = "tenure_months"', "", "data.columns must name either start"),
        ('known_until = "2018-01-01"', "", "data must name known_until"),
        ('tenure = "tenure_months"', 'start = "s"\n', ""),
        ('departures = "all"', 'departures = "some"', "data.departures must be one of 'all'"),
        ('"gender"', '"contract"', "data must name each source column once, but contract"),
        ('"gender"', '"amount"', "data must not name an attribute amount"),
        ("relationship", "relation", "problem.relation is an unknown key, did you mean relat"),
        ('departures = "all"', "guests = 1", "data.guests is an unknown key, known are "),
    ],
)
def test_each_violation_is_a_sentence(tmp_path: Path, old: str, new: str, sentence: str) -> None:
    text = (ROOT / "configs/telco.toml").read_text(encoding="utf-8")
    path = tmp_path / "x.toml"
    path.write_text(text.replace(old, new))
    if not sentence:
        assert read_subscription_config(path).data.columns.start == "s"
        return
    with pytest.raises(ConfigError) as caught:
        read_subscription_config(path)
    assert str(caught.value).startswith(f"{path}: {sentence}")
