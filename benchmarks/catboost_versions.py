"""Raw scores of exported models with categories against CatBoost's own, on several versions of CatBoost.

python benchmarks/catboost_versions.py 1.2.8 1.2.9 1.2.10

Each version is installed into a folder of its own, which stands before the installed one, and tried in a process of
its own: 10,000 rows with unseen, missing and never trained levels, for labels, classes and numbers.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from automl.learners.base import FeatureInfo, Floats, Matrix
from automl.learners.catboost_categories import CATBOOST_CATEGORIES
from automl.ops.bulk import evaluate
from automl.task import Task

TASKS = (Task(kind="binary", classes=2), Task(kind="multiclass", classes=4), Task(kind="regression"))
SHOPS, PARTS, COLOURS = 400, 30, 4
FEATURES = (
    FeatureInfo(name="x", kind="number"),
    FeatureInfo(name="shop", kind="level", levels=SHOPS),
    FeatureInfo(name="z", kind="number"),
    FeatureInfo(name="part", kind="code", levels=PARTS),
    FeatureInfo(name="colour", kind="code", levels=COLOURS),
)
SETTINGS: Mapping[str, Mapping[str, float | str]] = {
    "all combinations": {"max_ctr_complexity": 4, "one_hot_max_size": COLOURS, "depth": 7},
    "pairs": CATBOOST_CATEGORIES.portfolio(TASKS[0], 5_000)[0],
}
ALLOWED = 1e-6  # of max(1, |score|)


def main(versions: list[str]) -> None:
    """Install and try each version."""
    for version in versions:
        with tempfile.TemporaryDirectory() as folder:
            install = ["pip", "install", "--quiet", "--no-deps", "--target", folder, f"catboost=={version}"]
            subprocess.run([sys.executable, "-m", *install], check=True)
            paths = [folder, str(Path(__file__).parents[1])]
            subprocess.run([sys.executable, __file__], check=True, env={**os.environ, "PYTHONPATH": ":".join(paths)})


def compare() -> None:
    """Print the largest gap for each target and setting; fail beyond what is allowed."""
    import catboost

    for task in TASKS:
        for name, params in SETTINGS.items():
            train, test = matrix(task, 5_000, seed=0), strange(10_000)
            given = {"learning_rate": 0.2, "rounds": 100, **params}
            model = CATBOOST_CATEGORIES.fit(train, None, task, given, seed=0, seconds=300.0)
            native = model.raw(test)
            raw = np.asarray(evaluate({"raw": model.member().raw}, {}, features=test)["raw"])
            gap = float((np.abs(raw - native) / np.maximum(1.0, np.abs(native))).max())
            print(f"{catboost.__version__:8} {task.kind:12} {name:18} {gap:.1e}", flush=True)
            if not gap <= ALLOWED:
                raise SystemExit(1)


def matrix(task: Task, rows: int, *, seed: int) -> Matrix:
    """Levels whose combinations with each other and with numbers make the target."""
    rng = np.random.default_rng(seed)
    shop, part = np.minimum(rng.zipf(1.3, rows) - 1, SHOPS - 1), rng.integers(0, PARTS, rows)
    colour, x, z = rng.integers(0, COLOURS - 1, rows), rng.normal(size=rows), rng.normal(size=rows)
    signal = 1.0 * (shop % 3 == part % 3) + 2.0 * (x > 0) * (shop % 2)
    signal += 1.5 * (colour == 1) * (part % 2) * (z > 0) + 0.3 * rng.normal(size=rows)
    x[rng.random(rows) < 0.2] = np.nan
    edges = np.quantile(signal, np.linspace(0, 1, task.classes + 1)[1:-1]) if task.classes else []
    y = signal if task.kind == "regression" else np.searchsorted(edges, signal).astype(np.float64)
    values = np.stack([x, shop, z, part, colour], axis=1).astype(np.float64)
    return Matrix(values=values, features=FEATURES, y=y)


def strange(count: int) -> Floats:
    """Rows of levels and combinations that train does not have."""
    rng = np.random.default_rng(1)
    values = matrix(TASKS[0], count, seed=2).values
    for column, levels in ((1, SHOPS), (3, PARTS), (4, COLOURS)):
        struck = rng.random(count) < 0.1
        values[struck, column] = rng.choice([np.nan, -1, 0.5, levels - 1, levels, levels + 7], struck.sum())
    return values


if __name__ == "__main__":
    main(sys.argv[1:]) if len(sys.argv) > 1 else compare()
