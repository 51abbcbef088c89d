"""Which model answers now: loaded at the start, kept up to date in the background."""

from __future__ import annotations

import gc
import logging
import tempfile
import threading
from pathlib import Path

from models import bundle as bundles
from models.bundle import BundleError
from serve import last_good
from serve.errors import ServeError
from serve.registry import SCHEME, Reference, Registry
from serve.served import Served, from_folder
from serve.settings import Settings

logger = logging.getLogger(__name__)


def load(settings: Settings) -> Served:
    """The model that the settings name, once. Raises ServeError."""
    if not settings.model.startswith(SCHEME):
        return from_folder(Path(settings.model))
    registry = Registry(settings.tracking_uri)
    return _fetch(registry, registry.resolve(settings.model))


class Current:
    """Holds the model that answers.

    served   replaced by one assignment, so a request sees the old model or the new one, whole
    notice   what went wrong at the last look, or None; answers go on with what is there
    """

    def __init__(self, settings: Settings) -> None:
        self.served: Served | None = None
        self.notice: str | None = None
        self._settings = settings
        self._registry = Registry(settings.tracking_uri)
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._poll, name="model-poll", daemon=True)

    def start(self) -> None:
        """Load the model, or the last good one; then look for newer ones in the background."""
        self.refresh()
        if self._settings.poll_seconds:
            self._thread.start()

    def stop(self) -> None:
        """End the background thread."""
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join()
        gc.unfreeze()

    def require(self) -> Served:
        """The model that answers. Raises ServeError (503) when there is none."""
        if self.served is None:
            raise ServeError(f"no model is loaded: {self.notice}", status=503)
        return self.served

    def refresh(self) -> None:
        """Look once; on failure keep what there is, or fall back to the last good model."""
        try:
            found = self._newer()
        except ServeError as error:
            self._fall_back(str(error))
            return
        self.notice = None
        if found is not None:
            self._swap(found)

    def _newer(self) -> Served | None:
        """The model to swap in, or None when it is in place already."""
        if not self._settings.model.startswith(SCHEME):
            return from_folder(Path(self._settings.model)) if self.served is None else None
        reference = self._registry.resolve(self._settings.model)
        if self.served is not None and reference == _reference(self.served):
            return None
        found = _fetch(self._registry, reference)
        last_good.keep(_kept(self._settings), found, self._settings.model)
        return found

    def _fall_back(self, problem: str) -> None:
        if self.served is None:
            kept = last_good.recall(_kept(self._settings), self._settings.model)
            if kept is not None:
                self._swap(kept)
        if problem != self.notice:
            logger.warning("%s", problem)
        self.notice = problem

    def _swap(self, found: Served) -> None:
        self.served = found
        logger.info("serving %s version %s from %s", found.name, found.version, found.source)
        # the imported modules outlive every request: keep the collector from walking them
        gc.collect()
        gc.freeze()

    def _poll(self) -> None:
        while not self._stopped.wait(self._settings.poll_seconds):
            try:
                self.refresh()
            except Exception:
                logger.exception("looking for a newer model failed; the next look may succeed")


def _fetch(registry: Registry, reference: Reference) -> Served:
    """Download and load a version."""
    with tempfile.TemporaryDirectory(prefix="perennial-") as temporary:
        folder = registry.fetch(reference, Path(temporary))
        try:
            bundle = bundles.load(folder)
        except BundleError as error:
            raise ServeError(
                f"{SCHEME}{reference.name}/{reference.version}: {error}", status=503
            ) from None
    return Served(
        bundle=bundle,
        name=reference.name,
        version=reference.version,
        run_id=reference.run_id,
        source="registry",
    )


def _reference(served: Served) -> Reference:
    return Reference(served.name, served.version, served.run_id)


def _kept(settings: Settings) -> Path:
    return settings.var / "last_good"
