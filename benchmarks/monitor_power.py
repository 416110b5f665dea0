"""Whether the watch of drift keeps its word: no false alarm in a life, and how soon what matters is told.

    python benchmarks/monitor_power.py --data ../shared/data [--lifetimes 2000] [--only lives plants]

- lives: lifetimes of 365 daily looks at 200 rows over a window of 7 days, of 20 columns: 15 numbers in 32 bins and 5
  categories of 3 to 30 levels, with gaps in 5 % of the cells. The reference of each life is drawn anew, of 5,000 rows.
  *nothing moves*: the truth is the reference's; *all stand at the limit*: every column lies exactly as far off as the
  spec lets be (0.1), the hardest case that is no alarm. *tolerance 0* asks for any change at all. *one of 20 moves*:
  from day 60 on a number lies 0.3 off. A look has half of its alpha for the window (the other half is for the rows of
  its day, of which only a broken contract is told). The fixed-level test beside it is that of two samples at 5 %,
  Bonferroni over columns.
- plants: a bundle of adult, watched day by day with 200 of its test rows: looks until each plant is told, by whom, in
  8 days before it and 20 after. Labels come after a day. Each number is the median of `DRAWS` draws of the rows, and
  the most of them.

The tables are results/monitor_power_PART.md.
"""

from __future__ import annotations

import os

os.environ.update(dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1"))  # before any library is imported

import argparse
import math
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.stats import chi2

from automl import Bundle, fit
from automl.bench.records import markdown
from automl.monitor.contract import RISEN
from automl.monitor.drift.bounds import Care, lowest, spent
from automl.monitor.look import Finding, Status

RESULTS = Path(__file__).parent / "results"
ALPHA, DELTA, FAR = 0.05, 0.1, 0.3
DAYS, ROWS, WINDOW, FALL = 365, 200, 7, 60
REFERENCE = 5_000  # rows
NUMBERS, BINS, LEVELS = 15, 32, (3, 5, 8, 15, 30)
GAPS = 0.05
BOUNDS = 3 * (NUMBERS + len(LEVELS)) + 1  # of each column a distance, gaps, far or new cells; and of the score
BEFORE, AFTER = 8, 20
DRAWS = 15
FIRST = date(2026, 4, 1)
NEVER = (math.inf, "")
BACK = 8  # days of rows beside those of today: a window and the delay of labels
ALWAYS = {"concept", "clipped", "effective rows", "extra"}  # notes that stand at looks without a plant too
MOST = 12_000  # rows of adult to learn from, and as many to watch

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]


