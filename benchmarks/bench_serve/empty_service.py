"""An endpoint that does nothing, as BentoML serves it: what there is to be gained at most."""

from __future__ import annotations

import bentoml
from pydantic import BaseModel


class Nothing(BaseModel):
    """A dict would cost BentoML half a millisecond: it makes its schema anew for each reply."""


@bentoml.service(name="empty", logging={"access": {"enabled": False}})
class Lean:
    """Without an access log; traces are switched off by the environment."""

    @bentoml.api  # type: ignore[untyped-decorator]
    async def nothing(self) -> Nothing:
        """An empty reply."""
        return Nothing()


@bentoml.service(name="empty_by_default")
class ByDefault:
    """As it comes."""

    @bentoml.api  # type: ignore[untyped-decorator]
    async def nothing(self) -> Nothing:
        """An empty reply."""
        return Nothing()
