"""What it costs to run our bundles: beside a scikit-learn pipeline and LightGBM's own Booster, measured in one run.

    python benchmarks/serving_cost.py --data ../shared/data [--only adult]

Each task is fitted by the balanced recipe (60 s). Then the same raw rows go through our bundle, the pipeline that a
user writes (ordinal codes, as many LightGBM rounds as the bundle has), and the Booster on prepared numbers, one at a
time, in turn by blocks of 50, on one thread. Throughput, memory and cold start are those of a fresh process each.
AutoGluon's figures were measured on the same kind of machine beforehand and are quoted. One record a task in
results/serving_cost.jsonl: a run goes on where it was stopped.
"""

from __future__ import annotations

import os

os.environ.update(dict.fromkeys(("OMP_NUM_THREADS", "POLARS_MAX_THREADS"), "1"))  # before any library is imported

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from one_row import time_in_turn

from automl.bench.records import append, read

RESULTS = Path(__file__).parent / "results"
TASKS = ("adult", "otto_products", "kc_house_sales", "weather_aus")
ROWS, WARM_UP, BULK = 1_000, 50, 50_000
# 60 s budget, two cores, one DataFrame row through its own predict: p50 ms, p99 ms, rows/s, serving MB, size MB, load s
AUTOGLUON = {
    "adult": (62.6, 120.0, 2972.0, 258.0, 14.1, 3.38),
    "kc_house_sales": (25.9, 42.4, 2124.0, 285.0, 28.0, 3.5),
    "otto_products": (32.5, 51.2, 13611.0, 654.0, 1.89, 5.4),
    "weather_aus": (22.5, 36.0, 12253.0, 276.0, 6.43, 2.69),
}
GOALS = {"gate_p50_ms": 0.5, "gate_p99_ms": 1.5, "memory_mb": 150.0, "size_mb": 10.0}
SCORERS = ("bundle", "scikit-learn pipeline", "LightGBM Booster")
GATED = ("p50_ms", "p99_ms")
COLUMNS = ("p50_ms", "p99_ms", "rows_s", "memory_mb", "size_mb", "cold_s")


