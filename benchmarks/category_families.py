"""What is lost on combinations of codes against an oracle that is given them.

    python benchmarks/category_families.py [--rows 50000] [--budget 60s] [--only pairs_binary ...] [--seeds 1]

The families are those of `automl.testing._category_families`. The oracle knows which codes meet: LightGBM on shrunk
out-of-fold means of every code and true combination. The regret of a contender is (its loss - the oracle's) / (the
constant's - the oracle's), by log loss or mean squared error on 20,000 rows apart. By hand LightGBM gets its own
categories; CatBoost gets `cat_features`; both stop early and are not tuned.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from automl.bench.run import run_cell
from automl.bench.tasks import read_task
from automl.task import Task
from automl.testing._category_families import Drawn, Family, draw

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
TEST: Final = 20_000
STOP: Final = 10  # one row in so many stops a booster early
KINDS: Final = {
    "binary": Task(kind="binary", classes=2),
    "classes": Task(kind="multiclass", classes=4),
    "number": Task(kind="regression"),
}
FAMILIES: Final = (
    *(
        Family(name=f"{name}_{kind}", task=task, order=order)
        for order, name in ((2, "pairs"), (3, "triples"), (4, "quadruples"))
        for kind, task in KINDS.items()
    ),
    Family(name="codes_as_measures", task=KINDS["binary"], order=2, disguised="codes"),
    Family(name="measures_as_codes", task=KINDS["binary"], order=2, disguised="measures"),
)


def main() -> None:
    """Run the families and print a line for each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=50_000)
    parser.add_argument("--budget", default="60s")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--only", nargs="*", default=[], help="families")
    parser.add_argument("--contenders", nargs="*", default=["ours", "lightgbm", "catboost"])
    said = parser.parse_args()
    for family in FAMILIES:
        for seed in range(said.seeds if not said.only or family.name in said.only else 0):
            for line in regrets(family, seed, said):
                print(f"{family.name:20} seed {seed}  {line}", flush=True)


def regrets(family: Family, seed: int, said: argparse.Namespace) -> Iterator[str]:
    """A line for the oracle and one for each contender."""
    drawn = draw(family, said.rows + TEST, seed)
    constant = _constant(drawn, said.rows, family.task)
    start = time.monotonic()
    best = _oracle(drawn, said.rows, family.task)
    yield f"{'oracle':9} loss {best:.4f} of {constant:.4f}, {time.monotonic() - start:.0f} s"
    for name in said.contenders:
        start = time.monotonic()
        loss = _ours(drawn, family, seed, said) if name == "ours" else BY_HAND[name](drawn, said.rows, family.task)
        regret = (loss - best) / (constant - best)
        yield f"{name:9} loss {loss:.4f}, regret {regret:7.1%}, {time.monotonic() - start:.0f} s"


def _ours(drawn: Drawn, family: Family, seed: int, said: argparse.Namespace) -> float:
    """A fit by the command line; the loss of its bundle."""
    metric = "rmse" if family.task.kind == "regression" else "log_loss"
    target = drawn.y if family.task.kind == "regression" else np.char.add("class ", drawn.y.astype(int).astype(str))
    frame = drawn.frame.with_columns(target=pl.Series(target))
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        frame[: said.rows].write_parquet(folder / "train.parquet")
        frame[said.rows :].write_parquet(folder / "test.parquet")
        told = f'name = "{family.name}"\nkind = "{family.task.kind}"\ntarget = "target"\nmetric = "{metric}"\n'
        (folder / "task.toml").write_text(told, encoding="utf-8")
        settings = (f"budget.workers={said.workers}",)
        cell: Any = run_cell(read_task(folder), recipe="balanced", budget=said.budget, seed=seed, settings=settings)
    if not cell["scores"]:
        raise SystemExit(cell["error"])
    return float(cell["scores"][metric]) ** (2 if metric == "rmse" else 1)


def _constant(drawn: Drawn, rows: int, task: Task) -> float:
    y = drawn.y[:rows]
    mean = np.array([y.mean()]) if task.kind == "regression" else np.bincount(y.astype(int)) / rows
    return _loss(task, drawn.y[rows:], np.tile(mean, (TEST, 1)))


def _loss(task: Task, y: Floats, predicted: Floats) -> float:
    """The mean loss of `predicted` [n, classes], or [n, 1] of a number."""
    if task.kind == "regression":
        return float(np.mean((y - predicted.reshape(-1)) ** 2))
    chosen = predicted[np.arange(len(y)), y.astype(int)]
    return float(-np.log(np.clip(chosen, 1e-15, 1.0)).mean())


