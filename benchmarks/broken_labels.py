"""Whether broken labels promote nobody, and a changed world somebody: whole retrainings of small champions.

    python benchmarks/broken_labels.py --data ../shared/data --out benchmarks/results/broken_labels.jsonl

On four tasks a champion learns `OLD` rows and is challenged on `NEW` others, drawn anew for each repeat. Their labels
are

- *flipped*: 30 % of them are turned round,
- *leaked*: right, but the first feature of numbers now follows the label,
- *right*: as they are: the world has not changed, so that whoever is promoted was lucky or has learned more.

On four generators the rule of the label is *changed*, beside a *flipped* and a *right* world of the same rule. A
quarter of the new rows is judged. Who knew both rules would save .24 EUR a row in the world whose change matters least
(*step*), with a standard deviation of 1.4: at the first challenge's alpha of 1 % that takes 450 judged rows to be shown
nine times in ten to somebody who knows the rule, and four times as many to somebody who has learned half of it. With
1,500 new rows two changes of four were shown.

With `--renew` the champion is old in each run: a refit that is not seen to be worse is enough (`renew_every`), and who
stops it is the check of labels alone.

A run that stopped goes on: what stands in `--out` is not done again. The table stands beside it.
"""

from __future__ import annotations

import os

os.environ.update(dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1"))  # before any library is imported

import argparse
import tempfile
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import product
from pathlib import Path

import numpy as np
import polars as pl
import polars.selectors as cs
from numpy.typing import NDArray

from automl import fit
from automl.bench import records
from automl.data.read.source import load
from automl.errors import DataError
from automl.retrain.retrain import Asked, retrain

TASKS = ("adult", "weather_aus", "hotel_bookings", "bank_marketing")
OLD, NEW, FLIPPED = 4_000, 6_000, 0.3
KINDS = ("changed", "flipped", "leaked", "right")
RUNGS = ("recalibrate", "refresh", "refit")
HEADER = ("labels", "where", "runs", "promoted", "stopped as broken", "behind", "refused")

Floats = NDArray[np.float64]
Rule = Callable[[Floats], Floats]  # features [n, 4] -> log odds [n]

RULES: Mapping[str, tuple[Rule, Rule]] = {  # of four worlds: the old rule, and the new one
    "sign": (lambda x: 3.0 * x[:, 0] - 1.0, lambda x: -2.0 * x[:, 0] - 1.0),
    "other column": (lambda x: 2.0 * x[:, 0] + x[:, 1], lambda x: 2.0 * x[:, 2] + x[:, 1]),
    "interaction": (lambda x: 2.0 * x[:, 0] * x[:, 1], lambda x: -2.0 * x[:, 0] * x[:, 1]),
    "step": (lambda x: 4.0 * (x[:, 0] > 0.0) - 2.0, lambda x: 4.0 * (x[:, 0] > 1.0) - 2.0 + x[:, 3]),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """A target with its positive label, and what makes `n` rows: by a number for chance, of the old rule or the new."""

    name: str
    target: str
    positive: object
    kinds: Sequence[str]
    rows: Callable[[int, int, bool], pl.DataFrame]


def main() -> None:
    """Run what is not done yet, and write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder of task folders")
    parser.add_argument("--repeats", type=int, default=10)
    parser.add_argument("--labels", nargs="*", choices=KINDS, default=KINDS)
    parser.add_argument("--renew", action="store_true")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results" / "broken_labels.jsonl")
    said = parser.parse_args()
    worlds = [*(generated(name) for name in RULES), *(task(said.data / name) for name in TASKS)]
    for repeat, world in product(range(said.repeats), worlds):
        done = {(each["world"], each["labels"], each["repeat"]) for each in records.read(said.out)}
        kinds = [kind for kind in world.kinds if kind in said.labels and (world.name, kind, repeat) not in done]
        for record in challenged(world, kinds, repeat, Asked(renew=said.renew)) if kinds else ():
            records.append(said.out, record)
            print(record, flush=True)
    text = "\n".join(records.markdown(HEADER, table(records.read(said.out))))
    said.out.with_suffix(".md").write_text(text + "\n", encoding="utf-8")
    print(text)


def generated(name: str) -> World:
    """A world of four numbers, whose label follows a rule."""

    def rows(n: int, seed: int, changed: bool) -> pl.DataFrame:  # the signature of all worlds
        rng = np.random.default_rng(seed)
        x = rng.normal(size=(n, 4))
        odds = RULES[name][changed](x)
        y = (rng.random(n) < 1.0 / (1.0 + np.exp(-odds))).astype(np.int64)
        return pl.DataFrame({f"x{place}": x[:, place] for place in range(4)} | {"y": y})

    return World(name=name, target="y", positive=1, kinds=("changed", "flipped", "right"), rows=rows)


def task(folder: Path) -> World:
    """Rows of a task, drawn; it has one rule only."""
    about = tomllib.loads((folder / "task.toml").read_text())
    found = [folder / f"{part}.parquet" for part in ("train", "test")]
    frame = pl.concat([pl.read_parquet(path) for path in found])
    left = frame.drop(about.get("ignore", ()), strict=False)

    def rows(n: int, seed: int, changed: bool) -> pl.DataFrame:  # noqa: ARG001  # the signature of all worlds
        return left.sample(n, seed=seed, shuffle=True)

    return World(
        name=folder.name,
        target=about["target"],
        positive=about["positive"],
        kinds=("flipped", "leaked", "right"),
        rows=rows,
    )


def challenged(world: World, kinds: Sequence[str], repeat: int, asked: Asked) -> Iterator[records.Record]:
    """One champion, challenged on new rows of each kind."""
    seed = 10_000 * (repeat + 1)
    with tempfile.TemporaryDirectory() as folder:
        champion = Path(folder) / "champion.bundle"
        fit(spec(world), train=world.rows(OLD, seed, False), out=champion, write_anyway=True)  # as above
        for kind in kinds:
            (Path(folder) / "champion.challenges.jsonl").unlink(missing_ok=True)  # each kind is the first challenge
            fresh = broken(world, world.rows(NEW, seed + 1, kind == "changed"), kind, np.random.default_rng(seed))
            ended, reason = outcome(champion, fresh, Path(folder) / f"{kind}.bundle", asked)
            date = datetime.now(UTC).isoformat(timespec="seconds")
            told = {"ended": ended, "reason": reason, "date": date}
            yield {"world": world.name, "labels": kind, "repeat": repeat, **told}


def outcome(champion: Path, rows: pl.DataFrame, out: Path, asked: Asked) -> tuple[str, str]:
    """What a retraining on the rows came to, and why."""
    try:
        done = retrain(champion, load(rows), out, asked=asked)
    except DataError as refused:
        return "refused", str(refused)
    if done.climb is None:
        return "behind", done.reason
    return "promoted" if done.climb.promoted else "stopped" if done.climb.stopped else "behind", done.reason


def spec(world: World) -> dict[str, object]:
    """A small champion, in money."""
    costs = {"false_positive": 1, "false_negative": 5, "currency": "EUR"}
    return {
        "objective": {"target": world.target, "positive": world.positive, "costs": costs},
        "budget": {"trials": 1, "time": "10min", "executor": "inline", "workers": 1},
        "recipe": {"learners": ["lightgbm"], "folds": 3, "feature_search": 0, "members": 1},
        "report": {"html": False},
        "retrain": {"rungs": list(RUNGS)},
    }


def broken(world: World, rows: pl.DataFrame, kind: str, rng: np.random.Generator) -> pl.DataFrame:
    """The rows with labels, or a column, of this kind."""
    labels = rows[world.target]
    if kind == "flipped":
        other = next(each for each in labels.unique().sort().to_list() if each != world.positive)
        turned = pl.when(pl.col(world.target) == world.positive).then(pl.lit(other)).otherwise(pl.lit(world.positive))
        flips = pl.Series(rng.random(rows.height) < FLIPPED)
        return rows.with_columns(pl.when(flips).then(turned).otherwise(pl.col(world.target)).alias(world.target))
    if kind == "leaked":
        column = rows.drop(world.target).select(cs.numeric()).columns[0]
        told = (labels == world.positive).cast(pl.Float64) + pl.Series(0.1 * rng.normal(size=rows.height))
        typed = (100 * told).round().cast(rows[column].dtype) if rows[column].dtype.is_integer() else told
        return rows.with_columns(typed.alias(column))
    return rows


def table(found: Sequence[records.Record]) -> Iterator[Sequence[object]]:
    """A line for each kind of labels, in generated worlds and on tasks, and what became of its runs."""
    for kind, where in product(KINDS, ("generators", "tasks")):
        mine = [
            each for each in found if each["labels"] == kind and (each["world"] in RULES) == (where == "generators")
        ]
        if mine:
            ended = [each["ended"] for each in mine]
            yield kind, where, len(mine), *(ended.count(name) for name in ("promoted", "stopped", "behind", "refused"))


if __name__ == "__main__":
    main()
