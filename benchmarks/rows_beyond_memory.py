"""More rows than `budget.memory` holds: what a fit makes of all of them, beside its sample and LightGBM in memory.

    python benchmarks/rows_beyond_memory.py --rows 2000000 --memory 800MB --time 10min
    python benchmarks/rows_beyond_memory.py --rows 20000000 --memory 2GB --time 60min --made /large/rows
    python benchmarks/rows_beyond_memory.py --exponent 1000000 20000000     # of the time of the final fit alone

Made rows of 20 numbers, whose target hangs on fine steps of several of them together, so that a sample shows little.
All scores are log losses on rows made afresh. The peak is that of the proportional set sizes of the process tree. The
rival is LightGBM on all rows in memory, with the parameters and rounds of our member. The share of its gain over the
sample is what learning by chunks keeps: of the members as they are, without the curve that a bundle puts behind them
and the rival has none of, by what the fit says of rows that no model learned from. Records go to
results/rows_beyond_memory.jsonl, what was compared into the table of results/rows_beyond_memory.md, what --exponent
measures into that of docs/scale.md.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from automl.bench.records import append, markdown, read
from automl.bundle.read import Bundle
from automl.host.processes import family, proportional
from automl.learners._binned import STEP, bins_of, edges_of
from automl.learners.base import BinnedRows, FeatureInfo, Matrix
from automl.learners.lightgbm import LIGHTGBM, OURS
from automl.spec.units import read_size
from automl.task import Task

Floats = NDArray[np.float64]
RECORDS = Path(__file__).parent / "results" / "rows_beyond_memory.jsonl"
COLUMNS, PART, JUDGED, TICK = 20, 250_000, 100_000, 0.2
HEADER = (
    *("rows", "memory", "peak", "budget", "took", "learned from", "rounds", "bundle of the sample", "of all rows"),
    *("members of the sample", "of all rows", "LightGBM in memory", "of its gain"),
)
HELD = re.compile(r"is ([\d.]+), and ([\d.]+) from")  # what the fit says of the members of all rows, and of the sample
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
    parser.add_argument("--sample-time", help="for the fit of the sample alone; as --time")
    parser.add_argument("--made", type=Path, help="folder of the rows, made where it is not there, and kept")
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
                note({"kind": "final fit", "rows": rows, "seconds": seconds})
            print(f"final fit of {small:,} rows {times[0]:.1f} s, {large:,} {times[1]:.1f} s: exponent {power:.3f}")
            return 0
        return compared(said, folder)


def compared(said: argparse.Namespace, folder: Path) -> int:
    """The three scores, and what the fit took."""
    place = said.made.absolute() if said.made else folder / "rows"
    if not place.exists():
        make(place, said.rows)
    judged = drawn(JUDGED, 10**6)
    ours = fitted(folder, place, judged, said, rows='"all"', seconds=said.time)
    sample = fitted(folder, place, judged, said, rows="1", seconds=said.sample_time or said.time)
    record: dict[str, Any] = {
        "kind": "compared",
        "rows": said.rows,
        "memory": said.memory,
        "time": said.time,
        "peak": ours.peak,
        "seconds": ours.seconds,
        "learned": ours.learned,
        "sample": sample.loss,
        "ours": ours.loss,
    }
    member = next((one for one in ours.members if one["learner"] == LIGHTGBM.name), None)
    if member is not None and not said.no_rival:
        rival = in_memory(said.rows, member["params"], member["rounds"], judged)
        record |= {"rounds": member["rounds"], "rival": rival}
        if ours.held is not None:
            record |= {"held": ours.held, "gain": (ours.held[1] - ours.held[0]) / (ours.held[1] - rival)}
        print(f"LightGBM in memory, {member['rounds']} rounds: {rival:.5f}", flush=True)
    note(record)
    table = "\n".join(markdown(HEADER, map(row, (one for one in read(RECORDS) if one["kind"] == "compared"))))
    RECORDS.with_suffix(".md").write_text(table + "\n", encoding="utf-8")
    return int(ours.peak > read_size(said.memory))


def note(record: Mapping[str, Any]) -> None:
    """Append a record."""
    facts = {"load": os.getloadavg()[0], "date": datetime.now(UTC).isoformat(timespec="seconds")}
    append(RECORDS, {**record, **facts})


def row(record: Mapping[str, Any]) -> tuple[str, ...]:
    """A line of the table."""
    return (
        f"{record['rows']:,}",
        record["memory"],
        f"{record['peak'] / 1e6:,.0f} MB",
        record["time"],
        f"{record['seconds']:,.0f} s",
        f"{record['learned']:,}",
        str(record.get("rounds", "")),
        f"{record['sample']:.5f}",
        f"{record['ours']:.5f}",
        *(f"{loss:.5f}" if loss else "" for loss in reversed(record.get("held", (None, None)))),
        f"{record['rival']:.5f}" if "rival" in record else "",
        f"{record['gain']:.0%}" if "gain" in record else "",
    )


def make(place: Path, rows: int) -> None:
    """The rows as files of parquet."""
    place.mkdir()
    for number, start in enumerate(range(0, rows, PART)):
        framed(*drawn(min(PART, rows - start), number)).write_parquet(place / f"{number:05}.parquet")


def in_memory(rows: int, params: Mapping[str, Any], rounds: int, judged: tuple[Floats, Floats]) -> float:
    """The loss of LightGBM on all rows in memory."""
    import lightgbm

    x, y = np.empty((rows, COLUMNS)), np.empty(rows)
    for number, start in enumerate(range(0, rows, PART)):
        end = min(start + PART, rows)
        x[start:end], y[start:end] = drawn(end - start, number)
    settings = {"objective": "binary", "verbosity": -1, "num_threads": 2, "bagging_freq": 1, "seed": 0}
    settings |= {name: value for name, value in params.items() if name not in OURS}
    booster = lightgbm.train(settings, lightgbm.Dataset(x, y), num_boost_round=rounds)
    return loss(np.asarray(booster.predict(judged[0])), judged[1])


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What a fit took, and what came of it; `held` are log losses of its members and of those of the sample."""

    loss: float
    peak: int
    seconds: float
    learned: int
    held: tuple[float, float] | None
    members: Sequence[Mapping[str, Any]]