def main() -> None:
    """Run what is asked and write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder of task folders")
    parser.add_argument("--lifetimes", type=int, default=2_000)
    parser.add_argument("--only", nargs="*", choices=["lives", "plants"], default=["lives", "plants"])
    said = parser.parse_args()
    for name in said.only:
        table = list(lives(said.lifetimes) if name == "lives" else plants(said.data / "adult"))
        text = "\n".join(markdown([*map(str, table[0])], table[1:]))
        (RESULTS / f"monitor_power_{name}.md").write_text(text + "\n")
        print(text)


# --- lifetimes ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """What moves: how far `off` each number and category lies from day 0 on; `one` of the numbers by `FAR` later."""

    name: str
    off: float = 0.0
    delta: float = DELTA
    one: bool = False


WORLDS = (
    World(name="nothing moves"),
    World(name="all stand at the limit", off=DELTA),
    World(name="nothing moves, tolerance 0", delta=0.0),
    World(name="one of 20 moves", one=True),
)


def lives(lifetimes: int) -> Iterator[Sequence[object]]:
    """The share of lifetimes with an alarm of drift, and the days until one where something moves."""
    yield "world", "lifetimes", "alarms", "share", "at most (99 %)", "median days", "90 % within", "fixed level: share"
    cares = [_care(day) for day in range(DAYS)]
    for world in WORLDS:
        rng = np.random.default_rng(11)
        found = [life(world, cares, rng) for _ in range(lifetimes if not world.one else lifetimes // 10)]
        ours, fixed = (np.array(each, dtype=float) for each in zip(*found, strict=True))
        told = np.isfinite(ours)
        false = int((ours < FALL).sum() if world.one else told.sum())
        late = np.where(ours >= FALL, ours + 1 - FALL, math.inf)
        days = [f"{np.quantile(late, share, method='higher'):g}" for share in (0.5, 0.9)] if world.one else ["", ""]
        most = 1.0 - lowest(len(ours) - false, len(ours), 0.01)
        yield (
            world.name,
            len(ours),
            false,
            f"{false / len(ours):.2%}",
            f"{most:.2%}",
            *days,
            f"{np.mean(fixed < (FALL if world.one else DAYS)):.1%}",
        )


def life(world: World, cares: Sequence[Care], rng: np.random.Generator) -> tuple[float, float]:
    """The day of the first alarm and that of the fixed-level test; infinite without one."""
    ours = np.zeros(DAYS, dtype=np.bool_)
    fixed = np.zeros(DAYS, dtype=np.bool_)
    least = np.array([care.of_numbers(0.0) for care in cares])
    for column in range(NUMBERS):
        now, then = _shares(_ranges(BINS), _pushed(_ranges(BINS), world.off), rng, moves=world.one and column == 0)
        apart = np.abs(np.cumsum(now - then, axis=1)).max(axis=1)
        ours |= apart + least > world.delta
        fixed |= apart > _kolmogorov(np.array([care.now for care in cares]))
        ours |= _gaps(now[:, 0], then[0], cares)
    for levels in LEVELS:
        now, then = _shares(_frequencies(levels), _exchanged(_frequencies(levels), world.off), rng, moves=False)
        ours |= _levels_moved(now, then, cares, world.delta)
        fixed |= _chi_square(now, then, np.array([care.now for care in cares]))
    return _first(ours), _first(fixed)


def _care(day: int) -> Care:
    rows = float(ROWS * min(day + 1, WINDOW))
    return Care(alpha=spent(ALPHA, day + 1) / 2, bounds=BOUNDS, now=rows, then=float(REFERENCE))


def _shares(before: Floats, after: Floats, rng: np.random.Generator, *, moves: bool) -> tuple[Floats, Floats]:
    """The shares of each cell in the window of each day [days, cells], and in the reference [cells]."""
    then = rng.multinomial(REFERENCE, before) / REFERENCE
    days = rng.multinomial(ROWS, after, size=DAYS)
    if moves:
        days[FALL:] = rng.multinomial(ROWS, _pushed(before, FAR), size=DAYS - FALL)
    total = np.concatenate((np.zeros((1, len(after)), np.int64), np.cumsum(days, axis=0)))
    ends = np.arange(1, DAYS + 1)
    window = total[ends] - total[np.maximum(ends - WINDOW, 0)]
    return window / window.sum(axis=1, keepdims=True), then


def _ranges(bins: int) -> Floats:
    """Gaps first, then ranges of as many rows each."""
    return np.append(GAPS, np.full(bins, (1.0 - GAPS) / bins))


def _pushed(shares: Floats, off: float) -> Floats:
    """Numbers of which `off` of all rows move from the lower half to the upper one: that is Kolmogorov's distance."""
    half = len(shares) // 2
    moved = shares.copy()
    moved[1 : half + 1] -= off / half
    moved[half + 1 :] += off / (len(shares) - half - 1)
    return moved


def _frequencies(levels: int) -> Floats:
    """Levels as they often are: the k-th is 1/k as frequent as the first."""
    shares = 1.0 / np.arange(1, levels + 1)
    return np.asarray(shares / shares.sum())


def _exchanged(shares: Floats, off: float) -> Floats:
    """Levels of which the first loses `off` of all rows to the others: that is the total variation."""
    moved = shares.copy()
    moved[0] -= off
    moved[1:] += off / (len(shares) - 1)
    return moved


