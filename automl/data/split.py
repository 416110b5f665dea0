"""Which rows fit and which are held back: the test part and the folds, by the same rules."""

from __future__ import annotations

import itertools
import math
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from automl.data.rows import Fold, Rows
from automl.errors import DataError
from automl.spec.data import Data
from automl.task import Task

Ints = NDArray[np.int64]
FoldKind = Literal["time", "block", "group", "random"]
SMALL = 10_000  # rows below which a quarter is held back, else a fifth
BLOCK_ROWS = 100  # below, rows are drawn: blocks would be too short to judge by
GAP = 0.01  # share of rows on either side of a block of the file that are not fitted
ENOUGH = 700  # rows that judge: below, so many that half of the later rows are worth it
FIRST_WINDOW = 0.4  # share of rows, by time, that the first fold may fit on


def split_test(rows: Rows, task: Task, data: Data, seed: int, *, after: float = -math.inf) -> tuple[Ints, Ints, str]:
    """Positions of train and of test, and the sentence that says how they were parted.

    By time where there is a time (the last part, with a gap of `horizon` before it), by the order of the file where
    that stands for it (the last part, with a gap of 1 % of the rows), by whole groups where there is a group, else at
    random, by class. Raises DataError where the rows are too few (D15).
    """
    n = rows.y.shape[0]
    if n < 4:  # noqa: PLR2004  # two to learn from, one to judge by, one to spare
        raise DataError(f"{n} rows with a target are too few", hint="give 4 rows at the very least, and a test file")
    by_time = rows.time is not None
    start = _start_after(rows, after)
    fold = (
        folds(rows, task, k=1, seed=seed, horizon=data.horizon, by_time=by_time, unseen_groups=data.unseen_groups)
        if start is None
        else _by_time(rows, start, data.horizon or 0.0, unseen_groups=data.unseen_groups)
    )[0]
    share = f"{fold.valid.size} of {n} rows ({fold.valid.size / n:.0%})"
    spare = n - fold.fit.size - fold.valid.size
    parted = fold_kind(rows, by_time=by_time)
    if parted == "time":
        gap = f"; {_unused(spare)}" if spare else ""
        return fold.fit, fold.valid, f"Test is the last part by time, {share}{gap}."
    if parted == "block":
        return fold.fit, fold.valid, f"Test is the last part of the file, in its order, {share}; {_unused(spare)}."
    if parted == "group":
        return fold.fit, fold.valid, f"Test is a random part by whole groups, {share}."
    kind = "a random part" if task.kind == "regression" else "a random part with the same share of each class"
    return fold.fit, fold.valid, f"Test is {kind}, {share}."


def folds(
    rows: Rows,
    task: Task,
    *,
    k: int,
    seed: int,
    horizon: float | None,
    by_time: bool,
    unseen_groups: bool,
    shift: float = 0.0,
) -> tuple[Fold, ...]:
    """At most `k` folds over `rows`; `k` = 1 is one holdout of a fifth to a quarter.

    - by time: expanding windows; a fold fits on rows known `horizon` seconds before its first validation row,
      and the first 40 % of the rows are never validated; `unseen_groups` takes the groups validated out of the fit
    - by block: stretches of the file, without 1 % of the rows on either side in the fit
    - by group: groups stay whole
    - else shuffled, and by class where there are classes: every fit part has each class of two or more rows

    Windows and stretches begin `shift` (0 to 1) of their width earlier, but for the last end: another way to part the
    same rows, where chance parts them by another seed.

    There are never more folds than rows, groups, moments, or (binary) rows of the rarer class allow;
    one group or one moment cannot be parted and is split at random. Raises DataError for fewer than two rows (D15).
    """
    n = rows.y.shape[0]
    if n < 2:  # noqa: PLR2004  # one to fit, one to validate
        raise DataError(f"{n} rows cannot be split", hint="give more rows")
    kind = fold_kind(rows, by_time=by_time)
    if kind == "time":
        return _by_time(rows, _starts(rows, k, shift), horizon or 0.0, unseen_groups=unseen_groups)
    if kind == "block" and rows.order is not None:
        return _by_block(rows.order, k, shift)
    rng = np.random.default_rng(seed)
    if kind == "group" and rows.group is not None:
        part = _by_group(rows.group, k, rng)
    else:
        part = _by_class(rows.y, task, k, rng)
    return tuple(
        Fold(fit=np.flatnonzero(part != fold), valid=np.flatnonzero(part == fold))
        for fold in np.unique(part[part >= 0])
    )


def fold_kind(rows: Rows, *, by_time: bool) -> FoldKind:
    """What parts the rows: time where it is asked for and passes, the file's order, two groups or more, else chance."""
    if by_time and _span(rows) > 0:
        return "time"
    if rows.order is not None and rows.y.shape[0] >= BLOCK_ROWS:
        return "block"
    return "group" if rows.group is not None and np.unique(rows.group).size > 1 else "random"


def _span(rows: Rows) -> float:
    """From the first to the last moment; 0 if there are not two."""
    if rows.time is None or not np.isfinite(rows.time).any():
        return 0.0
    return float(np.nanmax(rows.time) - np.nanmin(rows.time))


def _starts(rows: Rows, k: int, shift: float) -> NDArray[np.float64]:
    """The moments at which `k` windows begin, the first of which has rows before it."""
    time = _moments(rows)
    known = np.sort(time[np.isfinite(time)])
    width = (1.0 - FIRST_WINDOW) / k
    shares = [1.0 - _held(known.size)] if k == 1 else np.linspace(FIRST_WINDOW, 1.0, k + 1)[:-1] - shift * width
    cuts = np.unique([known[min(known.size - 1, int(known.size * share))] for share in shares])
    later: NDArray[np.float64] = cuts[cuts > known[0]]
    return later if later.size else known[known > known[0]][:1]