def fitted(
    folder: Path, place: Path, judged: tuple[Floats, Floats], said: argparse.Namespace, *, rows: str, seconds: str
) -> Measured:
    """Fit by the command; peak in bytes of its process tree, loss by its bundle."""
    spec = folder / "spec.toml"
    spec.write_text(
        f'[data]\ntrain = "{place}"\nrows = {rows}\n[objective]\ntarget = "y"\n'
        f'[budget]\nmemory = "{said.memory}"\ntime = "{seconds}"\nworkers = 2\n[report]\nhtml = false\n'
    )
    begun, peak = time.monotonic(), 0
    command = [sys.executable, "-m", "automl", "fit", str(spec), "--write-anyway"]
    process = subprocess.Popen(command, stdout=sys.stderr, stderr=sys.stderr)
    while process.poll() is None:
        peak = max(peak, sum(map(proportional, family(process.pid))))
        time.sleep(TICK)
    took, model = time.monotonic() - begun, Bundle.load(spec.with_suffix(".bundle"))
    x, y = judged
    scored = loss(model.score(framed(x, y).drop("y"))["probability"].to_numpy(), y)
    told = [found for found in model.manifest.findings if found.check == "learned rows"]
    held = HELD.search(told[0].text)
    print(f"{scored:.5f}, peak {peak / 1e6:.0f} MB, {took:.0f} s: {[one.text for one in told]}", flush=True)
    return Measured(
        loss=scored,
        peak=peak,
        seconds=took,
        learned=int(told[0].evidence["rows"]),
        held=None if held is None else (float(held[1]), float(held[2])),
        members=[
            {"learner": one.learner, "params": one.params, "rounds": one.rounds} for one in model.manifest.members
        ],
    )


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
