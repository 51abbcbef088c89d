from __future__ import annotations

from pathlib import Path

import pytest

from serve.errors import ServeError
from serve.settings import read_settings


def test_an_empty_environment_serves_the_champion_of_the_local_store() -> None:
    settings = read_settings({"PERENNIAL_MODEL": ""})
    assert settings.model == "models:/clv@champion"
    assert settings.var == Path("var").absolute()
    assert settings.tracking_uri == f"sqlite:///{settings.var}/mlflow.db"


def test_the_environment_is_obeyed() -> None:
    settings = read_settings(
        {
            "PERENNIAL_VAR": "/srv/state",
            "PERENNIAL_MODEL": "models:/clv/7",
            "PERENNIAL_MAX_BODY_BYTES": "1000",
            "PERENNIAL_POLL_SECONDS": "0.5",
            "PERENNIAL_API_KEYS": "crm:abc",
            "PERENNIAL_API_KEYS_FILE": "/run/keys",
            "PERENNIAL_RATE_PER_SECOND": "50",
            "PERENNIAL_MAX_IN_FLIGHT": "9",
            "PERENNIAL_BODY_SECONDS": "5",
            "PERENNIAL_TIMEOUT_SECONDS": "7",
            "PERENNIAL_DRAIN_SECONDS": "0",
            "PERENNIAL_ACCESS_LOG": "all",
            "MLFLOW_TRACKING_URI": "http://ann:sesame@tracking:5000",
        }
    )
    assert (settings.var, settings.model) == (Path("/srv/state"), "models:/clv/7")
    assert (settings.max_body_bytes, settings.poll_seconds) == (1000, 0.5)
    assert settings.tracking_uri == "http://ann:sesame@tracking:5000"
    assert settings.api_keys_file == Path("/run/keys")
    assert (settings.rate_per_second, settings.max_in_flight) == (50, 9)
    assert (settings.body_seconds, settings.timeout_seconds) == (5, 7)
    assert (settings.drain_seconds, settings.access_log) == (0, "all")
    assert not any(secret in repr(settings) for secret in ("sesame", "crm:abc"))


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("MAX_BODY_BYTES", "many", 'must be a whole number, got "many"'),
        ("MAX_BODY_BYTES", "0", 'must be positive, got "0"'),
        ("POLL_SECONDS", "-1", 'must be at least 0.0, got "-1"'),
        ("POLL_SECONDS", "nan", "must be"),
        ("BODY_SECONDS", "0", "must be positive"),
        ("RATE_PER_SECOND", "-1", "must be at least 0"),
        ("ACCESS_LOG", "some", "must be"),
        ("MODEL", "models:/clv@", "must be models:/name@alias"),
        ("MODEL", "models:clv", "must be models:/name@alias"),
    ],
)
def test_a_bad_value_is_one_sentence(name: str, value: str, sentence: str) -> None:
    with pytest.raises(ServeError) as found:
        read_settings({f"PERENNIAL_{name}": value})
    assert str(found.value).startswith(f"environment: PERENNIAL_{name} {sentence}")
