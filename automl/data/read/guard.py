"""Polars called so that a damaged file ends in our error: its panics are no `Exception`, and a few kill the process."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

from automl.errors import DataError

T = TypeVar("T")
PROBE = """
import sys
import polars as pl
for path in sys.argv[1:]:
    print(path, flush=True)
    try:
        scan = pl.scan_parquet(path, glob=False)
        rows = scan.select(pl.len()).collect().item()
        step = max(1, 50_000_000 // max(1, len(scan.collect_schema())))
        for start in range(0, rows, step):
            scan.slice(start, step).collect()
    except BaseException:
        pass
"""


def probe(paths: Sequence[Path]) -> None:
    """Read parquet files in a child first: a panic in a thread of polars ends the process without a word (D11).

    Costs the start of a process that imports polars, half a second. Raises DataError naming the file that kills it;
    what ends in an ordinary error is left to `guarded`.
    """
    if not paths or not sys.executable:
        return
    command = [sys.executable, "-I", "-c", PROBE, *(str(path.absolute()) for path in paths)]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False, text=True)
    if done.returncode < 0 and (read := done.stdout.splitlines()):
        raise DataError(
            f"the file is damaged: reading it ends the process with signal {-done.returncode}",
            where=read[-1],
            hint="export the data again",
        )


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
