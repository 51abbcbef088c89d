"""Parts of a large response, made one after the other in threads that others use in between."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterator
from concurrent.futures import Executor


async def in_turns(parts: Iterator[bytes], threads: Executor) -> AsyncGenerator[bytes]:
    """The parts in order, each a task of its own: where nobody waits any more, no more are made."""
    loop = asyncio.get_running_loop()
    # subtle: StopIteration cannot pass through a future
    while (part := await loop.run_in_executor(threads, next, parts, None)) is not None:
        yield part
