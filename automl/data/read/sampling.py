"""A share of the rows of a table that is too large for the memory (D16)."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

GOLDEN = 2_654_435_769  # 2^32 by the golden ratio (Knuth, volume 3, 6.4)
WORD = 1 << 32
STEP = 1 << 18  # rows that are counted at a time


def sample(frames: Iterable[pl.DataFrame], share: float) -> pl.DataFrame:
    """A `share` of the rows of frames that follow one another, in their order; only what is kept stays in memory."""
    kept, start = [], 0
    for frame in frames:
        kept.append(apart(frame.filter(pl.Series(picked(start, frame.height, share)))))
        start += frame.height
    return pl.concat(kept, how="vertical_relaxed")


def sample_lines(lines: Iterable[bytes], share: float) -> Iterator[bytes]:
    """A `share` of the lines, as `sample` takes rows."""
    limit = int(share * WORD)
    return (line for place, line in enumerate(lines) if place * GOLDEN % WORD < limit)


def thinned(frame: pl.DataFrame, share: float, *, of: float = 1.0, heights: Sequence[int] = ()) -> pl.DataFrame:
    """The `share` of rows that `sample` takes, from those that it took as a share `of` all, so many of each file."""
    kept = [_still(height, share, of) for height in heights or (frame.height,)]
    return frame.filter(pl.Series(np.concatenate(kept)))


def picked(start: int, height: int, share: float) -> NDArray[np.bool_]:
    """Which of the rows from `start` on are taken: spread evenly whatever their period, by the golden ratio.

    A larger share holds a smaller one.
    """
    return turns(start, height) < int(share * WORD)


def turns(start: int, height: int) -> NDArray[np.uint64]:
    """Of the rows from `start` on [height], by what share of `WORD` each is taken."""
    places = np.arange(start, start + height, dtype=np.uint64)
    return places * np.uint64(GOLDEN) % np.uint64(WORD)


def _still(height: int, share: float, of: float) -> NDArray[np.bool_]:
    """Which of the first so many rows that are taken `of` all are also taken by `share`."""
    kept, found, start = list[NDArray[np.bool_]](), 0, 0
    while found < height:
        turn = turns(start, STEP)
        kept.append(turn[turn < int(of * WORD)] < int(share * WORD))
        found, start = found + kept[-1].size, start + STEP
    return np.concatenate([np.empty(0, dtype=np.bool_), *kept])[:height]


def apart(frame: pl.DataFrame) -> pl.DataFrame:
    """The rows with bytes of their own: rows that are picked keep all texts of the frame that they come from."""
    buffer = io.BytesIO()
    frame.write_ipc(buffer)
    buffer.seek(0)
    return pl.read_ipc(buffer)
