"""How often a challenger is promoted that is not better, over lives of 25 challenges in a world that does not change.

    python benchmarks/false_promotions.py --data ../shared/data [--lives 200]

Of each task half of the rows are drawn as windows of `WINDOW` rows, on each of which a LightGBM is trained; the other
half is the world: what a model truly costs is its mean there. A missed positive costs 5, a false alarm 1.

A life is a stream of rows drawn from the world, `JUDGED` for each challenge. The k-th challenge tries four models (one
for each rung of the ladder) at 6 alpha / (pi^2 k^2) / 4, judged as `automl retrain` does; of those that are better the
one of the highest bound takes the champion's place, and k begins at 1 again. It is false where that model costs as
much or more in the world.

- *any*: champion and challengers are drawn from the same models, so that about half of the challengers are worse;
- *best*: the champion is the best of all, so that every promotion is false.

*fixed* is the same lives judged at alpha each time, by Student's bound alone. The table is results/false_promotions.md.
"""

from __future__ import annotations

import os

os.environ.update(dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1"))  # before any library is imported

import argparse
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from monitor_money import clopper, numbers
from numpy.typing import NDArray

from automl.bench import records
from automl.monitor.drift.bounds import spent
from automl.monitor.money.promise import Range, promise, student
from automl.spec.retrain import RUNGS

RESULTS = Path(__file__).parent / "results"
TASKS = ("adult", "weather_aus", "give_me_some_credit", "hotel_bookings")
HEADER = ("task", "champion", "lives", "promotions", "right", "false lives", "share", "at most (99 %)", "fixed: share")
MISSED, FALSE = 5.0, 1.0
ALPHA = 0.05
CHALLENGES, MODELS, WINDOW, JUDGED = 25, 60, 2_000, 1_000

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """What each model costs on each row of the world [models, rows]."""

    task: str
    costs: Floats

    @property
    def truth(self) -> Floats:
        """What each model truly costs [models]."""
        mean: Floats = self.costs.mean(axis=1)
        return mean


@dataclass(frozen=True, slots=True, kw_only=True)
class Lived:
    """The promotions of a life, and how many of them were false."""

    promoted: int
    false: int


def main() -> None:
    """Live, count and write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder of task folders")
    parser.add_argument("--lives", type=int, default=200)
    parser.add_argument("--only", nargs="*", choices=TASKS, default=TASKS)
    said = parser.parse_args()
    out = RESULTS / "false_promotions.jsonl"
    for task in said.only:
        for row in counted(world(said.data / task), said.lives):
            records.append(out, dict(zip(HEADER, row, strict=True)))
    text = "\n".join(records.markdown(HEADER, [[each[name] for name in HEADER] for each in records.read(out)]))
    (RESULTS / "false_promotions.md").write_text(text + "\n", encoding="utf-8")
    print(text)


def world(folder: Path) -> World:
    """Models of windows of one half of the rows, and their costs on the other half."""
    about = tomllib.loads((folder / "task.toml").read_text())
    frame = pl.concat([pl.read_parquet(folder / f"{part}.parquet") for part in ("train", "test")])
    frame = frame.sample(min(frame.height, 40_000), shuffle=True, seed=0)
    y = (frame[about["target"]].cast(pl.String) == str(about["positive"])).to_numpy().astype(np.float64)
    left = frame.drop([*about.get("ignore", ()), about["target"]], strict=False)
    x = np.column_stack([numbers(column) for column in left.get_columns()])
    half, rng = y.size // 2, np.random.default_rng(0)
    costs = []
    for seed in range(MODELS):
        window = rng.choice(half, WINDOW, replace=False)
        acts = trained(x[window], y[window], x[half:], seed) > FALSE / (FALSE + MISSED)
        costs.append(np.where(y[half:] == 1, MISSED * ~acts, FALSE * acts))
    return World(task=folder.name, costs=np.array(costs))


def trained(x: Floats, y: Floats, rows: Floats, seed: int) -> Floats:
    """The probabilities of an untuned LightGBM."""
    import lightgbm

    settings = {"objective": "binary", "learning_rate": 0.1, "num_leaves": 15, "verbose": -1, "num_threads": 1}
    booster = lightgbm.train(settings | {"seed": seed}, lightgbm.Dataset(x, y), 40)
    return np.asarray(booster.predict(rows))


def counted(world: World, lives: int) -> Iterator[Sequence[object]]:
    """A line for each kind of champion."""
    for kind in ("any", "best"):
        found, fixed = [
            [life(world, np.random.default_rng(seed), best=kind == "best", fixed=fixed) for seed in range(lives)]
            for fixed in (False, True)
        ]
        promoted, false = sum(one.promoted for one in found), sum(one.false for one in found)
        lied, also = (sum(one.false > 0 for one in every) for every in (found, fixed))
        yield (
            *(world.task, kind, lives, promoted, promoted - false, lied, f"{lied / lives:.1%}"),
            *(f"{clopper(lied, lives):.1%}", f"{also / lives:.0%}"),
        )


def life(world: World, rng: np.random.Generator, *, best: bool, fixed: bool) -> Lived:
    """A stream of challenges."""
    truth = world.truth
    order = rng.permutation(MODELS)
    champion = int(np.argmin(truth)) if best else int(order[0])
    promoted = false = since = 0
    for number in range(1, CHALLENGES + 1):
        rows = rng.integers(0, world.costs.shape[1], JUDGED)
        tried = rng.choice(np.delete(np.arange(MODELS), champion), len(RUNGS), replace=False)
        alpha = ALPHA if fixed else spent(ALPHA, number - since) / len(RUNGS)
        saved = world.costs[champion, rows] - world.costs[np.ix_(tried, rows)]
        lows = [low(one, alpha, fixed=fixed) if one.mean() > 0 else -np.inf for one in saved]  # it lies below the mean
        place = int(np.argmax(lows))
        if lows[place] > 0:
            promoted, false = promoted + 1, false + bool(truth[tried[place]] >= truth[champion])
            champion, since = int(tried[place]), number
    return Lived(promoted=promoted, false=false)


def low(saved: Floats, alpha: float, *, fixed: bool) -> float:
    """The lower bound of the mean of what rows save [n]: the engine's, or Student's."""
    found = promise(saved, Range(low=-MISSED - FALSE, high=MISSED + FALSE))
    return found.saving - student(alpha, found.units - 1) * found.error if fixed else found.low(alpha)


if __name__ == "__main__":
    main()
