"""What a refresh brings: its share of a full refit's gain, and of its time, on tasks by time.

    python benchmarks/refresh.py --data ../shared/data --out benchmarks/results/refresh.jsonl   # what is missing
    python benchmarks/refresh.py --out benchmarks/results/refresh.jsonl --table

Rows of each task in the order of time, every k-th of them: the champion learns from the first half, and the rungs
refresh and refit of `automl retrain` are given three quarters; the last quarter judges. A refresh learns from the third
quarter, which the champion has not seen, a refit from all three by the configurations of the champion's members; no
fit searches for features, so that a refit is as cheap as it gets. What is gained has an interval of 95 % over `BLOCKS`
stretches of the judged rows. Seconds are those of the CPU, in this process and its children. Latency is that of the
graph for one row, in turn: the champion's, the refreshed one's, and the champion's once more, which tells the noise.

The table stands beside the records.
"""

from __future__ import annotations

import os

os.environ.update(dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1"))  # before any library is imported

import argparse
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from automl.bench import records
from automl.bench.tasks import BenchTask, read_task
from automl.bundle.read import Bundle
from automl.data.infer.row_time import row_times
from automl.data.labels import encode
from automl.data.read.source import load
from automl.decide.verdict.bootstrap import Bootstrap, interval
from automl.errors import DataError
from automl.graph.session import Session, open_session
from automl.metrics.row_losses import row_losses
from automl.pipeline.fit import fit
from automl.retrain.contest import Contest
from automl.retrain.parting import part
from automl.retrain.rungs import refit, refresh
from automl.spec import parse
from automl.spec.data import Data
from automl.spec.retrain import Retrain

RESULTS = Path(__file__).parent / "results"
TASKS: Mapping[str, tuple[str, ...]] = {
    "hotel_bookings": ("arrival_date_year", "arrival_date_month", "arrival_date_day_of_month"),
    "weather_aus": ("Date",),
    "bike_sharing_hourly": ("dteday",),
    "hdb_resale_prices": ("month",),
    "walmart_weekly_sales": ("Date",),
}
HEADER = (
    *("task", "seed", "members", "champion", "gain of a refresh", "95 %", "gain of a refit", "share of the gain"),
    *("CPU seconds", "of a refit", "share of the time", "bytes", "p50", "p50 of the champion again"),
)
TRIALS, BUDGET = 3, "1h"
RECIPE = {"feature_search": 0, "folds": 3, "members": 2}
TIMES = 400  # single rows
BLOCKS = 40
RESAMPLES = 1_000

Floats = NDArray[np.float64]


def main() -> None:
    """A record for each task and seed that has none yet, then the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--rows", type=int, default=12_000)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--only", choices=TASKS, nargs="*", default=TASKS)
    parser.add_argument("--out", type=Path, default=RESULTS / "refresh.jsonl")
    parser.add_argument("--table", action="store_true")
    said = parser.parse_args()
    for name, seed in [] if said.table else missing(said.out, said.only, said.seeds):
        records.append(said.out, measured(read_task(said.data / name, costs=False), said.rows, seed))
    found = records.read(said.out)
    text = "\n".join((*records.markdown(HEADER, _lines(found)), "", _words(found)))
    said.out.with_suffix(".md").write_text(text + "\n", encoding="utf-8")
    print(text)


def missing(path: Path, names: Sequence[str], seeds: int) -> Iterator[tuple[str, int]]:
    """Tasks and seeds that have no record in the file yet."""
    done = {(one["task"], one["seed"]) for one in records.read(path)}
    return ((name, seed) for seed in range(seeds) for name in names if (name, seed) not in done)


def measured(task: BenchTask, most: int, seed: int) -> dict[str, object]:
    """Losses on the last quarter (log loss, or root mean squared error), seconds, sizes and latencies."""
    frame = in_time(all_rows(task), TASKS[task.name], most)
    half, most_of = frame.height // 2, 3 * frame.height // 4
    judged = frame[most_of:]
    with tempfile.TemporaryDirectory() as folder:
        champion = fitted(task, frame[:half], frame[half:most_of], seed, Path(folder) / "champion.bundle")
        contest = contest_of(champion, frame, Path(folder) / "work")
        fresh, seconds = challenged(refresh.challenge, contest, Path(folder) / "refresh.bundle")
        whole, refit_seconds = challenged(refit.challenge, contest, Path(folder) / "refit.bundle")
        old, new, again = (one.files.read("model.onnx") for one in (champion, fresh, champion))
        row = champion_row(champion, judged)
        losses = [losses_of(one, judged) for one in (champion, fresh, whole)]
        latency = latencies([open_session(graph) for graph in (old, new, again)], row)
    numbers = champion.manifest.target.labels().task.kind == "regression"
    gain, low, high = _gain(losses[0], losses[1], numbers=numbers)
    refit_gain, refit_low, refit_high = _gain(losses[0], losses[2], numbers=numbers)
    return {
        "task": task.name,
        "seed": seed,
        "date": datetime.now(UTC).isoformat(),
        "load": os.getloadavg()[0],
        "members": [one.learner for one in champion.manifest.members],
        "champion": _mean(losses[0], numbers=numbers),
        "gain": [gain, low, high],
        "refit_gain": [refit_gain, refit_low, refit_high],
        "seconds": seconds,
        "refit_seconds": refit_seconds,
        "bytes": [len(old), len(new)],
        "p50_us": latency,
    }


def all_rows(task: BenchTask) -> pl.DataFrame:
    """Both parts of a task, train first."""
    return pl.concat([table_of(task.train), table_of(task.test)], how="vertical_relaxed")


def table_of(path: Path) -> pl.DataFrame:
    """A table as it is; cells of a CSV stay text."""
    return pl.read_csv(path, infer_schema=False) if path.suffix == ".csv" else pl.read_parquet(path)


def in_time(frame: pl.DataFrame, time_columns: Sequence[str], most: int) -> pl.DataFrame:
    """Every k-th row in the order of its time."""
    moments = row_times(frame, Data(time=tuple(time_columns)))
    order = np.argsort(np.zeros(frame.height) if moments is None else moments, kind="stable")
    return frame[order].gather_every(max(1, frame.height // most))


def fitted(task: BenchTask, train: pl.DataFrame, test: pl.DataFrame, seed: int, place: Path) -> Bundle:
    """The champion: a bundle of a short search."""
    data = {key: value for key, value in task.spec["data"].items() if key not in {"train", "test", "tables"}}
    budget = {"time": BUDGET, "trials": TRIALS, "workers": 1, "executor": "inline", "seed": seed}
    data["time"] = list(TASKS[task.name])
    spec = {**task.spec, "data": data, "budget": budget, "report": {"html": False}, "recipe": RECIPE}
    return fit(spec, train=train, test=test, out=place, write_anyway=True).bundle


def contest_of(champion: Bundle, frame: pl.DataFrame, work: Path) -> Contest:
    """What a retraining makes of all rows: the latter half of those that came after the champion's judges."""
    spec, asked = parse(champion.spec), Retrain()
    work.mkdir()
    return Contest(
        champion=champion,
        spec=spec,
        asked=asked,
        rows=part(load(frame), champion, spec, asked),
        work=work,
        listener=lambda _: None,
        tables={},
    )


def challenged(rung: Callable[..., Any], contest: Contest, place: Path) -> tuple[Bundle, float]:
    """The rung's bundle, and the seconds of the CPU until it has passed its gates.

    The champion's where the rung has learned nothing that would make another one; that is said.
    """
    start, made = sum(os.times()[:4]), contest.champion
    try:
        with rung(contest, place) as challenger:
            made = challenger.bundle
    except DataError as refused:
        print(f"no challenger: {refused.what}", flush=True)
    return made, sum(os.times()[:4]) - start


def losses_of(bundle: Bundle, rows: pl.DataFrame) -> Floats:
    """Of each row the log loss or the squared error [n]."""
    scored, labels = bundle.score(rows), bundle.manifest.target.labels()
    names = [name for name in scored.columns if name == "prediction" or name.startswith("probability")]
    return row_losses(scored[names].to_numpy().astype(np.float64), encode(labels, rows[labels.name]), labels.task.kind)


def _gain(champion: Floats, other: Floats, *, numbers: bool) -> tuple[float, float, float]:
    """The share of the champion's loss that is gained, with an interval over stretches of rows."""
    blocks = np.arange(champion.size) * BLOCKS // champion.size
    draws = Bootstrap.over(champion.size, blocks, seed=0, resamples=RESAMPLES).means(
        np.column_stack([champion, other]), np.ones(champion.size)
    )
    power = 0.5 if numbers else 1.0
    low, high = interval(1.0 - (draws[:, 1] / draws[:, 0]) ** power)
    return 1.0 - float(other.mean() / champion.mean()) ** power, low, high


def _mean(losses: Floats, *, numbers: bool) -> float:
    return float(np.sqrt(losses.mean()) if numbers else losses.mean())


def champion_row(champion: Bundle, rows: pl.DataFrame) -> dict[str, NDArray[np.generic]]:
    """One raw row as the graph reads it."""
    _, columns, _ = champion.inputs_of(rows.head(1))
    return dict(columns)


def latencies(sessions: Sequence[Session], row: Mapping[str, NDArray[np.generic]]) -> list[float]:
    """The median microseconds of one row for each graph, in turn."""
    taken: list[list[float]] = [[] for _ in sessions]
    for _ in range(TIMES):
        for session, own in zip(sessions, taken, strict=True):
            start = time.perf_counter()
            session.run({name: row[name] for name in session.inputs})
            own.append(1e6 * (time.perf_counter() - start))
    return [float(np.median(own)) for own in taken]


def _lines(found: Sequence[records.Record]) -> Iterator[Sequence[object]]:
    for one in sorted(found, key=lambda each: (list(TASKS).index(each["task"]), each["seed"])):
        gain, low, high = one["gain"]
        yield (
            *(one["task"], one["seed"], ", ".join(one["members"]), f"{one['champion']:.5g}"),
            *(f"{gain:.1%}", f"{low:.1%} to {high:.1%}", f"{one['refit_gain'][0]:.1%}", _share(one)),
            *(f"{one['seconds']:.0f}", f"{one['refit_seconds']:.0f}", f"{one['seconds'] / one['refit_seconds']:.0%}"),
            "same" if one["bytes"][0] == one["bytes"][1] else f"{one['bytes'][1] / one['bytes'][0]:.3f}",
            *(f"{one['p50_us'][place] / one['p50_us'][0]:.3f}" for place in (1, 2)),
        )


def _share(one: records.Record) -> str:
    """Of a refit's gain; none where a refit is not shown to gain."""
    return f"{one['gain'][0] / one['refit_gain'][0]:.0%}" if one["refit_gain"][1] > 0 else "none is shown"


def _words(found: Sequence[records.Record]) -> str:
    """What docs quote: the gain on the tasks on which a refit is shown to gain, all else on all of them."""
    gained = [one for one in found if one["refit_gain"][1] > 0]
    share = sum(one["gain"][0] for one in gained) / max(1e-9, sum(one["refit_gain"][0] for one in gained))
    taken = sum(one["seconds"] for one in found) / sum(one["refit_seconds"] for one in found)
    size = np.mean([one["bytes"][1] / one["bytes"][0] - 1.0 for one in found])
    slower, noise = (np.mean([one["p50_us"][place] / one["p50_us"][0] - 1.0 for one in found]) for place in (1, 2))
    return (
        f"On {len(found)} tasks of 12,000 to 24,000 rows a refresh has {share:.0%} of a refit's gain where that one is "
        f"shown to gain ({len(gained)} of them), for {taken:.0%} of its processor time, the fixed costs of a bundle "
        f"included. Its graph is {size:+.1%} in size and {slower:+.1%} in latency; the champion's own, measured again, "
        f"is {noise:+.1%}."
    )


if __name__ == "__main__":
    main()
