"""More rows than `budget.memory` holds: what a fit makes of all of them, beside its sample and LightGBM in memory.

    python benchmarks/rows_beyond_memory.py --rows 2000000 --memory 800MB --time 10min
    python benchmarks/rows_beyond_memory.py --rows 20000000 --memory 2GB --time 60min --scratch /large
    python benchmarks/rows_beyond_memory.py --exponent 1000000 4000000     # of the time of the final fit alone

Made rows of 20 numbers, whose target hangs on fine steps of several of them together, so that a sample shows little.
All scores are log losses on rows made afresh. The peak is that of the proportional set sizes of the process tree. What
--exponent measures goes to benchmarks/results/rows_beyond_memory.jsonl, for the table of docs/scale.md.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from automl.bench.records import append
from automl.bundle.read import Bundle
from automl.host.processes import family, proportional
from automl.learners._binned import STEP, bins_of, edges_of
from automl.learners.base import BinnedRows, FeatureInfo, Matrix
from automl.learners.lightgbm import LIGHTGBM
from automl.task import Task

Floats = NDArray[np.float64]
RECORDS = Path(__file__).parent / "results" / "rows_beyond_memory.jsonl"
COLUMNS, PART, JUDGED, TICK = 20, 250_000, 100_000, 0.05
PARAMS = {"learning_rate": 0.1, "num_leaves": 63, "min_data_in_leaf": 20}
WEIGHTS = np.random.default_rng(7).normal(size=(6, 32, 32))


def drawn(rows: int, seed: int) -> tuple[Floats, Floats]:
    """Features [rows, 20] and labels: six tables of 32 x 32 fields, each over two columns."""
    rng = np.random.default_rng(seed)
    x = rng.random((rows, COLUMNS)).round(5)
    cell = np.minimum((x * 32).astype(np.int64), 31)
    score = sum(WEIGHTS[k][cell[:, 2 * k], cell[:, 2 * k + 1]] for k in range(len(WEIGHTS)))
    return x, (rng.random(rows) < 1 / (1 + np.exp(-np.asarray(score)))).astype(np.float64)


def framed(x: Floats, y: Floats) -> pl.DataFrame:
    """The rows as a table."""
    return pl.DataFrame({**{f"x{j}": x[:, j] for j in range(COLUMNS)}, "y": y.astype(np.int64)})


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the lines; 1 where the peak is above the budget."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=2_000_000)
    parser.add_argument("--memory", default="800MB")
    parser.add_argument("--time", default="10min")
    parser.add_argument("--scratch", type=Path)
    parser.add_argument("--exponent", type=int, nargs=2, help="rows of two fits of fixed rounds, and nothing else")
    parser.add_argument("--no-rival", action="store_true", help="without LightGBM on all rows in memory")
    said = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(dir=said.scratch) as name:
        folder = Path(name)
        if said.exponent:
            small, large = said.exponent
            final_fit(1_000, folder)  # libraries are loaded
            times = [final_fit(rows, folder) for rows in (small, large)]
            power = np.log(times[1] / times[0]) / np.log(large / small)
            for rows, seconds in zip((small, large), times, strict=True):
                day = datetime.now(UTC).isoformat(timespec="seconds")
                append(RECORDS, {"rows": rows, "seconds": seconds, "load": os.getloadavg()[0], "date": day})
            print(f"final fit of {small:,} rows {times[0]:.1f} s, {large:,} {times[1]:.1f} s: exponent {power:.3f}")
            return 0
        return compared(said, folder)


def compared(said: argparse.Namespace, folder: Path) -> int:
    """The three scores, and what the fit took."""
    (folder / "rows").mkdir()
    for number, start in enumerate(range(0, said.rows, PART)):
        framed(*drawn(min(PART, said.rows - start), number)).write_parquet(folder / "rows" / f"{number:05}.parquet")
    x, y = drawn(JUDGED, 10**6)
    scores, peak = dict[str, float](), 0
    for name, rows in (("sample", "1"), ("all", '"all"')):
        spec = folder / f"{name}.toml"
        spec.write_text(
            f'[data]\ntrain = "rows"\nrows = {rows}\n[objective]\ntarget = "y"\n'
            f'[budget]\nmemory = "{said.memory}"\ntime = "{said.time}"\nworkers = 2\n[report]\nhtml = false\n'
        )
        begun = time.monotonic()
        size = fitted(spec)
        model = Bundle.load(spec.with_suffix(".bundle"))
        answer = model.score(framed(x, y).drop("y"))
        scores[name] = loss(answer["probability"].to_numpy(), y)
        told = [found.text for found in model.manifest.findings if found.check == "learned rows"]
        seconds = time.monotonic() - begun
        print(f"{name:7} log loss {scores[name]:.5f}, peak {size / 1e6:.0f} MB, {seconds:.0f} s: {told}", flush=True)
        peak = max(peak, size)
    if not said.no_rival:
        import lightgbm

        data = [drawn(min(PART, said.rows - start), number) for number, start in enumerate(range(0, said.rows, PART))]
        train = lightgbm.Dataset(np.concatenate([part[0] for part in data]), np.concatenate([part[1] for part in data]))
        rounds = lightgbm.train({"objective": "binary", "verbosity": -1, **PARAMS}, train, num_boost_round=1000)
        scores["rival"] = loss(np.asarray(rounds.predict(x)), y)
        gain = (scores["sample"] - scores["all"]) / (scores["sample"] - scores["rival"])
        print(f"LightGBM in memory, 1,000 rounds: {scores['rival']:.5f}; we have {gain:.0%} of its gain", flush=True)
    from automl.spec.units import read_size

    return int(peak > read_size(said.memory))


def fitted(spec: Path) -> int:
    """Fit by the command; the peak of its process tree in bytes."""
    command = [sys.executable, "-m", "automl", "fit", str(spec), "--write-anyway"]
    process = subprocess.Popen(command, stdout=sys.stderr, stderr=sys.stderr)
    peak = 0
    while process.poll() is None:
        peak = max(peak, sum(map(proportional, family(process.pid))))
        time.sleep(TICK)
    return peak


def loss(p: Floats, y: Floats) -> float:
    """Mean log loss."""
    p = np.clip(p, 1e-9, 1 - 1e-9)
    return float(-np.mean(y * np.log(p) + (1 - y) * np.log(1 - p)))


def final_fit(rows: int, folder: Path) -> float:
    """Seconds of 50 rounds from bins on the disk."""
    features = tuple(FeatureInfo(name=f"x{j}", kind="number") for j in range(COLUMNS))
    sample = drawn(PART, 0)[0]
    edges = tuple(edges_of(sample[:, j], feature) for j, feature in enumerate(features))
    with (folder / "bins").open("wb") as bins, (folder / "y").open("wb") as targets:
        for number, start in enumerate(range(0, rows, STEP)):
            x, y = drawn(min(STEP, rows - start), number)
            bins.write(bins_of(x, edges).tobytes())
            targets.write(y.tobytes())
    train = BinnedRows(bins=str(folder / "bins"), y=str(folder / "y"), weight=None, features=features, edges=edges)
    x, y = drawn(1_000, 10**6)
    valid = Matrix(values=bins_of(x, edges).astype(np.float64), features=features, y=y)
    task, fit = Task(kind="binary", classes=2), LIGHTGBM.fit_binned
    assert fit is not None  # noqa: S101  # it has one
    begun = time.process_time()
    fit(train, valid, task, {**PARAMS, "rounds": 50}, seed=0, seconds=np.inf, threads=1)
    return time.process_time() - begun


if __name__ == "__main__":
    sys.exit(main())
