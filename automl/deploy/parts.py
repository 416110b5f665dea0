"""The parts of an output that is being written: in a folder beside it, so that a run that was killed can go on."""

from __future__ import annotations

import io
import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from types import MappingProxyType
from typing import IO, TypedDict

import polars as pl

from automl.bundle.disk import machine_errors, whole_file
from automl.data.read.unread import Tally, Unread, added
from automl.deploy.formats import Form
from automl.file_lock import LOCK, lock

PROGRESS, LINES = "progress.json", "rows.csv"
GROUP = 32  # chunks of a row group
NOTHING: Unread = MappingProxyType({})


class _Progress(TypedDict):
    """What progress.json holds."""

    identity: Mapping[str, object]
    chunks: int
    rows: int
    size: int
    unread: Unread


@dataclass(slots=True, kw_only=True)
class Parts:
    """Of the output `out`, `chunks` chunks with `rows` rows are written; `size` bytes, in a CSV with the header.

    `unread` are the cells of those rows that could not be read. `damaged` says that there were parts of an earlier run
    that cannot be gone on with.
    """

    out: Path
    folder: Path
    form: Form
    identity: Mapping[str, object]
    chunks: int = 0
    rows: int = 0
    size: int = 0
    unread: Unread = field(default_factory=dict)
    damaged: bool = False
    held: IO[str]

    @classmethod
    def open(cls, out: Path, form: Form, identity: Mapping[str, object], *, resume: bool) -> Parts:
        """The parts of `out`; with `resume` those of a run of the same `identity` are kept, else they begin anew.

        Raises `MachineError` where another process writes the same output.
        """
        folder = out.with_name(f".{out.name}.parts")
        with machine_errors(out):
            folder.mkdir(exist_ok=True)
            held = lock(folder, what="the output", hint="wait for that run, or name another -o")
            there = (folder / PROGRESS).exists()
            found = _progress(folder) if resume else None
            if found is None or found["identity"] != identity:
                _empty(folder)
                damaged = resume and there and found is None
                return cls(out=out, folder=folder, form=form, identity=identity, damaged=damaged, held=held)
            parts = cls(out=out, folder=folder, form=form, held=held, **found)
            if form == "csv":
                os.truncate(folder / LINES, parts.size)  # what was written after the last whole chunk
        return parts

    def add(self, content: bytes, rows: int, head: bytes = b"", unread: Unread = NOTHING) -> None:
        """Write a chunk; `head` is the header, written before the first one. Only then it counts."""
        with machine_errors(self.out):
            if self.form == "csv":
                content = head + content if self.chunks == 0 else content
                with (self.folder / LINES).open("ab") as file:
                    file.write(content)
            else:
                self._put(f"{self.chunks:08}.arrow", content)
            self.chunks, self.rows, self.size = self.chunks + 1, self.rows + rows, self.size + len(content)
            self.unread = added(self.unread, unread)
            facts: _Progress = {
                "identity": self.identity,
                "chunks": self.chunks,
                "rows": self.rows,
                "size": self.size,
                "unread": self.unread,
            }
            self._put(PROGRESS, json.dumps(facts).encode())

    def finish(self) -> None:
        """All parts as one file at `out`, in one step; then they are gone."""
        with whole_file(self.out) as partial:
            if self.form == "csv":
                (self.folder / LINES).replace(partial)
            else:
                self._write_parquet(partial)
        self.discard()

    def _write_parquet(self, out: Path) -> None:
        """Some parts at a time as one row group: a scan of all of them maps every one into memory."""
        import pyarrow.parquet as pq

        oldest = pl.CompatLevel.oldest()
        groups = [range(first, min(first + GROUP, self.chunks)) for first in range(0, self.chunks, GROUP)]
        tables = (pl.concat(map(self._part, group)).to_arrow(compat_level=oldest) for group in groups)
        first = next(tables)
        with pq.ParquetWriter(out, first.schema, compression="zstd", write_page_checksum=True) as writer:
            for table in chain([first], tables):
                writer.write_table(table)

    def _part(self, chunk: int) -> pl.DataFrame:
        return pl.read_ipc(io.BytesIO((self.folder / f"{chunk:08}.arrow").read_bytes()))

    def discard(self) -> None:
        """Remove the parts, and let others write the output."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self.held.close()

    def release(self) -> None:
        """Keep the parts for a later run, and let others write the output."""
        self.held.close()

    def _put(self, name: str, content: bytes) -> None:
        beside = self.folder / f"{name}.part"
        beside.write_bytes(content)
        beside.replace(self.folder / name)


def _empty(folder: Path) -> None:
    """Remove what another run left, but for the lock."""
    for entry in folder.iterdir():
        if entry.name != LOCK:
            entry.unlink()


def _progress(folder: Path) -> _Progress | None:
    """What a killed run says of its parts, None where they cannot be gone on with."""
    try:
        found: _Progress = json.loads((folder / PROGRESS).read_bytes())
        lines = folder / LINES
        whole = not lines.exists() or lines.stat().st_size >= found["size"]
        found["unread"] = {name: Tally(*counts) for name, counts in found["unread"].items()}
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return found if whole else None
