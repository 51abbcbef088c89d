"""Every case of a folder, judged: `python -m benchmarks.intake_cases [FOLDER]`.

A case is a folder with the source, a config.toml (or none) and an expected.toml or expected.json.
Without a folder the cases of this package are written to one. Exit code 1 where a case is wrong,
unclear, a traceback or not done in time.
"""

from __future__ import annotations

import multiprocessing
import sys
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Iterator, Sequence
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.intake_cases.judged import GOOD, WORDS, Verdict, judge
from benchmarks.intake_cases.made import CASES

SECONDS = 60.0


def main(argv: Sequence[str] | None = None) -> int:
    """Judge and print."""
    parser = ArgumentParser(prog="benchmarks.intake_cases", description=__doc__.partition("\n")[0])
    parser.add_argument("folder", nargs="?", type=Path, help="default: the cases of this package")
    parser.add_argument("--seconds", type=float, default=SECONDS, help="the longest for one case")
    arguments = parser.parse_args(argv)
    with TemporaryDirectory(prefix="perennial-cases-") as temporary:
        folder = arguments.folder or _made(Path(temporary))
        folders = sorted(each.resolve() for each in folder.iterdir() if each.is_dir())
        return _printed(folders, arguments.seconds)


def _made(folder: Path) -> Path:
    for case in CASES:
        (folder / case.name).mkdir()
        case.write(folder / case.name)
    return folder


def _printed(folders: Sequence[Path], seconds: float) -> int:
    total: Counter[str] = Counter()
    for folder, verdict in zip(folders, _judged(folders, seconds), strict=True):
        total[WORDS[verdict.kind]] += 1
        shown = f": {verdict.shown}" if verdict.shown else ""
        sys.stdout.write(f"{folder.name}: {WORDS[verdict.kind]}{shown}\n")
        sys.stdout.flush()
    sys.stdout.write(f"{len(folders)} cases: " + (", ".join(f"{n} {k}" for k, n in total.items())))
    sys.stdout.write("\n")
    return int(not total or any(kind not in {WORDS[each] for each in GOOD} for kind in total))


def _judged(folders: Sequence[Path], seconds: float) -> Iterator[Verdict]:
    """The verdicts, in order, of a process that is replaced where it hangs or dies."""
    process, ours = _started()
    for folder in folders:
        ours.send(folder)
        try:
            verdict = ours.recv() if ours.poll(seconds) else Verdict("late", f"{seconds:g} s")
        except EOFError:
            verdict = Verdict("traceback", "the process died")
        if verdict.kind == "late" or not process.is_alive():
            process.kill()
            process.join()
            process, ours = _started()
        yield verdict
    process.kill()
    process.join()


def _started() -> tuple[BaseProcess, Connection]:
    # subtle: what a fork inherits of an engine that is at work cannot be used
    context = multiprocessing.get_context("spawn")
    ours, its = context.Pipe()
    process = context.Process(target=_serve, args=(its,), daemon=True)
    process.start()
    its.close()
    return process, ours


def _serve(connection: Connection) -> None:
    while True:
        folder = connection.recv()
        try:
            connection.send(judge(folder))
        except (ValueError, OSError) as error:
            connection.send(Verdict("wrong", f"no case: {error}"))


if __name__ == "__main__":
    sys.exit(main())
