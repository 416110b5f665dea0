"""Rows that can be learned from or judged by: those with a target and a weight, and what is said of the others."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from automl.data.infer.column_types import guess
from automl.data.infer.missing_words import LABEL_WORDS
from automl.data.labels import encode
from automl.data.last_words import UNJUDGED
from automl.data.raw_parts import LabelledPart, RawPart
from automl.data.read.frames import read_column
from automl.data.rows import Finding, Labels, finding
from automl.data.spelling import canonical
from automl.errors import DataError
from automl.spec.data import Data

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

MOST_LABELS = 5  # that a sentence names
LARGEST = 1e100  # squares and cubes of what is larger, or varies by less than its inverse, leave the range of a float64


def usable_rows(part: RawPart, labels: Labels, data: Data, name: str) -> tuple[LabelledPart, list[Finding]]:
    """The rows of a part with a target and a weight above 0, and findings on those without.

    `name` is "train", "test" or "the data". Raises DataError where none is left, where no row of a class has a weight,
    and for numbers that are too large.
    """
    target = part.raw[labels.name]
    y = encode(labels, target)
    labelled, findings = _rows(part, y, np.isfinite(y)), list[Finding]()
    if labelled.y.size == 0:
        where = f"{labels.name} in {part.file}" if part.file else labels.name
        raise DataError(f"no row of {name} {_no_target(labels, target)}", where=where, hint=_hint(labels, target))
    _check_range(labels, labelled.y, name)
    if labelled.y.size < y.size:
        findings.append(_unlabelled(labels, target, y, name))
    if data.weight is None:
        return labelled, findings
    weight = row_weights(labelled.raw, data.weight, name)
    if (weight > 0).all():
        return labelled, findings
    counting = _rows(labelled, labelled.y, weight > 0)
    if name != "test":
        _check_weighted(labels, labelled.y, counting.y, name)
    lost = labelled.y.size - counting.y.size
    text = f"{lost:,} of {labelled.y.size:,} rows of {name} have a weight of 0: they are left out"
    return counting, [*findings, finding("weight", data.weight, text, "changed", {"rows": lost})]


def row_weights(raw: pl.DataFrame, column: str, name: str) -> Floats:
    """The weight of each row [n], none below 0 and not all 0. Raises DataError with the count of others."""
    if column not in raw.columns:
        raise DataError(f"the {name} data has no column {column!r}", where="data.weight")
    where, cells = f"data.weight {column!r}", raw[column]
    number = guess(cells, wire="number")
    weight = read_column(number.reader(column), cells).to_numpy() if number else np.full(raw.height, np.nan)
    weight = weight.astype(np.float64)
    for bad, words in ((~np.isfinite(weight), "missing or no numbers"), (weight < 0, "below 0")):
        if count := int(bad.sum()):
            text = f"{count:,} of {weight.size:,} weights of {name} are {words}"
            raise DataError(text, where=where, hint="mend the column, or leave those rows out")
    if not (weight > 0).any():
        hint = "a weight of 0 means that a row does not count: give some rows a weight above 0"
        raise DataError(f"the weight is 0 in all {weight.size:,} rows of {name}", where=where, hint=hint)
    return weight


def check_left(labels: Labels, y: Floats, train: Ints, test: Ints, split: str) -> None:
    """Raise DataError where what was set aside left one of the targets `y` to learn from, or none of its own labels."""
    left, number = np.unique(y[train]), labels.task.kind == "regression"
    if left.size == 1 and np.unique(y).size > 1:
        one = f"the number {left[0]:g}" if number else f"the label {labels.texts[int(left[0])]!r}"
        told = f"all {train.size:,} rows to learn from have {one}"
    elif not number and not np.isin(y[test], left).any():
        told = f"the {train.size:,} rows to learn from have none of its labels"
    else:
        return
    hint = f"{split} Give data.test with rows of your own choice, so that both parts have what is to be told apart."
    raise DataError(f"after a part was set aside as test, {told}", where=labels.name, hint=hint)


def rare(labels: Labels, y: Floats, *, given: bool) -> list[Finding]:
    """Classes with one row: binary needs two of each, elsewhere the row is always fitted, never validated."""
    if labels.task.kind == "regression":
        return []
    count = np.bincount(y.astype(np.int64), minlength=labels.task.classes)
    single = [labels.texts[code] for code in np.flatnonzero(count < 2)]  # noqa: PLR2004  # one to fit, one to validate
    if single and labels.task.kind == "binary":
        left = int(count.min())
        part = "train has" if given else "after a part was set aside as test, the rows to learn from have"
        raise DataError(
            f"{part} {'one row' if left else 'no row'} of the label {labels.texts[int(count.argmin())]!r}",
            where=labels.name,
            hint="give at least 2 rows of each label" + ("" if given else ", 4 where test is set aside, or data.test"),
        )
    text = "the label {!r} has one row in train: it is fitted, never validated"
    return [finding("rare class", labels.name, text.format(label), "noted", {"label": label}) for label in single]


def single_groups(labels: Labels, part: LabelledPart, data: Data, *, given: bool) -> list[Finding]:
    """Classes of one group: folds keep groups whole, so that such a class is fitted or validated, never both.

    Raises DataError where fewer than two classes have two groups: no fold could learn to tell one from another.
    """
    if labels.task.kind == "regression" or part.group is None or part.time is not None or part.order is not None:
        return []
    pairs = np.unique(np.column_stack([part.y.astype(np.int64), part.group]), axis=0)
    groups = np.bincount(pairs[:, 0], minlength=labels.task.classes)
    if np.unique(part.group).size == 1:
        return []  # rows are drawn then
    single = [labels.texts[code] for code in np.flatnonzero(groups == 1)]
    if (groups > 1).sum() < 2:  # noqa: PLR2004  # two to tell apart
        raise DataError(
            f"{'' if given else 'after a part was set aside as test, '}the rows to learn from have one group of "
            f"{data.group!r} for {_some(single)}: groups are kept whole, so no fold can both learn and judge that",
            where="data.group",
            hint="give 2 groups of each label at the very least, or leave data.group out: rows are drawn then",
        )
    text = "all rows of the label {!r} in train are of one group: no fold both learns and judges it"
    return [finding("rare class", labels.name, text.format(label), "noted", {"label": label}) for label in single]


def _rows(part: RawPart, y: Floats, kept: NDArray[np.bool_]) -> LabelledPart:
    index = np.flatnonzero(kept)
    rows = part.take(index)
    return LabelledPart(raw=rows.raw, time=rows.time, group=rows.group, order=rows.order, file=rows.file, y=y[index])


def _no_target(labels: Labels, target: pl.Series) -> str:
    """What all rows of a part lack."""
    unknown = _cells(target)
    if not unknown:
        return "has a target: it is missing or infinite in all of them"
    if labels.task.kind == "regression":
        return f"has a number as its target: it is {_some(unknown)}"
    return f"has a label that train has: there it is {_some(unknown)}, in train {_some(labels.texts)}"


def _hint(labels: Labels, target: pl.Series) -> str:
    if not _cells(target):
        return "leave out data.test, and a part of train is set aside; `automl predict` is for rows without a target"
    wanted = "numbers" if labels.task.kind == "regression" else "labels, spelled"
    return f"give {wanted} as in train; check that both files are of one source"


def _unlabelled(labels: Labels, target: pl.Series, y: Floats, name: str) -> Finding:
    """Rows that are left out for want of a target, and what stands there instead."""
    lost, rest = int((~np.isfinite(y)).sum()), target.filter(~np.isfinite(y))
    unknown = int(canonical(rest, LABEL_WORDS).is_not_null().sum())
    told = "are no numbers" if labels.task.kind == "regression" else "are labels that train does not have"
    sets = "" if labels.task.kind == "regression" else f"; train has {_some(labels.texts)}"
    also = f", of which {unknown} {told}: {_some(_cells(rest))}{sets}" if unknown else ""
    text = f"{lost} rows of {name} have no usable target (missing or infinite{also}): they are left out"
    check = UNJUDGED if name == "test" else "target"
    return finding(check, labels.name, text, "changed", {"rows": lost, "unknown": unknown})


def _check_range(labels: Labels, y: Floats, name: str) -> None:
    """Raise DataError for numbers whose squares a float64 cannot hold, with their count."""
    if labels.task.kind != "regression":
        return
    if count := int((np.abs(y) > LARGEST).sum()):
        text = f"the target of {name} is beyond {LARGEST:g} in {count:,} of {y.size:,} rows (up to {np.abs(y).max():g})"
        hint = "mend those rows if they stand for something missing, or count the target in a larger unit"
        raise DataError(f"{text}: squares of such numbers cannot be added up", where=labels.name, hint=hint)
    if name != "test" and float(np.ptp(y)) < 1 / LARGEST:
        text = f"the target of {name} varies by {np.ptp(y):g}: squares of such numbers are 0"
        raise DataError(text, where=labels.name, hint="count the target in a smaller unit")


def _check_weighted(labels: Labels, y: Floats, counting: Floats, name: str) -> None:
    """Raise DataError for a class, or all numbers but one, whose rows have no weight."""
    lost = np.setdiff1d(y, counting)
    if labels.task.kind != "regression" and lost.size:
        text = f"no row of {name} with the label {labels.texts[int(lost[0])]!r} has a weight above 0"
        raise DataError(
            text, where="data.weight", hint="give its rows a weight, or leave them out if it does not count"
        )
    if np.unique(counting).size == 1 and lost.size:
        text = f"the target has one value in all {counting.size:,} rows of {name} with a weight above 0"
        raise DataError(text, where="data.weight", hint="give rows of other values a weight")


def _cells(target: pl.Series) -> list[str]:
    """The distinct targets as they are written, the first of them first."""
    return list(canonical(target, LABEL_WORDS).drop_nulls().unique(maintain_order=True).to_list())


def _some(names: list[str] | tuple[str, ...]) -> str:
    """The first few names, and how many more there are."""
    more = f" and {len(names) - MOST_LABELS:,} more" if len(names) > MOST_LABELS else ""
    return ", ".join(map(repr, names[:MOST_LABELS])) + more
