"""How well columns predict, by binning alone: fast, out of sample, and without a learner."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from automl.task import Task

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

BINS = 256
COARSE = 32  # bins where many columns are put together
GAPS = 0.05  # share of missing values above which a correlation says little
FAR = 0.002  # share of rows at each end that lie far out
RIDGE = 1e-3  # of the mean diagonal
JUDGED = slice(2, None, 3)  # the rows that columns together are judged on
MOST_COLUMNS = 300  # columns put together; beyond, those that vary most with the target


def univariate_score(series: pl.Series, y: Floats, task: Task, bins: int = BINS) -> float:
    """How well one column predicts `y` [n]: the mean of each of at most `bins` bins on even rows, judged on odd.

    AUC for binary, accuracy for multiclass, R2 for regression; for numbers the squared correlation too.
    """
    code = binned(series, bins)
    fit, judge = slice(0, None, 2), slice(1, None, 2)
    size = int(code.max()) + 1
    if task.kind == "multiclass":
        table = np.zeros((size, task.classes))
        np.add.at(table, (code[fit], y[fit].astype(np.int64)), 1.0)
        usual = table.sum(axis=0).argmax()
        guess = np.where(table.sum(axis=1) > 0, table.argmax(axis=1), usual)
        return float((guess[code[judge]] == y[judge]).mean())
    mean = bin_means(code[fit], y[fit], size)
    if task.kind == "binary":
        return auc(mean[code[judge]], y[judge])
    return max(_explained(mean[code[judge]], y[judge]), _correlation(series, y))


def joint_score(frame: pl.DataFrame, y: Floats, task: Task) -> float:
    """How well all columns of `frame` predict `y` [n] together, in the measure of `univariate_score`.

    Bin means of a first third, put together by a ridge regression on the second, judged on the last.
    """
    codes = [binned(series, COARSE) for series in frame]
    if task.kind == "multiclass":
        answers = np.eye(task.classes)[y.astype(np.int64)]
        guess = np.column_stack([_stacked(codes, answers[:, k]) for k in range(task.classes)])
        return float((guess.argmax(axis=1) == y[JUDGED]).mean())
    guess = _stacked(codes, y)
    return auc(guess, y[JUDGED]) if task.kind == "binary" else _explained(guess, y[JUDGED])


def if_even(score: float, y: Floats, task: Task) -> float:
    """A score as it were if the classes of `y` [n] were equally frequent: naming the most frequent one tells nothing.

    Of several classes the share of what that errs is left; AUC and R2 are above it already.

    >>> one_in_twenty = np.repeat([0.0, 1.0, 2.0], [950, 25, 25])
    >>> round(if_even(0.95, one_in_twenty, Task(kind="multiclass", classes=3)), 2)
    0.33
    """
    if task.kind != "multiclass":
        return score
    rows = np.bincount(y.astype(np.int64), minlength=task.classes)
    rest, there = 1.0 - int(rows.max()) / y.size, int(np.count_nonzero(rows))
    return 1.0 - (1.0 - score) * (1.0 - 1.0 / there) / rest if rest else 0.0


def is_missing(series: pl.Series) -> NDArray[np.bool_]:
    """Where a column in wire types has no value."""
    if series.dtype == pl.String:
        return np.asarray((series == "").to_numpy(), dtype=np.bool_)
    return np.asarray(np.isnan(series.to_numpy()), dtype=np.bool_)


def filled_shares(frame: pl.DataFrame) -> dict[str, float]:
    """The share of rows with a value, by column, of a frame in wire types."""
    there = frame.select(pl.col(pl.Float64).is_not_nan().mean(), (pl.col(pl.String) != "").mean())
    return there.row(0, named=True) if there.width else {}


def binned(series: pl.Series, bins: int = BINS) -> Ints:
    """Codes 0.. of the distinct values, of equally full bins where there are too many; missing comes last."""
    if series.dtype == pl.String:
        return series.rank("dense").to_numpy().astype(np.int64) - 1
    values = series.to_numpy()
    order = np.argsort(values)
    ranked = values[order]
    known = int(np.isfinite(ranked).sum())
    step = np.concatenate([[False], ranked[1:] != ranked[:-1]])
    step[known + 1 :] = False  # NaN is not itself
    rank = np.cumsum(step)
    if rank.size and rank[-1] > bins:
        place = np.arange(rank.size)
        first = np.maximum.accumulate(np.where(step, place, 0))  # equal values share a bin, or it tells the rows' order
        rank = np.where(place < known, first * bins // max(1, known), bins)
    code = np.empty(rank.size, dtype=np.int64)
    code[order] = rank
    return code


def auc(score: Floats, y: Floats) -> float:
    """The area under the ROC curve, ties counted half; 0.5 where there is one class only."""
    level = np.unique(score, return_inverse=True)[1]
    act, rest = np.bincount(level, weights=y), np.bincount(level, weights=1.0 - y)
    if act.sum() == 0 or rest.sum() == 0:
        return 0.5
    below = np.cumsum(rest) - rest / 2
    return float((act * below).sum() / (act.sum() * rest.sum()))


def _stacked(codes: list[Ints], y: Floats) -> Floats:
    first, second, last = slice(0, None, 3), slice(1, None, 3), JUDGED
    if not codes:
        return np.full(y[last].size, y[first].mean())
    means = [bin_means(code[first], y[first], int(code.max()) + 1)[code] for code in codes]
    if len(means) > MOST_COLUMNS:
        means = sorted(means, key=lambda column: -float(column[second].std()))[:MOST_COLUMNS]
    matrix = np.column_stack(means) - y[first].mean()
    fit = matrix[second]
    gram = fit.T @ fit
    gram[np.diag_indices_from(gram)] += RIDGE * (float(np.trace(gram)) / gram.shape[0] or 1.0)
    weight = np.linalg.solve(gram, fit.T @ (y[second] - y[second].mean()))
    return np.asarray(matrix[last] @ weight + y[second].mean())


def bin_means(code: Ints, y: Floats, size: int) -> Floats:
    """The mean of `y` in each bin, drawn to the mean of all by the weight of one row."""
    count = np.bincount(code, minlength=size)
    return np.asarray((np.bincount(code, weights=y, minlength=size) + y.mean()) / (count + 1.0))


def _explained(guess: Floats, y: Floats) -> float:
    spread = float(((y - y.mean()) ** 2).sum())
    return 1.0 - float(((y - guess) ** 2).sum()) / spread if spread > 0 else 0.0


def _correlation(series: pl.Series, y: Floats) -> float:
    """The larger squared correlation of ranks and of values without the farthest; 0 where much is missing."""
    if series.dtype != pl.Float64 or series.is_nan().mean() > GAPS:  # type: ignore[operator]  # of flags
        return 0.0
    pairs = pl.DataFrame({"x": series.fill_nan(None), "y": y}).drop_nulls()
    ends = [pl.col(name).is_between(pl.col(name).quantile(FAR), pl.col(name).quantile(1 - FAR)) for name in ("x", "y")]
    near = pairs.filter(*ends)  # one far value makes a line of anything
    return max(_squared(pairs.select(pl.all().rank("average"))), _squared(near))


def _squared(pairs: pl.DataFrame) -> float:
    if min(pairs["x"].n_unique(), pairs["y"].n_unique()) < 2:  # noqa: PLR2004  # a constant
        return 0.0
    return float(np.corrcoef(pairs["x"], pairs["y"])[0, 1] ** 2)
