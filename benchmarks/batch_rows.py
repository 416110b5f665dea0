"""Ten million rows in constant memory, killed and resumed, beside LightGBM's own predict on ready numbers.

    python benchmarks/batch_rows.py --data ../shared/data [--rows 10000000] [--workers 2] [--bundle DIR]

The rows of adult's test part, repeated with a key of their own, are scored by `automl predict` from parquet to parquet
and from CSV to CSV. Then the run is killed (kill -9) at a random chunk and resumed: every key must be there once and in
order. Peak memory is that of the process group, sampled. The table is results/batch_rows.md.
"""

from __future__ import annotations

import os

os.environ.update(dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1"))  # before any library is imported

import argparse
import json
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from automl.bench.records import append

RESULTS = Path(__file__).parent / "results"
KEY = "row_key"
BLOCK = 500_000
TICK = 0.2  # seconds between two looks at the memory


def main() -> None:
    """Make the rows, score them in every way, and write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder of task folders")
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--bundle", type=Path, help="an adult bundle with the key row_key; else one is fitted")
    parser.add_argument("--budget", default="60s")
    parser.add_argument("--results", type=Path, default=RESULTS)
    parser.add_argument("--scratch", type=Path, help="where the files go: some 3 GB for 10 million rows")
    said = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=said.scratch) as scratch:
        folder = Path(scratch)
        bundle = said.bundle or fit_bundle(said.data / "adult", folder, said.budget)
        make_rows(said.data / "adult" / "test.csv", folder, said.rows)
        cells = list(measure(bundle, folder, said))
    record = {
        "rows": said.rows,
        "cells": cells,
        "load": os.getloadavg()[0],
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    append(said.results / "batch_rows.jsonl", record)
    table = "\n".join(render(record))
    (said.results / "batch_rows.md").write_text(table + "\n", encoding="utf-8")
    print(table)


def fit_bundle(task: Path, folder: Path, budget: str) -> Path:
    """A bundle of adult whose rows have a key."""
    import automl

    train = pl.read_csv(task / "train.csv", infer_schema_length=None).with_row_index(KEY)
    spec = {
        "objective": {"target": "class"},
        "data": {"key": KEY},
        "budget": {"time": budget, "workers": 2},
    }
    out = folder / "adult.bundle"
    automl.fit(spec, train=train, out=out, write_anyway=True)
    return out


def make_rows(test: Path, folder: Path, rows: int) -> None:
    """`rows` rows as rows.parquet and rows.csv, written in blocks; the key counts them."""
    import pyarrow.parquet as pq

    frame = pl.read_csv(test, infer_schema_length=None)
    block = pl.concat([frame] * (1 + BLOCK // frame.height)).head(BLOCK)
    writer = None
    with (folder / "rows.csv").open("wb") as text:
        for start in range(0, rows, BLOCK):
            part = block.head(min(BLOCK, rows - start)).with_row_index(KEY, offset=start)
            part.write_csv(text, include_header=start == 0)
            table = part.to_arrow()
            writer = writer or pq.ParquetWriter(folder / "rows.parquet", table.schema)
            writer.write_table(table)
    if writer:
        writer.close()


def measure(bundle: Path, folder: Path, said: argparse.Namespace) -> Sequence[Mapping[str, Any]]:
    """Each way once, and one run killed and resumed."""
    cells = []
    for form in ("parquet", "csv"):
        for workers in dict.fromkeys((1, said.workers)):
            seconds, peak = predict(bundle, folder / f"rows.{form}", folder / f"out.{form}", workers)
            check(folder / f"out.{form}", said.rows)
            cells.append(_cell(f"{form}, {workers} workers", said.rows, seconds, peak))
    cells.append(killed(bundle, folder, said))
    cells.append(booster(bundle, folder, said.rows))
    return cells


def predict(
    bundle: Path,
    data: Path,
    out: Path,
    workers: int,
    *more: str,
    stop: Callable[[], bool] = bool,
) -> tuple[float, float]:
    """Seconds and peak megabytes of `automl predict`; killed once `stop` says so."""
    import psutil

    command = [sys.executable, "-m", "automl", "predict", str(bundle), str(data), "-o", str(out)]
    began, peak = time.monotonic(), 0.0
    process = subprocess.Popen([*command, "--workers", str(workers), *more], stderr=subprocess.PIPE)
    family = psutil.Process(process.pid)
    while process.poll() is None:
        try:
            members = [family, *family.children(recursive=True)]
            peak = max(peak, sum(one.memory_info().rss for one in members) / 1e6)
        except psutil.Error:
            pass
        if stop():
            process.kill()
        time.sleep(TICK)
    if process.returncode not in {0, -9}:
        raise RuntimeError(process.stderr.read().decode() if process.stderr else "")
    return time.monotonic() - began, peak


def check(out: Path, rows: int) -> None:
    """Every key once, in order."""
    scan = pl.scan_parquet(out) if out.suffix == ".parquet" else pl.scan_csv(out)
    keys = scan.select(KEY).collect()[KEY].to_numpy()
    if not np.array_equal(keys, np.arange(rows)):
        raise RuntimeError(f"{out}: {len(keys):,} keys, and they are not 0 to {rows - 1:,} in order")


def killed(bundle: Path, folder: Path, said: argparse.Namespace) -> dict[str, Any]:
    """Killed (kill -9) at a random chunk, then --resume: the output is that of a run that was left alone."""
    out, whole = folder / "killed.csv", folder / "out.csv"
    progress = folder / f".{out.name}.parts" / "progress.json"
    wanted = random.Random(0).uniform(0.2, 0.8) * said.rows  # noqa: S311  # no secret

    def stop() -> bool:
        try:
            return bool(json.loads(progress.read_bytes())["rows"] >= wanted)
        except (OSError, ValueError):
            return False

    first, _ = predict(bundle, folder / "rows.csv", out, said.workers, stop=stop)
    found = json.loads(progress.read_bytes())["rows"] if progress.exists() else said.rows
    second, peak = predict(bundle, folder / "rows.csv", out, said.workers, "--resume")
    check(out, said.rows)
    if _digest(out) != _digest(whole):
        raise RuntimeError("the resumed output differs")
    return _cell(f"csv, killed after {found:,} rows and resumed: the same bytes", said.rows, first + second, peak)


def _digest(path: Path) -> str:
    import hashlib

    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def booster(bundle: Path, folder: Path, rows: int) -> dict[str, Any]:
    """LightGBM with as many rounds as the bundle has, on ready numbers in memory, one thread: nothing is read."""
    import lightgbm

    manifest = json.loads((bundle / "manifest.json").read_bytes())
    rounds = max(50, sum(member["rounds"] or 0 for member in manifest["members"]))
    frame = pl.scan_parquet(folder / "rows.parquet").head(min(rows, BLOCK)).collect()
    target = manifest["target"]["name"]
    values = frame.drop(KEY, target).with_columns(pl.col(pl.String).cast(pl.Categorical).to_physical())
    ready = values.cast(pl.Float64).to_numpy()
    labels = frame[target].rank("dense").to_numpy() - 1.0
    params = {"objective": "binary", "num_threads": 1, "verbosity": -1, "num_leaves": 31}
    model = lightgbm.train(params, lightgbm.Dataset(ready[:50_000], label=labels[:50_000]), num_boost_round=rounds)
    began = time.perf_counter()
    model.predict(ready, num_threads=1)
    seconds = time.perf_counter() - began
    return _cell(f"LightGBM predict, {rounds} rounds, ready numbers", len(ready), seconds, float("nan"))


def _cell(way: str, rows: int, seconds: float, peak: float) -> dict[str, Any]:
    return {"way": way, "seconds": seconds, "rows_s": rows / seconds, "peak_mb": None if np.isnan(peak) else peak}


def render(record: Mapping[str, Any]) -> list[str]:
    """The table, with the ratio to LightGBM's own predict."""
    cells = record["cells"]
    base = cells[-1]["rows_s"]
    lines = [
        "# A batch of many rows",
        "",
        f"`python benchmarks/batch_rows.py --data ../shared/data`; {record['rows']:,} rows of adult, {record['date']}",
        f"(load {record['load']:.1f}).",
        "",
        "| way | seconds | rows/s | of LightGBM's own predict | peak MB |",
        "|---|---|---|---|---|",
    ]
    for cell in cells:
        peak = "" if cell["peak_mb"] is None else f"{cell['peak_mb']:.0f}"
        share = cell["rows_s"] / base
        lines.append(f"| {cell['way']} | {cell['seconds']:.1f} | {cell['rows_s']:,.0f} | {share:.2f} | {peak} |")
    return lines


if __name__ == "__main__":
    main()