def _gaps(now: Floats, then: float, cares: Sequence[Care]) -> Flags:
    """Whether more cells are surely missing; a bound is computed only where chance alone is unlikely."""
    told = np.zeros(DAYS, dtype=np.bool_)
    error = np.sqrt(then * (1.0 - then) * (1.0 / np.array([care.now for care in cares]) + 1.0 / REFERENCE))
    for day in np.flatnonzero(now - then > RISEN + 2.0 * error):
        told[day] = cares[day].of_share(float(now[day]), float(then)) > RISEN
    return told


def _levels_moved(now: Floats, then: Floats, cares: Sequence[Care], delta: float) -> Flags:
    """Whether levels are surely further off; a bound is computed only where one of the two ways may find it."""
    told = np.zeros(DAYS, dtype=np.bool_)
    rows = np.array([care.now for care in cares])
    error = np.sqrt(0.25 * (1.0 / rows + 1.0 / REFERENCE))
    likely = (np.abs(now - then).max(axis=1) > delta + 2.0 * error) | (np.abs(now - then).sum(axis=1) / 2 > delta)
    for day in np.flatnonzero(likely):
        told[day] = cares[day].of_levels(np.column_stack((then, now[day]))) > delta
    return told


def _kolmogorov(rows: Floats) -> Floats:
    """The distance of two samples beyond which a test at 5 % rejects, Bonferroni over the columns."""
    level = ALPHA / (NUMBERS + len(LEVELS))
    return np.asarray(np.sqrt(-math.log(level / 2.0) / 2.0 * (1.0 / rows + 1.0 / REFERENCE)))


def _chi_square(now: Floats, then: Floats, rows: Floats) -> Flags:
    """Whether Pearson's test of two samples rejects, at the same level."""
    pooled = (now * rows[:, None] + then * REFERENCE) / (rows[:, None] + REFERENCE)
    parts = (now - then) ** 2 / np.maximum(pooled, 1e-12)
    statistic = parts.sum(axis=1) / (1.0 / rows + 1.0 / REFERENCE)
    level = ALPHA / (NUMBERS + len(LEVELS))
    return np.asarray(statistic > chi2.isf(level, len(then) - 1))


def _first(told: Flags) -> float:
    return float(told.argmax()) if told.any() else math.inf


# --- plants ------------------------------------------------------------------------------------------

Plant = Callable[[pl.DataFrame, np.random.Generator], pl.DataFrame]
AGE = pl.col("age").cast(pl.Float64)