def _parted(rows: int) -> tuple[Ints, Ints]:
    """Rows that are learned from, and those that stop early."""
    stop = np.arange(rows) % STOP == 0
    return np.flatnonzero(~stop), np.flatnonzero(stop)


def _oracle(drawn: Drawn, rows: int, task: Task) -> float:
    """LightGBM on shrunk means of each code and true combination, out of fold on the rows that it learns from."""
    levels = [*_levels(drawn), *drawn.cells]
    y = drawn.y[:rows]
    targets = [y] if task.width == 1 else [(y == k).astype(float) for k in range(task.width)]
    means = [_means(level, target, rows) for level in levels for target in targets]
    measures = drawn.frame.drop(drawn.codes).to_numpy()
    return _boost(np.column_stack([*means, measures]), drawn, rows, task)


def _means(level: Ints, target: Floats, rows: int, *, folds: int = 5, belief: float = 5.0) -> Floats:
    """Means by level [all rows], of other folds on the first `rows`, of all of these on the others."""
    size, fold = int(level.max()) + 1, np.arange(len(level)) % folds
    fold[rows:] = folds
    out = np.empty(len(level))
    for k in range(folds + 1):
        known = np.flatnonzero(fold[:rows] != k)
        sums = np.bincount(level[known], target[known], size) + belief * target[known].mean()
        out[fold == k] = (sums / (np.bincount(level[known], minlength=size) + belief))[level[fold == k]]
    return out


def _levels(drawn: Drawn) -> list[Ints]:
    return [drawn.frame[name].cast(pl.String).rank("dense").to_numpy().astype(np.int64) - 1 for name in drawn.codes]


def _lightgbm(drawn: Drawn, rows: int, task: Task) -> float:
    """By hand: level codes as its own categories."""
    x = np.column_stack([*_levels(drawn), drawn.frame.drop(drawn.codes).to_numpy()])
    return _boost(x, drawn, rows, task, categories=list(range(len(drawn.codes))))


def _boost(x: Floats, drawn: Drawn, rows: int, task: Task, categories: list[int] | None = None) -> float:
    import lightgbm

    fit, stop = _parted(rows)
    objective = {"regression": "regression", "binary": "binary", "multiclass": "multiclass"}[task.kind]
    said = {"objective": objective, "learning_rate": 0.05, "num_threads": 2, "verbose": -1}
    said |= {"num_class": task.classes} if task.kind == "multiclass" else {}
    train = lightgbm.Dataset(x[fit], drawn.y[fit], categorical_feature=categories or [])
    valid = lightgbm.Dataset(x[stop], drawn.y[stop], reference=train)
    booster = lightgbm.train(said, train, 1_000, [valid], callbacks=[lightgbm.early_stopping(30, verbose=False)])
    return _loss(task, drawn.y[rows:], _shares(task, np.asarray(booster.predict(x[rows:]))))


def _catboost(drawn: Drawn, rows: int, task: Task) -> float:
    """As it comes, with `cat_features`."""
    from catboost import CatBoostClassifier, CatBoostRegressor

    table, (fit, stop) = drawn.frame.to_pandas(), _parted(rows)
    kind: Any = CatBoostRegressor if task.kind == "regression" else CatBoostClassifier
    model = kind(
        iterations=1_000,
        early_stopping_rounds=30,
        cat_features=list(drawn.codes),
        thread_count=2,
        random_seed=0,
        allow_writing_files=False,
        verbose=False,
    )
    model.fit(table.iloc[fit], drawn.y[fit], eval_set=(table.iloc[stop], drawn.y[stop]))
    predict = model.predict if task.kind == "regression" else model.predict_proba
    return _loss(task, drawn.y[rows:], _shares(task, predict(table.iloc[rows:])))


def _shares(task: Task, predicted: Floats) -> Floats:
    """Predictions as [n, classes]: a share of positives becomes two columns, a number stays one."""
    if predicted.ndim > 1 or task.kind == "regression":
        return predicted
    return np.column_stack([1.0 - predicted, predicted])


BY_HAND: Final[dict[str, Callable[[Drawn, int, Task], float]]] = {"lightgbm": _lightgbm, "catboost": _catboost}


if __name__ == "__main__":
    main()
