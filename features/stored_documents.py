"""A JSON document of ours that is read back: it is data, bounded in size and of a known form."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

MOST_BYTES = 16 * 1024 * 1024
SHOWN_PROBLEMS = 5

Form = TypeVar("Form", bound=BaseModel)


def read_document(path: Path, form: type[Form], *, most_bytes: int = MOST_BYTES) -> Form:
    """The document in a file.

    Raises FileNotFoundError where there is none, and ValueError, in one sentence, for what is not
    such a document.
    """
    return validated(path, read_bounded(path, most_bytes), form)


def validated(path: Path, text: bytes, form: type[Form]) -> Form:
    """The text of a document; `path` is where it is from. Raises ValueError, in one sentence."""
    try:
        return form.model_validate_json(text)
    except ValidationError as error:
        raise ValueError(f"{path}: {problems(error)}") from None


def read_bounded(path: Path, most_bytes: int = MOST_BYTES) -> bytes:
    """The bytes of a regular file.

    Raises FileNotFoundError where there is none; ValueError for a device, a pipe, a folder, for a
    file of more bytes, and for one that cannot be read.
    """
    try:
        # subtle: to open a pipe would wait for whoever writes into it
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        with os.fdopen(descriptor, "rb") as file:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise ValueError(f"{path}: is not a file")
            text = file.read(most_bytes + 1)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise ValueError(f"{path}: cannot be read ({error.strerror})") from None
    if len(text) > most_bytes:
        raise ValueError(f"{path}: has more than {most_bytes:,} bytes")
    return text


def problems(error: ValidationError) -> str:
    """What is wrong with a document, by the place in it; not more than a few of many."""
    found = error.errors(include_url=False, include_input=False)
    shown = "; ".join(
        f"{'.'.join(str(part)[:60] for part in each['loc'][:6]) or 'the file'}: {each['msg']}"
        for each in found[:SHOWN_PROBLEMS]
    )
    more = len(found) - SHOWN_PROBLEMS
    return f"{shown}; and {more} more" if more > 0 else shown
