"""The target: which kind of task it makes, its labels as codes, and back as they came."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping

import numpy as np
import polars as pl
from numpy.typing import NDArray

from automl.data.infer.column_types import guess
from automl.data.infer.missing_words import LABEL_WORDS, missing_labels
from automl.data.infer.name_hints import is_quantity
from automl.data.read.column_reader import ColumnReader
from automl.data.read.frames import counted, read_column
from automl.data.read.parsers import NUMBER
from automl.data.read.scalars import BLANKS
from automl.data.rows import Finding, Labels, Scalar, finding
from automl.data.spelling import canonical, shown, spelled
from automl.errors import DataError, SpecError, nearest
from automl.metrics.base import CLASSIFICATION, REGRESSION, metrics
from automl.metrics.own import is_reference
from automl.spec import Spec
from automl.task import Kind, Task

BANDS = ("range", "words", "unit")  # readings of a feature; as a target "31-40" is a label
MANY_CLASSES = 30  # more distinct whole numbers are a quantity, unless the spec says otherwise
FEW_CODES = 5  # whole numbers from 0 or 1 on without a gap, which are labels in few rows too
CODE_ROWS = 5  # rows of such a label, on average
FEW_ROWS = 0.05  # share of the rows from which other whole numbers are too many for labels
TAIL = 10  # whole numbers above which a thin upper end shows that something was counted
THIN = 0.05  # share of the rows in the upper third of the range that is thin
MANY_VALUES = 1_000  # distinct floats that are no labels for sure
YES = ("1", "true", "yes", "y", "t")  # what is taken for positive when nobody says, and what is not
NO = ("0", "false", "no", "none", "negative", "neg", "normal", "control", "placebo", "healthy", "benign", "ok")
PLAIN: ColumnReader = {"name": "target", "wire": "number", "missing": [], "parser": None}


def fit_labels(target: pl.Series, spec: Spec, missing: Collection[str] = ()) -> tuple[Labels, tuple[Finding, ...]]:
    """The labels of the train target; what was found out without being told is said in a finding.

    The words for `missing` (see `words_for_missing`) are no labels. Raises DataError where the target has no value,
    one class (D01) or, for regression, no numbers; SpecError where `positive` is no label.
    """
    kind, why = _told(target, spec)
    texts = canonical(target.head(1) if kind == "regression" else target, missing)
    if target.null_count() == len(target) or (kind != "regression" and texts.null_count() == len(texts)):
        raise DataError("the target has no value in any row", where=target.name, hint="check objective.target")
    if kind is None:
        kind, why = _kind(target, texts, spec)
    said = [finding("task", target.name, f"the task is {kind}: {why}", "noted", {"task": kind})] if why else []
    if kind == "regression":
        return _numbers(target), tuple(said)
    values = _labels(target, texts)
    said += _words(target.name, texts)
    if len(values) == 1:
        hint = f"every row is {values[0]!r}: give rows of the other label too"
        raise DataError("the target has one class", where=target.name, hint=hint)
    if kind == "binary":
        values, note = _positive_last(values, texts, spec)
        said += note
    task = Task(kind=kind, classes=len(values))
    return Labels(name=target.name, task=task, values=values, texts=written(values), dtype=_dtype(values)), tuple(said)


def words_for_missing(target: pl.Series, spec: Spec, *, typed: bool) -> frozenset[str]:
    """The words in the target that stand for missing; `typed`: it comes from where missing is written as null."""
    if not isinstance(target.dtype, pl.String | pl.Categorical | pl.Enum | pl.Object):
        return frozenset()
    return missing_labels(_rows(canonical(target)), typed=typed, binary=_means_two(spec))


def encode(labels: Labels, target: pl.Series) -> NDArray[np.float64]:
    """Y as float64: the code of each label, or the number; NaN where it is missing, infinite or an unknown label."""
    if labels.task.kind == "regression":
        return read_column(labels.reader or PLAIN, target).to_numpy().astype(np.float64)
    codes = {spelled(value): float(code) for code, value in enumerate(labels.values)}
    return canonical(target).replace_strict(codes, default=None, return_dtype=pl.Float64).fill_null(math.nan).to_numpy()


def written(values: tuple[Scalar, ...]) -> tuple[str, ...]:
    """How labels are written in the output and in the graph."""
    return tuple(shown(value) for value in values)


def _numbers(target: pl.Series) -> Labels:
    """How the numbers of a regression are read. DataError where there are none, or one for all rows."""
    number = guess(target, wire="number")
    if number is None:
        raise DataError(f"the target holds {target.dtype}, no numbers", where=target.name)
    labels = Labels(name=target.name, task=Task(kind="regression"), dtype="float", reader=number.reader(target.name))
    values = encode(labels, target)
    finite = values[np.isfinite(values)]
    if not finite.size:
        hint = 'set objective.task = "multiclass" for labels'
        raise DataError("the target has no numbers", where=target.name, hint=hint)
    if np.unique(finite).size == 1:
        raise DataError("the target has one value in all rows: there is nothing to learn", where=target.name)
    return labels


def _told(target: pl.Series, spec: Spec) -> tuple[Kind | None, str]:
    """Regression, where that is plain without a look at each value."""
    objective = spec.objective
    if objective.task == "regression":
        return "regression", ""
    kinds = _kinds_of_metric(spec)
    if objective.task is None and objective.positive is None and kinds == {"regression"}:
        return "regression", f"{objective.metric} is a metric of numbers"
    free = objective.task is None and objective.positive is None and "regression" in kinds
    if free and target.dtype.is_float() and (distinct := target.n_unique()) > MANY_VALUES:
        return "regression", f"the target is a number with {distinct} values"
    return None, ""


def _kinds_of_metric(spec: Spec) -> frozenset[Kind]:
    """The kinds of task that the metric of the spec is for: all, where it names none."""
    name = spec.objective.metric
    if name and is_reference(name):
        return CLASSIFICATION | REGRESSION
    return metrics.get(name, where="objective.metric").kinds if name else CLASSIFICATION | REGRESSION


def _kind(target: pl.Series, texts: pl.Series, spec: Spec) -> tuple[Kind, str]:
    """The kind of task, and why if the spec does not say it."""
    objective = spec.objective
    distinct = texts.n_unique() - (texts.null_count() > 0)
    binary = _told_binary(spec)
    if binary and distinct > 2:  # noqa: PLR2004  # binary means two
        where = "objective.task" if objective.task else "objective.positive"
        raise SpecError(f"the target has {distinct} labels, binary means two", where=where, hint='use "multiclass"')
    if objective.task:
        return objective.task, ""
    if binary:
        return "binary", "objective.positive is set"
    several: Kind = "binary" if distinct <= 2 else "multiclass"  # noqa: PLR2004  # binary means two
    if "regression" not in _kinds_of_metric(spec):
        _check_labels(texts, distinct, str(objective.metric))
        return several, f"{objective.metric} is a metric of labels and the target has {distinct}"
    return _kind_by_values(target, texts, distinct, several)


def _told_binary(spec: Spec) -> bool:
    objective = spec.objective
    return objective.task == "binary" or (objective.task is None and objective.positive is not None)


def _means_two(spec: Spec) -> bool:
    """Whether the spec says that the target has two labels, or gives costs that say so."""
    costs = spec.objective.costs
    return _told_binary(spec) or (spec.objective.task is None and costs is not None and costs.form == "binary")


def _check_labels(texts: pl.Series, distinct: int, metric: str) -> None:
    """Refuse many numbers with decimals where a metric of labels is asked for: nearly each would be a class."""
    if distinct > MANY_CLASSES and texts.drop_nulls().str.contains(r"^-?[0-9]*\.[0-9]+$").any():
        raise DataError(
            f"{metric} is a metric of labels, and the target has {distinct:,} different numbers",
            where="objective.metric",
            hint='Name a metric of numbers, such as rmse; or set objective.task = "multiclass" if they are labels.',
        )


def _kind_by_values(target: pl.Series, texts: pl.Series, distinct: int, several: Kind) -> tuple[Kind, str]:
    guessed = guess(target)
    banded = guessed is not None and (guessed.parser or {}).get("kind") in BANDS
    if guessed is None or guessed.wire != "number" or banded or several == "binary":
        return several, f"the target has {distinct} labels"
    bare = texts.filter(~texts.is_in(LABEL_WORDS))  # null is no word, and is left out
    whole = target.dtype.is_integer() or bool(bare.str.contains(r"^-?[0-9]+$").all())
    if not whole or distinct > MANY_CLASSES:
        return "regression", f"the target is a number with {distinct} values"
    numbers = bare.drop_nulls().cast(pl.Float64)
    few = distinct >= FEW_ROWS * len(numbers) and not _are_codes(numbers)
    if few or is_quantity(target.name) or _are_counts(numbers):
        return "regression", f"the target has {distinct} whole numbers; set objective.task if they are labels"
    return "multiclass", f"the target has {distinct} whole numbers; set objective.task if it is a quantity"


def _are_codes(numbers: pl.Series) -> bool:
    """Few whole numbers without a gap, each in some rows: they look like codes even where rows are few."""
    levels = sorted(numbers.unique())
    first = int(levels[0])
    gapless = first in {0, 1} and levels == list(range(first, first + len(levels)))
    return gapless and len(levels) <= FEW_CODES and len(numbers) >= CODE_ROWS * len(levels)


def _are_counts(numbers: pl.Series) -> bool:
    """Many whole numbers from 0 on whose upper third nearly no row has."""
    most = float(numbers.max() or 0)  # type: ignore[arg-type]  # a number
    rare = float((numbers > most * 2 / 3).mean() or 0)  # type: ignore[arg-type]  # of flags
    return numbers.n_unique() > TAIL and numbers.min() == 0 and rare < THIN


def _labels(target: pl.Series, texts: pl.Series) -> tuple[Scalar, ...]:
    """One value for each label in its own type, numbers by size and texts by the alphabet."""
    first = pl.DataFrame({"text": texts, "raw": target}).drop_nulls("text").unique("text", keep="first")
    values: list[Scalar] = [
        v.strip(BLANKS) if isinstance(v, str) else v if isinstance(v, bool | int | float) else str(v)
        for v in first["raw"].to_list()
    ]
    if len({type(v) for v in values}) > 1:
        values = [shown(v) for v in values]
    numeric = all(spelled(v) and NUMBER.fullmatch(spelled(v) or "") for v in values)
    return tuple(sorted(values, key=(lambda v: float(spelled(v) or 0)) if numeric else str))


def _words(name: str, texts: pl.Series) -> list[Finding]:
    """Labels that elsewhere stand for missing are said."""
    text = "{!r} is a label of {} rows, no word for missing; where it is one, leave the cells empty"
    words = {word: rows for word, rows in _rows(texts).items() if word in LABEL_WORDS}
    return [
        finding("label", name, text.format(word, rows), "noted", {"label": word, "rows": rows})
        for word, rows in words.items()
    ]


def _rows(texts: pl.Series) -> Mapping[str, int]:
    """How many rows each text has."""
    return dict(counted(texts.drop_nulls()).iter_rows())


def _positive_last(
    values: tuple[Scalar, ...], texts: pl.Series, spec: Spec
) -> tuple[tuple[Scalar, ...], list[Finding]]:
    wanted = spec.objective.positive
    if wanted is not None:
        matching = [v for v in values if _forms(v) & _forms(wanted)]
        exact = [v for v in matching if spelled(v) == spelled(wanted)]
        if not matching:
            close = nearest(str(wanted), [shown(v) for v in values])
            labels = " and ".join(repr(v) for v in values)
            hint = f"did you mean {close!r}?" if close else "name the one that costs money if it is overlooked"
            raise SpecError(f"{wanted!r} is no label; they are {labels}", where="objective.positive", hint=hint)
        positive = (exact or matching)[0]
        return (*(v for v in values if v != positive), positive), []
    pair = {spelled(v) for v in values}
    likely = [v for v in values if shown(v).lower() in YES] if pair != {"1", "2"} else []  # codes, no answer
    likely = likely or [v for v in values if shown(v).lower() not in NO]
    counts = _rows(texts)
    positive = likely[0] if len(likely) == 1 else min(reversed(values), key=lambda v: counts[spelled(v) or ""])
    why = "by the names of the labels" if len(likely) == 1 else "the rarer one"
    text = f"the positive label is {positive!r}, {why}; objective.positive says otherwise"
    said = finding("positive", spec.objective.target, text, "noted", {"positive": positive})
    return (*(v for v in values if v != positive), positive), [said]


def _forms(value: Scalar) -> set[str]:
    """The spellings of a label: true and 1 are one where labels are flags."""
    text = spelled(value) or ""
    if text.lower() in {"true", "false"}:
        return {text, text.lower(), "1" if text.lower() == "true" else "0"}
    return {text}


def _dtype(values: tuple[Scalar, ...]) -> str:
    kinds = {bool: "bool", int: "int", float: "float"}
    return kinds.get(type(values[0]), "str")
