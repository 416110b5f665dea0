"""Several workers of shared scoring on one machine: each is a process that has joined."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from automl.deploy.worker import THREADS

START = "import sys; sys.path.insert(0, sys.argv[1]); from automl.deploy.distributed.crew import main; main()"


@contextmanager
def crew(folder: Path, count: int, require_signature: Path | None) -> Iterator[None]:
    """`count` processes that join while the block runs; they are ended where it fails.

    They print nothing: why a chunk failed stands in the folder.
    """
    engine = str(Path(__file__).resolve().parents[3])
    key = [] if require_signature is None else [str(require_signature)]
    command = [sys.executable, "-P", "-c", START, engine, str(folder), *key]  # -P: nothing of the current folder runs
    environment = os.environ | dict.fromkeys(THREADS, "1")
    quiet = subprocess.DEVNULL
    started = [
        subprocess.Popen(command, stdin=quiet, stdout=quiet, stderr=quiet, env=environment) for _ in range(count)
    ]
    try:
        yield
    except BaseException:
        for process in started:
            process.terminate()
        raise
    finally:
        for process in started:
            process.wait()


def main() -> None:
    """Join until the output is whole, or something has failed."""
    from automl.deploy.distributed.join import join

    folder, *key = map(Path, sys.argv[2:])
    join(folder, require_signature=key[0] if key else None)
