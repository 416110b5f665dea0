"""Targets of every type become codes and come back as they were."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import polars as pl
import pytest

from automl.data.labels import encode, fit_labels, words_for_missing
from automl.errors import DataError, SpecError
from automl.spec import Spec


@pytest.mark.parametrize(
    "target",
    [
        pl.Series("y", ["no", "yes", "no"]),
        pl.Series("y", ["1", "2", "1"]),
        pl.Series("y", [1, 2, 1]),
        pl.Series("y", [1.0, 2.0, 1.0]),
        pl.Series("y", [0.5, 1.5, 0.5]),
        pl.Series("y", [False, True, False]),
        pl.Series("y", ["False", "True", "False"]),
        pl.Series("y", ["a", "b", "c", "a"]),
        pl.Series("y", [3, 1, 2, 3]),
    ],
)
def test_round_trip(make_spec: Callable[..., Spec], target: pl.Series) -> None:
    """D21: a row's code leads back to its label as it came: text, numbers, true and false."""
    labels, _ = fit_labels(target, make_spec({"metric": "log_loss"}))
    codes = encode(labels, target)
    assert set(codes) == set(range(labels.task.classes))
    back = [labels.values[int(code)] for code in codes]
    assert [(type(value), value) for value in back] == [(type(value), value) for value in target]
    assert len(set(labels.texts)) == labels.task.classes


@pytest.mark.parametrize(
    ("target", "positive", "found"),
    [
        ([1, 2], "2", 2),
        ([1, 2], 2.0, 2),
        (["1", "2"], 2, "2"),
        (["1.0", "2.0"], "2", "2.0"),
        ([1.0, 2.0], "2", 2.0),
        ([True, False], "true", True),
        ([True, False], 1, True),
        (["True", "False"], True, "True"),
        (["0", "1"], True, "1"),
        ([0, 1], False, 0),
        (["yes", "no"], "no", "no"),
    ],
)
def test_positive(make_spec: Callable[..., Spec], target: list[Any], positive: Any, found: Any) -> None:
    """D21: the positive label matches as text, "2", "2.0" and 2 as one; it has code 1."""
    series = pl.Series("y", target * 3)
    labels, _ = fit_labels(series, make_spec({"positive": positive}))
    assert labels.values[1] == found
    assert type(labels.values[1]) is type(found)


def test_spellings(make_spec: Callable[..., Spec]) -> None:
    """D21: spellings of one number are one label, in train and in other rows of another type."""
    labels, _ = fit_labels(pl.Series("y", ["1", "2.0", "2", " 1"]), make_spec({"task": "binary"}))
    assert labels.task.classes == 2
    assert encode(labels, pl.Series("y", [1.0, 2.0, 3.0, None])).tolist()[:2] == [0.0, 1.0]
    assert np.isnan(encode(labels, pl.Series("y", [3.0, None, math.inf]))).all()


@pytest.mark.parametrize(
    ("target", "positive"),
    [
        ([0, 1, 1], 1),
        ([-1, 1, 1], 1),
        (["yes", "no", "yes"], "yes"),
        ([True, True, False], True),
        (["good", "bad", "good"], "bad"),
        ([1, 2, 1], 2),
        (["treated", "control", "treated"], "treated"),
        (["Normal", "arrhythmia", "arrhythmia"], "arrhythmia"),
        ([0, 4, 4], 4),
        (["none", "normal", "normal"], "none"),
    ],
)
def test_positive_by_default(make_spec: Callable[..., Spec], target: list[Any], positive: Any) -> None:
    """Nobody says which: the one called yes, true or 1, or beside one called no, else the rarer one, and it is said."""
    labels, findings = fit_labels(pl.Series("y", target), make_spec({"task": "binary"}))
    assert labels.values[1] == positive
    assert [f.check for f in findings] == ["positive"]


