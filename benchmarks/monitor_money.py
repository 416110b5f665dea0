"""Whether the watch of money keeps its word: false alarms, power, hidden labels, and estimates without labels.

    python benchmarks/monitor_money.py --data ../shared/data [--lifetimes 2000] [--only alarms power hidden unlabelled]

Scores are out-of-fold LightGBM probabilities; a missed positive costs 5, a false alarm 1 (the published costs of
german_credit, taken for the others too).

- alarms: lifetimes of 365 daily looks at 200 rows in which nothing changes. In each the promise is estimated anew on a
  draw of the test part's size; tolerance 0. *drawn*: promise and days are drawn from all rows, so that both have one
  truth; *disjoint*: the days are drawn from the rows that the promise did not have, and so have another truth than it.
  *clusters*: about 5 rows of one customer a day, half of them alike. The fixed-level test compares the last 30 days
  with the promise at the same level each day.
- power: from day 60 on a share of rows is decided by the score of another row, so that the saving falls by 30 %; days
  until the alarm.
- hidden: german_credit with the labels of declined rows hidden, the model learned from the rows that are not judged.
  The saving is that against granting all: against declining all, a declined row saves 0 whatever it is.
- unlabelled: adult with rows drawn by known weights: how often the interval holds what was then saved.

The tables are results/monitor_money_PART.md.
"""

from __future__ import annotations

import os

