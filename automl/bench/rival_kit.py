"""What runs a rival in the rival's own Python: it needs pandas and numpy there, and nothing of automl.

    python -I rival_kit.py fit JOB.json      # run(task, budget) in the file of the rival; predictions and times
    python -I rival_kit.py serve JOB.json    # the saved model in a fresh process: load time, single rows, bulk

A rival file may import this one as `rival_kit`.
"""

from __future__ import annotations

import importlib.util
import json
import os
import pickle
import sys
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import metadata
from itertools import cycle, islice
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray
    from sklearn.base import BaseEstimator

WARM_UP, SINGLE_ROWS, SINGLE_SECONDS = 20, 200, 10.0
BULK_ROWS, BULK_TIMES = 20_000, 3
HOLDOUT = 0.15  # of the rows, for those who stop early on some
Predict = Callable[["pd.DataFrame"], Any]
Job = Mapping[str, Any]  # what JOB.json says


@dataclass(frozen=True)
class Task:
    """What a rival is told. `train` and `test` are pandas frames without the target.

    `y` is the class code of each train row (1 is the positive label) or the number. `metric` is the one that is
    judged. `workers` is the number of cores. `folder` is an empty place for its files. With `by_time` the rows are
    in the order of time and the test part is later. `variant` is the one that was asked for, of `VARIANTS`.
    """

    kind: str
    metric: str
    classes: int
    train: pd.DataFrame
    y: NDArray[np.float64]
    test: pd.DataFrame
    seed: int
    workers: int
    folder: Path
    by_time: bool = False
    variant: str = ""

    def coder(self, levels: int = 255) -> Coder:
        """A `Coder` fitted on the train rows."""
        return Coder.fit(self.train, levels)

    def holdout(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Positions of the rows to learn from and to stop on: the last by time, else drawn, stratified by class."""
        import numpy as np
        from sklearn.model_selection import train_test_split

        places = np.arange(len(self.y))
        if self.by_time:
            cut = int(len(places) * (1 - HOLDOUT))
            return places[:cut], places[cut:]
        strata = None if self.kind == "regression" else self.y
        fit, stop = train_test_split(places, test_size=HOLDOUT, random_state=self.seed, stratify=strata)
        return fit, stop


@dataclass
class Coder:
    """Text columns as pandas categories with the levels of train, the rarest beyond a number of them missing."""

    levels: Mapping[str, Sequence[str]] = field(default_factory=dict)

    @classmethod
    def fit(cls, frame: pd.DataFrame, levels: int) -> Coder:
        """The levels of each column of text."""
        texts = [name for name in frame.columns if frame[name].dtype == object]
        return cls({name: sorted(frame[name].value_counts().index[:levels]) for name in texts})

    def __call__(self, frame: pd.DataFrame) -> pd.DataFrame:
        import pandas as pd

        return frame.assign(
            **{name: pd.Categorical(frame[name], categories=list(levels)) for name, levels in self.levels.items()}
        )


@dataclass
class Model:
    """An estimator of scikit-learn's form behind what it needs of the frame."""

    kind: str
    prepare: Callable[[pd.DataFrame], Any]
    estimator: BaseEstimator

    def __call__(self, frame: pd.DataFrame) -> NDArray[np.float64]:
        rows = self.prepare(frame)
        if self.kind == "regression":
            predicted: NDArray[np.float64] = self.estimator.predict(rows)
            return predicted
        found: NDArray[np.float64] = self.estimator.predict_proba(rows)
        return found[:, 1] if self.kind == "binary" else found


def main() -> None:
    """Do the job of a file and write what came of it beside it."""
    step, path = sys.argv[1], Path(sys.argv[2])
    job = json.loads(path.read_text(encoding="utf-8"))
    sys.modules["rival_kit"] = sys.modules[__name__]
    module = load_rival(Path(job["rival"]))
    done = {"fit": fit, "serve": serve}[step](module, job)
    path.with_name(f"{step}.json").write_text(json.dumps(done), encoding="utf-8")
    sys.stdout.flush()
    os._exit(0)  # what a framework left running ends with its fit


def load_rival(path: Path) -> ModuleType:
    """The module of a rival's file, under a name that hides no library."""
    name = f"rival_{path.stem}"
    found = importlib.util.spec_from_file_location(name, path)
    if found is None or found.loader is None:
        raise ImportError(str(path))
    module = importlib.util.module_from_spec(found)
    sys.modules[name] = module
    found.loader.exec_module(module)
    return module


def fit(module: ModuleType, job: Job) -> dict[str, object]:
    """Run the rival; its predictions go to predictions.npy, its model, if it gives one, to the folder "model"."""
    import numpy as np

    reason = module.unavailable() if hasattr(module, "unavailable") else None
    if reason:
        return {"skipped": reason}
    place = Path(job["folder"])
    work = place / "work"
    work.mkdir()
    task = _task(job, work)
    start = time.monotonic()
    answer = module.run(task, float(job["budget"]))
    seconds = time.monotonic() - start
    predictions, model = answer if isinstance(answer, tuple) else (answer, None)
    shape = (len(task.test), job["classes"]) if job["kind"] == "multiclass" else (len(task.test),)
    np.save(place / "predictions.npy", np.asarray(predictions, dtype=np.float64).reshape(shape))
    if model is not None:
        _save(module, model, place / "model")
    return {"seconds": seconds, "artifact": _size(place / "model"), "versions": _versions(module)}


def serve(module: ModuleType, job: Job) -> dict[str, object]:
    """Time the saved model in this fresh process, from ``spawned``, the wall time at which it was started."""
    import pandas as pd

    place = Path(job["folder"])
    begun = time.time()
    frame = pd.read_parquet(place / "test.parquet").head(BULK_ROWS)
    reading = time.time() - begun
    model = _load(module, place / "model")
    model(frame.iloc[:1])
    loaded = time.time() - job["spawned"] - reading
    rows = [frame.iloc[row : row + 1] for row in range(min(len(frame), SINGLE_ROWS + WARM_UP))]
    return {"load_seconds": loaded, **times_of(model, rows, lambda: model(frame), len(frame))}


def times_of(one: Predict, rows: Sequence[pd.DataFrame], bulk: Callable[[], object], height: int) -> dict[str, object]:
    """p50 and p99 [ms] of single rows, rows a second in bulk (the best of three), resident MB of this process."""
    turns = cycle(rows)  # a small test part is gone through again
    for row in islice(turns, WARM_UP):
        one(row)
    times: list[float] = []
    begun = time.monotonic()
    for row in islice(turns, SINGLE_ROWS):
        start = time.perf_counter()
        one(row)
        times.append(1e3 * (time.perf_counter() - start))
        if time.monotonic() - begun > SINGLE_SECONDS:
            break
    times.sort()
    best = float("inf")
    for _ in range(BULK_TIMES):
        start = time.perf_counter()
        bulk()
        best = min(best, time.perf_counter() - start)
    return {
        "p50_ms": _quantile(times, 0.5),
        "p99_ms": _quantile(times, 0.99),
        "single_rows": len(times),
        "rows_per_second": height / best,
        "serving_mb": _resident() / 1e6,
    }


def _task(job: Job, work: Path) -> Task:
    import numpy as np
    import pandas as pd

    place = Path(job["folder"])
    return Task(
        train=pd.read_parquet(place / "train.parquet"),
        y=np.load(place / "y.npy"),
        test=pd.read_parquet(place / "test.parquet"),
        folder=work,
        **{key: job[key] for key in ("kind", "metric", "classes", "seed", "workers", "by_time", "variant")},
    )


def _save(module: ModuleType, model: Predict, folder: Path) -> None:
    folder.mkdir()
    if hasattr(module, "save"):
        module.save(model, folder)
    else:
        (folder / "model.pickle").write_bytes(pickle.dumps(model))


def _load(module: ModuleType, folder: Path) -> Predict:
    if hasattr(module, "load"):
        loaded: Predict = module.load(folder)
        return loaded
    model: Predict = pickle.loads((folder / "model.pickle").read_bytes())  # noqa: S301  # `fit` wrote it a moment ago
    return model


def _size(folder: Path) -> int | None:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) if folder.is_dir() else None


def _versions(module: ModuleType) -> dict[str, str]:
    names = [need.split("[")[0].split("=")[0].rstrip("<>~!") for need in module.NEEDS]
    return {name: metadata.version(name) for name in (*names, "pandas", "numpy")}


def _quantile(ordered: Sequence[float], share: float) -> float:
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def _resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def _ended() -> int:
    try:
        main()
    except Exception:  # noqa: BLE001  # told as Python tells it
        traceback.print_exc()
        return 1
    return 0


if __name__ == "__main__":
    code = _ended()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)  # a library's threads may abort an interpreter that winds down, and the answer would be lost
