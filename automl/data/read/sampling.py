"""A share of the rows of a table that is too large for the memory (D16)."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator

import numpy as np
import polars as pl
from numpy.typing import NDArray

GOLDEN = 2_654_435_769  # 2^32 by the golden ratio (Knuth, volume 3, 6.4)
WORD = 1 << 32


def sample(frames: Iterable[pl.DataFrame], share: float) -> pl.DataFrame:
    """A `share` of the rows of frames that follow one another, in their order; only what is kept stays in memory."""
    kept, start = [], 0
    for frame in frames:
        kept.append(_apart(frame.filter(pl.Series(picked(start, frame.height, share)))))
        start += frame.height
    return pl.concat(kept, how="vertical_relaxed")


def sample_lines(lines: Iterable[bytes], share: float) -> Iterator[bytes]:
    """A `share` of the lines, as `sample` takes rows."""
    limit = int(share * WORD)
    return (line for place, line in enumerate(lines) if place * GOLDEN % WORD < limit)


def thinned(frame: pl.DataFrame, share: float) -> pl.DataFrame:
    """A `share` of the rows of a frame, as `sample` takes them."""
    return frame.filter(pl.Series(picked(0, frame.height, share)))


def picked(start: int, height: int, share: float) -> NDArray[np.bool_]:
    """Which of the rows from `start` on are taken: spread evenly whatever their period, by the golden ratio."""
    places = np.arange(start, start + height, dtype=np.uint64)
    return np.asarray(places * np.uint64(GOLDEN) % np.uint64(WORD) < int(share * WORD))


def _apart(frame: pl.DataFrame) -> pl.DataFrame:
    """The rows with bytes of their own: rows that are picked keep all texts of the frame that they come from."""
    buffer = io.BytesIO()
    frame.write_ipc(buffer)
    buffer.seek(0)
    return pl.read_ipc(buffer)
