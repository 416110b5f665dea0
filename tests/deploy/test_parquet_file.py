"""The bytes of a parquet output do not tell how its rows came."""

from __future__ import annotations

import io
from collections.abc import Iterator

import polars as pl
import pyarrow.parquet as pq
import pytest

from automl.deploy import parquet_file
from automl.deploy.parquet_file import write_parquet


def written(*frames: pl.DataFrame) -> bytes:
    """The file of frames."""
    buffer = io.BytesIO()
    write_parquet(buffer, frames)
    return buffer.getvalue()


@pytest.mark.parametrize("steps", [(1,) * 1000, (999, 1), (7, 500, 493), (250, 250, 250, 250)])
def test_any_chunks_give_the_same_bytes(steps: tuple[int, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where a row group holds pieces of several."""
    monkeypatch.setattr(parquet_file, "ROWS", 300)
    frame = pl.DataFrame({"a": range(1000), "b": [f"text {i % 7}" for i in range(1000)], "c": [None, 0.5] * 500})
    parts, at = [], 0
    for step in steps:
        parts.append(frame[at : at + step])
        at += step
    found = written(*parts)
    assert found == written(frame)
    assert pl.read_parquet(io.BytesIO(found)).equals(frame)
    assert pq.read_metadata(io.BytesIO(found)).num_row_groups == 4


def test_no_rows_keep_their_columns() -> None:
    """One frame without rows, or several."""
    empty = pl.DataFrame(schema={"a": pl.Int64, "b": pl.String})
    assert written(empty) == written(empty, empty)
    assert pl.read_parquet(io.BytesIO(written(empty))).schema == empty.schema


class Odd(Exception):  # none of ours
    """An error that polars does not know."""


class Full(io.RawIOBase):
    """A file that takes nothing."""

    def writable(self) -> bool:
        return True

    def write(self, content: object, /) -> int:
        raise Odd("full")


def test_what_goes_wrong_is_told_as_it_is() -> None:
    """An error of whoever gives the frames, or of the file, comes out as itself, not as words of polars."""
    frame = pl.DataFrame({"a": [1]})

    def broken() -> Iterator[pl.DataFrame]:
        yield pl.DataFrame({"a": range(parquet_file.ROWS)})
        raise Odd("part")

    with pytest.raises(Odd, match="part"):
        write_parquet(io.BytesIO(), broken())
    with pytest.raises(Odd, match="full"):
        write_parquet(Full(), [frame])
