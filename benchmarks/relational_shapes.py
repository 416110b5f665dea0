"""How the cost of each aggregation grows: with the rows, and not with how long the history of a key is.

    python benchmarks/relational_shapes.py           # runs what is missing, then prints the tables
    python benchmarks/relational_shapes.py --again   # measures all of it again
    python benchmarks/relational_shapes.py --table   # the tables of what has been run

Two shapes: as many rows and cutoffs, with ever fewer keys and longer histories; and as many keys, with ever more rows
and as many cutoffs. Each shape is measured in a process of its own, each aggregation in processor seconds (the best
of a few runs) on tables that are sorted already, over all known rows and over a window of a tenth of the time; the
peak is of resident memory above what the tables take. An exponent is the slope of log(seconds) over log(size).
Records go to benchmarks/results/relational_shapes.jsonl, the tables to relational_shapes.md.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from relational import DAY, FIRST, KEY, OF_AMOUNTS, OF_ROWS, OF_SHOPS, featuretools_matrix

from automl.bench.records import append, markdown, origin, read
from automl.features.relational.compute.at_rows import at_rows
from automl.features.relational.compute.frame_table import FrameTable
from automl.features.relational.compute.needed import held
from automl.features.relational.compute.query_engine import QueryEngine
from automl.features.relational.compute.query_plan import query_plan
from automl.features.relational.definition import (
    Aggregation,
    Base,
    Catalog,
    Definitions,
    RelationalFeature,
    TableSchema,
)

RESULTS = Path(__file__).parent / "results"
RECORDS = RESULTS / "relational_shapes.jsonl"
DAYS = 1_000
ROWS = 200_000
LENGTHS = (100, 1_000, 10_000, 100_000)  # rows of a key, of `ROWS` rows
KEYS = 10
SIZES = (10_000, 100_000, 1_000_000)  # rows, and cutoffs, of `KEYS` keys
CATALOG = Catalog(
    tables=(
        TableSchema(name="main", columns={"customer": "number", "at": "date"}),
        TableSchema(
            name="purchases",
            columns={"customer": "number", "t": "date", "amount": "number", "gift": "flag"}
            | {"shop": "category", "item": "category"},
            time="t",
        ),
    ),
    cutoff="at",
)
WINDOW = DAYS / 10 * DAY
ITEMS = 5_000  # levels of the column of many levels
BEST_OF = 2
CUTOFFS = 300  # of Featuretools
PATIENCE = 300.0  # seconds for Featuretools on one shape


def main() -> None:
    """Parses, runs what is missing, prints."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--again", action="store_true", help="measure what has been measured, too")
    parser.add_argument("--table", action="store_true", help="print the tables of what has been run")
    parser.add_argument("--one", nargs=3, help=argparse.SUPPRESS)  # a measurement in a fresh process
    asked = parser.parse_args()
    if asked.one:
        way, rows, keys = asked.one
        print(json.dumps({"ours": ours, "featuretools": theirs}[way](int(rows), int(keys))))
        return
    done = set() if asked.again else {(r["way"], r["rows"], r["keys"]) for r in read(RECORDS)}
    for way, rows, keys in () if asked.table else measurements():
        if (way, rows, keys) not in done:
            append(
                RECORDS, {"way": way, "rows": rows, "keys": keys, **in_a_process(way, rows, keys), **circumstances()}
            )
    text = tables({(r["way"], r["rows"], r["keys"]): r for r in read(RECORDS)})
    (RESULTS / "relational_shapes.md").write_text(text)
    print(text)


