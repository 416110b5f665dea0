"""How long explanations of a bundle take, beside one call of its graph: `explain_speed.py BUNDLE DATA [ROWS]`.

Prints rows a second one by one and in bulk, in seconds of the clock and of the processor (which is what counts where
the machine is shared), the pairs of permutations, the largest standard error as a share of the score's spread, and how
many changes were found and how far the search for them came.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from time import perf_counter, process_time
from typing import TypeVar

import polars as pl

from automl.bundle.read import Bundle
from automl.deploy.batch import raw_rows

T = TypeVar("T")

SINGLE = 20  # rows that are explained one by one


def main(bundle: Path, data: Path, rows: int = 1000) -> None:
    """Print what explaining the first rows of `data` takes."""
    model = Bundle.load(bundle)
    frame = next(frame for _, frame in islice(raw_rows(model, data), 1))[:rows]
    model.explain(frame[:1])  # what is made once
    _timed("graph", frame.height, lambda: model.predict(frame))
    some = range(min(SINGLE, frame.height))
    _timed("explained one by one", len(some), lambda: [model.explain(frame[place : place + 1]) for place in some])
    found = _timed("explained in bulk", frame.height, lambda: model.explain(frame)).each
    reached = pl.Series([each.score.error / each.score.spread for each in found if each.score.spread])
    pairs = pl.Series([each.pairs for each in found])
    print(f"pairs: median {pairs.median():.0f}, most {pairs.max()}; standard error: at most {reached.max():.1%}")
    changes = [each.counterfactual for each in found if each.counterfactual is not None]
    by_count = [sum(len(change.changes) == count for change in changes) for count in range(3)]
    print(f"changed decisions: none {by_count[0]}, by one column {by_count[1]}, by two {by_count[2]}")
    print(f"searches that time cut short: {sum(not change.complete for change in changes)}")


def _timed(what: str, rows: int, work: Callable[[], T]) -> T:
    wall, processor = perf_counter(), process_time()
    found = work()
    wall, processor = perf_counter() - wall, process_time() - processor
    print(f"{what}, {rows:,} rows: {rows / wall:,.1f} rows/s", end="; ")
    print(f"{wall / rows:.4f} s a row, of the processor {processor / rows:.4f}")
    return found


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), *map(int, sys.argv[3:4]))
