"""What is wrong with columns before anything learns from them: constants, copies, infinities, leaks."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from automl.data.bulk import read_column, unread
from automl.data.rows import Column, Finding, Schema
from automl.data.schema import finding
from automl.errors import DataError
from automl.spec import Spec
from automl.task import Kind, Task

SAMPLE = 20_000  # rows that the look for leaks takes
BINS = 256
MEASURE: Mapping[Kind, str] = {"binary": "AUC", "multiclass": "accuracy", "regression": "R2"}
LEAK: Mapping[Kind, float] = {"binary": 0.99, "multiclass": 0.99, "regression": 0.999}  # no honest column reaches it
HIGH: Mapping[Kind, float] = {"binary": 0.97, "multiclass": 0.97, "regression": 0.99}  # worth a look
ENOUGH = 50  # rows of the sample below which a perfect score may be chance
RARE = 8  # likewise, rows of the rarer class
GAPS = 0.05  # share of missing values above which a correlation says little
EXACT = 2**53  # whole numbers beyond are rounded in float64


def audit(
    schema: Schema, raw: pl.DataFrame, frame: pl.DataFrame, *, y: NDArray[np.float64], task: Task, spec: Spec, seed: int
) -> tuple[Finding, ...]:
    """What was seen in the feature columns of train: `raw` as they came, `frame` after the reader, `y` the target.

    A finding whose action is "dropped" says that the column is no feature. Columns in ``data.audit.keep`` are left
    alone by the look for leaks. Raises DataError on a leak if ``data.audit.action`` is "stop".
    """
    found: list[Finding] = []
    for column in schema.features:
        found += _reading(column, raw[column.name], frame[column.name])
        found += _constant(column, frame[column.name])
    empty = {f.column for f in found if f.action == "dropped"}
    found += _copies([c for c in schema.features if c.name not in empty and c.role == "feature"], frame)
    gone = {f.column for f in found if f.action == "dropped"}
    left = [c for c in schema.features if c.name not in gone and c.name not in spec.data.audit.keep]
    found += _leaks(left, frame, y=y, task=task, action=spec.data.audit.action, seed=seed)
    return tuple(found)


def shared_rows(train: pl.DataFrame, test: pl.DataFrame) -> tuple[Finding, ...]:
    """A note on rows of test that equal a row of train in all features (D18)."""
    if not train.width or not test.height:
        return ()
    copies = int(test.hash_rows(seed=1).is_in(train.hash_rows(seed=1).implode()).sum())
    if copies == 0:
        return ()
    share = copies / test.height
    text = f"{copies} rows of test ({share:.1%}) equal a row of train in all features"
    return (finding("shared rows", None, text, "noted", {"rows": copies, "share": share}),)


def _reading(column: Column, raw: pl.Series, read: pl.Series) -> Iterator[Finding]:
    """What the reader could not take: infinities (D03), texts, dates out of range (D08), long numbers (D14)."""
    name = column.name
    if raw.dtype.is_float() and (count := int(raw.is_infinite().sum())):
        yield finding("infinite", name, f"{name!r} has {count} infinities: read as missing", "changed", {"rows": count})
    if isinstance(raw.dtype, pl.Date | pl.Datetime) and (count := int((read.is_nan() & raw.is_not_null()).sum())):
        text = f"{name!r} has {count} dates outside the years 1 to 9999: read as missing"
        yield finding("date", name, text, "changed", {"rows": count})
    marks: Any = column.reader.get("sentinels")
    if marks:
        seen = read_column({**column.reader, "sentinels": ()}, raw)
        count = int(seen.is_in(marks).sum())
        what = "9999-12-31" if column.wire == "date" else " and ".join(f"{mark:.15g}" for mark in marks)
        text = f"{name!r} has {count} values of {what}, far from all others: read as missing"
        yield finding("sentinel", name, text, "changed", {"rows": count, "values": list(marks)})
    lost = unread(column.reader, raw, read)
    if len(lost):
        examples = lost.unique(maintain_order=True).head(3).to_list()
        shown = ", ".join(repr(text[:40]) for text in examples)
        text = f"{name!r} has {len(lost)} values that are no {column.wire}, such as {shown}: read as missing"
        yield finding("unparsed", name, text, "changed", {"rows": len(lost), "examples": examples})
    if raw.dtype.is_integer() and (count := int((raw.cast(pl.Float64).abs() > EXACT).sum())):
        text = f"{name!r} has {count} whole numbers beyond 2^53: they are rounded to float64"
        yield finding("precision", name, text, "changed", {"rows": count})


def _constant(column: Column, read: pl.Series) -> Iterator[Finding]:
    """Columns that say nothing (D04)."""
    name = column.name
    if len(read) < 2:  # noqa: PLR2004  # one row has one value
        return
    first = read[0]
    same = read.is_nan().all() if first != first else (read == first).all()  # noqa: PLR0124  # NaN is not itself
    if not same:
        return
    if first != first or first == "":  # noqa: PLR0124  # as above
        yield finding("all missing", name, f"{name!r} has no value in any row of train")
    else:
        yield finding("constant", name, f"{name!r} is {first!r} in every row of train", evidence={"value": first})


def _copies(columns: list[Column], frame: pl.DataFrame) -> Iterator[Finding]:
    """Columns that equal an earlier one in every row (D04), found by the hash of their values."""
    seen: dict[bytes, str] = {}
    if frame.height < 2:  # noqa: PLR2004  # in one row everything is equal
        return
    for column in columns:
        series = frame[column.name]
        values = series.to_numpy() + 0.0 if series.dtype == pl.Float64 else series.hash().to_numpy()
        key = hashlib.blake2b(values.tobytes() + series.dtype.base_type().__name__.encode(), digest_size=16).digest()
        if key in seen:
            text = f"{column.name!r} equals {seen[key]!r} in every row of train"
            yield finding("duplicate", column.name, text, evidence={"of": seen[key]})
        else:
            seen[key] = column.name


# --- leaks -------------------------------------------------------------------------------------------


def _leaks(
    columns: list[Column], frame: pl.DataFrame, *, y: NDArray[np.float64], task: Task, action: str, seed: int
) -> Iterator[Finding]:
    """Columns that alone predict the target nearly without error (D06), on rows they were not binned on."""
    rows = np.random.default_rng(seed).permutation(y.size)[:SAMPLE]
    target = y[rows]
    if rows.size < ENOUGH or (task.kind == "binary" and np.unique(target, return_counts=True)[1].min() < RARE):
        return
    for column in columns:
        series = frame[column.name].gather(rows)
        score = column_score(series, target, task)
        if score < HIGH[task.kind]:
            continue
        measure = MEASURE[task.kind]
        text = f"{column.name!r} alone predicts the target with {measure} {score:.4f}"
        evidence = {"measure": measure, "score": score}
        if score < LEAK[task.kind]:
            yield finding("leak", column.name, f"{text}: look whether it is known in time", "noted", evidence)
        elif action == "stop":
            raise DataError(
                f"{text}: it gives the answer away",
                where=column.name,
                hint="put it into data.exclude or data.outcomes, or into data.audit.keep if it is known in time",
            )
        else:
            tail = "; data.audit.keep keeps it" if action == "exclude" else ": look whether it is known in time"
            done = "dropped" if action == "exclude" else "noted"
            yield finding("leak", column.name, f"{text}{tail}", done, evidence)


def column_score(series: pl.Series, y: NDArray[np.float64], task: Task) -> float:
    """How well one column predicts `y`: the mean of each bin on even rows, judged on odd rows.

    AUC for binary, accuracy for multiclass, R2 for regression; for numbers the squared rank correlation too.
    """
    code = _binned(series)
    fit, judge = slice(0, None, 2), slice(1, None, 2)
    size = int(code.max()) + 1
    if task.kind == "multiclass":
        table = np.zeros((size, task.classes))
        np.add.at(table, (code[fit], y[fit].astype(np.int64)), 1.0)
        usual = table.sum(axis=0).argmax()
        guess = np.where(table.sum(axis=1) > 0, table.argmax(axis=1), usual)
        return float((guess[code[judge]] == y[judge]).mean())
    count = np.bincount(code[fit], minlength=size)
    mean = (np.bincount(code[fit], weights=y[fit], minlength=size) + y[fit].mean()) / (count + 1.0)
    if task.kind == "binary":
        return _auc(mean, code[judge], y[judge])
    spread = float(((y[judge] - y[judge].mean()) ** 2).sum())
    explained = 1.0 - float(((y[judge] - mean[code[judge]]) ** 2).sum()) / spread if spread > 0 else 0.0
    return max(explained, _correlation(series, y))


def _binned(series: pl.Series) -> NDArray[np.int64]:
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
    if rank[-1] > BINS:
        rank = np.where(np.arange(rank.size) < known, np.arange(rank.size) * BINS // max(1, known), BINS)
    code = np.empty(rank.size, dtype=np.int64)
    code[order] = rank
    return code


def _auc(score: NDArray[np.float64], code: NDArray[np.int64], y: NDArray[np.float64]) -> float:
    order = np.argsort(score, kind="stable")
    level = np.unique(score[order], return_inverse=True)[1]
    act = np.bincount(level, weights=np.bincount(code, weights=y, minlength=score.size)[order])
    rest = np.bincount(level, weights=np.bincount(code, weights=1.0 - y, minlength=score.size)[order])
    if act.sum() == 0 or rest.sum() == 0:
        return 0.5
    below = np.cumsum(rest) - rest / 2
    return float((act * below).sum() / (act.sum() * rest.sum()))


def _correlation(series: pl.Series, y: NDArray[np.float64]) -> float:
    """The squared rank correlation (one far value makes a linear one perfect); 0 where much is missing."""
    if series.dtype != pl.Float64 or series.is_nan().mean() > GAPS:  # type: ignore[operator]  # of flags
        return 0.0
    ranks = pl.DataFrame({"x": series.fill_nan(None), "y": y}).drop_nulls().select(pl.all().rank("average"))
    if min(ranks["x"].n_unique(), ranks["y"].n_unique()) < 2:  # noqa: PLR2004  # a constant
        return 0.0
    return float(np.corrcoef(ranks["x"], ranks["y"])[0, 1] ** 2)
