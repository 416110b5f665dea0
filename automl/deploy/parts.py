"""The parts of an output that is being written: in a folder beside it, so that a run that was killed can go on."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import TypedDict

import polars as pl

from automl import disk
from automl.data.read.unread import Tally, Unread, added
from automl.deploy.formats import Form
from automl.deploy.parquet_file import write_parquet
from automl.file_lock import LOCK, lock
from automl.log_file import LogFile

PROGRESS, LINES = "progress.json", "rows.csv"
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
    held: LogFile

    @classmethod
    def open(cls, out: Path, form: Form, identity: Mapping[str, object], *, resume: bool) -> Parts:
        """The parts of `out`; with `resume` those of a run of the same `identity` are kept, else they begin anew.

        Raises `MachineError` where another process writes the same output.
        """
        folder = out.with_name(f".{out.name}.parts")
        with disk.machine_errors(out):
            disk.make_folder(folder, parents=False)
            held = lock(folder, what="the output", hint="wait for that run, or name another -o")
            try:
                there = (folder / PROGRESS).exists()
                found = _progress(folder, form) if resume else None
                if found is None or found["identity"] != identity:
                    _empty(folder)
                    damaged = resume and there and found is None
                    return cls(out=out, folder=folder, form=form, identity=identity, damaged=damaged, held=held)
                if form == "csv":
                    _cut(folder / LINES, found["size"])  # what was written after the last whole chunk
            except BaseException:
                held.close()
                raise
        return cls(out=out, folder=folder, form=form, held=held, **found)

    def add(self, content: bytes, rows: int, head: bytes = b"", unread: Unread = NOTHING) -> None:
        """Write a chunk; `head` is the header, written before the first one. Only then it counts."""
        with disk.machine_errors(self.out):
            if self.form == "csv":
                content = head + content if self.chunks == 0 else content
                with LogFile(self.folder / LINES) as lines:
                    lines.add(content)
            else:
                disk.put(self.folder / _name(self.chunks), content)
            self.chunks, self.rows, self.size = self.chunks + 1, self.rows + rows, self.size + len(content)
            self.unread = added(self.unread, unread)
            facts: _Progress = {
                "identity": self.identity,
                "chunks": self.chunks,
                "rows": self.rows,
                "size": self.size,
                "unread": self.unread,
            }
            disk.put(self.folder / PROGRESS, json.dumps(facts).encode())

    def finish(self) -> None:
        """All parts as one file at `out`, in one step; then they are gone."""
        with disk.machine_errors(self.out):
            if self.form == "csv":
                disk.rename(self.folder / LINES, self.out)  # synced with each chunk
                disk.sync(self.out.parent)
            else:
                with disk.whole_file(self.out) as partial, disk.writing(partial) as file:
                    write_parquet(file, map(self._part, range(self.chunks)))
        self.discard()

    def _part(self, chunk: int) -> pl.DataFrame:
        return pl.read_ipc(io.BytesIO((self.folder / _name(chunk)).read_bytes()))

    def discard(self) -> None:
        """Remove the parts, and let others write the output."""
        disk.discard(self.folder)
        self.held.close()

    def release(self) -> None:
        """Keep the parts for a later run, and let others write the output."""
        self.held.close()


def _empty(folder: Path) -> None:
    """Remove what another run left, but for the lock."""
    for entry in folder.iterdir():
        if entry.name != LOCK:
            disk.remove(entry)


def _cut(lines: Path, size: int) -> None:
    with LogFile(lines) as log:
        log.cut(size)


def _progress(folder: Path, form: Form) -> _Progress | None:
    """What a killed run says of its parts, None where they cannot be gone on with."""
    try:
        found: _Progress = json.loads((folder / PROGRESS).read_bytes())
        if form == "csv":
            whole = (folder / LINES).stat().st_size >= found["size"]
        else:
            whole = all((folder / _name(chunk)).exists() for chunk in range(found["chunks"]))
        found["unread"] = {name: Tally(*counts) for name, counts in found["unread"].items()}
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return found if whole else None


def _name(chunk: int) -> str:
    return f"{chunk:08}.arrow"
