"""Tables that are mostly ids, codes and lists: our fits beside what an untuned booster makes of them in the same hour.

    python benchmarks/categories.py --data ../shared/data                  # runs what is missing, then tells
    python benchmarks/categories.py --data ../shared/data --only hdb_resale_prices
    python benchmarks/categories.py --data ../shared/data --table

Each line has a yardstick that knows what we are not told, such as which numbers are ids: LightGBM on smoothed means of
the target out of fold and on counts of each id; CatBoost with its own categories, 500 trees; logistic regression on
words and items. A paired bootstrap over the rows of the test part says how sure the difference is. Records go to
benchmarks/results/categories.jsonl, the table to categories.md.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from automl import metrics
from automl.bench.records import Record, append, markdown, origin, read
from automl.bench.run import run_cell, versions
from automl.bench.tasks import read_task

RESULTS = Path(__file__).parent / "results"
RECORDS = RESULTS / "categories.jsonl"
SEEDS = (0, 1, 2)
BUDGET = "60s"
DRAWS = 1_000
FOLDS, SMOOTHING = 5, 10.0
HEADER = (
    "task",
    "metric",
    "yardstick",
    "its score",
    "ours, by seed",
    "mean",
    "better by",
    "error of that",
    "MB",
    "wall s",
)

Floats = NDArray[np.float64]
Yardstick = Callable[[pl.DataFrame, pl.DataFrame, Floats, Sequence[str]], Floats]


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A task, and the columns of it that its yardstick is told to be categories."""

    task: str
    target: str
    yardstick: Yardstick
    told: tuple[str, ...]


def target_means(train: pl.DataFrame, test: pl.DataFrame, y: Floats, told: Sequence[str]) -> Floats:
    """Probabilities [m] of LightGBM, 200 trees: numbers as they are, the mean and the count of each told one."""
    import lightgbm

    fold = np.random.default_rng(0).integers(0, FOLDS, len(y))
    seen, later = [train.to_numpy()], [test.to_numpy()]
    for name in told:
        levels = pl.concat([train[name], test[name]]).rank("dense").to_numpy().astype(np.int64) - 1
        own, theirs = levels[: len(y)], levels[len(y) :]
        means = np.empty(len(y))
        for number in range(FOLDS):
            inside = fold != number
            means[~inside] = _means(own[inside], y[inside], levels.max() + 1)[own[~inside]]
        counts = np.bincount(own, minlength=levels.max() + 1)
        seen.append(np.column_stack([means, counts[own]]))
        later.append(np.column_stack([_means(own, y, levels.max() + 1)[theirs], counts[theirs]]))
    booster = lightgbm.LGBMClassifier(n_estimators=200, learning_rate=0.05, n_jobs=2, verbose=-1, random_state=0)
    booster.fit(np.column_stack(seen).astype(float), y)
    return np.asarray(booster.predict_proba(np.column_stack(later).astype(float)))[:, 1]


def _means(level: NDArray[np.int64], y: Floats, size: int) -> Floats:
    sums, counts = np.bincount(level, weights=y, minlength=size), np.bincount(level, minlength=size)
    return np.asarray((sums + SMOOTHING * y.mean()) / (counts + SMOOTHING))


def catboost_of(train: pl.DataFrame, test: pl.DataFrame, y: Floats, told: Sequence[str]) -> Floats:
    """Numbers [m] of CatBoost as it comes, 500 trees, with the told columns as its categories."""
    import catboost

    parts = [frame.with_columns(pl.col(told).cast(pl.String).fill_null("")).to_pandas() for frame in (train, test)]
    booster = catboost.CatBoostRegressor(
        iterations=500, cat_features=list(told), thread_count=2, random_seed=0, allow_writing_files=False, verbose=False
    )
    booster.fit(parts[0], y)
    return np.asarray(booster.predict(parts[1]))


def words(train: pl.DataFrame, test: pl.DataFrame, y: Floats, told: Sequence[str]) -> Floats:
    """Probabilities [m, classes] of logistic regression on the TF-IDF of the words of the told column."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression

    (name,) = told
    vectorizer = TfidfVectorizer(sublinear_tf=True, ngram_range=(1, 2), min_df=2)
    model = LogisticRegression(C=5.0, max_iter=300).fit(vectorizer.fit_transform(train[name].to_list()), y)
    return np.asarray(model.predict_proba(vectorizer.transform(test[name].to_list())))


IDS = ("url_hash", "ad_id", "advertiser_id", "query_id", "keyword_id", "title_id", "description_id", "user_id")
FLATS = ("town", "flat_type", "block", "street_name", "storey_range", "flat_model")
LINES = (
    Line(task="click_prediction", target="click", yardstick=target_means, told=IDS),
    Line(task="hdb_resale_prices", target="resale_price", yardstick=catboost_of, told=FLATS),
    Line(task="whats_cooking", target="cuisine", yardstick=words, told=("ingredients",)),
)


def main() -> None:
    """Run what is missing and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder of task folders")
    parser.add_argument("--seeds", nargs="*", type=int, default=SEEDS)
    parser.add_argument("--budget", default=BUDGET)
    parser.add_argument("--only", nargs="*", default=[], help="tasks to run")
    parser.add_argument("--table", action="store_true", help="run nothing")
    said = parser.parse_args()
    lines = [line for line in LINES if not said.only or line.task in said.only]
    done = {(record["task"], record["seed"], record["budget"]) for record in read(RECORDS)}
    for line in () if said.table else lines:
        seeds = [seed for seed in said.seeds if (line.task, seed, said.budget) not in done]
        for record in _run(line, said.data, seeds, said.budget) if seeds else ():
            append(RECORDS, record)
            print(record, flush=True)
    table = "\n".join(render(read(RECORDS)))
    (RESULTS / "categories.md").write_text(table + "\n", encoding="utf-8")
    print(table)


