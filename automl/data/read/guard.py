"""Polars called so that a damaged file ends in our error: its panics are no `Exception`."""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

from automl.errors import DataError

T = TypeVar("T")


def guarded(read: Callable[[], T], path: Path) -> T:
    """What `read` gives; DataError naming `path` for whatever else it raises, panics of polars included (D11)."""
    try:
        with _quiet():
            return read()
    except (DataError, KeyboardInterrupt, SystemExit, GeneratorExit):  # a DataError says what and where already
        raise
    except BaseException as error:
        reason = (str(error) or type(error).__name__).splitlines()[0][:300]
        raise DataError(
            f"the file cannot be read: {reason}", where=str(path), hint="it may be damaged: export the data again"
        ) from error


def guarded_parts(parts: Iterator[T], path: Path) -> Iterator[T]:
    """The parts, each got as `guarded` does."""
    end = object()
    while (part := guarded(lambda: next(parts, end), path)) is not end:
        yield part  # type: ignore[misc]  # `end` is not among them


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """What native code prints to stderr is shown only if all goes well: a panic's trace is not for people."""
    try:
        sys.stderr.flush()
        kept = os.dup(2)
    except (OSError, ValueError, AttributeError):  # no stderr to speak of
        yield
        return
    with tempfile.TemporaryFile() as notes:
        os.dup2(notes.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(kept, 2)
            os.close(kept)
        notes.seek(0)
        if printed := notes.read():
            os.write(2, printed)