def _start_after(rows: Rows, after: float) -> NDArray[np.float64] | None:
    """The moment from which on the last of the rows later than `after` are held back; None where any may be."""
    if rows.time is None or after == -math.inf:
        return None
    later = rows.take(np.flatnonzero(rows.time > after))
    if not later.y.size:
        return None
    known = np.sort(_moments(later))
    second = known[known > known[0]][:1]  # of one moment all rows are held back
    return np.maximum(known[[-_judging(known.size)]], second) if second.size else known[:1]


def _judging(later: int) -> int:
    """How many of so many later rows are held back: a third, of few rows more, up to half.

    More rows are better judges, and leave less to learn, which is older then.
    """
    return max(math.ceil(later / 3), min(math.ceil(later / 2), ENOUGH))


def _moments(rows: Rows) -> NDArray[np.float64]:
    return rows.time if rows.time is not None else np.zeros(rows.y.shape[0])


def _by_time(rows: Rows, cuts: NDArray[np.float64], horizon: float, *, unseen_groups: bool) -> tuple[Fold, ...]:
    time = _moments(rows)
    parts = []
    for start, end in zip(cuts, [*cuts[1:], math.inf], strict=True):
        valid = (time >= start) & (time < end)
        fit = (time + horizon * 1e6 <= start) & (time < start) | np.isnan(time)
        if unseen_groups and rows.group is not None:
            fit &= ~np.isin(rows.group, rows.group[valid])
        if fit.any() and valid.any():
            parts.append(Fold(fit=np.flatnonzero(fit), valid=np.flatnonzero(valid)))
    if not parts:
        gap = f" with a gap of {horizon / 86_400:g} days" if horizon else ""
        span = f"these {time.size:,} rows span {_span(rows) / 86_400e6:.3g} days, and " if horizon else ""
        ways = ("give rows of a longer time", *(["a shorter data.horizon"] if horizon else []))
        ways += ("set data.unseen_groups = false",) if unseen_groups and rows.group is not None else ()
        raise DataError(
            f"the rows cannot be split by time{gap}: {span}nothing is left to learn from",
            hint=" or ".join(ways),
        )
    return tuple(parts)


def _by_block(order: Ints, k: int, shift: float) -> tuple[Fold, ...]:
    """Stretches of the rows by `order`, or the last one alone; rows next to a stretch fit nothing that predicts it."""
    n = order.size
    place = np.empty(n, dtype=np.int64)
    place[np.argsort(order, kind="stable")] = np.arange(n)
    inner = np.linspace(0, n, k + 1)[1:-1] - shift * n / k
    cuts = [round(n * (1.0 - _held(n))), n] if k == 1 else [0, *inner.round().astype(np.int64).tolist(), n]
    gap = math.ceil(GAP * n)
    return tuple(
        Fold(
            fit=np.flatnonzero((place < start - gap) | (place >= end + gap)),
            valid=np.flatnonzero((place >= start) & (place < end)),
        )
        for start, end in itertools.pairwise(cuts)
    )


def _unused(spare: int) -> str:
    return f"{spare} rows in the gap before it are in neither"


def _by_group(group: NDArray[np.int64], k: int, rng: np.random.Generator) -> Ints:
    """Groups in random order, cut where the rows counted pass each share."""
    _, code, size = np.unique(group, return_inverse=True, return_counts=True)
    order = rng.permutation(size.size)
    middle = np.empty(size.size)
    middle[order] = np.cumsum(size[order]) - size[order] / 2  # where the middle of each group comes to lie
    share = middle / group.size
    if k == 1:
        held = share < max(_held(group.size), share.min() + 1e-12)
        return np.where(held[code], 0, -1)
    part = np.minimum((share * min(k, size.size)).astype(np.int64), k - 1)
    if np.unique(part).size == 1:  # one group is nearly everything
        part[order[0]] = 1 - part[order[0]] if part[order[0]] < 2 else 0  # noqa: PLR2004  # any other part
    return part[code]


def _by_class(y: NDArray[np.float64], task: Task, k: int, rng: np.random.Generator) -> Ints:
    """Rows dealt to `k` parts, class by class; the only row of a class is in no part (-1), so always in the fit."""
    n = y.size
    if task.kind == "regression":
        classes, count = np.zeros(n, dtype=np.int64), np.array([n])
    else:
        _, classes, count = np.unique(y, return_inverse=True, return_counts=True)
    rarest = int(count.min()) if task.kind == "binary" else n
    parts = max(2, min(k, rarest, n)) if k > 1 else max(2, round(1 / _held(n)))
    order = rng.permutation(n)
    order = order[np.argsort(classes[order], kind="stable")]
    part = np.full(n, -1, dtype=np.int64)
    starts = np.concatenate([[0], np.cumsum(count)[:-1]])
    place = np.arange(n) - np.repeat(starts, count)
    single = np.repeat(count == 1, count)
    turn = np.arange(n) if k > 1 else place  # a holdout takes the first of each class that has enough rows
    part[order] = np.where(single, -1, turn % parts)
    if k == 1:
        part[part > 0] = -1
    if (part >= 0).sum() == 0:  # classes of one row each: any row will do
        part[order[0]] = 0
    return part


def _held(n: int) -> float:
    """The share that a holdout takes."""
    return 0.25 if n < SMALL else 0.2
