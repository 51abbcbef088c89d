"""vl-convert, which draws charts and bundles the page's script, where it can be started."""

from __future__ import annotations

import resource
from types import ModuleType

from features.errors import DataError

ADDRESSES = (
    "charts cannot be drawn under a limit of virtual memory (ulimit -v): what draws them reserves "
    "many gigabytes of addresses, not of memory; take the limit away"
)


def can_draw() -> bool:
    """Whether this process may reserve the addresses that the library's JavaScript engine wants.

    subtle: under any limit the engine ends the process, which nothing can catch.
    """
    return resource.getrlimit(resource.RLIMIT_AS)[0] == resource.RLIM_INFINITY


def drawing_library() -> ModuleType:
    """The library, imported on first use. Raises DataError where it would end the process."""
    if not can_draw():
        raise DataError(ADDRESSES)
    import vl_convert

    found: ModuleType = vl_convert
    return found
