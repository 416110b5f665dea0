"""How long explanations of a bundle take, beside one call of its graph: `explain_speed.py BUNDLE DATA [ROWS]`.

Prints seconds a row one by one and in bulk, the pairs of permutations, and the largest standard error as a share of the
score's spread.
"""

from __future__ import annotations

import sys
from itertools import islice
from pathlib import Path
from time import perf_counter

import polars as pl

from automl.bundle.read import Bundle
from automl.deploy.batch import raw_rows

SINGLE = 20  # rows that are explained one by one


def main(bundle: Path, data: Path, rows: int = 1000) -> None:
    """Print what explaining the first rows of `data` takes."""
    model = Bundle.load(bundle)
    frame = next(frame for _, frame in islice(raw_rows(model, data), 1))[:rows]
    model.explain(frame[:1])  # what is made once
    began = perf_counter()
    model.predict(frame)
    print(f"one graph call, {frame.height:,} rows: {perf_counter() - began:.3f} s")
    began = perf_counter()
    for place in range(min(SINGLE, frame.height)):
        model.explain(frame[place : place + 1])
    print(f"one by one: {(perf_counter() - began) / min(SINGLE, frame.height):.3f} s a row")
    began = perf_counter()
    found = model.explain(frame).each
    print(f"{frame.height:,} rows in bulk: {(perf_counter() - began) / frame.height:.3f} s a row")
    reached = pl.Series([each.score.error / each.score.spread for each in found if each.score.spread])
    pairs = pl.Series([each.pairs for each in found])
    print(f"pairs: median {pairs.median():.0f}, most {pairs.max()}; standard error: at most {reached.max():.1%}")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), *map(int, sys.argv[3:4]))
