"""One cell into one record: a recipe by `automl fit`, a rival in its own Python; graded by the same code."""

from __future__ import annotations

import json
import os
import sys
import time
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from automl.bench import grade, rival_kit
from automl.bench.cell import Cell
from automl.bench.grade import Truth, read_truth
from automl.bench.rivals import Rival, find_rival, python_for
from automl.bench.run import machine, run_cell, versions
from automl.bench.sets import Sets, Unavailable
from automl.bench.tasks import BenchTask, read_task
from automl.bench.watch import Watched, watch
from automl.data.read.source import load
from automl.errors import Stopped

SERVE_SECONDS: Final = 300.0
CAP_FACTOR, CAP_SECONDS = 3.0, 120.0  # a rival's time cap: some have no clock
MOSTLY: Final = 0.95  # of a text column's values are numbers: then it is given to rivals as numbers
MISSING: Final = ("", "?", "NA", "N/A", "NULL", "\\N", "nan")
Figures = dict[str, Any]  # of a record, as JSON
NOTHING: Final[Figures] = {
    "wall_seconds": None,
    "peak_mb": None,
    "exit_code": None,
    "failure": None,
    "versions": {},
    "serving": {},
    "detail": {},
}
TAIL: Final = 2_000  # characters of what a failed process said


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """Where a benchmark plays: the tasks, the folder of rivals, and a cache for their venvs."""

    sets: Sets
    rivals: Path
    cache: Path


def run_entrant(cell: Cell, stage: Stage, scratch: Path) -> Figures:
    """The record of a cell; `scratch` is an empty folder.

    ``scores`` are those of the constant predictor where the entrant failed (``failure`` says why). An entrant that
    cannot run here has ``skipped`` with the reason, and no scores.
    """
    record = {
        "key": cell.key,
        **{name: value for name, value in asdict(cell).items() if name != "settings"},
        "settings": list(cell.settings),
        "machine": {**machine(), "cpu": _cpu()},
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "load_before": os.getloadavg()[0],
    }
    try:
        folder = stage.sets.folder(cell.task)
        record |= _run(cell, folder, stage, scratch)
    except Unavailable as reason:
        return record | {"skipped": reason.what, "task": cell.short_task}
    return record | {"load_after": os.getloadavg()[0]}


def _run(cell: Cell, folder: Path, stage: Stage, scratch: Path) -> Figures:
    task = read_task(folder, costs=cell.costs, main_table=cell.main_table)
    truth = read_truth(task)
    kind, _, name = cell.entrant.partition(":")
    play = _recipe if kind == "recipe" else _rival
    constant = truth.constant
    try:
        figures = play(cell, name, task, truth, stage, scratch)
    except (Unavailable, Stopped):
        raise
    except Exception as error:  # noqa: BLE001  # whatever fails behind a cell is that entrant's failure, and counts
        figures = {**NOTHING, "failure": f"{type(error).__name__}: {str(error)[:500]}"}
    failure = figures["failure"]
    prediction = constant if failure else figures.pop("prediction")
    decisions = figures.pop("decisions", None)
    money = None
    if failure is None or truth.labels.task.kind != "regression":
        money = grade.price(truth, prediction, None if failure else decisions)
    return figures | {
        "task": task.name,
        "kind": truth.labels.task.kind,
        "metric": task.metric,
        "rows": [truth.train.size, truth.test.size],
        "scores": grade.grade(truth, prediction),
        "constant": grade.grade(truth, constant),
        "money": money,
    }


# --- ours ------------------------------------------------------------------------------------------------


