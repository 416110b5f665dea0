"""The rows of train that memory does not hold: read again by chunks, without those that the sample has.

Which rows a sample takes follows from their places in the files (`read.sampling`), so a second reading knows them.
What was set aside as test is among the sample, and never comes again; by time, later rows are left out, too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from automl.data.labels import encode
from automl.data.read.column_reader import ColumnReader
from automl.data.read.file_kinds import kind
from automl.data.read.files import files
from automl.data.read.frames import read_column, read_frame
from automl.data.read.sampling import WORD, turns
from automl.data.read.source import SourceTable, rows_again
from automl.data.rows import Labels, Rows, Schema, UnreadRows
from automl.data.usable import LARGEST, row_weights
from automl.errors import DataError
from automl.spec import Spec

HELD_ROWS = 80_000  # unread rows that nothing learns from
MOST_HELD = 0.2  # of the unread rows
READ_AGAIN = frozenset({"csv", "tsv", "parquet"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """Rows after the reader; `held` [n] says which are there to judge, and are not to be learned from.

    `turn` [n] says of what share of `WORD` on each is taken. After it the part `seen` of all rows was looked at, about.
    """

    frame: pl.DataFrame
    y: NDArray[np.float64]
    weight: NDArray[np.float64] | None
    held: NDArray[np.bool_]
    turn: NDArray[np.uint32]
    seen: float = 1.0


def find_unread(
    spec: Spec, source: SourceTable, schema: Schema, labels: Labels, train: Rows, test: Rows, *, given: bool
) -> UnreadRows | str | None:
    """What train has beyond its sample, why it cannot be read by chunks, or None where all of it was read.

    `given`: test was not set aside by us.
    """
    if source.share == 1.0 or source.rows is None or source.rows <= source.frame.height:
        return None
    where = spec.data.train
    if not isinstance(where, str) or _is_frame(source) or not {kind(path) for path in files(where)} <= READ_AGAIN:
        return "only files of csv and parquet are read a second time"
    reasons = {
        "the header comes again among the rows of the csv": source.left_out.repeated > 0,
        "features of other tables are computed for the sample alone": bool(spec.data.tables),
        "rows of one group would lie on both sides of what judges": spec.data.group is not None,
        "objective.base_rate weighs the sample alone": spec.objective.base_rate is not None,
        "the test part is the end of the file": not given and train.order is not None,
    }
    if why := [reason for reason, holds in reasons.items() if holds]:
        return why[0]
    unread = UnreadRows(
        where=where,
        share=source.share,
        held=min(HELD_ROWS / source.rows, MOST_HELD * (1.0 - source.share)),
        rows=source.rows,
        digests=tuple(source.digests[str(path)] for path in files(where)),
        target=spec.objective.target,
        reader=schema.reader(),
        labels=labels,
        weight=spec.data.weight,
    )
    if given or train.time is None or test.time is None:
        return unread
    clock = _clock(schema, train)
    if clock is None:
        return "its time is not one column with dates"
    return replace(unread, time=clock, before=float(np.nanmin(test.time)), gap=spec.data.horizon or 0.0)


def read_on(unread: UnreadRows, share: Callable[[], float] = lambda: 1.0) -> Iterator[Chunk]:
    """The usable rows beyond the sample, in their order and a chunk at a time: those within a `share` of all, and held.

    The share is asked for before each chunk; a smaller one is a part of a larger one. Raises DataError where a file is
    not as it was, or cannot be read.
    """
    taken, held = int(unread.share * WORD), int((1.0 - unread.held) * WORD)
    seen = 0
    for digest, (found, frames) in zip(unread.digests, rows_again(unread.where), strict=True):
        if found != digest:
            raise DataError(
                "the rows have changed since they were sampled", where=unread.where, hint="run the fit again"
            )
        start = 0
        for frame in frames:
            turn = turns(start, frame.height)
            start, seen = start + frame.height, seen + frame.height
            wanted = (turn >= taken) & ((turn < min(int(share() * WORD), held)) | (turn >= held))
            chunk = _usable(unread, frame.filter(pl.Series(wanted)), turn[wanted], held)
            if chunk.y.size:
                yield replace(chunk, seen=min(1.0, seen / unread.rows))


def _usable(unread: UnreadRows, raw: pl.DataFrame, turn: NDArray[np.uint64], held: int) -> Chunk:
    """The rows with a target and a weight that are early enough."""
    y = encode(unread.labels, raw[unread.target])
    weight = None if unread.weight is None or not raw.height else row_weights(raw, unread.weight, "train")
    keep = np.isfinite(y) & (np.abs(y) <= LARGEST)
    if weight is not None:
        keep &= weight > 0
    if unread.time is not None:
        time = _times(unread.time, raw)
        keep &= ((time + unread.gap * 1e6 <= unread.before) & (time < unread.before)) | np.isnan(time)
    frame = read_frame(unread.reader, raw.filter(pl.Series(keep)))
    turn = turn[keep]
    return Chunk(
        frame=frame,
        y=y[keep],
        weight=None if weight is None else weight[keep],
        held=turn >= held,
        turn=turn.astype(np.uint32),
    )


def _clock(schema: Schema, train: Rows) -> ColumnReader | None:
    """How the time of a row is read from its one column: as it was for the sample, row by row."""
    found = [column for column in schema.columns if column.role == "time" and column.wire == "date"]
    if len(found) != 1 or not set(found[0].cells) <= set(train.raw.columns):
        return None
    reader = found[0].reader
    same = np.array_equal(_times(reader, train.raw), train.time, equal_nan=True) if train.time is not None else False
    return reader if same and "parts" not in reader else None


def _times(reader: ColumnReader, raw: pl.DataFrame) -> NDArray[np.float64]:
    return read_column(reader, raw[reader["name"]]).to_numpy().astype(np.float64)


def _is_frame(source: SourceTable) -> bool:
    return any(name.startswith("frame:") for name in source.digests)
