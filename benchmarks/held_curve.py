"""What a curve of held rows is worth to members from all rows, against one of the sample's members, and against none.

    python benchmarks/held_curve.py [--rows 8000] [--seeds 3]

A board of small fields, which the 1,200 rows that memory holds do not show, with two labels, three, or a number.
Printed is the log loss on 20,000 fresh rows without a curve, by that of the sample's members and by the one that ships;
of numbers the share that intervals of 90 % hold, by the sample's errors and by those that ship.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from automl.budget import Deadline
from automl.data import memory
from automl.data.read.frames import read_frame
from automl.decide.calibration.calibrate import fit_calibration
from automl.decide.calibration.out_of_fold import OutOfFold
from automl.decide.policy.number_policy import NumberPolicy, fit_number_policy
from automl.decide.verdict.coverage import coverage
from automl.features.plan_fit import transform
from automl.metrics.row_losses import row_losses
from automl.ops.bulk import evaluate
from automl.ops.expr import Stub
from automl.pipeline.choose import score_rows
from automl.pipeline.fit import Made, making
from automl.pipeline.preflight import Given
from automl.search.leaderboard import mixed
from automl.spec import parse

Floats = NDArray[np.float64]
SAMPLE, FRESH, PROMISED = 1_200, 20_000, 0.9
KINDS = ("two", "three", "number")


def board(n: int, kind: str, seed: int) -> pl.DataFrame:
    """`n` rows of three numbers and a target `y`."""
    rng = np.random.default_rng(seed)
    x = rng.random((n, 3)).round(5)
    score = 3 * np.sign(np.sin(20 * x[:, 0])) * np.sign(x[:, 1] - 0.5) + x[:, 2] + rng.logistic(size=n)
    y = {"two": (score > 0).astype(int), "three": np.digitize(score, [-1.5, 1.5]), "number": score}[kind]
    return pl.DataFrame({"a": x[:, 0], "b": x[:, 1], "c": x[:, 2], "y": y})


def measured(kind: str, rows: int, seed: int, folder: Path) -> list[float]:
    """The figures of one fit."""
    train = folder / "rows.parquet"
    board(rows, kind, seed).write_parquet(train)
    spec = parse(
        {
            "objective": {"target": "y"} | ({"interval": PROMISED} if kind == "number" else {}),
            "data": {"train": str(train)},
            "budget": {"time": "10min", "trials": 1, "executor": "inline", "workers": 1},
            "recipe": {"learners": ["lightgbm"], "folds": 3, "feature_search": "0%"},
            "report": {"html": False},
        }
    )
    memory.CELL = memory.room(spec.budget) / (4 * SAMPLE)  # type: ignore[misc, assignment]  # rows stay few
    given, deadline = Given(train=None, test=None, tables={}, metric=None), Deadline.of(spec.budget.time)
    with making(spec, given, folder / "held.bundle", deadline=deadline, write_anyway=True) as made:
        return list(_figures(made, board(FRESH, kind, 100 + seed)))


def _figures(made: Made, fresh: pl.DataFrame) -> Iterator[float]:
    choice, data, outcome = made.judged, made.data, made.judged.outcome
    frame, y = read_frame(data.schema.reader(), fresh), fresh["y"].to_numpy().astype(np.float64)
    values, answers = transform(outcome.plan, frame), score_rows(choice.model, frame, threads=1)
    members = [np.asarray(evaluate({"p": one.prediction}, {}, features=values)["p"]) for one in outcome.members]
    raw, task, seed = mixed(outcome.weights, members), data.labels.task, made.run.seed
    if task.kind == "regression":
        sample = OutOfFold.of(outcome.oof, data.train, task, seed=seed)
        before = fit_number_policy(NumberPolicy(share=PROMISED), sample).graph_outputs(Stub("p", 1))
        for each in (evaluate(before, {}, stubs={"p": raw}), answers):
            low, high = (
                np.asarray(each[name], dtype=np.float64)[:, 0] for name in ("prediction_low", "prediction_high")
            )
            yield coverage(low, high, y, seed=seed).share
        return
    sample_curve = fit_calibration(outcome.oof, data.train.y, task, data.train.weight, seed=seed)
    for p in (raw, sample_curve.apply(raw), np.asarray(answers["probability"], dtype=np.float64)):
        yield float(row_losses(p, y, task.kind).mean())


def main() -> None:
    """Print the figures of each kind and seed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=8_000)
    parser.add_argument("--seeds", type=int, default=3)
    asked = parser.parse_args()
    for kind in KINDS:
        for seed in range(asked.seeds):
            with tempfile.TemporaryDirectory() as folder:
                figures = measured(kind, asked.rows, seed, Path(folder))
            print(f"{kind} {seed}: {'  '.join(f'{figure:.4f}' for figure in figures)}", flush=True)


if __name__ == "__main__":
    main()
