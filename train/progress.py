"""A bar on a terminal, silence elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tqdm import tqdm

Step = Callable[[str], None]


@contextmanager
def bar(title: str, steps: int) -> Iterator[Step]:
    """Yields what to call after each finished step, with the name of that step."""
    with tqdm(
        total=steps, desc=title, file=sys.stderr, disable=None, leave=False, unit="step"
    ) as shown:

        def step(name: str) -> None:
            shown.set_postfix_str(name)
            shown.update()

        yield step
