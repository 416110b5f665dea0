"""Millions of rows scored by 1, 2 and 4 workers that join one manifest, while workers are killed: same bytes, rows/s.

    python benchmarks/scoring_at_scale.py --data ../shared/data [--rows 20000000] [--workers 1 2 4] [--bundle DIR]

The rows of adult's test part, repeated with a key of their own, lie in parquet files of row groups. Each number of
workers gets a manifest of its own; every --every seconds, and no sooner than after another chunk, one that has a chunk
is killed (kill -9), and another joins. The output is one parquet file: its SHA-256 must be that of one plain `automl
predict`, and every key must be there once and in order. The tables of all records are results/scoring_at_scale.md.
"""

from __future__ import annotations

import os

os.environ.update(
    dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "POLARS_MAX_THREADS"), "1")
)  # one core each

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import polars as pl
from batch_rows import KEY, RESULTS, fit_bundle

from automl.bench.records import append, read
from automl.data.read.files import file_digest
from automl.deploy.distributed.leases import DONE, tokens, workers
from automl.deploy.distributed.notes import complete_of
from automl.deploy.distributed.plan import LEASE, ROWS, plan

GROUP = 131_072  # rows of a row group
TICK = 0.1


def main() -> None:
    """Make the rows, score them in every way, and write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder of task folders")
    parser.add_argument("--rows", type=int, default=20_000_000)
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2, 4])
    parser.add_argument("--every", type=float, default=20.0, help="seconds between two kills; 0 kills nobody")
    parser.add_argument("--chunk-rows", type=int, default=ROWS)
    parser.add_argument("--lease", type=float, default=LEASE, help="seconds")
    parser.add_argument("--files", type=int, default=4, help="among which the rows are spread")
    parser.add_argument("--no-plain", action="store_true", help="leave out the run of one plain `automl predict`")
    parser.add_argument("--bundle", type=Path, help="an adult bundle with the key row_key; else one is fitted")
    parser.add_argument("--budget", default="60s")
    parser.add_argument("--results", type=Path, default=RESULTS)
    parser.add_argument("--scratch", type=Path, help="where the files go: some 60 MB for a million rows")
    said = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=said.scratch) as scratch:
        folder = Path(scratch)
        bundle = said.bundle or fit_bundle(said.data / "adult", folder, said.budget)
        make_rows(said.data / "adult" / "test.csv", folder / "rows", said.rows, said.files)
        cells = [] if said.no_plain else [plain(bundle, folder, said.rows)]
        for count in said.workers:
            cells.append(joined(bundle, folder, count, said))
            print(cells[-1], flush=True)
    record = {
        "rows": said.rows,
        "every": said.every,
        "cells": cells,
        "same": len({cell["digest"] for cell in cells}) == 1,
        "cpus": os.cpu_count(),
        "load": os.getloadavg()[0],
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    append(said.results / "scoring_at_scale.jsonl", record)
    tables = ["\n".join(render(one)) for one in read(said.results / "scoring_at_scale.jsonl")]
    (said.results / "scoring_at_scale.md").write_text("\n\n".join(tables) + "\n", encoding="utf-8")
    print(tables[-1])
    if not record["same"] or not all(cell["whole"] for cell in cells):
        sys.exit("the outputs differ, or rows are lost or doubled")


def make_rows(test: Path, folder: Path, rows: int, files: int) -> None:
    """`rows` rows in some parquet files, written a row group at a time; the key counts them."""
    import pyarrow.parquet as pq

    folder.mkdir()
    frame = pl.read_csv(test, infer_schema_length=None)
    block = pl.concat([frame] * (1 + GROUP // frame.height)).head(GROUP)
    edges = [rows * number // files for number in range(files + 1)]
    for number, (first, end) in enumerate(pairwise(edges)):
        parts = (
            block.head(min(GROUP, end - start)).with_row_index(KEY, offset=start).to_arrow()
            for start in range(first, end, GROUP)
        )
        begun = next(parts)
        with pq.ParquetWriter(folder / f"{number:03}.parquet", begun.schema) as writer:
            writer.write_table(begun)
            for part in parts:
                writer.write_table(part)


def plain(bundle: Path, folder: Path, rows: int) -> Mapping[str, Any]:
    """One run in one process."""
    out = folder / "plain.parquet"
    began = time.monotonic()
    subprocess.run(_predict(str(bundle), str(folder / "rows"), "-o", str(out)), check=True)
    return _cell("automl predict", out, rows, time.monotonic() - began)


def joined(bundle: Path, folder: Path, count: int, said: argparse.Namespace) -> Mapping[str, Any]:
    """So many workers, of which one is killed now and then and replaced; the manifest is timed apart."""
    job, out = folder / f"{count}.job", folder / f"{count}.parquet"
    began = time.monotonic()
    found = plan(bundle, folder / "rows", job, out, rows=said.chunk_rows, lease=said.lease)
    begun = time.monotonic()
    command = _predict("--join", str(job))
    running = [subprocess.Popen(command) for _ in range(count)]
    kills, last, done = 0, begun, 0
    while any(process.poll() is None for process in running):
        time.sleep(TICK)
        if said.every and time.monotonic() - last >= said.every and complete_of(job) is None:
            holders = {int(worker.split("-")[-2]) for _, worker in workers(job)}
            victim = next((process for process in running if process.pid in holders), None)
            if victim is None or len(tokens(job, DONE)) == done:  # a machine that is busy elsewhere: they still start
                continue
            last, done = time.monotonic(), len(tokens(job, DONE))
            running.remove(victim)
            victim.kill()
            victim.wait()
            kills += 1
            running.append(subprocess.Popen(command))
    seconds = time.monotonic() - begun
    codes = [process.returncode for process in running]
    facts = {
        "plan_seconds": round(begun - began, 1),
        "chunks": len(found.chunks),
        "kills": kills,
        "losses": sum(token.losses for token in tokens(job, DONE)),
        "codes": codes,
    }
    return {**_cell(f"{count} joined", out, said.rows, seconds), **facts}


def _predict(*words: str) -> list[str]:
    return [sys.executable, "-m", "automl", "predict", *words]


def _cell(name: str, out: Path, rows: int, seconds: float) -> Mapping[str, Any]:
    """What was measured; `whole` says that each key is there once and in order."""
    keys = pl.scan_parquet(out).select(pl.col(KEY)).collect()[KEY]
    whole = keys.len() == rows and bool((keys == pl.int_range(rows, eager=True)).all())
    facts = {"name": name, "seconds": round(seconds, 1), "rows_per_second": round(rows / seconds)}
    return {**facts, "digest": file_digest(out), "whole": whole}


def render(record: Mapping[str, Any]) -> Sequence[str]:
    """The table in Markdown."""
    machine = f"{record['rows']:,} rows on {record['cpus']} cores (load {record['load']:.1f})"
    killed = f"a worker killed every {record['every']:g} s" if record["every"] else "nobody killed"
    lines = [
        f"{machine}, {killed}, {record['date']}",
        "",
        "| | seconds | rows/s | manifest s | chunks | kills | leases lost | rows whole | SHA-256 |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: | --- | --- |",
    ]
    for cell in record["cells"]:
        more = [str(cell.get(name, "")) for name in ("plan_seconds", "chunks", "kills", "losses")]
        facts = [cell["name"], f"{cell['seconds']:,}", f"{cell['rows_per_second']:,}", *more]
        lines.append(f"| {' | '.join(facts)} | {'yes' if cell['whole'] else 'NO'} | {cell['digest'][:16]} |")
    return lines


if __name__ == "__main__":
    main()