def _run(line: Line, data: Path, seeds: Sequence[int], budget: str) -> Iterator[Record]:
    """Our fits, and the yardstick beside them."""
    task = read_task(data / line.task, costs=False)
    train, test, y, truth = _parts(line, data, task.spec["data"])
    its = line.yardstick(train, test, y, line.told)
    for seed in seeds:
        with tempfile.TemporaryDirectory() as folder:
            place = Path(folder)
            cell = run_cell(
                task, recipe="balanced", budget=budget, seed=seed, settings=("budget.workers=2",), keep=place
            )
            ours = pl.read_parquet(place / "scored.parquet").select(pl.col("^(probability.*|prediction)$")).to_numpy()
            size = sum(path.stat().st_size for path in (place / f"{line.task}.bundle").rglob("*") if path.is_file())
        yield {
            **_compared(task.metric, truth, ours, its),
            "task": line.task,
            "yardstick": line.yardstick.__name__,
            "metric": task.metric,
            "seed": seed,
            "budget": budget,
            "wall": cell["wall_seconds"],
            "mb": size / 1e6,
            "date": datetime.now(UTC).isoformat(timespec="seconds"),
            "versions": versions(),
        }


def _parts(line: Line, data: Path, told: Mapping[str, Any]) -> tuple[pl.DataFrame, pl.DataFrame, Floats, Floats]:
    """Features of train and test, and their targets as numbers."""
    train, test = (pl.read_parquet(data / line.task / f"{part}.parquet") for part in ("train", "test"))
    aside = {line.target, told.get("time"), *told.get("key", ()), *told.get("exclude", ())} - {None}
    levels = sorted(train[line.target].unique().to_list())
    named = isinstance(levels[0], str)
    y, truth = (
        np.asarray([levels.index(value) if named else float(value) for value in part[line.target]], dtype=np.float64)
        for part in (train, test)
    )
    kept = [name for name in train.columns if name not in aside]
    return train.select(kept), test.select(kept), y, truth


def _compared(metric: str, truth: Floats, ours: Floats, its: Floats) -> dict[str, float]:
    """Both scores, by how much ours is better, and the standard error of that by a paired bootstrap over rows."""
    measure = metrics.get(metric)
    its = its.reshape(len(truth), -1)

    def better(rows: NDArray[np.int64]) -> float:
        one, other = (metrics.score(measure, truth[rows], part[rows]) for part in (ours, its))
        return one - other if measure.greater_is_better else other - one

    draw = np.random.default_rng(0)
    drawn = [better(draw.integers(0, len(truth), len(truth))) for _ in range(DRAWS)]
    everyone = np.arange(len(truth))
    return {
        "ours": metrics.score(measure, truth, ours),
        "its": metrics.score(measure, truth, its),
        "better": better(everyone),
        "error": float(np.std(drawn)),
    }


def render(records: Sequence[Record]) -> Iterator[str]:
    """The table in Markdown."""
    if not records:
        yield "no records yet"
        return
    yield "# Ids, codes and lists, beside an untuned booster that is told what they are\n"
    yield origin(records, "python benchmarks/categories.py --data ../shared/data") + "\n"
    yield f"{BUDGET}, 2 workers; error: of the difference, by {DRAWS:,} paired draws of test rows.\n"
    yield from markdown(HEADER, _rows(records))


def _rows(records: Sequence[Record]) -> Iterator[Sequence[object]]:
    for line in LINES:
        own = [record for record in records if (record["task"], record["budget"]) == (line.task, BUDGET)]
        if own:
            mean = {key: float(np.mean([record[key] for record in own])) for key in ("ours", "its", "better", "error")}
            yield (
                line.task,
                own[0]["metric"],
                own[0]["yardstick"],
                f"{mean['its']:.5g}",
                " ".join(f"{record['ours']:.5g}" for record in own),
                f"{mean['ours']:.5g}",
                f"{mean['better']:.4g}",
                f"{mean['error']:.2g}",
                f"{max(record['mb'] for record in own):.2f}",
                f"{max(record['wall'] for record in own):.0f}",
            )


if __name__ == "__main__":
    main()
