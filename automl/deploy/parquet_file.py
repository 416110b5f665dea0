"""Scored rows as one parquet file, whose bytes do not tell in what chunks the rows were scored."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import chain
from typing import IO, TYPE_CHECKING, cast

import polars as pl
from polars.io.plugins import register_io_source

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

ROWS = 1 << 20  # of a row group, but the last one


def write_parquet(out: IO[bytes], frames: Iterable[pl.DataFrame]) -> None:
    """Write frames of one schema, at least one, below one another: some row groups of them are in memory at a time.

    Raises whatever giving a frame or writing to `out` raises.
    """
    groups, errors = _groups(frames), list[BaseException]()
    first = next(groups)
    rows = register_io_source(lambda *_: _kept(chain([first], groups), errors), schema=first.schema)
    try:
        file = cast("IO[bytes]", _File(out, errors))
        rows.sink_parquet(file, compression="zstd", row_group_size=ROWS, maintain_order=True)
    except pl.exceptions.ComputeError as error:
        raise errors[0] if errors else error from None


class _File(io.RawIOBase):
    """What is written goes to `out`, its error to `errors`: polars tells the words of it alone."""

    def __init__(self, out: IO[bytes], errors: list[BaseException]) -> None:
        self._out, self._errors = out, errors

    def writable(self) -> bool:
        return True

    def write(self, content: ReadableBuffer, /) -> int:
        with _keeping(self._errors):
            return self._out.write(content)


def _kept(frames: Iterator[pl.DataFrame], errors: list[BaseException]) -> Iterator[pl.DataFrame]:
    with _keeping(errors):
        yield from frames


@contextmanager
def _keeping(errors: list[BaseException]) -> Iterator[None]:
    try:
        yield
    except GeneratorExit:
        raise
    except BaseException as error:
        errors.append(error)
        raise


def _groups(frames: Iterable[pl.DataFrame]) -> Iterator[pl.DataFrame]:
    """The same rows, `ROWS` at a time: pages end where a piece of memory ends, so each is one piece."""
    waiting: list[pl.DataFrame] = []
    rows, first = 0, True
    for frame in frames:
        waiting.append(frame)
        rows += frame.height
        while rows >= ROWS:
            whole = pl.concat(waiting)
            yield whole[:ROWS].rechunk()
            waiting, rows, first = [whole[ROWS:]], rows - ROWS, False
    if rows or (first and waiting):
        yield pl.concat(waiting).rechunk()