def main() -> None:
    """Measure the tasks that have no record yet, and write the table of all."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="folder of task folders")
    parser.add_argument("--only", nargs="*", default=TASKS)
    parser.add_argument("--budget", default="60s")
    parser.add_argument("--bundle", type=Path, help="an existing bundle, with --only TASK")
    parser.add_argument("--results", type=Path, default=RESULTS)
    parser.add_argument("--serve", help=argparse.SUPPRESS)  # a fresh process: the folder of a saved pipeline
    said = parser.parse_args()
    if said.serve:
        serve(Path(said.serve))
        return
    records = said.results / "serving_cost.jsonl"
    known = read(records)
    for task in said.only:
        if task in {record["task"] for record in known}:
            continue
        record = measure_task(said.data / task, said.budget, said.bundle)
        known.append(record)
        append(records, record)
    table = "\n".join(render(known))
    (said.results / "serving_cost.md").write_text(table + "\n", encoding="utf-8")
    print(table)


def measure_task(folder: Path, budget: str, bundle: Path | None) -> dict[str, Any]:
    """One record: what each scorer takes on this task."""
    from automl.bench.run import machine, run_cell, versions
    from automl.bench.tasks import read_task
    from automl.bundle.read import Bundle

    task = read_task(folder, costs=False, main_table=True)
    before = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as scratch:
        place = bundle
        if place is None:
            run_cell(task, recipe="balanced", budget=budget, seed=0, keep=Path(scratch))
            place = Path(scratch) / f"{folder.name}.bundle"
        loaded = Bundle.load(place)
        rounds = max(50, sum(member.rounds or 0 for member in loaded.manifest.members))
        saved = Path(scratch) / "pipeline"
        saved.mkdir()
        train_pipeline(task, rounds, saved)
        rows = raw_rows(task.test, ROWS + WARM_UP)
        scorers = {"bundle": loaded.decide, **row_scorers(saved)}
        figures = {name: latency(times) for name, times in time_in_turn(scorers, rows, warm_up=WARM_UP).items()}
        figures["bundle"] |= gates_of(place)
        for name in ("scikit-learn pipeline", "LightGBM Booster"):
            figures[name] |= fresh(saved, name, task.test)
    return {
        "task": folder.name,
        "members": [f"{member.learner} {member.rounds or ''}".strip() for member in loaded.manifest.members],
        "rounds_of_the_others": rounds,
        "figures": figures,
        "load": [before, os.getloadavg()[0]],
        "machine": machine(),
        "versions": versions(),
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def gates_of(bundle: Path) -> dict[str, float]:
    """Throughput, memory, size and cold start as `automl gates` measures them, and its latencies."""
    from automl.gates.again import again

    found = {gate.gate: gate.measured for gate in again(bundle).gates}
    return {
        "gate_p50_ms": found["latency_p50"],
        "gate_p99_ms": found["latency_p99"],
        "rows_s": found["throughput"],
        "memory_mb": found["memory"],
        "size_mb": found["size"],
        "cold_s": found["cold_start"],
    }


def latency(times: np.ndarray) -> dict[str, float]:
    """The median and the 99th percentile."""
    return {"p50_ms": float(np.quantile(times, 0.5)), "p99_ms": float(np.quantile(times, 0.99))}


# --- the others ---------------------------------------------------------------------------------------


def raw_rows(path: Path, count: int) -> list[dict[str, Any]]:
    """Raw rows: texts, as a CSV gives them; of a parquet file its numbers, too."""
    import polars as pl

    frame = table(path, count) if path.suffix == ".parquet" else pl.read_csv(path, n_rows=count, infer_schema=False)
    return pl.concat([frame] * (1 + count // max(1, frame.height))).head(count).to_dicts()


def table(path: Path, count: int | None = None) -> Any:
    """The first rows of a parquet file; what is no number is text."""
    import polars as pl
    import polars.selectors as cs

    return pl.read_parquet(path, n_rows=count).with_columns((~cs.numeric()).cast(pl.String))


def train_pipeline(task: Any, rounds: int, saved: Path) -> None:
    """Fit what a user writes, and save it as a user would; the Booster beside it as LightGBM's own text."""
    import joblib
    import pandas as pd
    from lightgbm import LGBMClassifier, LGBMRegressor
    from sklearn.compose import ColumnTransformer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OrdinalEncoder

    is_parquet = task.train.suffix == ".parquet"
    frame = table(task.train).to_pandas() if is_parquet else pd.read_csv(task.train, skipinitialspace=True)
    target = frame.pop(task.spec["objective"]["target"])
    known = target.notna()
    frame, target = frame[known], target[known]
    numbers = [name for name in frame if pd.api.types.is_numeric_dtype(frame[name])]
    texts = [name for name in frame if name not in numbers]
    codes = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1, encoded_missing_value=-1)
    kind = LGBMRegressor if task.metric in {"rmse", "mae", "rmsle", "r2"} else LGBMClassifier
    prepare = ColumnTransformer([("codes", codes, texts), ("numbers", "passthrough", numbers)])
    pipeline = make_pipeline(prepare.set_output(transform="pandas"), kind(n_estimators=rounds, n_jobs=1, verbose=-1))
    pipeline.fit(frame, target)
    joblib.dump(pipeline, saved / "pipeline.joblib")
    pipeline[-1].booster_.save_model(str(saved / "booster.txt"))
    (saved / "columns.json").write_text(json.dumps({"numbers": numbers, "texts": texts, "order": list(frame.columns)}))


def row_scorers(saved: Path) -> dict[str, Callable[[dict[str, Any]], Any]]:
    """One raw row through the pipeline, and one row of ready numbers through the Booster."""
    import joblib
    import lightgbm
    import pandas as pd

    pipeline = joblib.load(saved / "pipeline.joblib")
    booster = lightgbm.Booster(model_file=str(saved / "booster.txt"))
    columns = json.loads((saved / "columns.json").read_text())

    def through_pipeline(row: dict[str, Any]) -> Any:
        return pipeline.predict(_typed(pd.DataFrame([row])[columns["order"]], columns))

    ready: dict[int, np.ndarray] = {}

    def through_booster(row: dict[str, Any]) -> Any:
        return booster.predict(ready[id(row)], num_threads=1)

    def prepared(row: dict[str, Any]) -> Any:
        if id(row) not in ready:  # its preparation is not timed: the caller asks for the pipeline's answer first
            frame = _typed(pd.DataFrame([row])[columns["order"]], columns)
            ready[id(row)] = np.asarray(pipeline[:-1].transform(frame), dtype=np.float64)
        return through_pipeline(row)

    return {"prepare": prepared, "scikit-learn pipeline": through_pipeline, "LightGBM Booster": through_booster}


