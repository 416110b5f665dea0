"""One raw row, dict to decision: our bundle beside a scikit-learn pipeline with LightGBM, row by row in one run.

    python benchmarks/one_row.py --data ../shared/data

Both score the same raw rows of adult one at a time, in turn by blocks of 50, on one thread; figures are milliseconds.
The pipeline is what a user writes: ordinal codes, LightGBM, a DataFrame of one row. Its trees are as many as the
bundle's.
"""

from __future__ import annotations

import os

os.environ.update(dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1"))  # before any library is imported

import argparse
import json
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

RESULTS = Path(__file__).parent / "results"
ROWS, WARM_UP = 2_000, 100
BLOCK = 50  # rows that a scorer gets before the next one's turn


def main() -> None:
    """Fit or take a bundle, fit the pipeline, time both and write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder of task folders")
    parser.add_argument("--bundle", type=Path, help="an adult bundle; else one is fitted in 60 s")
    said = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        bundle = said.bundle or fit_bundle(said.data, Path(scratch))
        table = "\n".join(compare(bundle, said.data / "adult"))
    (RESULTS / "one_row.md").write_text(table + "\n", encoding="utf-8")
    print(table)


def fit_bundle(data: Path, scratch: Path) -> Path:
    """The adult bundle of the balanced recipe."""
    from automl.bench.run import run_cell
    from automl.bench.tasks import read_task

    run_cell(read_task(data / "adult"), recipe="balanced", budget="60s", seed=0, keep=scratch)
    return scratch / "adult.bundle"


def compare(bundle: Path, task: Path) -> list[str]:
    """The lines of the table."""
    from automl.bundle.read import Bundle

    loaded = Bundle.load(bundle)
    rounds = sum(member.rounds or 0 for member in loaded.manifest.members)
    rows = _rows(task / "test.csv")
    pipeline = _pipeline(task / "train.csv", rounds)
    figures = time_in_turn({"bundle": loaded.decide, "scikit-learn pipeline": pipeline}, rows, warm_up=WARM_UP)
    medians = {name: float(np.median(times)) for name, times in figures.items()}
    members = ", ".join(f"{member.learner} {member.rounds} rounds" for member in loaded.manifest.members)
    lines = [
        "# One raw row, dict to decision",
        "",
        f"`python benchmarks/one_row.py --data ../shared/data`; adult, {ROWS:,} rows, one thread, in one run.",
        f"The bundle's members: {members}. The pipeline's LightGBM has {rounds} rounds.",
        "",
        "| | p50 ms | p99 ms | of the bundle's p50 |",
        "|---|---|---|---|",
    ]
    for name, times in figures.items():
        p50, p99 = np.quantile(times, (0.5, 0.99))
        lines.append(f"| {name} | {p50:.3f} | {p99:.3f} | {medians[name] / medians['bundle']:.1f} |")
    lines += ["", f"Versions: {json.dumps(loaded.manifest.versions)}"]
    return lines


def time_in_turn(
    scorers: Mapping[str, Callable[[dict[str, Any]], Any]], rows: list[dict[str, Any]], *, warm_up: int
) -> dict[str, np.ndarray]:
    """Milliseconds of each call [rows - warm_up] by scorer.

    They take turns on blocks of rows: all see the same noise, and none finds its caches emptied before each row.
    """
    found: dict[str, list[float]] = {name: [] for name in scorers}
    for start in range(0, len(rows), BLOCK):
        for name, score in scorers.items():
            for row in rows[start : start + BLOCK]:
                began = time.perf_counter()
                score(row)
                found[name].append(1e3 * (time.perf_counter() - began))
    return {name: np.asarray(times[warm_up:]) for name, times in found.items()}


def _rows(path: Path) -> list[dict[str, Any]]:
    import polars as pl

    return pl.read_csv(path, n_rows=ROWS + WARM_UP, infer_schema=False).to_dicts()


def _pipeline(path: Path, rounds: int) -> Callable[[dict[str, Any]], Any]:
    import pandas as pd
    from lightgbm import LGBMClassifier
    from sklearn.compose import ColumnTransformer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OrdinalEncoder

    frame = pd.read_csv(path, skipinitialspace=True)
    target = frame.pop("class")
    numbers = [name for name in frame if frame[name].dtype != object]
    texts = [name for name in frame if name not in numbers]
    codes = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)
    learner = LGBMClassifier(n_estimators=max(rounds, 1), n_jobs=1, verbose=-1)
    pipeline = make_pipeline(
        ColumnTransformer(
            [("codes", codes, texts)], remainder="passthrough", verbose_feature_names_out=False
        ).set_output(transform="pandas"),
        learner,
    ).fit(frame, target)

    def decide(row: dict[str, Any]) -> Any:
        one = pd.DataFrame([{name: row[name].strip() for name in texts} | {name: float(row[name]) for name in numbers}])
        return pipeline.predict(one[frame.columns])[0]

    return decide


if __name__ == "__main__":
    main()
