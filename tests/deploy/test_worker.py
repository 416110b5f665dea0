"""Processes that score a batch: in order, in parallel, and what is told when one refuses or dies."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from automl.bundle.layout import SEAL
from automl.bundle.read import Bundle
from automl.deploy import worker
from automl.deploy.formats import rendered
from automl.errors import DataError, MachineError


@pytest.fixture
def settings(bundle: Path) -> dict[str, Any]:
    """What a worker is told."""
    return {
        "bundle": str(bundle),
        "seal": (bundle / SEAL).read_text(),
        "tables": {},
        "form": "csv",
        "excel_safe": False,
    }


@pytest.fixture
def in_this_process(settings: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., bytes]]:
    """Runs a worker's `main` here over requests, and gives the bytes that it answered on its stdout."""
    kept = os.dup(1)

    def run(*chunks: tuple[int, bytes], **more: object) -> bytes:
        asked = b"".join(worker.HEAD.pack(first, len(content)) + content for first, content in chunks)
        reading, writing = os.pipe()
        monkeypatch.setattr(sys, "argv", ["-c", "", json.dumps(settings | more)])
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(asked)))
        os.dup2(writing, 1)
        os.close(writing)
        try:
            worker.main()
        finally:
            os.dup2(kept, 1)
        with os.fdopen(reading, "rb") as answered:
            return answered.read()

    yield run
    os.close(kept)


def arrow(frame: pl.DataFrame) -> bytes:
    """A chunk as it is sent."""
    buffer = io.BytesIO()
    frame.write_ipc(buffer)
    return buffer.getvalue()


def answers(content: bytes) -> Iterator[tuple[int, Any, bytes]]:
    """What a worker said, chunk by chunk: its number of rows, what it told of it, and the rows."""
    pipe = io.BytesIO(content)
    while pipe.tell() < len(content):
        rows, told = worker._received(pipe)
        yield rows, json.loads(told), worker._received(pipe)[1] if rows >= 0 else b""


def test_chunks_come_back_in_order(bundle: Path, raw: pl.DataFrame, settings: dict[str, Any]) -> None:
    """Two processes, many chunks of unequal size: their lines are those of scoring here, each in its place."""
    sizes = [100, 1, 50, 3, 200, 7, 30]
    starts = [sum(sizes[:place]) for place in range(len(sizes))]
    frames = [(first, raw[first : first + size]) for first, size in zip(starts, sizes, strict=True)]
    found = list(worker.scored(iter(frames), settings, workers=2))
    assert [chunk.rows for chunk in found] == sizes
    model = Bundle.load(bundle)
    for (first, frame), chunk in zip(frames, found, strict=True):
        scored, unread = model.counted(frame, typed=False, first=first)
        assert chunk == worker.Chunk(frame.height, rendered(scored, "csv"), unread)


def test_no_chunks_no_answers(settings: dict[str, Any]) -> None:
    """An empty batch ends at once, and its processes with it."""
    assert list(worker.scored(iter(()), settings, workers=1)) == []


def test_a_refusal_of_a_worker_is_that_of_the_run(raw: pl.DataFrame, settings: dict[str, Any]) -> None:
    """Rows without a column are refused in the words that scoring here has; the processes are ended."""
    frames = [(0, raw.head(3)), (3, raw.head(3).drop("age"))]
    with pytest.raises(DataError, match="'age'"):
        list(worker.scored(iter(frames), settings, workers=1))


def test_a_worker_that_ends_is_told(raw: pl.DataFrame, settings: dict[str, Any], tmp_path: Path) -> None:
    """Without its bundle, or killed for want of memory, say: exit code 6, and how to go on."""
    with pytest.raises(MachineError, match="a worker ended") as raised:
        list(worker.scored(iter([(0, raw.head(3))]), settings | {"bundle": str(tmp_path)}, workers=1))
    assert "--resume" in str(raised.value.hint)


def test_a_worker_answers_until_it_is_told_no_more(
    bundle: Path, raw: pl.DataFrame, in_this_process: Callable[..., bytes]
) -> None:
    """Each chunk has its rows and bytes; one that cannot be scored has -1 and the error, and the next one is scored."""
    said = in_this_process((0, arrow(raw.head(2))), (2, arrow(raw.head(2).drop("age"))), (7, arrow(raw[2:5])))
    (first, unread, lines), (odd, told, _), (last, _, more) = answers(said)
    model = Bundle.load(bundle)
    assert (first, odd, last) == (2, -1, 3)
    assert lines == rendered(model.score(raw.head(2), typed=False), "csv")
    assert more == rendered(model.score(raw[2:5], typed=False), "csv")
    assert unread["income"] == ["number", 2, 0, ""]
    assert told.keys() == {"what", "where", "hint"}
    assert "'age'" in told["what"]


def test_a_part_of_parquet_keeps_types(raw: pl.DataFrame, in_this_process: Callable[..., bytes]) -> None:
    """For a parquet file a worker answers with Arrow."""
    ((rows, _, content),) = answers(in_this_process((0, arrow(raw.head(4))), form="parquet"))
    assert pl.read_ipc(io.BytesIO(content)).height == rows == 4


def test_a_formula_is_made_harmless(raw: pl.DataFrame, in_this_process: Callable[..., bytes]) -> None:
    """What is asked of the run is done by its workers."""
    frame = raw.head(1).with_columns(id=pl.lit("=1+1"))
    ((_, _, lines),) = answers(in_this_process((0, arrow(frame)), excel_safe=True))
    assert lines.startswith(b"'=1+1,")


def test_workers_use_one_thread_each(
    settings: dict[str, Any], raw: pl.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So many workers, so many cores: libraries are told before they start."""
    environments = []

    def start(command: list[str], **said: Any) -> subprocess.Popen[bytes]:
        environments.append(said["env"])
        return popen(command, **said)

    popen = subprocess.Popen
    monkeypatch.setattr(worker.subprocess, "Popen", start)
    list(worker.scored(iter([(0, raw.head(1))]), settings, workers=1))
    assert [environments[0][name] for name in worker.THREADS] == ["1", "1"]
