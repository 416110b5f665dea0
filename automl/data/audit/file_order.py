"""Rows in the order of time without a time: neighbours agree, and the columns do not say why.

Folds at random then know what came just before and just after each row they predict (docs/decisions/0012).
"""

from __future__ import annotations

import itertools
from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from automl.data.audit.univariate import COARSE, auc, bin_means, binned, joint_score
from automl.data.infer.column_types import guess
from automl.data.rows import Finding, finding
from automl.task import Task

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Basis = tuple[list[Ints], list[Floats]]
STRETCHES, LENGTH = 40, 250  # of neighbouring rows, evenly over the file: what is looked at, however long the file is
LEAST = 500  # rows below which an order says nothing
SURE = 6.0  # standard errors of what neighbours agree by chance
AGREE = 0.1  # correlation of neighbours, of targets and of residuals, below which folds are hardly wrong
LEFT = 0.01  # of the variance of targets that neighbours agree in beyond the quick model: what bins leave is less
DRIFT = 0.4  # correlation of neighbouring stretches' means: groups in any order have none
SORTED = 0.99  # share of steps that go one way
TEETH = 0.95  # likewise, of a column that starts again and again
FEWEST_TEETH, MOST_TEETH = 3, 100
FEW = 10  # levels below which a sorted column leaves long stretches unexplained
CLUMPED = 0.1  # runs of a class, beside those of a shuffle, below which rows are sorted by class
MOST_COLUMNS = 100  # that the quick model reads, evenly over all
MOST_CLASSES = 8
REPEATS = 0.1  # share of rows whose level is that of the row above, below which nothing stands in runs
SPARE = 1.1  # runs for each level, at most, where each level stands in one
NUMBERS = 0.9  # share of a text's cells that are numbers, from which it is read as such
COUNTED = 0.99  # correlation with the place in the file, from which whole numbers are a row's number
DRAWN, LEAST_DRAWN = 10_000, 50  # rows of train and of test that are compared
PART = Task(kind="binary", classes=2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """How far neighbouring rows agree: correlations of their targets, of a quick model's residuals, of stretches."""

    targets: float
    residuals: float
    drift: float


def file_order(raw: pl.DataFrame, y: Floats, task: Task, *, unread: Collection[str] = ()) -> Agreement | None:
    """How far neighbours agree beyond chance, where rows stand in an order that no column tells; else None.

    `raw` [n] are the columns but the target `y` [n]. Those `unread` are no features: what they sort is known, unless it
    is a time. The residuals are those of bin means, put together by a ridge that was fitted on the other stretches. The
    standard error is that of a serial correlation, 1 / sqrt(n) (Bartlett 1946). Rows sorted by a column, by class or by
    group are none.
    """
    if y.size < LEAST or _by_class(y, task):
        return None
    parts = _stretches(y.size)
    answers = answers_of(y, task)
    targets, sure, drift = _agreement(answers, parts)
    if not sure or _by_column(raw, parts, unread):
        return None
    if drift < DRIFT and not _starts_again(raw.drop(unread, strict=False), parts):
        return None
    read = raw.drop(unread, strict=False)
    left = _residuals(read, answers, parts)
    residuals, sure, _ = _agreement(left, parts)
    rows = np.concatenate(parts)
    matters = residuals * left[rows].var(axis=0).sum() > LEFT * answers[rows].var(axis=0).sum()
    return Agreement(targets=targets, residuals=residuals, drift=drift) if sure and matters else None


def told_from(train: pl.DataFrame, test: pl.DataFrame, *, seed: int) -> bool:
    """Whether the rows of `test` do not come from among those of `train`, which stand in an order.

    A model of the position in train, fitted on half of its rows, places test elsewhere than the other half; or, as
    seasons come back, a model tells rows of test from rows of train. Both frames have the same feature columns.
    """
    draw = np.random.default_rng(seed)
    own, other = (np.sort(draw.permutation(part.height)[:DRAWN]) for part in (train, test))
    both = _columns(pl.concat([train[own], test[other]], how="vertical_relaxed"))
    if not both.width or min(own.size, other.size) < LEAST_DRAWN:
        return False
    position = np.concatenate([own / train.height, np.zeros(other.size)])
    half = draw.permutation(own.size)
    fit, held = half[: own.size // 2], half[own.size // 2 :]
    rest = np.arange(own.size, both.height)
    judged = np.concatenate([held, rest])
    is_test = np.repeat([0.0, 1.0], [held.size, rest.size])
    placed = auc(_predicted(_basis(both), position, fit, judged), is_test)
    shuffled = draw.permutation(both.height)
    labels = (shuffled >= own.size).astype(np.float64)
    apart = joint_score(both[shuffled], labels, PART)
    return abs(placed - 0.5) > SURE * _luck(is_test) or apart - 0.5 > SURE * _luck(labels[2::3])


def order_finding(agreement: Agreement, *, acts: bool) -> Finding:
    """What is told of rows in an order; `acts`: folds, and a part that is set aside, are blocks of the file."""
    meaning = (
        'rows are judged by blocks of the file, as if its order were that of time; data.order = "none" draws them'
        if acts
        else 'if what you will score comes later, data.time, or data.order = "file", judges that'
    )
    text = (
        f"neighbouring rows agree far beyond chance (correlation of the target {agreement.targets:.2f}, of what a "
        f"quick model leaves {agreement.residuals:.2f}) and no column tells their order: {meaning}"
    )
    evidence = {"targets": agreement.targets, "residuals": agreement.residuals, "drift": agreement.drift}
    return finding("order", None, text, "changed" if acts else "noted", evidence)


def _luck(y: Floats) -> float:
    """The standard error of an AUC that knows nothing of the labels (Mann and Whitney 1947)."""
    act, rest = float(y.sum()), float((1.0 - y).sum())
    return float(np.sqrt((act + rest + 1.0) / (12.0 * act * rest)))


def _stretches(n: int) -> list[Ints]:
    edges = np.linspace(0, n, STRETCHES + 1).astype(np.int64)
    return [np.arange(a, min(b, a + LENGTH)) for a, b in itertools.pairwise(edges)]


def _by_class(y: Floats, task: Task) -> bool:
    """Whether rows stand by class, or by the number that is the target."""
    if task.kind == "regression":
        return _one_way(y) >= SORTED
    share = np.unique(y, return_counts=True)[1] / y.size
    runs = 1 + np.count_nonzero(np.diff(y))
    return bool(runs < CLUMPED * (1.0 + y.size * (1.0 - float(share @ share))))


def answers_of(y: Floats, task: Task) -> Floats:
    """What is to agree [n, answers]: ranks of numbers, one flag for each of the classes that are most frequent."""
    if task.kind == "regression":
        return np.asarray(pl.Series(y).rank("average").to_numpy() / y.size, dtype=np.float64)[:, None]
    classes, count = np.unique(y, return_counts=True)
    most = classes[np.argsort(-count, kind="stable")][:MOST_CLASSES]
    flags = y[:, None] == most[1 if classes.size == 2 else 0 :]  # noqa: PLR2004  # one flag says both
    return np.asarray(flags, dtype=np.float64)


def _agreement(answers: Floats, parts: list[Ints]) -> tuple[float, bool, float]:
    """The correlation of neighbours, whether it is far beyond chance, and that of neighbouring stretches' means."""
    sampled = answers[np.concatenate(parts)]
    scaled = (answers - sampled.mean(axis=0)) / np.maximum(sampled.std(axis=0), 1e-12)
    products = np.concatenate([(scaled[part[1:]] * scaled[part[:-1]]).mean(axis=1) for part in parts])
    means = np.stack([scaled[part].mean(axis=0) for part in parts])
    means -= means.mean(axis=0)
    drift = float((means[1:] * means[:-1]).sum() / max(float((means**2).sum()), 1e-12))
    mean = float(products.mean())
    return mean, mean > max(AGREE, SURE / np.sqrt(products.size)), drift


def _residuals(raw: pl.DataFrame, answers: Floats, parts: list[Ints]) -> Floats:
    """What a quick model leaves [n, answers], of even stretches fitted on odd ones and the other way round; else 0."""
    rows = np.concatenate(parts)
    basis = _basis(_columns(raw[rows], counted=True))
    odd = np.repeat(np.arange(len(parts)) % 2, [part.size for part in parts])
    left = np.zeros_like(answers)
    for side in (0, 1):
        fit, judge = np.flatnonzero(odd != side), np.flatnonzero(odd == side)
        for k in range(answers.shape[1]):
            known = answers[rows, k]
            left[rows[judge], k] = known[judge] - _predicted(basis, known, fit, judge)
    return left


def _basis(frame: pl.DataFrame) -> Basis:
    """The bins of all columns, and the ranks of those that are numbers."""
    ranks = [_ranks(series) for series in frame if series.dtype == pl.Float64]
    return [binned(series, COARSE) for series in frame], ranks


def _predicted(basis: Basis, y: Floats, fit: Ints, judge: Ints) -> Floats:
    """`y` of the rows `judge` by bin means of half the rows `fit` and by ranks, put together by a ridge on the rest."""
    first, second = fit[::2], fit[1::2]
    codes, ranks = basis
    if not codes:
        return np.full(judge.size, y[fit].mean())
    means = [bin_means(code[first], y[first], int(code.max()) + 1)[code] for code in codes]
    matrix = np.column_stack([np.column_stack(means) - y[first].mean(), *ranks])
    gram = matrix[second].T @ matrix[second]
    gram[np.diag_indices_from(gram)] += max(float(np.trace(gram)) / gram.shape[0], 1e-12) / 1_000.0
    middle = y[second].mean()
    return np.asarray(matrix[judge] @ np.linalg.solve(gram, matrix[second].T @ (y[second] - middle)) + middle)


def _ranks(series: pl.Series) -> Floats:
    """The ranks of numbers from -1/2 to 1/2, of what is missing 0."""
    rank = series.fill_nan(None).rank("average")
    return np.asarray((rank / max(1, len(series)) - 0.5).fill_null(0.0).to_numpy(), dtype=np.float64)


def _columns(raw: pl.DataFrame, *, counted: bool = False) -> pl.DataFrame:
    """Some of the columns as numbers or texts; where `raw` is in the order of the file, none that is `counted`."""
    names = raw.columns[:: max(1, -(-raw.width // MOST_COLUMNS))]
    read = [_plain(raw[name]) for name in names]
    return pl.DataFrame([series for series in read if not (counted and _is_number_of_row(series))])


def _plain(series: pl.Series) -> pl.Series:
    """A raw column as Float64 with NaN, or as text."""
    if series.dtype.is_numeric() or series.dtype == pl.Boolean:
        return series.cast(pl.Float64).fill_null(np.nan)
    if series.dtype.is_temporal():
        return series.to_physical().cast(pl.Float64).fill_null(np.nan)
    if series.dtype == pl.String:
        number = series.cast(pl.Float64, strict=False)
        many = number.null_count() - series.null_count() <= (1.0 - NUMBERS) * len(series)
        return number.fill_null(np.nan) if many else series.fill_null("")
    return series.cast(pl.String, strict=False).fill_null("") if not series.dtype.is_nested() else _empty(series)


def _empty(series: pl.Series) -> pl.Series:
    return pl.Series(series.name, [""] * len(series), dtype=pl.String)


def _by_column(raw: pl.DataFrame, parts: list[Ints], unread: Collection[str]) -> bool:
    """Whether a column tells the order: rows are sorted by it, or its levels stand in one run each."""
    rows = np.concatenate(parts)
    sample = raw[rows]
    for name in raw.columns:
        seen = _plain(sample[name])
        if not (_in_runs(seen) and _whole_runs(raw[name])) and not _is_sorted(seen):
            continue
        known = guess(sample[name].drop_nulls()) if name in unread else None
        if known is None or known.wire != "date":
            return True
    return False


def _in_runs(seen: pl.Series) -> bool:
    """Whether neighbours of the sample often share a level: a first look that is cheap."""
    return bool((seen == seen.shift(1)).mean() > REPEATS)  # type: ignore[operator]  # of flags


def _whole_runs(series: pl.Series) -> bool:
    levels = series.n_unique()
    runs = int((series != series.shift(1)).sum()) + 1
    return levels >= FEW and runs <= levels * SPARE


def _is_sorted(seen: pl.Series) -> bool:
    if seen.dtype != pl.Float64 or seen.n_unique() < FEW or _is_number_of_row(seen):
        return False
    return _one_way(seen.to_numpy()) >= SORTED


def _one_way(values: Floats) -> float:
    """The share of the changes along the rows that go one way."""
    steps = np.diff(values[np.isfinite(values)])
    steps = steps[steps != 0.0]
    return float(max(np.mean(steps > 0.0), np.mean(steps < 0.0))) if steps.size else 0.0


def _is_number_of_row(seen: pl.Series) -> bool:
    """Whether a column of the sample counts the rows: distinct whole numbers, evenly along the file."""
    if seen.dtype != pl.Float64 or seen.is_nan().any() or seen.n_unique() < len(seen):
        return False
    values = seen.to_numpy()
    return bool((values == np.round(values)).all() and abs(np.corrcoef(values, np.arange(values.size))[0, 1]) > COUNTED)


def _starts_again(raw: pl.DataFrame, parts: list[Ints]) -> bool:
    """Whether a column is sorted again and again, as within each month of a file: what starts it anew is not told."""
    for name in raw.columns:
        if not _in_runs(_plain(raw[name][np.concatenate(parts)])):
            continue
        values = _plain(raw[name])
        rank = values.rank("dense").to_numpy().astype(np.float64)
        steps = np.diff(rank)
        moved = steps[steps != 0.0]
        up = float(np.mean(moved > 0.0)) if moved.size else 0.5
        teeth = min(np.count_nonzero(moved > 0.0), np.count_nonzero(moved < 0.0)) + 1
        if max(up, 1.0 - up) >= TEETH and FEWEST_TEETH <= teeth <= MOST_TEETH:
            return True
    return False