def _emptied(rows: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    return rows.with_columns(age=pl.when(pl.Series(rng.random(rows.height) > 0.2)).then("age"))


def _older(rows: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    """A share of rows whose age is one of the oldest tenth instead: `FAR` is Kolmogorov's distance, about."""
    old = float(rows["age"].quantile(0.95) or 0.0)
    return rows.with_columns(
        age=pl.when(pl.Series(rng.random(rows.height) < FAR / 0.95)).then(pl.lit(old)).otherwise("age")
    )


def _more(rows: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    """Label shift: rows of the positive label are kept three times as often."""
    positive = (rows["class"] == ">50K").to_numpy()
    return rows.filter(positive | (rng.random(rows.height) < 1 / 3))


def _turned(rows: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    """Concept change: the same rows, a third of whose labels are the other one."""
    other = pl.col("class").replace({">50K": "<=50K", "<=50K": ">50K"})
    return rows.with_columns(
        pl.when(pl.Series(rng.random(rows.height) < 1 / 3)).then(other).otherwise("class").alias("class")
    )


PLANTS: Mapping[str, Plant] = {
    "nothing": lambda rows, _: rows,
    "age is missing in a fifth": _emptied,
    "age x 100": lambda rows, _: rows.with_columns(age=AGE * 100),
    "age comes as text": lambda rows, _: rows.with_columns(age=pl.col("age").cast(pl.String)),
    "sexes exchanged": lambda rows, _: rows.with_columns(pl.col("sex").replace({"Male": "Female", "Female": "Male"})),
    "marital-status in capitals": lambda rows, _: rows.with_columns(pl.col("marital-status").str.to_uppercase()),
    "hours-per-week is gone": lambda rows, _: rows.drop("hours-per-week"),
    "age 0.3 off": _older,
    "three times as many positives": _more,
    "a third of the labels mean the contrary": _turned,
}
"""What happens to the rows of each day from the plant on."""


def plants(folder: Path) -> Iterator[Sequence[object]]:
    """Looks until each plant is told, over windows of a day and of a week, and of which kind the first word was."""
    yield "plant", "window", "looks until told", "what is said", "looks until it asks to act", "by"
    parts = (pl.read_parquet(folder / f"{part}.parquet").sample(MOST, seed=0) for part in ("train", "test"))
    train, test = map(_dated, parts)
    with tempfile.TemporaryDirectory() as scratch:
        bundle = fit(SPEC, train=train, test=test, out=Path(scratch) / "adult.bundle", write_anyway=True).bundle
        for name, plant in PLANTS.items():
            for window in ("1d", "7d"):
                found = [_told(bundle, _life(test, plant, draw), window) for draw in range(DRAWS)]
                yield name, window, *_middle([one[:2] for one in found]), *_middle([one[2:] for one in found])


SPEC = {
    "objective": {
        "target": "class",
        "positive": ">50K",
        "costs": {"currency": "USD", "false_positive": 1, "false_negative": 5},
    },
    "data": {"time": "day"},
    "budget": {"time": "2min", "trials": 2, "executor": "inline", "workers": 1},
    "recipe": {"folds": 3, "learners": ["lightgbm"]},
    "monitor": {"window": "7d", "every": "1d", "label_delay": "1d"},
}


def _middle(found: Sequence[tuple[float, str]]) -> tuple[str, str]:
    """The looks of the life in the middle, those of the longest one where it is another number, and what was said."""
    ordered = sorted(found)
    (looks, said), most = ordered[len(ordered) // 2], ordered[-1][0]
    return (_looks(looks) if looks == most else f"{_looks(looks)}, at most {_looks(most)}"), said


def _looks(number: float) -> str:
    return f"{number:g}" if math.isfinite(number) else "never"


def _life(test: pl.DataFrame, plant: Plant, draw: int) -> list[pl.DataFrame]:
    """Rows of each day, drawn from the test part; from day `BEFORE` on with the plant."""
    rng = np.random.default_rng(draw)
    days = []
    for day in range(BEFORE + AFTER):
        drawn = test[rng.integers(0, test.height, 4 * ROWS)]
        rows = plant(drawn, rng) if day >= BEFORE else drawn
        days.append(rows.head(ROWS).with_columns(day=pl.lit(FIRST + timedelta(days=day))))
    return days


def _dated(rows: pl.DataFrame) -> pl.DataFrame:
    """The rows spread over the 90 days before those that are watched, at random."""
    back = np.random.default_rng(1).integers(1, 91, rows.height)
    return rows.with_columns(day=pl.lit(FIRST) - pl.duration(days=pl.Series(back)))


def _told(bundle: Bundle, days: Sequence[pl.DataFrame], window: str) -> tuple[float, str, float, str]:
    """Looks from the plant until it is told at all and until an act, with what was said; looks are daily."""
    told, acted = NEVER, NEVER
    with tempfile.TemporaryDirectory() as scratch:
        for day in range(len(days)):
            rows = pl.concat(days[max(0, day - BACK) : day + 1], how="diagonal_relaxed")
            watched = bundle.monitor(rows, state=Path(scratch) / "state.json", window=window)
            found = [each for look in watched.looks for each in look.findings if each.check not in ALWAYS]
            if day >= BEFORE and found and told is NEVER:
                told = (day + 1 - BEFORE, _kinds(found))
            if day >= BEFORE and watched.status is Status.act:
                acted = (day + 1 - BEFORE, _kinds([each for each in found if each.severity == "act"]))
                break
    return (*told, *acted)


def _kinds(found: Sequence[Finding]) -> str:
    return ", ".join(dict.fromkeys(f"{each.severity}: {each.check}" for each in found))


if __name__ == "__main__":
    main()