os.environ.update(dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1"))  # before any library is imported

import argparse
import math
import tomllib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import NormalDist
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from automl.bench.records import markdown
from automl.monitor.money.courses import KEPT, TIGHTEST, spent
from automl.monitor.money.hidden import within_odds, worst_case
from automl.monitor.money.mixture import Mixture
from automl.monitor.money.outcomes import Outcomes
from automl.monitor.money.promise import Promise, Range, promise
from automl.monitor.money.shift import shift_weights
from automl.monitor.money.unlabelled import Evidence, estimated

RESULTS = Path(__file__).parent / "results"
TASKS = ("german_credit", "adult", "weather_aus")
MISSED, FALSE = 5.0, 1.0
ALPHA, TOLERANCE = 0.05, 0.0
DAYS, ROWS, FALL, WINDOW = 365, 200, 60, 30
CLUSTER = 5  # rows of one customer a day
MOST_ROWS = 60_000  # of a task that are scored

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scores:
    """Rows with codes or numbers `x` [n, d], their label `y` and score `p` [n]; so many of the task are test rows."""

    task: str
    x: Floats
    y: Floats
    p: Floats
    test: int

    @property
    def always(self) -> bool:
        """Whether acting on all rows is the better policy without a model."""
        return bool(FALSE * (1 - self.y).mean() < MISSED * self.y.mean())

    def saved(self, p: Floats | None = None) -> Floats:
        """What each row saves [n] if it is decided by `p` [n]."""
        outcomes = savings(self.p if p is None else p, always=self.always)
        return np.where(self.y == 1, outcomes.saved[:, 1], outcomes.saved[:, 0])


def savings(p: Floats, *, always: bool) -> Outcomes:
    """What rows of probability `p` [n] save under each label against always acting, or never."""
    act = p > FALSE / (FALSE + MISSED)
    passed, missed = np.where(act, FALSE, 0.0), np.where(act, 0.0, MISSED)
    ours = np.column_stack((passed, missed))
    return Outcomes(saved=((FALSE, 0.0) if always else (0.0, MISSED)) - ours, chance=np.column_stack((1 - p, p)))


def bounds(*, always: bool) -> Range:
    """The least and most that a row saves."""
    return Range(low=-MISSED, high=FALSE) if always else Range(low=-FALSE, high=MISSED)


def main() -> None:
    """Run what is asked and write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder of task folders")
    parser.add_argument("--lifetimes", type=int, default=2_000)
    parser.add_argument("--only", nargs="*", choices=[*PARTS], default=[*PARTS])
    said = parser.parse_args()
    every = {task: scored(said.data / task) for task in TASKS}
    for name in said.only:
        table = list(PARTS[name](every, said.lifetimes))
        text = "\n".join(markdown([*map(str, table[0])], table[1:]))
        (RESULTS / f"monitor_money_{name}.md").write_text(text + "\n")
        print(text)


# --- lifetimes ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """The promise of a lifetime, and its units [days, units a day]."""

    promise: Promise
    days: Floats


def alarms(every: dict[str, Scores], lifetimes: int) -> Iterator[Sequence[object]]:
    """The share of lifetimes without a change in which the watch alarms, and the fixed-level test."""
    yield "task", "rows", "lifetimes", "alarms", "share", "at most (99 %)", "fixed level: share"
    for task, scores in every.items():
        for name, make in (("drawn", drawn), ("disjoint", disjoint), ("clusters", clustered)):
            rng = np.random.default_rng(7)
            lives = (make(scores, rng) for _ in range(lifetimes))
            found = np.array([(first_alarm(life) is not None, fixed_level(life)) for life in lives])
            watch, fixed = found.sum(axis=0).tolist()
            most = clopper(watch, lifetimes)
            yield task, name, lifetimes, watch, f"{watch / lifetimes:.2%}", f"{most:.2%}", f"{fixed / lifetimes:.1%}"


def power(every: dict[str, Scores], lifetimes: int) -> Iterator[Sequence[object]]:
    """Days from the fall to the alarm; those without one until the end count as longer than all.

    Beside what is found stands what can be: the share of promises whose lower end lies above the saving after the fall.
    Of the others nobody can tell, with however many labels, who grants the promise its own error at the same alpha.
    """
    yield "task", "test rows", "saving", "after", "median days", "90 % within", "found", "can be found"
    for task, scores in every.items():
        rng = np.random.default_rng(8)
        whole = scores.saved()
        worse, after = fallen(scores, rng)
        within, found, known = bounds(always=scores.always), [], 0
        for _ in range(lifetimes // 10):
            given = promise(rng.choice(whole, scores.test), within)
            known += given.low(ALPHA / 2) > after
            days = np.concatenate((rng.choice(whole, (FALL, ROWS)), rng.choice(worse, (DAYS - FALL, ROWS))))
            day = first_alarm(Life(promise=given, days=days))
            found.append(math.inf if day is None else day + 1 - FALL)
        late = np.array(found)
        middle, most = np.quantile(late, (0.5, 0.9), method="higher")
        shares = f"{np.isfinite(late).mean():.1%}", f"{known / late.size:.1%}"
        yield task, scores.test, f"{whole.mean():.3f}", f"{after:.3f}", middle, most, *shares


def drawn(scores: Scores, rng: np.random.Generator) -> Life:
    """Promise and days from one population: all rows."""
    saved = scores.saved()
    given = promise(rng.choice(saved, scores.test), bounds(always=scores.always))
    return Life(promise=given, days=rng.choice(saved, (DAYS, ROWS)))


def disjoint(scores: Scores, rng: np.random.Generator) -> Life:
    """The days from the rows that the promise did not have."""
    saved = rng.permutation(scores.saved())
    given = promise(saved[: scores.test], bounds(always=scores.always))
    return Life(promise=given, days=rng.choice(saved[scores.test :], (DAYS, ROWS)))


def clustered(scores: Scores, rng: np.random.Generator) -> Life:
    """Customers with about `CLUSTER` rows a day, half of them copies of one; a unit is the mean of a customer."""
    saved = scores.saved()

    def units(shape: tuple[int, ...]) -> Floats:
        copied = rng.random((*shape, CLUSTER)) < 0.5  # half of them
        return np.where(copied, rng.choice(saved, (*shape, 1)), rng.choice(saved, (*shape, CLUSTER))).mean(axis=-1)

    given = promise(units((scores.test // CLUSTER,)), bounds(always=scores.always))
    return Life(promise=given, days=units((DAYS, ROWS // CLUSTER)))


def first_alarm(life: Life) -> int | None:
    """The day of the first alarm: `Courses` day by day, all days and sequences at once."""
    given, (days, units) = life.promise, life.days.shape
    asked = (1 - TOLERANCE) * given.low(ALPHA / 2)
    mixture = Mixture.tightest_at(TIGHTEST * given.variance, ALPHA / 2, given.range.width)
    total, squares = np.cumsum(life.days.sum(axis=1)), np.cumsum((life.days**2).sum(axis=1))
    first = days
    for number, start in enumerate(range(0, days, 7), 1):
        last = days if number == 1 else min(days, start + 7 * KEPT)
        before = (total[start - 1], squares[start - 1]) if start else (0.0, 0.0)
        n = units * np.arange(1, last - start + 1)
        sums, second = total[start:last] - before[0], squares[start:last] - before[1]
        foretold = np.concatenate(([given.saving], (sums / n)[:-1]))
        today = np.diff(sums, prepend=0.0), np.diff(second, prepend=0.0)
        time = np.cumsum(today[1] - 2 * foretold * today[0] + units * foretold**2)
        below = n * asked - sums
        at = np.flatnonzero(below > 0)
        found = at[mixture.log(below[at], time[at]) >= math.log(1 / spent(number, ALPHA / 2))]
        first = min(first, start + int(found[0])) if found.size else first
    return first if first < days else None


def fixed_level(life: Life) -> bool:
    """Whether a test of the last 30 days against the promise, at the same level each day, ever alarms."""
    mean, square = life.days.mean(axis=1), (life.days**2).mean(axis=1)
    window = np.ones(WINDOW) / WINDOW
    means, squares = np.convolve(mean, window, "valid"), np.convolve(square, window, "valid")
    error = np.sqrt((squares - means**2) / (WINDOW * life.days.shape[1]) + life.promise.error**2)
    return bool((means + NormalDist().inv_cdf(1 - ALPHA) * error < life.promise.saving).any())


def fallen(scores: Scores, rng: np.random.Generator) -> tuple[Floats, float]:
    """What rows save after so many are decided by the score of another row that the mean saving is 30 % less."""
    saved = np.tile(scores.saved(), 1 + MOST_ROWS // scores.y.size)
    blind = np.concatenate([scores.saved(rng.permutation(scores.p)) for _ in range(saved.size // scores.y.size)])
    share = 0.3 * saved.mean() / (saved.mean() - blind.mean())
    worse = np.where(rng.random(saved.size) < share, blind, saved)
    return worse, float(worse.mean())


def clopper(found: int, of: int, level: float = 0.99) -> float:
    """The upper bound of a share (Clopper and Pearson 1934)."""
    from scipy.special import betaincinv

    return 1.0 if found == of else float(betaincinv(found + 1, of - found, level))


# --- labels that decisions hide ----------------------------------------------------------------------

REPEATS, ODDS = 200, 2.0


def hidden(every: dict[str, Scores], lifetimes: int) -> Iterator[Sequence[object]]:
    """How often the bounds hold what all rows saved, and how wide they are."""
    yield "bounds", "repeats", "hold the truth", "mean width", "of the worst case", "mean error of its middle"
    found: dict[str, list[tuple[bool, float, float]]] = {
        "worst case": [],
        f"odds within {ODDS:g}": [],
        "as if at random": [],
    }
    scores = every["german_credit"]
    for repeat in range(min(REPEATS, lifetimes)):
        rng = np.random.default_rng(repeat)
        order = rng.permutation(scores.y.size)
        learned, judged = order[: scores.y.size // 2], order[scores.y.size // 2 :]
        p = fit(scores.x[learned], scores.y[learned], scores.task)(scores.x[judged])
        outcomes = savings(p, always=False)
        truth = np.where(scores.y[judged] == 1, outcomes.saved[:, 1], outcomes.saved[:, 0])
        declined = p > FALSE / (FALSE + MISSED)
        worst = worst_case(truth, outcomes, declined)
        odds = within_odds(truth, outcomes, declined, ratio=ODDS, alpha=ALPHA)
        mean = float(truth.mean())
        for name, (low, high) in (
            ("worst case", (worst.low, worst.high)),
            (f"odds within {ODDS:g}", (odds.low, odds.high)),
            ("as if at random", as_if_at_random(truth, outcomes, declined, scores.y[judged])),
        ):
            found[name].append((low <= mean <= high, high - low, (low + high) / 2 - mean))
    widest = np.mean([width for _, width, _ in found["worst case"]])
    for name, each in found.items():
        held, width, error = np.array(each, dtype=float).mean(axis=0)
        yield name, len(each), f"{held:.1%}", f"{width:.3f}", f"{width / widest:.1%}", f"{error:+.3f}"


def as_if_at_random(truth: Floats, outcomes: Outcomes, declined: NDArray[np.bool_], y: Floats) -> tuple[float, float]:
    """The naive interval: declined rows are bad as often as those that are seen."""
    seen = y[~declined]
    share, error = float(seen.mean()), float(seen.std()) / math.sqrt(seen.size)
    ends = [
        (truth[~declined].sum() + (outcomes.saved[declined] @ (1 - bad, bad)).sum()) / truth.size
        for bad in (share - 1.96 * error, share + 1.96 * error)
    ]
    return float(min(ends)), float(max(ends))


# --- without labels ----------------------------------------------------------------------------------

SHIFTS, OLD, NEW = 300, 4_000, 2_000


def unlabelled(every: dict[str, Scores], lifetimes: int) -> Iterator[Sequence[object]]:
    """How often the interval without labels holds what the drawn rows then saved, by the way it is corrected."""
    yield "strength of the shift", "correction", "repeats", "holds", "mean width", "bias", "effective rows"
    scores = every["adult"]
    whole, codes = scores.saved(), binned(scores)
    expected = savings(scores.p, always=scores.always)
    for strength in (0.0, 0.5, 1.0, 2.0):
        tilt = np.exp(strength * shifting(scores))
        found: dict[str, list[tuple[bool, float, float, float]]] = {}
        for repeat in range(min(SHIFTS, lifetimes)):
            rng = np.random.default_rng(repeat)
            order = rng.permutation(whole.size)
            old, pool = order[:OLD], order[OLD:]
            new = rng.choice(pool, NEW, p=tilt[pool] / tilt[pool].sum())
            kept = Evidence(beyond=(whole - expected.expected)[old], weight=np.ones(OLD))
            learned = shift_weights(codes[old], codes[new], seed=repeat)
            for name, evidence, weight in (
                ("none", None, None),
                ("all alike", kept, None),
                ("weights learned", kept, learned),
                ("weights known", kept, tilt[old]),
            ):
                told = estimated(expected.take(new), evidence, weight, alpha=ALPHA, seed=repeat)
                truth = float(whole[new].mean())
                row = (told.low <= truth <= told.high, told.high - told.low, told.saving - truth, told.effective or 0)
                found.setdefault(name, []).append(row)
        for name, each in found.items():
            held, width, bias, effective = np.array(each, dtype=float).mean(axis=0)
            yield strength, name, len(each), f"{held:.1%}", f"{width:.4f}", f"{bias:+.4f}", f"{effective:,.0f}"


def shifting(scores: Scores) -> Floats:
    """What the drawn rows are tilted by: younger people who work more, in standard deviations [n]."""
    from numpy import clip

    age, hours = scores.x[:, 0], scores.x[:, 12]
    return np.asarray(clip((hours - hours.mean()) / hours.std() - (age - age.mean()) / age.std(), -2, 2))


def binned(scores: Scores, bins: int = 8) -> Ints:
    """Codes of the bins of each column, and of the score [n, d + 1]."""
    columns = [*scores.x.T, scores.p]
    edges = [np.unique(np.nanquantile(values, np.linspace(0, 1, bins + 1)[1:-1])) for values in columns]
    return np.column_stack([np.searchsorted(at, values) for at, values in zip(edges, columns, strict=True)])


# --- scores ------------------------------------------------------------------------------------------


def scored(folder: Path) -> Scores:
    """The rows of a task with out-of-fold scores."""
    about = tomllib.loads((folder / "task.toml").read_text())
    parts = [pl.read_parquet(folder / f"{part}.parquet") for part in ("train", "test")]
    frame = pl.concat(parts, how="vertical_relaxed")
    test = parts[1].height
    if frame.height > MOST_ROWS:
        test = round(test * MOST_ROWS / frame.height)
        frame = frame.sample(MOST_ROWS, seed=0)
    y = (frame[about["target"]].cast(pl.String) == str(about["positive"])).to_numpy().astype(np.float64)
    left = frame.drop([*about.get("ignore", ()), about["target"]], strict=False)
    x = np.column_stack([numbers(column) for column in left.get_columns()])
    fold, p = np.random.default_rng(0).permutation(y.size) % 5, np.empty(y.size)
    for number in range(5):
        p[fold == number] = fit(x[fold != number], y[fold != number], folder.name)(x[fold == number])
    return Scores(task=folder.name, x=x, y=y, p=p, test=test)


def numbers(column: pl.Series) -> Floats:
    """A column as numbers: levels by their rank, days since 1970."""
    if column.dtype.is_temporal():
        column = column.dt.epoch("d")
    elif not column.dtype.is_numeric():
        column = column.cast(pl.String).fill_null("").rank("dense")
    return column.cast(pl.Float64).to_numpy()


def fit(x: Floats, y: Floats, task: str) -> Callable[[Floats], Floats]:
    """The probabilities of an untuned LightGBM."""
    import lightgbm

    settings: dict[str, Any] = {"objective": "binary", "learning_rate": 0.05, "verbose": -1, "num_threads": 1}
    settings |= {"num_leaves": 5 if task == "german_credit" else 31, "seed": 0, "deterministic": True}
    booster = lightgbm.train(settings, lightgbm.Dataset(x, y), 60 if task == "german_credit" else 120)

    def predict(rows: Floats) -> Floats:
        return np.asarray(booster.predict(rows))

    return predict


PARTS: dict[str, Callable[[dict[str, Scores], int], Iterator[Sequence[object]]]] = {
    "alarms": alarms,
    "power": power,
    "hidden": hidden,
    "unlabelled": unlabelled,
}

if __name__ == "__main__":
    main()
