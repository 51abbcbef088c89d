"""What a whole run shares, however many processes it has, and what must be gone at its end."""

from __future__ import annotations

import fcntl
import gc
import json
import os
import resource
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

pytest_plugins = ("tests.postgresql_server",)

ROOT = Path(__file__).resolve().parent.parent
CHROMIUMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
START_SECONDS = 90.0
END_SECONDS = 10.0
# Files and folders of tests, those that take longest first; a process takes one file at a time.
LONG = (
    "train/commands/test_purchases",
    "test_notebooks",
    "train/estimator",
    "serve/test_schemathesis",
    "train/report",
    "train/commands",
    "serve/commands/test_release",
    "serve/page/test_page",
    "serve/store",
    "train/tuning",
    "train/subscriptions",
    "train/purchases",
    "serve/test_hostile",
    "serve/model",
    "train",
    "serve",
    "upgrade",
)
# Files whose tests need the same large log, the same training or database server: one process has
# it for all.
TOGETHER = (
    {
        "features/ingest/test_postgresql",
        "serve/store/test_address",
        "serve/store/test_damage",
        "serve/store/test_listing",
        "serve/store/test_publish",
        "serve/store/test_replica",
        "serve/store/test_score_into_store",
        "serve/store/test_transactions",
    },
    {
        "models/purchases/test_explain",
        "models/purchases/test_horizon_laws",
        "models/purchases/test_prediction_basis",
        "models/purchases/test_predictor",
        "models/segmentation/test_assign",
        "models/test_bundle",
        "models/test_intervals",
        "models/test_tree_arrays",
    },
    {
        "features/compiled/test_single_customer",
        "features/ingest/test_policies",
        "features/purchases/test_labels",
        "features/purchases/test_table_laws",
        "features/purchases/test_table_oracle",
        "features/test_dataset",
    },
    {
        "train/estimator/test_customer_value",
        "train/estimator/test_same_numbers",
    },
    {
        "train/purchases/test_baselines",
        "train/purchases/test_calibration",
        "train/purchases/test_coverage",
        "train/purchases/test_horizons",
        "train/purchases/test_properness",
        "train/purchases/test_snapshots",
    },
)
# In the environment of everything that a run starts, and so of what it forgets to end, too.
RUN = "PERENNIAL_TESTS_RUN"
QUIET = {
    "BENTOML_DO_NOT_TRACK": "True",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "OTEL_SDK_DISABLED": "true",
    # Threads that wait spin by default, and nothing here is large enough for several.
    "OMP_WAIT_POLICY": "PASSIVE",
    "OPENBLAS_NUM_THREADS": "1",
}
for _name, _value in QUIET.items():
    os.environ.setdefault(_name, _value)
# Modules are there to stay: nobody looks for garbage among them, now or later.
gc.disable()


# ------------------------------------------------------------------------------ a run and its end