def measurements() -> Iterator[tuple[str, int, int]]:
    """(way, rows, keys), Featuretools on the ends of the first shape."""
    for way, lengths in (("ours", LENGTHS), ("featuretools", (LENGTHS[0], LENGTHS[-1]))):
        yield from ((way, ROWS, ROWS // length) for length in lengths)
    yield from (("ours", rows, KEYS) for rows in SIZES)


def in_a_process(way: str, rows: int, keys: int) -> Mapping[str, Any]:
    """What a fresh process measures; of Featuretools that it took longer than it may."""
    command = [sys.executable, __file__, "--one", way, str(rows), str(keys)]
    patience = PATIENCE if way == "featuretools" else None
    single = {**os.environ, "OMP_NUM_THREADS": "1", "POLARS_MAX_THREADS": "1"}
    try:
        answer = subprocess.run(command, check=True, capture_output=True, text=True, timeout=patience, env=single)
    except subprocess.TimeoutExpired:
        return {"longer_than": PATIENCE}
    return dict(json.loads(answer.stdout))


def ours(rows: int, keys: int) -> dict[str, Any]:
    """Processor seconds and peak megabytes of each aggregation."""
    tables, main = data(rows, keys, rows)
    cells = {name: measured(Definitions(catalog=CATALOG, features=(f,)), tables, main) for name, f in features()}
    return {"cutoffs": rows, "cells": cells}


def measured(definitions: Definitions, tables: Mapping[str, pl.DataFrame], main: pl.DataFrame) -> dict[str, float]:
    """The first run sorts the tables and is not measured."""
    engine = QueryEngine(definitions.catalog, held(definitions, tables))
    plan = query_plan([feature.expr for feature in definitions.features], definitions.catalog)
    asked = FrameTable(main)
    at_rows(engine, definitions, plan, asked)
    Path("/proc/self/clear_refs").write_text("5")  # the peak is what it is now
    before, seconds = memory("VmRSS"), []
    for _ in range(BEST_OF):
        begun = time.process_time()
        at_rows(engine, definitions, plan, asked)
        seconds.append(time.process_time() - begun)
    return {"seconds": min(seconds), "peak_mb": memory("VmHWM") - before}


def memory(name: str) -> float:
    """Megabytes, as Linux counts them for this process."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(float(line.split()[1]) / 1024 for line in lines if line.startswith(name))


def data(rows: int, keys: int, cutoffs: int) -> tuple[dict[str, pl.DataFrame], pl.DataFrame]:
    """Purchases of `keys` customers in order of time, and a customer and a moment for each cutoff."""
    rng = np.random.default_rng(1)
    seconds = DAYS * 86_400
    purchases = pl.DataFrame(
        {
            "customer": rng.integers(0, keys, rows).astype(np.float64),
            "t": FIRST + np.sort(rng.integers(0, seconds, rows)) * 1e6,
            "amount": np.where(rng.random(rows) < 0.02, np.nan, np.round(rng.lognormal(3, 1, rows), 2)),
            "shop": pl.Series(rng.integers(0, 12, rows)).cast(pl.String),
            "item": pl.Series(rng.integers(0, ITEMS, rows)).cast(pl.String),
            "gift": (rng.random(rows) < 0.1).astype(np.float64),
        }
    )
    moments = FIRST + rng.integers(0, seconds, cutoffs) * 1e6
    main = pl.DataFrame({"customer": rng.integers(0, keys, cutoffs).astype(np.float64), "at": moments})
    return {"purchases": purchases}, main


def features() -> Iterator[tuple[str, RelationalFeature]]:
    """Each aggregation of each column that it is for, over all known rows and over a window."""
    columns = {"": OF_ROWS, "amount": OF_AMOUNTS, "gift": ("percent_true",), "shop": OF_SHOPS, "item": OF_SHOPS}
    for column, ops in columns.items():
        for op in ops:
            for window in (None, WINDOW):
                name = f"{op}({column}) {'all' if window is None else 'window'}"
                of = Base(column=column) if column else None
                wire = "category" if op == "mode" else "number"
                expr = Aggregation(op=op, path=KEY, of=of, window=window)
                yield name, RelationalFeature(name=name, expr=expr, wire=wire)


def theirs(rows: int, keys: int) -> dict[str, Any]:
    """Wall-clock seconds of Featuretools for its few cutoffs, all aggregations at once, over all known rows."""
    tables, main = data(rows, keys, CUTOFFS)
    _, seconds = featuretools_matrix(tables["purchases"].drop("item"), main)
    return {"cutoffs": CUTOFFS, "seconds": seconds}


def circumstances() -> dict[str, Any]:
    """When, how busy the machine was, and with which versions."""
    names = ("featuretools", "numpy", "pandas", "polars")
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "load": round(os.getloadavg()[0], 1),
        "versions": {name: version(name) for name in names},
    }


def tables(records: Mapping[tuple[str, int, int], Mapping[str, Any]]) -> str:
    """Both shapes and the comparison in Markdown."""
    lines = ["# How relational features grow", ""]
    lines += [origin(list(records.values()), "python benchmarks/relational_shapes.py"), ""]
    lengths = {length: records["ours", ROWS, ROWS // length] for length in LENGTHS}
    lines += [f"{ROWS:,} rows and as many cutoffs, by the rows of a key: milliseconds of one processor.", ""]
    lines += [*growth("rows a key", lengths), ""]
    sizes = {rows: records["ours", rows, KEYS] for rows in SIZES}
    lines += [f"{KEYS} keys, by the number of rows, and of as many cutoffs: milliseconds of one processor.", ""]
    return "\n".join([*lines, *growth("rows", sizes), "", *comparison(records)]) + "\n"


def growth(what: str, shapes: Mapping[int, Mapping[str, Any]]) -> Iterator[str]:
    """A line for each aggregation: time by size, exponent, peak by size; the largest exponent below."""
    header = [
        "aggregation",
        *(f"{size:,} {what}" for size in shapes),
        "exponent",
        *(f"MB, {size:,}" for size in shapes),
    ]
    slopes, rows = [], []
    for name in next(iter(shapes.values()))["cells"]:
        cells = [shape["cells"][name] for shape in shapes.values()]
        slopes.append(exponent(list(shapes), [cell["seconds"] for cell in cells]))
        times = [f"{1e3 * cell['seconds']:.0f}" for cell in cells]
        rows.append([f"`{name}`", *times, f"{slopes[-1]:.2f}", *(f"{cell['peak_mb']:.0f}" for cell in cells)])
    yield from markdown(header, rows)
    whole = [sum(cell["seconds"] for cell in shape["cells"].values()) for shape in shapes.values()]
    yield ""
    yield f"All together: exponent {exponent(list(shapes), whole):.2f}; the largest of one: {max(slopes):.2f}."


def exponent(sizes: Sequence[float], seconds: Sequence[float]) -> float:
    """The least-squares slope of log(seconds) over log(size)."""
    return float(np.polyfit(np.log(sizes), np.log(seconds), 1)[0])


def comparison(records: Mapping[tuple[str, int, int], Mapping[str, Any]]) -> Iterator[str]:
    """Featuretools' time for as many cutoffs as ours, by rule of three from a few."""
    yield f"Featuretools computes the aggregations over all known rows at {CUTOFFS} cutoffs; its time for {ROWS:,} is"
    yield "extrapolated from them, not measured. Ours is the sum of the single times above. Theirs is wall-clock time,"
    yield "ours processor time; both use one thread."
    yield ""
    rows = []
    for length in (LENGTHS[0], LENGTHS[-1]):
        key = (ROWS, ROWS // length)
        cells = records[("ours", *key)]["cells"]
        seconds = sum(cell["seconds"] for name, cell in cells.items() if "item" not in name and name.endswith("all"))
        their = records[("featuretools", *key)]
        bound = "> " if "longer_than" in their else ""
        few = their.get("longer_than") or their["seconds"]
        whole = few * ROWS / CUTOFFS
        rows.append(
            (
                f"{length:,}",
                f"{seconds:.2f}",
                f"{bound}{few:.1f}",
                f"{bound}{whole:,.0f}",
                f"{bound}{whole / seconds:,.0f}",
            )
        )
    header = ("rows a key", f"ours s, {ROWS:,}", f"Featuretools s, {CUTOFFS}", "extrapolated s", "times faster")
    yield from markdown(header, rows)


if __name__ == "__main__":
    main()