@pytest.mark.parametrize(
    ("target", "objective", "kind"),
    [
        (["a", "b"], {}, "binary"),
        (["a", "b", "c"], {}, "multiclass"),
        ([0, 1], {}, "binary"),
        ([0, 1], {"metric": "rmse"}, "regression"),
        (list(range(2000)), {}, "regression"),
        ([0, 1, 2] * 50, {}, "multiclass"),
        ([0, 1, 2] * 50, {"metric": "mae"}, "regression"),
        ([0.1 * i for i in range(1500)], {}, "regression"),
        (["$1.50", "$2.00", "$7"] * 30, {}, "regression"),
        (list(range(100)), {"metric": "accuracy"}, "multiclass"),
        ([1, 2], {"positive": 2}, "binary"),
        ([1, 2, 3, 4] * 12, {}, "multiclass"),
        ([1, 2, 3, 7] * 12, {}, "regression"),
        ([n for n in range(14) for _ in range(400 // 2**n + 1)], {}, "regression"),
        ([n for n in range(14) for _ in range(30)], {}, "multiclass"),
    ],
)
def test_task(make_spec: Callable[..., Spec], target: list[Any], objective: dict[str, Any], kind: str) -> None:
    """The task is found from the target and the metric, and said."""
    labels, findings = fit_labels(pl.Series("y", target), make_spec(objective))
    assert labels.task.kind == kind
    assert findings[0].check == "task"
    assert kind in findings[0].text


@pytest.mark.parametrize(
    ("name", "kind"), [("year", "regression"), ("AgeYears", "regression"), ("age_group", "multiclass"), ("year", "")]
)
def test_quantity_by_name(make_spec: Callable[..., Spec], name: str, kind: str) -> None:
    """Few whole numbers that are called a count or a measure are no labels; the words ask for a look."""
    told: dict[str, Any] = {} if kind else {"task": "multiclass"}
    labels, findings = fit_labels(pl.Series(name, [3, 4, 5, 6, 9] * 40), make_spec({"target": name, **told}))
    assert labels.task.kind == (kind or "multiclass")
    assert not kind or "set objective.task if" in findings[0].text


@pytest.mark.parametrize(
    ("target", "objective", "match"),
    [
        (["a", "a"], {}, "one class"),
        ([1, 1, None], {"task": "binary"}, "one class"),
        ([True, True], {}, "one class"),
        ([1.0, 1.0], {"task": "regression"}, "one value"),
        ([None, None], {}, "no value"),
        (["", "?"], {}, "no value"),
        (["a", "b"], {"task": "regression"}, "no numbers"),
        ([math.inf, -math.inf], {"task": "regression"}, "no numbers"),
        ([[1], [2]], {}, "not single values"),
    ],
)
def test_unusable(make_spec: Callable[..., Spec], target: list[Any], objective: dict[str, Any], match: str) -> None:
    """D01, D02: a target of one class, of no value, or of no numbers is refused with exit code 3."""
    series, spec = pl.Series("y", target), make_spec(objective)
    with pytest.raises(DataError, match=match) as error:
        fit_labels(series, spec, words_for_missing(series, spec, typed=True))
    assert error.value.exit_code == 3


@pytest.mark.parametrize("objective", [{"positive": "yse"}, {"task": "binary"}])
def test_wrong_spec(make_spec: Callable[..., Spec], objective: dict[str, Any]) -> None:
    """A positive label that is none, and a binary task of three labels, are errors of the spec."""
    values = ["yes", "no"] if "positive" in objective else ["a", "b", "c"]
    with pytest.raises(SpecError, match="objective"):
        fit_labels(pl.Series("y", values), make_spec(objective))


def test_numbers(make_spec: Callable[..., Spec]) -> None:
    """D02: a regression target reads amounts; infinities and words are missing."""
    target = pl.Series("y", ["$4.00", "$1,000", "", None] * 50 + ["oops"])
    labels, _ = fit_labels(target, make_spec({"task": "regression"}))
    assert encode(labels, pl.Series("y", ["$1,234"]))[0] == 1234.0  # read as train was
    y = encode(labels, target)
    assert y[:2].tolist() == [4.0, 1000.0]
    assert np.isnan(y[[2, 3, -1]]).all()
    assert np.isnan(encode(labels, pl.Series("y", [math.inf, -math.inf]))).all()


@pytest.mark.parametrize("dtype", [pl.String, pl.Categorical, pl.Enum(["NA", "SE", "DK", "?"]), pl.Object])
@pytest.mark.parametrize(("typed", "rows", "kept"), [(True, 2, True), (False, 9, True), (False, 2, False)])
def test_a_label_called_as_missing_words_are(
    make_spec: Callable[..., Spec], dtype: Any, typed: bool, rows: int, kept: bool
) -> None:
    """A word for missing is a label in typed sources, and in text where it is as frequent as one; that is said."""
    target = pl.Series("y", ["SE"] * 20 + ["DK"] * 9 + ["NA"] * rows + [None], dtype=dtype)
    spec = make_spec()
    missing = words_for_missing(target, spec, typed=typed)
    labels, findings = fit_labels(target, spec, missing)
    assert ("NA" in labels.values) == kept
    assert [said.evidence["rows"] for said in findings if said.check == "label"] == [rows] * kept
    codes = encode(labels, target)
    assert np.isnan(codes).sum() == (1 if kept else 1 + rows)
    assert np.isnan(encode(labels, pl.Series("y", ["?", math.nan], dtype=pl.Object))).all()


@pytest.mark.parametrize(
    ("objective", "kinds"),
    [
        ({"positive": "yes"}, ("binary", ("no", "yes"))),
        ({"task": "binary"}, ("binary", ("no", "yes"))),
        ({"costs": {"false_positive": 1, "false_negative": 5}}, ("binary", ("no", "yes"))),
        ({}, ("multiclass", ("NA", "no", "yes"))),
    ],
)
@pytest.mark.parametrize("typed", [True, False])
def test_two_labels_and_a_word(
    make_spec: Callable[..., Spec], objective: dict[str, Any], kinds: tuple[str, Any], typed: bool
) -> None:
    """Where the spec means two labels and there are two, a word for missing beside them is no third."""
    target = pl.Series("y", ["no", "yes", "NA"] * 9 + ["no"])
    spec = make_spec(objective)
    labels, _ = fit_labels(target, spec, words_for_missing(target, spec, typed=typed))
    assert (labels.task.kind, labels.values) == kinds


def test_words_do_not_make_a_quantity(make_spec: Callable[..., Spec]) -> None:
    """Whole numbers as text in a typed source are labels with the word among them; floats that are NaN stay missing."""
    target = pl.Series("y", ["0", "1", "2", "NA"] * 50)
    assert fit_labels(target, make_spec())[0].values == ("0", "1", "2", "NA")
    numbers = pl.Series("y", [0.0, 1.0, 2.0, math.nan] * 50)
    assert fit_labels(numbers, make_spec({"metric": "accuracy"}))[0].values == (0.0, 1.0, 2.0)
