"""A bar while the client asks about many customers, on a terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

DELAY_SECONDS = 2.0


@contextmanager
def customers_bar(total: int, progress: bool | None) -> Iterator[Callable[[int], object]]:
    """Yields what is told of customers that were answered.

    progress  None: where stderr is a terminal
    """
    from tqdm import tqdm

    disable = None if progress is None else not progress
    with tqdm(
        total=total, unit=" customers", disable=disable, delay=DELAY_SECONDS, leave=False
    ) as bar:
        yield bar.update
