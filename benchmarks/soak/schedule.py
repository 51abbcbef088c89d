"""Which faults are injected, in which order, and what kind each is of."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from benchmarks.soak import champion, hostile_callers, process_faults, registry_faults, store_faults
from benchmarks.soak.deployment import Deployment
from benchmarks.soak.figures import Figures, Resources

Fault = Callable[[Deployment, float], list[str]]

FAULTS: dict[str, list[Fault]] = {
    "registry": [
        registry_faults.stop_registry,
        registry_faults.hang_registry,
        registry_faults.answer_nonsense,
        champion.refuse_spoiled_versions,
    ],
    "store": [
        store_faults.stop_store,
        store_faults.crash_store,
        store_faults.publish_batch,
        store_faults.kill_store,
        store_faults.take_every_connection,
        store_faults.hang_store,
        store_faults.kill_a_scoring,
        store_faults.kill_store_under_a_scoring,
    ],
    "champion": [
        champion.swap_currency,
        champion.swap_horizon,
        champion.swap_features,
        champion.swap_relationship,
    ],
    "callers": [
        hostile_callers.send_nonsense,
        hostile_callers.guess_keys,
        hostile_callers.send_half_a_head,
        hostile_callers.open_and_drop,
        hostile_callers.send_slowly,
        hostile_callers.read_nothing,
    ],
    "processes": [process_faults.kill_a_worker, process_faults.share_the_state],
}
SETTLE_SECONDS = 3.0


def run_faults(
    deployment: Deployment, figures: Figures, seconds: float, only: Sequence[str] = ()
) -> None:
    """Inject each fault in turn, the champion moving before each; what was seen is in `figures`.

    seconds   about how long all of it takes, beside what the faults themselves need
    only      names of faults, or of kinds; default: all
    """
    chosen = [
        (kind, each)
        for kind, faults in FAULTS.items()
        for each in faults
        if not only or {kind, each.__name__} & set(only)
    ]
    pause = seconds / (2 * len(chosen) + 2)
    figures.left_unread = any(each is hostile_callers.read_nothing for _, each in chosen)
    for number, (kind, fault) in enumerate(chosen, start=1):
        figures.problems += champion.move_to_the_next(deployment, number)
        time.sleep(pause)
        if number == 1:
            figures.early = Resources.of(deployment.service)
        deployment.report(f"{kind}: {fault.__name__.replace('_', ' ')}")
        found = fault(deployment, pause)
        figures.injected[kind] += 1
        figures.problems += [f"{fault.__name__}: {each}" for each in found]
        for each in found:
            deployment.report(f"PROBLEM {each}")
    time.sleep(SETTLE_SECONDS)
    figures.late = Resources.of(deployment.service)
    figures.problems += figures.growth()
