"""What a refresh brings: its share of a full refit's gain, and of its time, on tasks by time.

    python benchmarks/refresh.py --data ../shared/data --out benchmarks/results/refresh.jsonl

Rows of each task in the order of time, every k-th of them: the champion learns from the first half, the refresh from
the third quarter, a refit by the same number of trials from all three, and the last quarter judges them. Latency is
that of the graph for one row, the two graphs in turn.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import polars as pl

from automl.bench.tasks import BenchTask, read_task
from automl.bundle.read import Bundle
from automl.data.labels import encode
from automl.data.rows import Rows
from automl.graph.session import Session, open_session
from automl.pipeline.fit import fit
from automl.retrain.refresh.refresh import refreshed

TASKS = ("hotel_bookings", "weather_aus", "bike_sharing_hourly", "hdb_resale_prices", "walmart_weekly_sales")
TRIALS = 3
TIMES = 400  # single rows


def main() -> int:
    """One record a task."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--rows", type=int, default=12_000)
    parser.add_argument("--only", choices=TASKS, nargs="*", default=TASKS)
    parser.add_argument("--out", type=Path)
    said = parser.parse_args()
    for name in said.only:
        record = json.dumps(measured(read_task(said.data / name, costs=False), said.rows))
        sys.stdout.write(record + "\n")
        if said.out:
            with said.out.open("a", encoding="utf-8") as file:
                file.write(record + "\n")
    return 0


def measured(task: BenchTask, most: int) -> dict[str, object]:
    """Losses on the last quarter (log loss, or root mean squared error), seconds, sizes and latencies."""
    frame = all_rows(task)
    time_column = task.spec["data"].get("time")
    frame = frame if time_column is None else frame.sort(time_column, maintain_order=True)
    frame = frame.gather_every(max(1, frame.height // most))
    half, most_of = frame.height // 2, 3 * frame.height // 4
    new, judged = frame[half:most_of], frame[most_of:]
    with tempfile.TemporaryDirectory() as folder:
        champion, _ = fitted(task, frame[:half], new, Path(folder) / "champion.bundle")
        start = time.perf_counter()
        model = champion.files.read("model.onnx")
        found = refreshed(
            model, champion.manifest.members, rows_of(champion, new), champion.manifest.target.labels().task
        )
        seconds = time.perf_counter() - start
        refit, whole = fitted(task, frame[:most_of], judged, Path(folder) / "refit.bundle")
        old, fresh = open_session(model), open_session(found.model)
        rows = rows_of(champion, judged)
        losses = [
            loss(old, rows),
            loss(fresh, rows),
            loss(open_session(refit.files.read("model.onnx")), rows_of(refit, judged)),
        ]
        latency = latencies(old, fresh, rows.frame)
    return {
        "task": task.name,
        "members": [one.learner for one in champion.manifest.members],
        "champion": losses[0],
        "refreshed": losses[1],
        "refit": losses[2],
        "share_of_gain": (losses[0] - losses[1]) / (losses[0] - losses[2]),
        "seconds": seconds,
        "refit_seconds": whole,
        "bytes": [len(model), len(found.model)],
        "p50_us": latency,
        "kept": found.kept,
    }


def all_rows(task: BenchTask) -> pl.DataFrame:
    """Both parts of a task, train first."""
    return pl.concat([_read(task.train), _read(task.test)], how="vertical_relaxed")


def _read(path: Path) -> pl.DataFrame:
    """A table as it is; cells of a CSV stay text."""
    return pl.read_csv(path, infer_schema=False) if path.suffix == ".csv" else pl.read_parquet(path)


def fitted(task: BenchTask, train: pl.DataFrame, test: pl.DataFrame, place: Path) -> tuple[Bundle, float]:
    """A bundle of a short search, and its seconds."""
    data = {key: value for key, value in task.spec["data"].items() if key not in {"train", "test", "tables"}}
    budget = {"time": "10min", "trials": TRIALS, "workers": 1, "executor": "inline"}
    spec = {**task.spec, "data": data, "budget": budget, "report": {"html": False}}
    start = time.perf_counter()
    done = fit(spec, train=train, test=test, out=place, write_anyway=True)
    return done.bundle, time.perf_counter() - start


def rows_of(bundle: Bundle, frame: pl.DataFrame) -> Rows:
    """Raw rows as the bundle's graph reads them."""
    _, columns, _ = bundle.inputs_of(frame)
    read = pl.DataFrame({name: pl.Series(values.tolist()) for name, values in columns.items()})
    labels = bundle.manifest.target.labels()
    return Rows(frame=read, raw=frame, y=encode(labels, frame[bundle.manifest.target.name]))


def loss(session: Session, rows: Rows) -> float:
    """Log loss, or the root of the mean squared error."""
    columns = {name: rows.frame[name].to_numpy() for name in session.inputs}
    if "prediction" in session.outputs:
        return float(np.sqrt(np.mean((session.run(columns, ["prediction"])["prediction"][:, 0] - rows.y) ** 2)))
    p = np.asarray(session.run(columns, ["probability"])["probability"], dtype=np.float64)
    wide = np.hstack([1.0 - p, p]) if p.shape[1] == 1 else p
    return float(-np.log(np.take_along_axis(wide, rows.y.astype(np.int64)[:, None], axis=1)).mean())


def latencies(old: Session, fresh: Session, frame: pl.DataFrame) -> list[float]:
    """The median microseconds of one row for each graph, in turn."""
    row = {name: frame[name].to_numpy()[:1] for name in old.inputs}
    taken: tuple[list[float], list[float]] = [], []
    for _ in range(TIMES):
        for session, own in zip((old, fresh), taken, strict=True):
            start = time.perf_counter()
            session.run(row)
            own.append(1e6 * (time.perf_counter() - start))
    return [float(np.median(own)) for own in taken]


if __name__ == "__main__":
    raise SystemExit(main())