@pytest.hookimpl(tryfirst=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    """The first process of a run makes the folder that all of them share."""
    if not hasattr(session.config, "workerinput"):
        os.environ[RUN] = tempfile.mkdtemp(prefix="perennial-tests-")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Gives a process a file at a time, or all that belong together."""
    from xdist.scheduler import LoadFileScheduling

    class Together(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            file = nodeid.partition("::")[0]
            name = file.removeprefix("tests/").removesuffix(".py")
            return next((min(each) for each in TOGETHER if name in each), file)

    return Together(config, log) if config.getoption("dist") == "loadfile" else None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Where several processes share the work, what takes long begins first."""
    if hasattr(config, "workerinput"):
        items.sort(key=_place)


def pytest_collection_finish() -> None:
    """Everything is imported."""
    gc.freeze()
    gc.enable()


def pytest_unconfigure() -> None:
    """Some libraries report what is still there when Python ends."""
    gc.unfreeze()


def _place(item: pytest.Item) -> int:
    name = item.path.relative_to(ROOT / "tests").as_posix()
    return next((at for at, each in enumerate(LONG) if name.startswith(each)), len(LONG))


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Ends the shared services; a process that is left after that fails the run."""
    for process in STARTED:
        process.returncode = process.poll() or 0  # or Python complains of those that go on
    if hasattr(session.config, "workerinput"):
        return
    folder = Path(os.environ[RUN])
    for each in folder.glob("*.service"):
        end_with_children(json.loads(each.read_text())["pid"])
    left = _wait_for_the_others(str(folder))
    session.config.stash[LEFT] = [" ".join(_command(each))[:200] for each in left]
    for each in left:
        each.kill()
    if left:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
    shutil.rmtree(folder, ignore_errors=True)


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Names the processes that the tests left running."""
    for each in config.stash.get(LEFT, []):
        terminalreporter.write_line(f"LEFT RUNNING by the tests, and killed: {each}", red=True)


LEFT = pytest.StashKey[list[str]]()


def _wait_for_the_others(run: str) -> list[psutil.Process]:
    """The processes of a run beside this one that do not end on their own."""
    deadline = time.monotonic() + END_SECONDS
    while left := [each for each in psutil.process_iter() if _belongs(each, run)]:
        if time.monotonic() > deadline:
            break
        time.sleep(0.05)
    return left


def _belongs(process: psutil.Process, run: str) -> bool:
    try:
        ours = process.environ().get(RUN) == run
        return ours and process.pid != os.getpid() and process.status() != psutil.STATUS_ZOMBIE
    except (psutil.Error, OSError):
        return False  # gone, or of somebody else


def _command(process: psutil.Process) -> list[str]:
    try:
        return [str(process.pid), *process.cmdline()]
    except psutil.Error:
        return [str(process.pid)]


def end_with_children(pid: int) -> None:
    """Kill a process and all that it has started, whatever sessions they lead."""
    try:
        first = psutil.Process(pid)
        # the first of them first: it would start the others again
        found = [first, *first.children(recursive=True)]
    except psutil.NoSuchProcess:
        return
    for each in found:
        try:
            each.kill()
        except psutil.NoSuchProcess:
            continue
    psutil.wait_procs(found, timeout=END_SECONDS)


def _alive(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


# -------------------------------------------------------------------------- once for all processes


@dataclass(frozen=True)
class Shared:
    """A folder that all processes of a run see."""

    folder: Path

    def once(self, name: str, make: Callable[[Path], object]) -> Path:
        """The folder of this name, filled by whoever asks first. Read it, or take a copy."""
        place = self.folder / name
        with self.locked(name):
            if not (done := self.folder / f"{name}.done").exists():
                shutil.rmtree(place, ignore_errors=True)
                place.mkdir()
                make(place)
                done.touch()
        return place

    @contextmanager
    def locked(self, name: str) -> Iterator[None]:
        """One process at a time."""
        with (self.folder / f"{name}.lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield


@pytest.fixture(scope="session")
def shared() -> Shared:
    return Shared(Path(os.environ[RUN]))


@pytest.fixture(scope="session")
def tracking_database(shared: Shared) -> Callable[[Path], Path]:
    """Puts an empty database of MLflow into a folder: a copy, as to make one takes a second."""

    def make(folder: Path) -> None:
        from train.tracking.mlflow_library import library

        library().MlflowClient(f"sqlite:///{folder / 'mlflow.db'}").search_experiments()

    def copy(folder: Path) -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copy(shared.once("tracking", make) / "mlflow.db", folder)
        return folder

    return copy


@pytest.fixture
def full_disk() -> Callable[[int], AbstractContextManager[None]]:
    """Inside of it no file of this process grows beyond so many bytes: writing fails."""

    @contextmanager
    def limited(most_bytes: int) -> Iterator[None]:
        before = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, before[1]))
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)

    return limited


# ------------------------------------------------------------------------ processes of their own


@dataclass(frozen=True)
class Service:
    """A service process of its own, and the file that it prints to."""

    address: str
    printed: Path
    pid: int

    def wait_until_ready(self) -> None:
        """Returns when it answers; fails when it has ended, or takes too long."""
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and _alive(self.pid):
            try:
                if httpx.get(f"{self.address}/readyz", timeout=5).status_code == 200:
                    return
            except httpx.TransportError:
                time.sleep(0.1)
        pytest.fail(f"the service did not start: {self.printed.read_text()}")

    def end(self) -> None:
        """With its workers, and at once."""
        end_with_children(self.pid)


Start = Callable[..., Service]
STARTED: list[subprocess.Popen[bytes]] = []


@pytest.fixture(scope="session")
def start_service() -> Start:
    """Starts `bentoml serve` on a free port of 127.0.0.1; who starts one ends it."""

    def start(what: str, folder: Path, environment: Mapping[str, str], cwd: Path = ROOT) -> Service:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        command: Sequence[str] = [
            *(sys.executable, "-m", "bentoml", "serve", what),
            *("--host", "127.0.0.1", "--port", str(port)),
        ]
        kept = {name: each for name, each in os.environ.items() if "PERENNIAL_" not in name}
        printed = folder / "server.log"
        with printed.open("wb") as output:
            process = subprocess.Popen(
                command,
                cwd=cwd,
                env={**kept, RUN: os.environ[RUN], **environment},
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        STARTED.append(process)
        return Service(f"http://127.0.0.1:{port}", printed, process.pid)

    return start


@pytest.fixture(scope="session")
def shared_service(shared: Shared) -> Callable[[str, Callable[[], Service]], Service]:
    """The service of a name, started by whoever asks first; it ends with the run."""

    def get(name: str, start: Callable[[], Service]) -> Service:
        note = shared.folder / f"{name}.service"
        with shared.locked(name):
            if not note.exists():
                made = start()
                told = {"address": made.address, "printed": str(made.printed), "pid": made.pid}
                note.write_text(json.dumps(told))
        told = json.loads(note.read_text())
        return Service(told["address"], Path(told["printed"]), told["pid"])

    return get


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """A real Chromium, closed with the module: its event loop would be in the way of others."""
    from playwright.sync_api import Error, sync_playwright

    with sync_playwright() as playwright:
        found = next(filter(None, map(shutil.which, CHROMIUMS)), None)
        try:
            # no sandbox: there is none for root, and nothing but our own page is opened
            started = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        except Error as error:
            pytest.skip(
                "no Chromium: install one, on Debian: apt-get install chromium, elsewhere: "
                f"python -m playwright install chromium ({str(error).splitlines()[0]})"
            )
        yield started
        started.close()