def _recipe(cell: Cell, name: str, task: BenchTask, truth: Truth, stage: Stage, scratch: Path) -> Figures:  # noqa: ARG001  # as _rival
    found = run_cell(
        task,
        recipe=name,
        budget=f"{cell.budget:g}s",
        seed=cell.seed,
        settings=(f"budget.workers={cell.workers}", *cell.settings),
        keep=scratch,
        memory=cell.memory,
    )
    fit: Any = found["fit"]
    figures: Figures = {
        **NOTHING,
        **{name: found[name] for name in ("wall_seconds", "peak_mb", "exit_code")},
        "versions": versions(),
        "detail": {"trials": fit.get("trials"), "gates": _gates(fit), "stopped": fit.get("stopped")},
    }
    if not found["scores"]:
        return figures | {"failure": _failure(found["killed"], found["exit_code"], str(found["error"]))}
    bundle = scratch / f"{task.name}.bundle"
    scored = pl.read_parquet(scratch / "scored.parquet")
    figures |= {"prediction": grade.answers(scored), "serving": _serving(bundle, task, scratch)}
    figures["serving"] |= {"artifact_mb": figures["detail"]["gates"].get("size")}
    if "decision" in scored.columns:
        figures["decisions"] = scored["decision"].cast(pl.String).to_list()
    return figures


def _gates(fit: Figures) -> dict[str, float]:
    return {gate["gate"]: gate["measured"] for gate in fit.get("gates", ())}


def _serving(bundle: Path, task: BenchTask, scratch: Path) -> Figures:
    """What the bundle needs at work; nothing where it does not take one row by itself."""
    logs = scratch / "serve"
    logs.mkdir()
    command = [sys.executable, "-P", "-m", "automl.bench.serve", str(bundle.absolute()), str(task.test)]
    done = watch(command, logs=logs, timeout=SERVE_SECONDS)
    return json.loads(done.stdout) if done.exit_code == 0 else {"failed": done.stderr[-TAIL:]}


# --- theirs ----------------------------------------------------------------------------------------------


def _rival(cell: Cell, name: str, task: BenchTask, truth: Truth, stage: Stage, scratch: Path) -> Figures:
    rival = find_rival(name, stage.rivals)
    python = python_for(rival, stage.cache)
    job = _job(cell, rival, task, truth, scratch)
    watched = _kit(python, "fit", job, scratch, CAP_FACTOR * cell.budget + CAP_SECONDS, cell.memory)
    told = _told(scratch / "fit.json")
    if told.get("skipped"):
        raise Unavailable(told["skipped"], where=rival.name)
    figures: Figures = {
        **NOTHING,
        "wall_seconds": round(watched.wall_seconds, 2),
        "peak_mb": round(watched.peak_bytes / 2**20),
        "exit_code": watched.exit_code,
        "versions": told.get("versions", {}),
        "detail": {"purpose": rival.purpose, "run_seconds": told.get("seconds")},
    }
    if not told:
        return figures | {"failure": _failure(watched.killed, watched.exit_code, watched.stderr)}
    prediction = np.load(scratch / "predictions.npy", allow_pickle=False).reshape(truth.test.size, -1)
    wrong = what_is_wrong(truth, prediction)
    if wrong:
        return figures | {"failure": wrong}
    if told["artifact"] is not None:
        _kit(python, "serve", job, scratch, SERVE_SECONDS, cell.memory)
        figures["serving"] = {**_told(scratch / "serve.json"), "artifact_mb": told["artifact"] / 1e6}
    return figures | {"prediction": prediction}


def what_is_wrong(truth: Truth, prediction: NDArray[np.float64]) -> str | None:
    """Why these are no predictions for the task, or None."""
    width = truth.labels.task.classes if truth.labels.task.kind == "multiclass" else 1
    if prediction.shape != (truth.test.size, width):
        return f"predictions have the shape {prediction.shape}, expected {(truth.test.size, width)}"
    if not np.isfinite(prediction).all():
        return "some predictions are missing or infinite"
    if truth.labels.task.kind != "regression" and (prediction.min() < 0.0 or prediction.max() > 1.0 + 1e-6):
        return "some probabilities lie outside 0 to 1"
    return None


