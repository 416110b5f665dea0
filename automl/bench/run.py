"""One task folder, recipe, budget and seed in a fresh process into one JSON record: every table comes from here."""

from __future__ import annotations

import argparse
import json
import math
import os
import platform
import sys
import tempfile
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from automl.bench.tasks import BenchTask, read_task
from automl.bench.watch import Watched, watch
from automl.distributions import version_of

LIBRARIES = ("automl", "lightgbm", "xgboost", "catboost", "scikit-learn", "flaml", "polars", "numpy", "onnxruntime")
GRACE_SECONDS = 120.0  # a run that overshoots its budget by more is killed and recorded so


def run_cell(
    task: BenchTask,
    *,
    recipe: str,
    budget: str,
    seed: int,
    settings: Sequence[str] = (),
    keep: Path | None = None,
    memory: float = math.inf,
) -> dict[str, object]:
    """Fit the task in a fresh process with ``--write-anyway``, score its test part with the bundle, and record it.

    `settings` are further ``--set`` values. With `keep` the spec, the logs and the bundle stay in that folder.
    A fit that takes more than `memory` bytes is killed and recorded so.
    """
    with tempfile.TemporaryDirectory() as scratch:
        place = keep or Path(scratch)
        place.mkdir(parents=True, exist_ok=True)
        spec = write_spec(task, place / f"{task.name}.toml")
        overrides = [f"budget.time={budget}", f"budget.seed={seed}", *settings]
        watched = _fit(spec, recipe, overrides, place, memory)
        return {
            "task": task.name,
            "recipe": recipe,
            "budget": budget,
            "seed": seed,
            "settings": list(settings),
            "costs": task.costs,
            "main_table": task.main_table,
            **_outcome(task, watched, spec.with_suffix(".bundle"), place),
            "machine": machine(),
            "versions": versions(),
            "date": datetime.now(UTC).isoformat(timespec="seconds"),
        }


def _outcome(task: BenchTask, watched: Watched, bundle: Path, place: Path) -> dict[str, object]:
    """How the fit went, and what its bundle is worth where it wrote one."""
    from automl.bundle.verify import verify

    scores = _scores(task, bundle, place) if (bundle / "manifest.json").is_file() else {}
    return {
        "exit_code": watched.exit_code,
        "killed": watched.killed,
        "wall_seconds": round(watched.wall_seconds, 2),
        "peak_mb": round(watched.peak_bytes / 2**20),
        "load_before": watched.load_before,
        "load_after": watched.load_after,
        "metric": task.metric,
        "scores": scores,
        "golden_rows_verified": verify(bundle).golden_rows if scores else 0,
        "baseline": dict(task.baseline),
        "fit": json.loads(watched.stdout) if watched.stdout.startswith("{") else {},
        "error": "" if scores else watched.stderr[-2000:],
    }


def write_spec(task: BenchTask, path: Path) -> Path:
    """The task's spec as TOML at `path`."""
    from automl.spec.writing import to_toml

    path.write_text(to_toml(dict(task.spec)), encoding="utf-8")
    return path


def main(arguments: Sequence[str] | None = None) -> int:
    """``python -m automl.bench.run TASK_FOLDER``: print the record, and append it to ``--out``."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--recipe", default="balanced")
    parser.add_argument("--budget", default="60s")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--set", action="append", default=[], dest="settings", metavar="KEY=VALUE")
    parser.add_argument("--no-costs", action="store_false", dest="costs")
    parser.add_argument("--main-table", action="store_true", help="leave the other tables of the task aside")
    parser.add_argument("--keep", type=Path, help="folder for spec, logs and bundle")
    parser.add_argument("--out", type=Path, help="file of records, one JSON document a line")
    said = vars(parser.parse_args(arguments))
    out = said.pop("out")
    task = read_task(said.pop("folder"), costs=said.pop("costs"), main_table=said.pop("main_table"))
    record = json.dumps(run_cell(task, **said), sort_keys=True)
    sys.stdout.write(record + "\n")
    if out:
        with out.open("a", encoding="utf-8") as records:
            records.write(record + "\n")
    return 0


def _fit(spec: Path, recipe: str, overrides: Sequence[str], logs: Path, memory: float) -> Watched:
    settings = [word for override in overrides for word in ("--set", override)]
    command = [sys.executable, "-P", "-m", "automl", "fit", str(spec), "--recipe", recipe, *settings]
    timeout = _seconds(overrides) + GRACE_SECONDS
    return watch([*command, "--write-anyway", "--json"], logs=logs, timeout=timeout, memory=memory)


def _seconds(overrides: Sequence[str]) -> float:
    from automl.spec.units import read_duration

    budget = next(value for key, _, value in (o.partition("=") for o in overrides) if key == "budget.time")
    return float(read_duration(budget))


def _scores(task: BenchTask, bundle: Path, place: Path) -> dict[str, float]:
    """Scores of the written bundle on the raw test file, computed here and not taken from the manifest."""
    import numpy as np
    import polars as pl

    from automl import metrics
    from automl.bundle.read import Bundle
    from automl.data.labels import encode
    from automl.data.read.source import load
    from automl.deploy.batch import predict
    from automl.pipeline.judge import REPORTED

    loaded = Bundle.load(bundle)
    scored = place / "scored.parquet"
    predict(bundle, task.test, scored, costs=_cost_file(task), tables=_tables(task, loaded.tables, place))
    columns = pl.read_parquet(scored).select(pl.col("^(probability.*|prediction)$"))
    y = encode(loaded.manifest.target.labels(), load(task.test).frame[task.target])
    known = ~np.isnan(y)
    prediction = columns.to_numpy()[known]
    names = dict.fromkeys((task.metric, *REPORTED[task.kind]))
    return {name: metrics.score(metrics.get(name), y[known], prediction) for name in names}


def _cost_file(task: BenchTask) -> Path | None:
    """The costs of the test rows, where each has its own: without them decisions would stand on the mean of train."""
    objective = task.spec["objective"]
    table = (objective.get("costs") or {}).get("table")
    return Path(table["test"]) if table else None


def _tables(task: BenchTask, names: Sequence[str], place: Path) -> dict[str, Path]:
    """The files of the other tables that the bundle reads; as past rows of main all there are: each has its time."""
    import polars as pl

    from automl.data.read.source import load

    data = task.spec["data"]
    found = {name: Path(data["tables"][name]["path"]) for name in names if name != "main"}
    if "main" in names:
        found["main"] = place / "past.parquet"
        parts = [load(path).frame for path in (task.train, task.test)]
        pl.concat(parts, how="vertical_relaxed").write_parquet(found["main"])
    return found


def versions() -> dict[str, str]:
    """What the figures of a record were made with."""
    return {name: version_of(name) for name in LIBRARIES}


def machine() -> Mapping[str, object]:
    """Where they were made."""
    return {"cores": os.cpu_count(), "python": platform.python_version(), "system": platform.platform(terse=True)}


if __name__ == "__main__":
    raise SystemExit(main())
