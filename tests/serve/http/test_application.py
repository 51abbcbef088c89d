"""Where the service starts and where it must not."""

from __future__ import annotations

import os
import socket
from typing import Any

import click
import pytest
from bentoml._internal.utils.analytics import usage_stats
from bentoml.exceptions import BentoMLConfigException

from serve.errors import ServeError
from serve.http.api_keys import make_key
from serve.http.application import (
    StartupCheck,
    _bound_address,
    check_environment,
    disable_usage_reports,
)


@pytest.fixture(autouse=True)
def _without_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PERENNIAL_API_KEYS", "PERENNIAL_API_KEYS_FILE"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost", None])
def test_without_keys_it_starts_on_this_machine(host: str | None) -> None:
    assert check_environment(host).api_keys == ""


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.0.0.7"])
def test_without_keys_it_does_not_start_for_others(
    host: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ServeError, match=f"it was to be bound to {host}"):
        check_environment(host)
    monkeypatch.setenv("PERENNIAL_API_KEYS", make_key("crm")["line"])
    assert check_environment(host).api_keys


def test_the_command_ends_with_one_sentence() -> None:
    context = click.Context(click.Command("serve"))
    context.params["host"] = "0.0.0.0"
    with context, pytest.raises(BentoMLConfigException, match="set PERENNIAL_API_KEYS or"):
        StartupCheck.check()


def test_a_setting_that_cannot_be_used_is_reported_before_a_worker_starts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PERENNIAL_MAX_IN_FLIGHT", "none")
    with pytest.raises(BentoMLConfigException, match="PERENNIAL_MAX_IN_FLIGHT must be a whole"):
        StartupCheck.check()


def test_a_worker_knows_the_address_of_its_socket() -> None:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        assert _bound_address(["worker", "--fd", str(listening.fileno())]) == "127.0.0.1"
        os.fstat(listening.fileno())
    assert _bound_address(["pytest"]) is None


def test_nothing_is_reported_to_the_makers_of_bentoml(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BENTOML_DO_NOT_TRACK", "False")
    asked: Any = usage_stats.do_not_track
    asked.cache_clear()
    assert asked() is False
    monkeypatch.delenv("BENTOML_DO_NOT_TRACK")
    disable_usage_reports()
    assert asked() is True
