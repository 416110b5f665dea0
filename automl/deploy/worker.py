"""A process that scores chunks of a batch: Arrow in on stdin, the bytes of the output back on stdout."""

from __future__ import annotations

import io
import json
import os
import struct
import subprocess
import sys
from collections import deque
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from queue import SimpleQueue
from typing import IO, NamedTuple

import polars as pl

from automl.data.read.unread import Tally, Unread
from automl.errors import DataError, MachineError

HEAD = struct.Struct("<qq")  # the first row and the bytes of a chunk; of an answer its rows (-1: an error) and bytes:
# first what is told of it as JSON (the error, or what could not be read), then, where it is no error, the rows
START = "import sys; sys.path.insert(0, sys.argv[1]); from automl.deploy.worker import main; main()"
THREADS = ("OMP_NUM_THREADS", "POLARS_MAX_THREADS")
AHEAD = 1  # chunks for each worker that wait for it


class Chunk(NamedTuple):
    """A scored chunk: its rows, its rendered bytes, and how many cells of its columns could not be read."""

    rows: int
    content: bytes
    unread: Unread


def scored(frames: Iterator[tuple[int, pl.DataFrame]], settings: Mapping[str, object], workers: int) -> Iterator[Chunk]:
    """Each chunk (its first row, the raw rows) as it is scored and rendered, in order, by `workers` processes.

    Only a few chunks are in memory. Raises `DataError` as scoring here would, `MachineError` where a worker ends.
    """
    with ExitStack() as stack:
        idle: SimpleQueue[subprocess.Popen[bytes]] = SimpleQueue()
        for _ in range(workers):
            process = stack.enter_context(_started(settings))
            stack.callback(process.kill)
            idle.put(process)
        pool = stack.enter_context(ThreadPoolExecutor(workers))

        def ask(first: int, frame: pl.DataFrame) -> Chunk:
            process = idle.get()
            try:
                return _asked(process, first, frame)
            finally:
                idle.put(process)

        waiting: deque[Future[Chunk]] = deque()
        stack.callback(lambda: [future.cancel() for future in waiting])
        for first, frame in frames:
            waiting.append(pool.submit(ask, first, frame))
            while len(waiting) > (1 + AHEAD) * workers:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def _started(settings: Mapping[str, object]) -> subprocess.Popen[bytes]:
    engine = str(Path(__file__).resolve().parents[2])
    return subprocess.Popen(
        [sys.executable, "-P", "-c", START, engine, json.dumps(settings)],  # -P: nothing of the current folder runs
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=os.environ | dict.fromkeys(THREADS, "1"),
    )


def _asked(process: subprocess.Popen[bytes], first: int, frame: pl.DataFrame) -> Chunk:
    assert process.stdin is not None  # noqa: S101  # it is a pipe
    assert process.stdout is not None  # noqa: S101  # it is a pipe
    buffer = io.BytesIO()
    frame.write_ipc(buffer)
    try:
        _send(process.stdin, first, buffer.getvalue())
        rows, told = _received(process.stdout)
        content = _received(process.stdout)[1] if rows >= 0 else b""
    except (OSError, EOFError) as error:
        raise MachineError(
            f"a worker ended with code {process.poll()}", hint="Run again with --resume, with fewer --workers."
        ) from error
    facts = json.loads(told)
    if rows < 0:
        raise DataError(facts["what"], where=facts["where"], hint=facts["hint"])
    return Chunk(rows, content, {name: Tally(*counts) for name, counts in facts.items()})


def _send(pipe: IO[bytes], number: int, content: bytes) -> None:
    pipe.write(HEAD.pack(number, len(content)))
    pipe.write(content)
    pipe.flush()


def _received(pipe: IO[bytes]) -> tuple[int, bytes]:
    head = pipe.read(HEAD.size)
    if len(head) < HEAD.size:
        raise EOFError
    number, size = HEAD.unpack(head)
    return number, pipe.read(size)


def main() -> None:
    """Answer chunks until stdin ends."""
    from automl.bundle.read import reopened
    from automl.deploy.formats import rendered

    settings = json.loads(sys.argv[2])
    model = reopened(Path(settings["bundle"]), settings["seal"].encode(), settings["tables"])
    with os.fdopen(os.dup(1), "wb") as answers:
        os.dup2(2, 1)  # what a library prints must not stand between two answers
        while True:
            try:
                first, content = _received(sys.stdin.buffer)
            except EOFError:
                return
            try:
                found, unread = model.counted(pl.read_ipc(content), typed=settings["form"] != "csv", first=first)
            except DataError as error:
                told = {"what": error.what, "where": error.where, "hint": error.hint}
                _send(answers, -1, json.dumps(told).encode())
                continue
            _send(answers, found.height, json.dumps(unread).encode())
            _send(answers, found.height, rendered(found, settings["form"], excel_safe=settings["excel_safe"]))
