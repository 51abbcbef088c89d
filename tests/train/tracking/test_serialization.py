from __future__ import annotations

import numpy as np
import pytest

from train.tracking.serialization import batches, flat, redacted, requirements, shortened, to_json


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("postgres://u:p@h:1/d?table=t", "postgres://***@h:1/d?table=t"),
        ("https://h/x?a=1&token=abc&b=2", "https://h/x?a=1&token=***&b=2"),
        ("GET http://u:p@h failed, http://v:q@h too", "GET http://***@h failed, http://***@h too"),
        ("sqlite:///var/mlflow.db me@example.com", "sqlite:///var/mlflow.db me@example.com"),
    ],
)
def test_credentials_are_taken_out_of_addresses(text: str, shown: str) -> None:
    assert redacted(text) == shown


def test_no_password_reaches_params_tags_or_documents() -> None:
    address = "postgres://u:geheim@h/d"
    assert "geheim" not in shortened(address, 50) + to_json({"a": [address]})


def test_nested_settings_get_dotted_names() -> None:
    assert flat({"a": {"b": {"c": 1}, "d": 2}, "e": 3}) == {"a.b.c": 1, "a.d": 2, "e": 3}


def test_only_installed_packages_are_required() -> None:
    assert requirements("numpy", "no-such-package") == [f"numpy=={np.__version__}"]


def test_batches_hold_everything_in_order() -> None:
    assert list(batches(range(5), 2)) == [[0, 1], [2, 3], [4]]