def _typed(frame: Any, columns: Mapping[str, Sequence[str]]) -> Any:
    import pandas as pd

    for name in columns["numbers"]:
        frame[name] = pd.to_numeric(frame[name], errors="coerce").astype("float64")
    for name in columns["texts"]:
        frame[name] = frame[name].str.strip()
    return frame


def fresh(saved: Path, name: str, test: Path) -> dict[str, float]:
    """Throughput, memory and cold start of a scorer in a process of its own."""
    asked = saved / "asked.json"
    asked.write_text(json.dumps({"name": name, "test": str(test)}))
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, __file__, "--serve", str(saved)], capture_output=True, text=True, check=True, timeout=300
    )
    found = json.loads(done.stdout.splitlines()[-1])
    file = saved / ("pipeline.joblib" if name.startswith("scikit") else "booster.txt")
    return {
        "rows_s": found["rows_s"],
        "memory_mb": found["memory_mb"],
        "size_mb": file.stat().st_size / 1e6,
        "cold_s": found["answered"] - began,
    }


def serve(saved: Path) -> None:
    """In the fresh process: load, answer one row, then many, and tell."""
    asked = json.loads((saved / "asked.json").read_text())
    rows = raw_rows(Path(asked["test"]), 1)
    scorers = row_scorers(saved)
    scorers["prepare"](rows[0])
    answered = time.monotonic()

    import pandas as pd

    columns = json.loads((saved / "columns.json").read_text())
    frame = pd.DataFrame(raw_rows(Path(asked["test"]), BULK))[columns["order"]]
    import joblib
    import lightgbm

    pipeline = joblib.load(saved / "pipeline.joblib")
    if asked["name"].startswith("scikit"):
        began = time.perf_counter()
        pipeline.predict(_typed(frame, columns))
    else:
        ready = np.asarray(pipeline[:-1].transform(_typed(frame, columns)), dtype=np.float64)
        booster = lightgbm.Booster(model_file=str(saved / "booster.txt"))
        began = time.perf_counter()
        booster.predict(ready, num_threads=1)
    seconds = time.perf_counter() - began
    resident = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmRSS"))
    told = {"answered": answered, "rows_s": BULK / seconds, "memory_mb": int(resident.split()[1]) * 1024 / 1e6}
    print("\n" + json.dumps(told))


def render(records: Sequence[Mapping[str, Any]]) -> list[str]:
    """The table, with the goals of the bundle's row."""
    lines = [
        "# What serving costs",
        "",
        "`python benchmarks/serving_cost.py --data ../shared/data`; raw rows one at a time, in blocks, on one thread.",
        "The Booster gets ready numbers; its memory and cold start are those of a process that has the pipeline too.",
        "Goals are for the bundle by its gates: alone in a fresh process, as in `automl gates`. In turn, the first row",
        "of a block finds the caches full of another scorer's model.",
        "AutoGluon is quoted from an earlier run of 60 s on two cores: a DataFrame row through its own predict.",
        "",
        f"| task | scorer | {' | '.join(name.replace('_', ' ') for name in COLUMNS)} | goals |",
        f"|---|---|{'---|' * len(COLUMNS)}---|",
    ]
    for record in records:
        for name in SCORERS:
            cells = [f"{record['figures'][name][column]:,.3g}" for column in COLUMNS]
            lines.append(f"| {record['task']} | {name} | {' | '.join(cells)} | |")
        ours = record["figures"]["bundle"]
        missed = [column.removeprefix("gate_") for column, goal in GOALS.items() if ours[column] > goal]
        cells = [f"{ours['gate_' + column]:,.3g}" if column in GATED else "" for column in COLUMNS]
        goal = f"missed: {', '.join(missed)}" if missed else "kept"
        lines.append(f"| {record['task']} | bundle, by its gates | {' | '.join(cells)} | {goal} |")
        if quoted := AUTOGLUON.get(record["task"]):
            cells = [f"{figure:,.3g}" for figure in quoted]
            lines.append(f"| {record['task']} | AutoGluon (quoted) | {' | '.join(cells)} | |")
    lines += [
        "",
        *(f"{one['task']}: {', '.join(one['members'])}; load {one['load']}; {one['date']}" for one in records),
    ]
    return lines


if __name__ == "__main__":
    main()
