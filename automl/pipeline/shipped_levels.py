"""Which lists of levels ship: how long each is, and the fewest rows behind one of its levels."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import polars as pl
from numpy.typing import NDArray

from automl.bundle.manifest import LevelsRecord
from automl.ops import expr as ops
from automl.ops.bulk import evaluate

CHUNK = 16_384  # rows at a time: the words of long texts are wide

Listed = ops.IndexOf | ops.Tokens | ops.Pair


def shipped_levels(outputs: Iterable[ops.Expr], frame: pl.DataFrame) -> tuple[LevelsRecord, ...]:
    """The lists of levels, words and combinations of levels in `outputs`, with the rows of `frame` behind them.

    Of several lists of the same columns the longest is told, with the fewest rows behind a level of any. A level that
    no row here has is not counted: two columns that are compared share a list.
    """
    lists = [part for part in ops.walk(*outputs) if isinstance(part, Listed)]
    found: dict[tuple[tuple[str, ...], str], LevelsRecord] = {}
    for listed, rows in zip(lists, _rows(lists, frame), strict=True):
        there = rows[rows > 0]
        key = _columns(listed), _what(listed)
        if len(there):
            known = found.get(key, LevelsRecord(columns=key[0], what=_what(listed), levels=0, rows=int(there.min())))
            levels, least = max(known.levels, len(there)), min(known.rows, int(there.min()))
            found[key] = known.model_copy(update={"levels": levels, "rows": least})
    return tuple(found.values())


def _columns(listed: Listed) -> tuple[str, ...]:
    return tuple(dict.fromkeys(part.name for part in ops.walk(listed) if isinstance(part, ops.Column)))


def _what(listed: Listed) -> str:
    if any(isinstance(part, ops.Tokens) for part in ops.walk(listed)):
        return "pairs and pieces of words" if isinstance(listed, ops.Pair) else "words or letters"
    return "combinations" if isinstance(listed, ops.Pair) else "levels"


def _rows(lists: list[Listed], frame: pl.DataFrame) -> list[NDArray[np.int64]]:
    """For each list how many rows have each of its levels; a row that has one twice counts once."""
    sizes = [part.size - 1 if isinstance(part, ops.Tokens) else len(part.keys) for part in lists]
    totals = [np.zeros(size + 1, dtype=np.int64) for size in sizes]
    for start in range(0, frame.height if lists else 0, CHUNK):
        chunk = frame[start : start + CHUNK]
        places = evaluate({str(j): part for j, part in enumerate(lists)}, chunk)
        for j, size in enumerate(sizes):
            at = np.sort(np.asarray(places[str(j)], dtype=np.int64), axis=1)
            once = at[np.diff(at, axis=1, prepend=-1) != 0]
            totals[j] += np.bincount(once, minlength=size + 1)
    return [total[:-1] for total in totals]
