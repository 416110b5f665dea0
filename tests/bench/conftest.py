"""Records as a benchmark writes them, and a small task."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from automl.bench.cell import Cell


@pytest.fixture(scope="session")
def make_record() -> Callable[..., dict[str, Any]]:
    """A record of a task of AUC, a minute each, with whatever is said."""

    def make(task: str, entrant: str, score: float | None, **more: object) -> dict[str, Any]:
        seed = int(str(more.pop("seed", 0)))
        cell = Cell(task=task, entrant=entrant, budget=float(str(more.pop("budget", 60.0))), seed=seed)
        return {
            "key": cell.key,
            "task": task,
            "entrant": entrant,
            "budget": cell.budget,
            "seed": seed,
            "workers": 2,
            "metric": "roc_auc",
            "scores": {"roc_auc": 0.5 if score is None else score},
            "constant": {"roc_auc": 0.5},
            "failure": "exit code 1: it broke" if score is None else None,
            "wall_seconds": 50.0,
            "peak_mb": 500,
            "serving": {"p50_ms": 1.0, "p99_ms": 2.0, "rows_per_second": 1e5, "artifact_mb": 1.0, "load_seconds": 0.5},
            "money": None,
            "versions": {"lightgbm": "4.7.0"},
            "machine": {"cpu": "a processor", "cores": 2, "system": "Linux", "python": "3.11"},
            "date": "2026-11-23T10:00:00+00:00",
            "load_before": 0.5,
            **more,
        }

    return make


@pytest.fixture
def records(make_record: Callable[..., dict[str, Any]]) -> list[dict[str, Any]]:
    """Seven tasks: ours beats a rival, its copy ties with it, and one recipe always fails."""
    found = []
    for number in range(7):
        task = f"task {number}"
        found += [
            make_record(task, "recipe:balanced", 0.9 + number / 100, serving={"p50_ms": 0.2, "artifact_mb": 3.0}),
            make_record(task, "rival:one", 0.8 + number / 100),
            make_record(task, "rival:copy", 0.8 + number / 100, wall_seconds=70.0),
            make_record(task, "recipe:broken", None, serving={}, wall_seconds=None),
        ]
    return found


@pytest.fixture
def task_folder(tmp_path: Path) -> Callable[..., Path]:
    """A task of 60 + 20 rows with costs; the feature tells the label but for noise."""

    def make(extra: str = "", rows: Mapping[str, object] | None = None) -> Path:
        import numpy as np
        import polars as pl

        draw = np.random.default_rng(0)
        x = draw.normal(size=80)
        frame = pl.DataFrame(
            {
                "id": [f"r{i}" for i in range(80)],
                "x": x,
                "price": [f"${value:,.2f}" for value in 1000 + 500 * draw.random(80)],
                "job": draw.choice(["clerk", "farmer", "?"], 80),
                "bad": np.where(x + draw.normal(size=80) > 0, "yes", "no"),
                **(rows or {}),
            }
        )
        folder = tmp_path / "loans"
        folder.mkdir(exist_ok=True)
        frame.head(60).write_parquet(folder / "train.parquet")
        frame.tail(20).write_parquet(folder / "test.parquet")
        text = 'name = "loans"\nkind = "binary"\ntarget = "bad"\npositive = "yes"\nmetric = "roc_auc"\n'
        (folder / "task.toml").write_text(f'{text}id_columns = ["id"]\n{extra}')
        return folder

    return make
