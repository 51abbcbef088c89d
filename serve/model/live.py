"""The model that predicts now: loaded at the start, replaced in the background."""

from __future__ import annotations

import gc
import logging
import threading
from collections.abc import Callable
from pathlib import Path

from features.draft_folders import scratch_folder, sweep
from models import bundle as bundles
from models.bundle import BundleError
from models.registry_address import SCHEME
from serve.api.responses import Candidate
from serve.errors import ServeError
from serve.metrics import record as metrics
from serve.model import last_good
from serve.model.loaded import LoadedModel, from_folder
from serve.model.registry import Reference, Refused, Registry
from serve.settings import Settings

logger = logging.getLogger(__name__)

STOP_SECONDS = 1.0


def load(settings: Settings) -> LoadedModel:
    """The model that the settings name, once. Raises ServeError."""
    if not settings.model.startswith(SCHEME):
        return from_folder(Path(settings.model))
    registry = Registry(settings.tracking_uri)
    return _fetch(registry, registry.resolve(settings.model))


class LiveModel:
    """Holds the loaded model, and follows the registry's alias.

    loaded       replaced by one assignment, so a request sees the old model or the new one, whole
    candidate    the version that the registry names instead, while it loads or when it was refused
    registry_up  whether the registry answered at the last refresh; None where none is asked
    notice       what is not as it should be, or None; predictions go on with what is there
    """

    def __init__(self, settings: Settings, check: Callable[[LoadedModel], None]) -> None:
        """Loads nothing yet. check: raises Refused for a model that must not be used"""
        self.loaded: LoadedModel | None = None
        self.candidate: Candidate | None = None
        self.registry_up: bool | None = None
        self.notice: str | None = None
        self._settings, self._check = settings, check
        self._registry = Registry(settings.tracking_uri)
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._poll, name="model-poll", daemon=True)

    def start(self) -> None:
        """Load the model, or the last good one; then look for newer ones in the background."""
        for folder in ("", "last_good", "backtest"):
            sweep(self._settings.var / folder)
        self.refresh()
        if self._settings.poll_seconds:
            self._thread.start()

    def stop(self) -> None:
        """End the background thread; one that waits for the registry is left to itself."""
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join(STOP_SECONDS)
        gc.unfreeze()

    def require(self) -> LoadedModel:
        """The loaded model. Raises ServeError (503) when there is none."""
        if self.loaded is None:
            raise ServeError(f"no model is loaded: {self.notice}", status=503)
        return self.loaded

    def refresh(self) -> None:
        """Look once; on failure keep what there is, or fall back to the last good model."""
        self._update()
        metrics.set_health(registry=self.registry_up)
        candidate = self.candidate
        metrics.set_candidate(
            candidate.version if candidate else "", candidate.state if candidate else ""
        )

    def _update(self) -> None:
        if not self._settings.model.startswith(SCHEME):
            self._load_folder()
            return
        try:
            reference = self._registry.resolve(self._settings.model)
        except ServeError as error:
            self.registry_up = False
            self._fall_back(str(error))
            return
        self.registry_up = True
        metrics.set_refreshed()
        if self.loaded is not None and reference == _reference(self.loaded):
            self.candidate, self.notice = None, None
        elif self.candidate is None or not self._was_refused(reference):
            self._load_version(reference)

    def _load_folder(self) -> None:
        if self.loaded is not None:
            return
        try:
            found = from_folder(Path(self._settings.model))
            self._check(found)
        except ServeError as error:
            self._fall_back(str(error))
            return
        self.notice = None
        self._swap(found)

    def _load_version(self, reference: Reference) -> None:
        """Load and check a version while the one before goes on predicting; then swap."""
        self.candidate = Candidate(version=reference.version, state="loading")
        try:
            found = _fetch(self._registry, reference)
            self._check(found)
        except Refused as error:
            self.candidate = Candidate(
                version=reference.version, state="refused", reason=str(error)
            )
            self._fall_back(str(error))
            return
        except ServeError as error:
            self.registry_up, self.candidate = False, None
            self._fall_back(str(error))
            return
        last_good.save(_last_good_folder(self._settings), found, self._settings.model)
        self.candidate, self.notice = None, None
        self._swap(found)

    def _was_refused(self, reference: Reference) -> bool:
        """Whether this version was refused before; it is not going to get better."""
        known = self.candidate
        return known is not None and (known.version, known.state) == (reference.version, "refused")

    def _fall_back(self, problem: str) -> None:
        if self.loaded is None and self._settings.model.startswith(SCHEME):
            found = last_good.load(_last_good_folder(self._settings), self._settings.model)
            if found is not None:
                self._swap(found)
        if problem != self.notice:
            logger.warning("%s", problem)
        self.notice = problem

    def _swap(self, found: LoadedModel) -> None:
        self.loaded = found
        trained = found.bundle.card.trained_as_of
        metrics.set_model(found.name, found.version, found.source, trained)
        logger.info("serving %s version %s from %s", found.name, found.version, found.source)
        # the imported modules outlive every request: keep the collector from walking them
        gc.collect()
        gc.freeze()

    def _poll(self) -> None:
        while not self._stopped.wait(self._settings.poll_seconds):
            try:
                self.refresh()
            except Exception:
                logger.exception("looking for a newer model failed; the next attempt may succeed")


def _fetch(registry: Registry, reference: Reference) -> LoadedModel:
    """Download and load a version. Raises ServeError; Refused for one that cannot be used."""
    address = f"{SCHEME}{reference.name}/{reference.version}"
    try:
        with scratch_folder() as folder:
            bundle = bundles.load(registry.fetch(reference, folder))
    except BundleError as error:
        raise Refused(f"{address}: refused: {error}", status=503) from None
    except OSError as error:
        raise ServeError(
            f"{address}: cannot be stored while it is loaded: {error.strerror or error}; is there "
            "space for temporary files?",
            status=503,
        ) from None
    return LoadedModel(
        bundle=bundle,
        name=reference.name,
        version=reference.version,
        run_id=reference.run_id,
        source="registry",
    )


def _reference(model: LoadedModel) -> Reference:
    return Reference(model.name, model.version, model.run_id)


def _last_good_folder(settings: Settings) -> Path:
    return settings.var / "last_good"
