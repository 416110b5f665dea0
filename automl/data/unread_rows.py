"""The rows of train that memory does not hold: read again by chunks, without those that the sample has.

Which rows a sample takes follows from their places in the files (`read.sampling`), so a second reading knows them.
What was set aside as test is among the sample, and never comes again; by time, later rows are left out, too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from automl.data.labels import encode
from automl.data.read.column_reader import ColumnReader
from automl.data.read.file_kinds import kind
from automl.data.read.files import files
from automl.data.read.frames import read_column, read_frame
from automl.data.read.sampling import WORD, apart, turns
from automl.data.read.source import SourceTable, rows_again
from automl.data.rows import Column, Labels, Rows, Schema, UnreadRows
from automl.data.usable import LARGEST, row_weights
from automl.errors import DataError
from automl.spec import Spec
from automl.spec.expressions import named_columns

HELD_ROWS = 80_000  # unread rows that nothing learns from
MOST_HELD = 0.2  # of the unread rows
READ_AGAIN = frozenset({"csv", "tsv", "parquet"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """Rows after the reader; `held` [n] says which are there to judge, and are not to be learned from.

    `turn` [n] says of what share of `WORD` on each is taken. After it the part `seen` of all rows was looked at, about.
    `judges` are the held ones with all that decisions need of them, None where the files do not have it.
    """

    frame: pl.DataFrame
    y: NDArray[np.float64]
    weight: NDArray[np.float64] | None
    held: NDArray[np.bool_]
    turn: NDArray[np.uint32]
    seen: float = 1.0
    judges: Rows | None = None


def find_unread(
    spec: Spec,
    source: SourceTable,
    schema: Schema,
    labels: Labels,
    train: Rows,
    test: Rows,
    *,
    beside: Sequence[Column],
    given: bool,
) -> UnreadRows | str | None:
    """What train has beyond its sample, why it cannot be read by chunks, or None where all of it was read.

    `beside` are the columns as in `Rows`. `given`: test was not set aside by us.
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
    clock = _clock(schema, train)
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
        time=clock,
        beside={"columns": [column.reader for column in beside]} if beside else None,
        named=_named(spec, source, train, clock),
    )
    if given or train.time is None or test.time is None:
        return unread
    if clock is None:
        return "its time is not one column with dates"
    return replace(unread, before=float(np.nanmin(test.time)), gap=spec.data.horizon or 0.0)


def _named(spec: Spec, source: SourceTable, train: Rows, clock: ColumnReader | None) -> tuple[str, ...] | None:
    """The columns that costs and today's rule name; None where more than the file tells what decisions need of a row.

    That is a table of costs, a time of several columns, and copies as groups: nobody compares all rows with all.
    """
    costs, named = spec.objective.costs, named_columns(spec.objective)
    elsewhere = (costs is not None and costs.table is not None) or not {*named} <= {*source.frame.columns}
    untold = train.group is not None or (train.time is not None and clock is None)
    return None if elsewhere or untold else named


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
    time = None if unread.time is None else _times(unread.time, raw)
    if time is not None:
        keep &= ((time + unread.gap * 1e6 <= unread.before) & (time < unread.before)) | np.isnan(time)
    judging = np.flatnonzero(keep & (turn >= held))
    frame = read_frame(unread.reader, raw.filter(pl.Series(keep)))
    turn = turn[keep]
    chunk = Chunk(
        frame=frame,
        y=y[keep],
        weight=None if weight is None else weight[keep],
        held=turn >= held,
        turn=turn.astype(np.uint32),
    )
    return replace(chunk, judges=_judges(unread, chunk, raw[judging], None if time is None else time[judging]))


def _judges(unread: UnreadRows, chunk: Chunk, raw: pl.DataFrame, time: NDArray[np.float64] | None) -> Rows | None:
    """The held rows of a chunk; `raw` and `time` are theirs."""
    if unread.named is None:
        return None
    return Rows(
        frame=apart(chunk.frame.filter(pl.Series(chunk.held))),
        raw=apart(raw.select(list(dict.fromkeys((unread.target, *unread.named))))),
        y=chunk.y[chunk.held],
        weight=None if chunk.weight is None else chunk.weight[chunk.held],
        time=time,
        beside=None if unread.beside is None else apart(read_frame(unread.beside, raw)),
    )


def _clock(schema: Schema, train: Rows) -> ColumnReader | None:
    """How the time of a row is read from its one column: as it was for the sample, row by row."""
    found = [column for column in schema.columns if column.role == "time" and column.wire == "date"]
    if train.time is None or len(found) != 1 or not set(found[0].cells) <= set(train.raw.columns):
        return None
    reader = found[0].reader
    same = np.array_equal(_times(reader, train.raw), train.time, equal_nan=True)
    return reader if same and "parts" not in reader else None


def _times(reader: ColumnReader, raw: pl.DataFrame) -> NDArray[np.float64]:
    return read_column(reader, raw[reader["name"]]).to_numpy().astype(np.float64)


def _is_frame(source: SourceTable) -> bool:
    return any(name.startswith("frame:") for name in source.digests)
