"""Relational features against Featuretools, and how time and memory grow up to 200 million child rows.

    python benchmarks/relational.py                  # runs what is missing, then prints the tables
    python benchmarks/relational.py --rows 5 10      # only these sizes, in million child rows
    python benchmarks/relational.py --table          # the tables of what has been run

Data is generated: customers with some 50 purchases each, and a cutoff for each row of the main table. Records go
to benchmarks/results/relational.jsonl (one a measurement; resumable), the tables to relational.md.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import resource
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from automl.bench.records import append, markdown, origin, read
from automl.features.relational.compute.buckets import Buckets
from automl.features.relational.compute.run import Opened, run
from automl.features.relational.definition import (
    Aggregation,
    Base,
    Catalog,
    Condition,
    Definitions,
    Hop,
    RelationalFeature,
    TableSchema,
)

RESULTS = Path(__file__).parent / "results"
RECORDS = RESULTS / "relational.jsonl"
DAY = 86_400e6
FIRST = 18_262 * DAY  # 2020-01-01
DAYS = 1_000
EACH = 50  # purchases of a customer, on average
CHUNK = 1_000_000  # rows that are generated at once
MILLION = 1_000_000
PACE = (100_000, 2_000)  # child rows and cutoffs of the comparison
SIZES = (5, 10, 20, 50, 200)  # million child rows
SAME = 5_000_000  # child rows that are computed at once, and by buckets of a part of them
PARTS = 8
CUTOFFS = 1_000_000
KEY = (Hop(table="purchases", on=(("customer", "customer"),)),)
CATALOG = Catalog(
    tables=(
        TableSchema(name="main", columns={"customer": "number", "at": "date"}),
        TableSchema(
            name="purchases",
            columns={"customer": "number", "t": "date", "amount": "number", "shop": "category", "gift": "flag"},
            time="t",
        ),
    ),
    cutoff="at",
)
OF_AMOUNTS = ("sum", "mean", "min", "max", "std", "skew", "median", "first", "last", "trend")
OF_SHOPS = ("mode", "num_unique", "entropy")
OF_ROWS = ("count", "time_since_first", "time_since_last", "avg_time_between")


def main() -> None:
    """Parses, runs what is missing, prints."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, nargs="*", default=list(SIZES), help="million child rows")
    parser.add_argument("--scratch", type=Path, help="where the generated table goes (default: a temporary folder)")
    parser.add_argument("--table", action="store_true", help="print the tables of what has been run")
    parser.add_argument("--one", type=Path, help=argparse.SUPPRESS)  # a measurement in a fresh process
    asked = parser.parse_args()
    if asked.one:
        print(json.dumps(measure(asked.one)))
        return
    if not asked.table:
        done = {(record["kind"], record["rows"]) for record in read(RECORDS)}
        if ("pace", PACE[0]) not in done:
            append(RECORDS, {**pace(), **circumstances()})
        if ("same", SAME) not in done:
            append(RECORDS, {**same(SAME, asked.scratch), **circumstances()})
        for millions in asked.rows:
            if ("growth", millions * MILLION) not in done:
                append(RECORDS, {**growth(millions * MILLION, asked.scratch), **circumstances()})
    text = tables(read(RECORDS))
    (RESULTS / "relational.md").write_text(text)
    print(text)


