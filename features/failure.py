"""How a command that fails ends: one sentence, and an exit code."""

from __future__ import annotations

import errno
import os
import sqlite3
import traceback
from pathlib import Path

from features.redaction import redacted

ROOT = Path(__file__).resolve().parent.parent
LONGEST = 300
# What libraries say that have an exception of their own for it.
WITHOUT_MEMORY = ("bad_alloc", "bad allocation", "Out of Memory", "can't start new thread")
REPAIRS = {
    errno.ENOSPC: "free some space",
    errno.EDQUOT: "free some space",
    errno.EROFS: "choose another folder",
    errno.EACCES: "choose another place, or change its owner or mode",
    errno.EPERM: "choose another place, or change its owner or mode",
    errno.ENAMETOOLONG: "choose a shorter name",
    errno.EMFILE: "raise the limit: ulimit -n",
    errno.ELOOP: "a link that leads to itself: remove it",
    errno.ENOMEM: "give it more memory, or less data",
}


def failure(error: BaseException) -> tuple[int, str]:
    """The exit code, and a sentence for stderr.

    130 for Ctrl-C, 143 for SIGTERM, 141 for a reader that went away, 2 for what this machine
    cannot do, 1 for a defect of ours.

    PERENNIAL_TRACEBACK=1 adds the traceback, without credentials.
    """
    code, sentence = _sentence(error)
    if os.environ.get("PERENNIAL_TRACEBACK"):
        sentence = "".join([*traceback.format_exception(error), sentence])
    return code, redacted(sentence)


def _sentence(error: BaseException) -> tuple[int, str]:
    match error:
        case KeyboardInterrupt():
            return 130, "interrupted; nothing half-written is left"
        case SystemExit(code=143):
            return 143, "ended by SIGTERM; nothing half-written is left"
        case BrokenPipeError():
            return 141, "nobody reads what this command prints: Broken pipe"
        case MemoryError():
            return 2, "out of memory; give it more, or less data"
        case UnicodeEncodeError():
            return 2, _encoding(error)
        case ImportError():
            text = f"a library cannot be loaded: {_line(error)}"
            return 2, f"{text}; is everything installed, and is there memory enough?"
        case OSError() if error.errno:
            return 2, _system(error)
        case sqlite3.Error():
            return 2, f"the database cannot be used: {_line(error)}"
    if any(each in str(error) for each in WITHOUT_MEMORY):
        return 2, f"out of memory ({_line(error)}); give it more, or less data"
    return 1, (
        f"this is a defect of Perennial: {type(error).__name__}: {_line(error)} ({_place(error)}); "
        "with PERENNIAL_TRACEBACK=1 the same command shows more: please report that"
    )


def _system(error: OSError) -> str:
    where = f"{_short(str(error.filename))}: " if error.filename else ""
    repair = REPAIRS.get(error.errno or 0)
    return f"{where}{error.strerror or _line(error)}" + (f"; {repair}" if repair else "")


def _encoding(error: UnicodeEncodeError) -> str:
    return (
        f"{_short(ascii(error.object))}: the locale's encoding ({error.encoding}) has no such "
        "letters; set LC_ALL=C.UTF-8 or PYTHONUTF8=1"
    )


def _place(error: BaseException) -> str:
    """The innermost line of ours that it came through."""
    frames = reversed(traceback.extract_tb(error.__traceback__))
    paths = ((Path(each.filename), each) for each in frames)
    ours = (
        f"{path.relative_to(ROOT)}:{each.lineno}, in {each.name}"
        for path, each in paths
        if path.is_relative_to(ROOT) and path.relative_to(ROOT).parts[0][0] != "."
    )
    return next(ours, "outside of its code")


def _line(error: BaseException) -> str:
    return _short(str(error).strip().partition("\n")[0])


def _short(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
