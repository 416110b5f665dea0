"""Whether the loss by age that a bundle states holds: the frozen model on its test part, window by window.

    python benchmarks/shelf_life.py --data ../shared/data [--seeds 3]   # what is missing, then the table
    python benchmarks/shelf_life.py --table

Each task, whose test part follows train in time, is fitted by `TRIALS` trials without a search over features. The
manifest states what a window of new rows will lose by the age of the model (`shelf_life`); the test part is cut into
these windows, and those of at least `FEWEST` rows are counted: how many lose what lies in the stated band of 95 %. The
width of the band is told as a share of the loss that is expected, and how far the truth lies from it. Beside it stands
what the interval of a mean would hold: what older out-of-fold models lost (`ages`).

The table is results/shelf_life.md.
"""

from __future__ import annotations

import os

os.environ.update(dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1"))  # before any library is imported

import argparse
import tempfile
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from refresh import TASKS as TIMES
from refresh import losses_of, missing, table_of

from automl.bench import records
from automl.bench.tasks import BenchTask, read_task
from automl.bundle.ages import AgeRecord
from automl.bundle.read import Bundle
from automl.data.infer.row_time import row_times
from automl.pipeline.fit import fit
from automl.spec.data import Data

RESULTS = Path(__file__).parent / "results"
RECORDS = RESULTS / "shelf_life.jsonl"
TASKS = ("hdb_resale_prices", "weather_aus", "hotel_bookings", "bike_sharing_hourly")
HEADER = (
    *("task", "seed", "members", "windows", "days of one", "within the band", "share"),
    *("width of the band, of the loss", "of its root", "truth off by", "within an interval of the mean"),
)
TRIALS = 3
FEWEST = 100  # rows of a window
DAY = 86_400.0

Floats = NDArray[np.float64]


def main() -> None:
    """A record for each task and seed that has none yet, then the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--only", choices=TASKS, nargs="*", default=TASKS)
    parser.add_argument("--table", action="store_true")
    said = parser.parse_args()
    for name, seed in [] if said.table else missing(RECORDS, said.only, said.seeds):
        records.append(RECORDS, measured(read_task(said.data / name, costs=False), seed))
    found = records.read(RECORDS)
    text = "\n".join((*records.markdown(HEADER, _lines(found)), "", _words(found)))
    (RESULTS / "shelf_life.md").write_text(text + "\n", encoding="utf-8")
    print(text)


def measured(task: BenchTask, seed: int) -> dict[str, object]:
    """What was told of each window of the test part, and what it lost."""
    data = task.spec["data"] | {"time": list(TIMES[task.name])}
    budget = {"time": "1h", "trials": TRIALS, "workers": 1, "executor": "inline", "seed": seed}
    spec = {**task.spec, "data": data, "budget": budget, "report": {"html": False}, "recipe": {"feature_search": 0}}
    with tempfile.TemporaryDirectory() as folder:
        bundle = fit(spec, out=Path(folder) / "shelf.bundle", write_anyway=True).bundle
        windows = list(_windows(bundle, task))
    return {
        "task": task.name,
        "seed": seed,
        "date": datetime.now(UTC).isoformat(),
        "load": os.getloadavg()[0],
        "members": [one.learner for one in bundle.manifest.members],
        "windows": windows,
    }


def _windows(bundle: Bundle, task: BenchTask) -> Iterator[dict[str, object]]:
    rows = table_of(task.test)
    losses, time = losses_of(bundle, rows), row_times(rows, Data(time=TIMES[task.name]))
    assert time is not None  # noqa: S101  # its columns are named
    age = (time - np.nanmin(time)) / 1e6
    for told in bundle.manifest.shelf_life:
        at = np.flatnonzero((age >= told.start) & (age < told.end))
        if at.size >= FEWEST:
            low, high = _of_mean(bundle.manifest.ages, (told.start + told.end) / 2)
            truth = {"rows": at.size, "truth": float(losses[at].mean()), "mean_low": low, "mean_high": high}
            yield told.model_dump() | truth


def _of_mean(ages: Sequence[AgeRecord], age: float) -> tuple[float, float]:
    """What newer out-of-fold models lost, and the interval of what older ones lost more: of a mean, at that age."""
    near = next((one for one in ages if age < one.end), ages[-1])
    return near.fresh + near.low, near.fresh + near.high


def _lines(found: Sequence[records.Record]) -> Iterator[Sequence[object]]:
    every = list[dict[str, float]]()
    for one in sorted(found, key=lambda each: (TASKS.index(each["task"]), each["seed"])):
        windows = one["windows"]
        every += windows
        days = f"{(windows[0]['end'] - windows[0]['start']) / DAY:.3g}"
        yield one["task"], one["seed"], ", ".join(one["members"]), len(windows), days, *_told(windows)
    yield "all", "", "", len(every), "", *_told(every)


def _words(found: Sequence[records.Record]) -> str:
    """What docs quote."""
    every = [window for one in found for window in one["windows"]]
    _, share, wide, *_, of_mean = _told(every)
    tasks = len({one["task"] for one in found})
    return (
        f"On the test parts of {tasks} tasks {share} of {len(every)} windows lost what their band states; half of the "
        f"bands are at most {wide} of the expected loss wide. In intervals of a mean {of_mean} of the windows lay."
    )


def _told(windows: Sequence[dict[str, float]]) -> tuple[object, ...]:
    names = ("loss", "low", "high", "truth", "mean_low", "mean_high")
    loss, low, high, truth, mean_low, mean_high = (np.array([one[name] for one in windows]) for name in names)
    held = (low <= truth) & (truth <= high)
    root = (np.sqrt(high) - np.sqrt(low)) / np.sqrt(loss)
    return (
        *(int(held.sum()), f"{held.mean():.0%}", f"{np.median((high - low) / loss):.0%}", f"{np.median(root):.0%}"),
        f"{np.median(np.abs(truth / loss - 1.0)):.0%}",
        f"{np.mean((mean_low <= truth) & (truth <= mean_high)):.0%}",
    )


if __name__ == "__main__":
    main()