def pace() -> dict[str, Any]:
    """All aggregations of 100,000 rows with 2,000 distinct cutoffs, ours and Featuretools', values compared."""
    rows, cutoffs = PACE
    child = pl.concat(purchases(rows, rows // EACH)).with_columns(pl.col("t") // DAY * DAY)  # trends are by day
    asked = requests(cutoffs, rows // EACH)
    definitions = plain_definitions()
    begun = time.perf_counter()
    ours = run(definitions, asked, {"purchases": child})
    seconds = time.perf_counter() - begun
    theirs, their_seconds = featuretools_matrix(child, asked)
    return {
        "kind": "pace",
        "rows": rows,
        "cutoffs": asked["at"].n_unique(),
        "features": ours.width,
        "seconds": seconds,
        "featuretools_seconds": their_seconds,
        "times": their_seconds / seconds,
        "largest_difference": differences(ours, theirs),
    }


def growth(rows: int, scratch: Path | None) -> dict[str, Any]:
    """A million cutoffs over so many child rows, from a parquet file, in a process of its own."""
    with tempfile.TemporaryDirectory(dir=scratch) as folder:
        write(Path(folder) / "purchases.parquet", rows)
        command = [sys.executable, __file__, "--one", folder]
        answer = subprocess.run(command, check=True, capture_output=True, text=True)
    return {"kind": "growth", "rows": rows, "cutoffs": CUTOFFS, **json.loads(answer.stdout)}


def same(rows: int, scratch: Path | None) -> dict[str, Any]:
    """How many cells of a million cutoffs differ in a bit between all child rows at once and buckets of them."""
    with tempfile.TemporaryDirectory(dir=scratch) as folder:
        write(Path(folder) / "purchases.parquet", rows)
        child = {"purchases": pl.scan_parquet(Path(folder) / "purchases.parquet")}
        asked, wanted = requests(CUTOFFS, rows // EACH), large_definitions()
        whole = Opened.of(wanted, asked, child, part=2 * rows)
        dealt = Opened.of(wanted, asked, child, part=rows // PARTS, deal=Buckets)
        assert whole.parts is None  # noqa: S101  # else nothing would be compared
        assert dealt.parts is not None  # noqa: S101
        differ = [
            int((_bits(mine) != _bits(other)).sum())
            for mine, other in zip(whole.values(wanted), dealt.values(wanted), strict=True)
        ]
    return {
        "kind": "same",
        "rows": rows,
        "buckets": len(dealt.parts.rows),
        "cells": len(differ) * CUTOFFS,
        "differ": sum(differ),
    }


def _bits(column: pl.Series) -> Any:
    """What two columns have to agree in: the bits of numbers, NaN among them, and texts."""
    return column.to_numpy().view(np.int64) if column.dtype == pl.Float64 else column.to_numpy()


def measure(folder: Path) -> dict[str, Any]:
    """Seconds, and the peak of this process's memory in MB, before the run and at its end."""
    child = pl.scan_parquet(folder / "purchases.parquet")
    customers = int(child.select(pl.len()).collect().item()) // EACH
    asked = requests(CUTOFFS, customers)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    begun = time.perf_counter()
    wanted = large_definitions()
    found = Opened.of(wanted, asked, {"purchases": child}, deal=Buckets).values(wanted)
    seconds = time.perf_counter() - begun
    used = resource.getrusage(resource.RUSAGE_SELF)
    peak = used.ru_maxrss / 1024
    cpu = used.ru_utime + used.ru_stime
    return {"seconds": seconds, "cpu_seconds": cpu, "start_mb": before, "peak_mb": peak, "features": found.width}


def purchases(rows: int, customers: int) -> Iterator[pl.DataFrame]:
    """Generated purchases by chunks, in order of time, as an event log is."""
    rng = np.random.default_rng(1)
    for begin in range(0, rows, CHUNK):
        n = min(CHUNK, rows - begin)
        moments = np.sort(rng.integers(begin * DAYS * 86_400 // rows, (begin + n) * DAYS * 86_400 // rows, n))
        yield pl.DataFrame(
            {
                "customer": rng.integers(0, customers, n).astype(np.float64),
                "t": FIRST + moments * 1e6,
                "amount": np.where(rng.random(n) < 0.02, np.nan, np.round(rng.lognormal(3, 1, n), 2)),
                "shop": pl.Series(rng.integers(0, 12, n)).cast(pl.String),
                "gift": (rng.random(n) < 0.1).astype(np.float64),
            }
        )


def requests(n: int, customers: int) -> pl.DataFrame:
    """Rows of the main table: a customer and a moment, 2,000 distinct ones where there are so few rows."""
    rng = np.random.default_rng(2)
    days = np.arange(n) % 2_000 / 2 if n <= PACE[1] else rng.integers(DAYS // 2, DAYS, n)
    return pl.DataFrame({"customer": rng.integers(0, customers, n).astype(np.float64), "at": FIRST + days * DAY})


def write(path: Path, rows: int) -> None:
    """A parquet file, chunk by chunk."""
    import pyarrow.parquet as pq

    chunks = purchases(rows, rows // EACH)
    first = next(chunks).to_arrow()
    with pq.ParquetWriter(path, first.schema) as file:
        file.write_table(first)
        for chunk in chunks:
            file.write_table(chunk.to_arrow().cast(first.schema))


def plain_definitions() -> Definitions:
    """Each aggregation once, over all known rows."""
    exprs = {op: Aggregation(op=op, path=KEY) for op in OF_ROWS}
    exprs |= {op: Aggregation(op=op, path=KEY, of=Base(column="amount")) for op in OF_AMOUNTS}
    exprs |= {op: Aggregation(op=op, path=KEY, of=Base(column="shop")) for op in OF_SHOPS}
    exprs |= {"percent_true": Aggregation(op="percent_true", path=KEY, of=Base(column="gift"))}
    return _named(exprs)


def large_definitions() -> Definitions:
    """The same, and windows and a condition for the common ones."""
    exprs = {feature.name: feature.expr for feature in plain_definitions().features}
    for op in ("sum", "mean", "max"):
        for days in (7, 30, 90):
            exprs[f"{op} {days}"] = Aggregation(op=op, path=KEY, of=Base(column="amount"), window=days * DAY)
        where = Condition(column="shop", value="3")
        exprs[f"{op} where"] = Aggregation(op=op, path=KEY, of=Base(column="amount"), where=where)
    return _named(exprs)


def _named(exprs: Mapping[str, Aggregation]) -> Definitions:
    wires = {"mode": "category"}
    features = tuple(
        RelationalFeature(name=name, expr=expr, wire=wires.get(name, "number")) for name, expr in exprs.items()
    )
    return Definitions(catalog=CATALOG, features=features)


def featuretools_matrix(child: pl.DataFrame, asked: pl.DataFrame) -> tuple[dict[str, list[Any]], float]:
    """What Featuretools computes, by name of the aggregation, and the seconds it took (without its import)."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import featuretools as ft
        import pandas as pd

        entities = ft.EntitySet("shop")
        days = child.with_columns(pl.col("t").cast(pl.Int64).cast(pl.Datetime("us")), pl.col("gift") > 0)
        frames = {
            "customers": pd.DataFrame({"customer": child["customer"].unique().sort().to_numpy()}),
            "main": pd.DataFrame({"row": range(asked.height), "customer": asked["customer"].to_numpy()}),
            "purchases": days.with_row_index("row").to_pandas(),
        }
        index = {"customers": "customer", "main": "row", "purchases": "row"}
        kinds = {"shop": "Categorical", "gift": "Boolean", "amount": "Double", "customer": "Double"}
        for name, frame in frames.items():
            entities.add_dataframe(
                dataframe_name=name,
                dataframe=frame,
                index=index[name],
                time_index="t" if name == "purchases" else None,
                logical_types={c: kind for c, kind in kinds.items() if c in frame.columns},
            )
        for name in ("main", "purchases"):
            entities.add_relationship("customers", "customer", name, "customer")
        definitions = [_theirs(ft, entities, str(f.name), f.expr) for f in plain_definitions().features]
        moments = pd.to_datetime(asked["at"].cast(pl.Int64).cast(pl.Datetime("us")).to_pandas())
        cutoffs = pd.DataFrame({"row": range(asked.height), "time": moments})
        begun = time.perf_counter()
        matrix = ft.calculate_feature_matrix(
            definitions, entityset=entities, cutoff_time=cutoffs, include_cutoff_time=False
        )
        seconds = time.perf_counter() - begun
    matrix = matrix.loc[cutoffs["row"]]
    plain = matrix.astype(object).where(matrix.notna(), None)
    return {f.name: plain[f.name].tolist() for f in plain_definitions().features}, seconds


def _theirs(ft: Any, entities: Any, name: str, expr: Any) -> Any:
    from featuretools.primitives import get_aggregation_primitives

    def column(of: str) -> Any:
        return ft.IdentityFeature(entities["purchases"].ww[of])

    of = [column("row") if name == "count" else column("t") if expr.of is None else column(expr.of.column)]
    of += [column("t")] if name == "trend" else []
    primitive = get_aggregation_primitives()[name]()
    made = ft.AggregationFeature(of, parent_dataframe_name="customers", primitive=primitive)
    return ft.DirectFeature(made, "main").rename(name)


def differences(ours: pl.DataFrame, theirs: dict[str, list[Any]]) -> float:
    """The largest relative difference of a number; inf if a text or a missing value differs."""
    largest = 0.0
    for name, column in theirs.items():
        for mine, other in zip(ours[name], column, strict=True):
            if isinstance(mine, str) or other is None:
                same = mine == other or (other is None and (mine == "" or math.isnan(mine)))
                largest = max(largest, 0.0 if same else math.inf)
            else:
                away = abs(mine - other) / max(1.0, abs(other))
                largest = max(largest, math.inf if math.isnan(away) else away)
    return largest


def circumstances() -> dict[str, Any]:
    """When, how busy the machine was, and with which versions."""
    names = ("featuretools", "numpy", "pandas", "polars")
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "load": round(os.getloadavg()[0], 1),
        "cpus": os.cpu_count(),
        "versions": {name: version(name) for name in names},
    }


def tables(records: list[dict[str, Any]]) -> str:
    """Both tables in Markdown."""
    lines = ["# Relational features", "", origin(records, "python benchmarks/relational.py"), ""]
    lines += [
        "Generated purchases, some 50 for each customer; each row of the main table has a cutoff of its own, and",
        "rows at or after it do not count. Both engines compute the same 18 aggregations; the difference is relative.",
        "",
    ]
    pace_rows = [
        (
            f"{r['rows']:,}",
            f"{r['cutoffs']:,}",
            r["features"],
            f"{r['seconds']:.2f}",
            f"{r['featuretools_seconds']:.1f}",
            f"{r['times']:,.0f}",
            f"{r['largest_difference']:.0e}",
            r["load"],
        )
        for r in records
        if r["kind"] == "pace"
    ]
    header = ("child rows", "cutoffs", "features", "ours s", "Featuretools s", "times faster", "difference", "load")
    lines += [*markdown(header, pace_rows), ""]
    lines += ["A million cutoffs, child rows from a parquet file, 30 features, windows and a condition among them.", ""]
    grown = sorted((r for r in records if r["kind"] == "growth"), key=lambda r: r["rows"])
    growth_rows = [
        (
            f"{r['rows'] // MILLION} million",
            f"{r['seconds']:.0f}",
            f"{r['cpu_seconds']:.0f}",
            f"{r['rows'] / r['seconds']:,.0f}",
            f"{r['rows'] / r['cpu_seconds']:,.0f}",
            f"{r['start_mb']:,.0f}",
            f"{r['peak_mb']:,.0f}",
            r["load"],
        )
        for r in grown
    ]
    header = ("child rows", "s", "CPU s", "child rows/s", "by CPU s", "MB before", "peak MB", "load")
    lines += [*markdown(header, growth_rows), ""]
    lines += [
        f"All {r['rows']:,} rows at once and in {r['buckets']} buckets: {r['differ']:,} of {r['cells']:,} cells differ."
        for r in records
        if r["kind"] == "same"
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
