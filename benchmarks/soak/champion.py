"""The champion moves, to versions of the same kind and of others, and every worker follows."""

from __future__ import annotations

import time

from benchmarks.soak.deployment import Deployment, wait_until

SWAP_SECONDS = 20.0


def move_to_the_next(deployment: Deployment, number: int) -> list[str]:
    """Another version of the same kind."""
    versions = deployment.soaked.versions
    return move(deployment, versions[number % len(versions)], f"move {number}")


def swap_currency(deployment: Deployment, pause: float) -> list[str]:
    """A champion that predicts in another currency, and back."""
    return _there_and_back(deployment, pause, "currency")


def swap_horizon(deployment: Deployment, pause: float) -> list[str]:
    """A champion with another horizon, and back."""
    return _there_and_back(deployment, pause, "horizon")


def swap_features(deployment: Deployment, pause: float) -> list[str]:
    """A champion that reads other features, and back."""
    return _there_and_back(deployment, pause, "features")


def swap_relationship(deployment: Deployment, pause: float) -> list[str]:
    """A champion of subscriptions among callers with purchases, and back."""
    return _there_and_back(deployment, pause, "relationship")


def refuse_spoiled_versions(deployment: Deployment, pause: float) -> list[str]:
    """A champion that cannot be used: the one before goes on, and /readyz says why."""
    problems = []
    live = deployment.champion
    for what, version in deployment.soaked.refused.items():
        set_champion(deployment, version)
        problems += wait_until(
            deployment,
            lambda ready: "refused" in str(ready["notice"]) and ready["model"]["version"] == live,  # type: ignore[index]
            f"{what}, which is version {version}, is refused and {live} goes on",
        )
        time.sleep(pause)
    set_champion(deployment, live)
    return problems + wait_until(
        deployment, lambda ready: ready["notice"] is None, "nothing is amiss"
    )


def move(deployment: Deployment, version: str, what: str) -> list[str]:
    """Make a version the champion; every worker must have it soon, and none go back."""
    load, observed = deployment.load, deployment.load.observed
    load.live |= {version}
    deployment.champion = version
    set_champion(deployment, version)
    moved = time.monotonic()
    while time.monotonic() < moved + SWAP_SECONDS:
        time.sleep(0.2)
        others = max(
            (observed.seen[each] for each in [*observed.seen] if each != version), default=0.0
        )
        now = time.monotonic()
        # nobody has named another for a second, and somebody has named this one
        if observed.seen.get(version, 0.0) > moved and others < now - 1.0:
            deployment.report(
                f"{what}: version {version} after {max(others - moved, 0):.1f} seconds"
            )
            load.live = frozenset({version})
            return []
    return [f"the move to version {version} was not followed within {SWAP_SECONDS:g} seconds"]


def set_champion(deployment: Deployment, version: str) -> None:
    """Move the alias, past the server of the registry."""
    from mlflow import MlflowClient

    uri = deployment.soaked.tracking_uri
    MlflowClient(uri, uri).set_registered_model_alias("clv", "champion", version)


def _there_and_back(deployment: Deployment, pause: float, kind: str) -> list[str]:
    load, soaked = deployment.load, deployment.soaked
    before, cases = deployment.champion, load.cases
    load.cases = [*cases, *soaked.other_cases]
    problems = move(deployment, soaked.other_kinds[kind], f"another {kind}")
    time.sleep(pause)
    problems += move(deployment, before, f"the {kind} of before")
    load.cases = cases
    return problems
