"""A scored file into the store of a watch: the rows as they were read, beside the answers that were written."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterator
from pathlib import Path

import polars as pl

from automl.bundle.harmless import harmless
from automl.bundle.read import Bundle
from automl.data.read.files import file_digest, files
from automl.data.read.source import batches
from automl.deploy.batch import raw_rows
from automl.deploy.scoring import Options
from automl.errors import DataError
from automl.watch.predictions import Writer, batch_of_frames, model_of
from automl.watch.store import now, open_store

ROWS = 65_536  # of the output that are read at a time


def record(bundle: Path, data: Path, out: Path, where: str, *, costs: Path | None = None, options: Options) -> int:
    """Write the rows of `data` and their answers in `out` to a store; returns how many were new.

    The time of a row is what the spec calls time, where the row has it, else now. Batches are named by what is in them,
    so that the same file twice, or once more after a crash, is written once.
    """
    model = Bundle.load(bundle)
    store = open_store(where, create=True)
    try:
        writer = Writer(store, model_of(model))
        seed = [
            model.manifest.content_hash,
            *(file_digest(file) for where in (data, costs) if where for file in files(where)),
        ]
        answers = _Answers(model, out, excel_safe=options.excel_safe)
        new = 0
        for first, raw in raw_rows(model, data, costs, options=options):
            if not raw.height:
                continue
            name = hashlib.sha256(json.dumps([*seed, first]).encode()).hexdigest()
            scored = answers.take(raw.height)
            batch = batch_of_frames(writer.columns, writer.keys, raw, scored, _times(model, raw))
            new += raw.height if writer.write(name, batch) else 0
        return new
    finally:
        store.close()


class _Answers:
    """The answers in an output file, from its begin on, as the bundle gave them."""

    def __init__(self, model: Bundle, out: Path, *, excel_safe: bool) -> None:
        self._model, self._out = model, out
        safe = {harmless(text): text for text in model.manifest.decisions} if excel_safe else {}
        self._spelt = {written: text for written, text in safe.items() if written != text}
        self._frames = self._read()
        self._left = pl.DataFrame()

    def take(self, rows: int) -> pl.DataFrame:
        """The next rows. DataError where the file has fewer: it is not the one that was written."""
        while self._left.height < rows:
            part = next(self._frames, None)
            if part is None:
                raise DataError("the output has fewer rows than the data", where=str(self._out))
            self._left = pl.concat([self._left, part]) if self._left.width else part
        taken, self._left = self._left[:rows], self._left[rows:]
        return taken

    def _read(self) -> Iterator[pl.DataFrame]:
        words = {name for output in self._model.manifest.outputs if output.wire == "text" for name in output.columns}
        for _, frame in batches(self._out, ROWS, {} if self._out.suffix.lower() == ".csv" else None):
            columns = zip(self._model.columns, frame.columns[-len(self._model.columns) :], strict=True)
            yield pl.DataFrame([self._answer(name, frame[own], text=name in words) for name, own in columns])

    def _answer(self, name: str, cells: pl.Series, *, text: bool) -> pl.Series:
        if not text:
            return cells.cast(pl.Float64).alias(name)
        spelt = cells.cast(pl.String).alias(name)
        return spelt.replace(self._spelt) if self._spelt else spelt


def _times(model: Bundle, raw: pl.DataFrame) -> list[int]:
    """Microseconds of each row: what the spec calls its time; now, where it has none."""
    at = now()
    columns = list(model.manifest.data.get("time") or ())
    if not columns or not set(columns) <= set(raw.columns):
        return [at] * raw.height
    from automl.data.infer.row_time import row_times
    from automl.spec import parse

    found = row_times(raw, parse(model.spec).data)
    assert found is not None  # noqa: S101  # the spec names a time
    return [at if math.isnan(moment) else int(moment) for moment in found.tolist()]
