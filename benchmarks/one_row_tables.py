"""Relational features of one row from tables in memory: milliseconds by number of features and length of histories.

    python benchmarks/one_row_tables.py                                # the table
    python benchmarks/one_row_tables.py --bundle several.bundle        # with the cold start of such a bundle

Made histories: eight numbers and a text, times over three years. The features are drawn from every aggregation over all
rows and the last 30, 90 and 365 days. Each row is scored at a cutoff of its own: first rows are those of keys that were
not asked for before, next rows those of keys whose blocks are held. `said` is the sum of `RowStore.costs`.
"""

from __future__ import annotations

import os

os.environ.update(dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1"))  # before any library is imported

import argparse
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import get_args

import numpy as np
import polars as pl

from automl.features.relational.check import wire_of
from automl.features.relational.definition import (
    Aggregation,
    AggregationOp,
    Base,
    Catalog,
    Definitions,
    Hop,
    RelationalFeature,
    TableSchema,
)
from automl.features.relational.row_store import RowStore
from automl.gates.measure import run

RESULTS = Path(__file__).parent / "results"
FEATURES, LENGTHS = (10, 50, 200), (100, 1_000, 10_000)
KEYS, NEXT = 30, 4  # keys, and further rows of each
DAY = 86_400e6
WINDOWS = (None, 30 * DAY, 90 * DAY, 365 * DAY)
NUMBERS = [f"x{i}" for i in range(8)]
EVENTS = Hop(table="events", on=(("k", "k"),))
CATALOG = Catalog(
    tables=(
        TableSchema(name="main", columns={"k": "category", "at": "date"}, time="at"),
        TableSchema(
            name="events",
            columns={"k": "category", "t": "date", "c": "category", **dict.fromkeys(NUMBERS, "number")},
            time="t",
        ),
    ),
    cutoff="at",
)


def main() -> None:
    """Time each case and write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bundle", type=Path, help="a bundle of several tables, whose cold start is measured")
    said = parser.parse_args()
    lines = [
        "# Relational features of one row",
        "",
        "`python benchmarks/one_row_tables.py`; p50 in ms, one thread.",
        "",
        "| rows of a key | features | open s | first row of a key | next rows | said |",
        "|---|---|---|---|---|---|",
    ]
    lines += ["| " + " | ".join(case(length, features)) + " |" for length in LENGTHS for features in FEATURES]
    if said.bundle:
        colds = [run(said.bundle, rows=0).colds[0] for _ in range(5)]
        lines += ["", f"Cold start of {said.bundle.name}: {median(colds):.2f} s, the median of {len(colds)} processes."]
    table = "\n".join(lines)
    (RESULTS / "one_row_tables.md").write_text(table + "\n", encoding="utf-8")
    print(table)


def case(length: int, features: int) -> list[str]:
    """The cells of one line."""
    draw = np.random.default_rng(0)
    events = made(KEYS * length, draw)
    asked = definitions(features, draw)
    began = time.perf_counter()
    store = RowStore.of(asked, {"events": events})
    opened = time.perf_counter() - began
    times = []
    for key in [str(key) for key in range(KEYS)] * (1 + NEXT):
        row = {"k": key, "at": float(draw.integers(365, 4 * 365)) * DAY}
        began = time.perf_counter()
        store.features(row)
        times.append(1e3 * (time.perf_counter() - began))
    figures = (median(times[:KEYS]), median(times[KEYS:]), sum(store.costs().values()) / 1e3)
    return [f"{length:,}", str(features), f"{opened:.2f}", *(f"{figure:.2f}" for figure in figures)]


def made(n: int, draw: np.random.Generator) -> pl.DataFrame:
    """Events in the order of their times."""
    return pl.DataFrame(
        {
            "k": draw.integers(0, KEYS, n).astype(str),
            "t": np.sort(draw.integers(0, 3 * 365 * 24, n)) * DAY / 24,
            "c": draw.integers(0, 20, n).astype(str),
            **{name: draw.normal(size=n).round(1) for name in NUMBERS},
        }
    )


def definitions(count: int, draw: np.random.Generator) -> Definitions:
    """So many features, drawn from all."""
    found = list(every())
    exprs = [found[i] for i in draw.permutation(len(found))[:count]]
    features = [RelationalFeature(name=str(i), expr=e, wire=wire_of(e, CATALOG)) for i, e in enumerate(exprs)]
    return Definitions(catalog=CATALOG, features=tuple(features))


def every() -> Iterator[Aggregation]:
    """Each operation over each column that it can be of, in each window."""
    for op in get_args(AggregationOp):
        for of in (None, Base(column="c"), *(Base(column=name) for name in NUMBERS)):
            for window in WINDOWS:
                expr = Aggregation(op=op, path=(EVENTS,), of=of, window=window)
                if sound(expr):
                    yield expr


def sound(expr: Aggregation) -> bool:
    """Whether it can be computed."""
    try:
        wire_of(expr, CATALOG)
    except ValueError:
        return False
    return True


if __name__ == "__main__":
    main()