def _job(cell: Cell, rival: Rival, task: BenchTask, truth: Truth, scratch: Path) -> Path:
    """Write what the rival is told: the rows without the answers of the test part."""
    data = task.spec["data"]
    train, test = rival_frames(task)
    by_time = isinstance(data.get("time"), str) and data["time"] in train.columns
    order = train[data["time"]].arg_sort().to_numpy() if by_time else np.arange(train.height)
    order = order[np.isfinite(truth.train[order])]
    train[order].write_parquet(scratch / "train.parquet")
    test.write_parquet(scratch / "test.parquet")
    np.save(scratch / "y.npy", truth.train[order])
    job = {
        "rival": str(rival.path),
        "folder": str(scratch),
        "kind": truth.labels.task.kind,
        "metric": task.metric,
        "classes": truth.labels.task.classes,
        "seed": cell.seed,
        "workers": cell.workers,
        "by_time": by_time,
        "variant": rival.variant,
        "budget": cell.budget,
    }
    path = scratch / "job.json"
    path.write_text(json.dumps(job), encoding="utf-8")
    return path


def rival_frames(task: BenchTask) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Train and test as a careful user would hand them over: numbers where a column has numbers, blanks missing.

    Without the target, keys, and what is known only afterwards.
    """
    data = task.spec["data"]
    out = {task.target, *data.get("key", ()), *data.get("exclude", ()), *data.get("outcomes", ())}
    train, test = (load(path).frame for path in (task.train, task.test))
    plans = [_plain(train[name]) for name in train.columns if name not in out]
    return train.select(plans), test.select(plans)


def _plain(column: pl.Series) -> pl.Expr:
    """How a column is handed over, found from train alone."""
    found = pl.col(column.name)
    if column.dtype != pl.String:
        counts = column.dtype.is_numeric() or column.dtype == pl.Boolean
        return found.cast(pl.Float64 if counts else pl.String, strict=False)
    text = found.str.strip_chars()
    text = pl.when(~text.is_in(MISSING)).then(text)
    number = text.str.strip_prefix("$").str.replace_all(",", "").cast(pl.Float64, strict=False)
    counted = column.to_frame().select(known=text.is_not_null().sum(), numbers=number.is_not_null().sum()).row(0)
    return (number if counted[1] >= MOSTLY * max(1, counted[0]) else text).alias(column.name)


def _kit(python: Path, step: str, job: Path, scratch: Path, timeout: float, memory: float) -> Watched:
    """Run the kit in the rival's Python, isolated from ours: no script folder, no user packages, no variables."""
    logs = scratch / f"{step} logs"
    logs.mkdir()
    said = json.loads(job.read_text(encoding="utf-8"))
    job.write_text(json.dumps(said | {"spawned": time.time()}), encoding="utf-8")
    command = [str(python), "-I", str(Path(rival_kit.__file__)), step, str(job)]
    threads = said["workers"] if step == "fit" else 1  # our rows are answered on one thread, too
    return watch(command, logs=logs, timeout=timeout, memory=memory, env=rival_environment(threads))


def rival_environment(threads: int) -> dict[str, str]:
    """Our variables, but for what we say about threads: a rival may use all the cores that it is given."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("OMP_", "POLARS_"))}
    return kept | {"OMP_NUM_THREADS": str(threads)}


def _told(path: Path) -> Figures:
    """What the kit wrote, nothing if it did not come so far."""
    return dict(json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else {}


def _failure(killed: object, exit_code: object, words: str) -> str:
    if killed:
        return f"killed: it ran into its cap on {killed}"
    lines = words.strip().splitlines()
    ours = [line for line in lines if line.startswith("automl: ")]
    return f"exit code {exit_code}: {([*ours[:1], *lines[-1:]] or ['it said nothing'])[0][:500]}"


def _cpu() -> str:
    """The processor's name as the kernel has it."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return "unknown"
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "unknown")
