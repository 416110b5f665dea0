"""What `data.final = "all"` brings: the loss on hidden rows of what learned from train alone, and of its twin on all.

    python benchmarks/final_rows.py --data ../shared/data [--seeds 3]

Of each task at most `ROWS` rows are drawn. A third is hidden; of the others a quarter is the test part. The same search
(`TRIALS` trials) ships once what learned from train, once its twin on train and test; both are judged on the hidden
third by log loss, or by the root of the mean squared error. The table is results/final_rows.md; it says whether each
twin shipped and whether the verdict of its bundle is that of the one that was judged.
"""

from __future__ import annotations

import os

os.environ.update(dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1"))  # before any library is imported

import argparse
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import polars as pl
from refresh import all_rows

from automl.bench import records
from automl.bench.tasks import BenchTask, read_task
from automl.bundle.read import Bundle
from automl.data.labels import encode
from automl.metrics.row_losses import row_losses
from automl.pipeline.fit import fit

RESULTS = Path(__file__).parent / "results"
TASKS = ("adult", "bank_marketing", "telco_churn", "kc_house_sales", "give_me_some_credit", "mammography")
HEADER = ("task", "seed", "train alone", "with test", "relative", "twin shipped", "same verdict")
ROWS, TRIALS = 9_000, 3
TOLD = "scores and verdict are those of its twin"


def main() -> None:
    """A line for each task and seed, and the mean of the relative losses."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--only", choices=TASKS, nargs="*", default=TASKS)
    said = parser.parse_args()
    lines, relative = list[Sequence[object]](), list[float]()
    for name in said.only:
        for line in measured(read_task(said.data / name, costs=False), said.seeds):
            relative.append(line[3] / line[2])
            lines.append((*line[:2], *(f"{loss:.5g}" for loss in line[2:4]), f"{relative[-1]:.4f}", *line[4:]))
            print(*lines[-1], flush=True)
    lines.append(("mean", "", "", "", f"{np.mean(relative):.4f}", "", ""))
    text = "\n".join(records.markdown(HEADER, lines))
    (RESULTS / "final_rows.md").write_text(text + "\n", encoding="utf-8")
    print(text)


def measured(task: BenchTask, seeds: int) -> Iterator[tuple[str, int, float, float, str, str]]:
    """For each seed both losses, and what the twin's bundle says."""
    whole = all_rows(task)
    for seed in range(seeds):
        rows = whole.sample(min(ROWS, whole.height), shuffle=True, seed=seed)
        third, rest = rows.height // 3, rows.height - rows.height // 3
        hidden, test, train = rows[:third], rows[third : third + rest // 4], rows[third + rest // 4 :]
        with tempfile.TemporaryDirectory() as folder:
            alone, both = (fitted(task, train, test, seed, final, Path(folder)) for final in ("train", "all"))
            losses = [loss(bundle, hidden) for bundle in (alone, both)]
            twin, scores = both.manifest.twin, [bundle.manifest.scores for bundle in (alone, both)]
            same = scores[0] == scores[1] and TOLD in both.manifest.split
            shipped = twin is not None and twin.shipped
            yield task.name, seed, *losses, "yes" if shipped else "no", "yes" if same else "no"


def fitted(task: BenchTask, train: pl.DataFrame, test: pl.DataFrame, seed: int, final: str, folder: Path) -> Bundle:
    """The bundle of a short search."""
    data = {key: value for key, value in task.spec["data"].items() if key not in {"train", "test", "tables", "time"}}
    spec = {
        **task.spec,
        "data": data | ({"final": final} if final == "all" else {}),
        "budget": {"time": "10min", "trials": TRIALS, "workers": 1, "executor": "inline", "seed": seed},
        "report": {"html": False},
        "recipe": {"name": "quick"},
    }
    return fit(spec, train=train, test=test, out=folder / f"{final}.bundle", write_anyway=True).bundle


def loss(bundle: Bundle, rows: pl.DataFrame) -> float:
    """Log loss, or the root of the mean squared error."""
    scored, labels = bundle.score(rows), bundle.manifest.target.labels()
    y, numbers = encode(labels, rows[labels.name]), labels.task.kind == "regression"
    names = [name for name in scored.columns if name == "prediction" or name.startswith("probability")]
    found = row_losses(scored[names].to_numpy().astype(np.float64), y, labels.task.kind).mean()
    return float(np.sqrt(found) if numbers else found)


if __name__ == "__main__":
    main()
