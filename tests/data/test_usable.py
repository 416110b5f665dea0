"""Rows that cannot be learned from or judged by are told by their part, with counts and what to do."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import polars as pl
import pytest

from automl.data.last_words import UNJUDGED
from automl.data.parts import part_rows
from automl.data.prepare import prepare
from automl.data.rows import Prepared
from automl.data.sources import open_sources
from automl.data.usable import row_weights
from automl.errors import DataError
from automl.spec import Spec

N = 120
X = np.random.default_rng(0).normal(size=N)
LABELS = np.where(np.arange(N) % 3 == 0, "yes", "no")
NUMBERS = np.round(np.exp(X), 3)


def prepared(spec: Spec, y: object, test: object = None, **more: object) -> Prepared:
    """The rows of x and y and `more` columns, and of a test part of fewer."""
    train = pl.DataFrame({"x": X[: len(y)], "y": y, **more})
    held = None
    if test is not None:
        held = pl.DataFrame(
            {"x": X[: len(test)], "y": test, **{name: cells[: len(test)] for name, cells in more.items()}}
        )
    return prepare(spec, train=train, test=held)


@pytest.mark.parametrize(
    ("y", "test", "told"),
    [
        (LABELS, ["ja", "nein", "ja"], "a label that train has: there it is 'ja', 'nein', in train 'no', 'yes'"),
        (LABELS, [None, None, "  "], "a target: it is missing or infinite"),
        (NUMBERS, ["low", "high", None], "a number as its target: it is 'low', 'high'"),
        (NUMBERS, [float("nan"), None, float("inf")], "a target: it is missing or infinite"),
    ],
)
def test_a_test_part_without_a_usable_target(make_spec: Callable[..., Spec], y: object, test: list, told: str) -> None:
    """Exit 3, with both sets of labels, or with what stands in place of numbers."""
    with pytest.raises(DataError, match=f"no row of test has {told}") as refused:
        prepared(make_spec(), y, test)
    assert refused.value.exit_code == 3


def test_labels_of_test_alone_are_named_with_those_of_train_and_the_file(
    make_spec: Callable[..., Spec], tmp_path
) -> None:
    """Rows left out of test are a finding of their own, which stands beside the scores; a refusal names the file."""
    said = prepared(make_spec(), LABELS, ["yes", "no", "maybe", "ask", None]).findings
    (left_out,) = [finding for finding in said if finding.check == UNJUDGED]
    assert left_out.evidence == {"rows": 3, "unknown": 2}
    assert "2 are labels that train does not have: 'maybe', 'ask'; train has 'no', 'yes'" in left_out.text
    pl.DataFrame({"x": X, "y": LABELS}).write_csv(tmp_path / "train.csv")
    pl.DataFrame({"x": X[:2], "y": ["ja", "nein"]}).write_csv(tmp_path / "later.csv")
    spec = make_spec(train=str(tmp_path / "train.csv"), test=str(tmp_path / "later.csv"))
    with pytest.raises(DataError, match=r"y in \S*later\.csv: no row of test"):
        prepare(spec)


def test_a_test_part_without_the_target_column(make_spec: Callable[..., Spec]) -> None:
    """The ways on are named: leave it out, or predict."""
    sources = open_sources(make_spec(), pl.DataFrame({"x": X, "y": LABELS}), pl.DataFrame({"x": X}))
    with pytest.raises(DataError, match="no column 'y', the target") as refused:
        part_rows(make_spec(), sources)
    assert "leave out data.test" in str(refused.value)
    assert "`automl predict`" in str(refused.value)


@pytest.mark.parametrize(
    ("y", "data", "told"),
    [
        (
            np.where(np.arange(N) < N - 20, "no", "yes"),
            {"time": "day"},
            "all 90 rows to learn from have the label 'no'",
        ),
        (np.where(np.arange(N) < N - 20, 1.0, X), {"time": "day"}, "all 90 rows to learn from have the number 1"),
        (LABELS, {"group": "same"}, "rows to learn from have the label"),
        (np.array(["a", "b", "c"])[np.arange(N) % 3], {"group": "same"}, "rows to learn from have none of its labels"),
        (["yes", "no", "no", "no"], {}, "the rows to learn from have one row of the label 'yes'"),
        (["yes", "no"] * 2, {}, "the rows to learn from have one row of the label"),
    ],
)
def test_what_the_set_aside_took(make_spec: Callable[..., Spec], y: object, data: dict, told: str) -> None:
    """Labels by time, groups that are the labels, four rows: the data has both labels, and what is left has not."""
    day = [f"2024-{1 + place // 28:02}-{1 + place % 28:02}" for place in range(len(y))]
    objective = {"task": "regression"} if isinstance(y[-1], float) else {}
    with pytest.raises(DataError, match=f"after a part was set aside as test, .*{told}") as refused:
        prepared(make_spec(objective, **data), y, day=day, same=list(y))
    assert "data.test" in str(refused.value)


def test_groups_that_are_the_labels(make_spec: Callable[..., Spec]) -> None:
    """With a test part, too: no fold could learn what it judges. A class of one group among others is noted."""
    spec = make_spec(group="same")
    with pytest.raises(DataError, match="one group of 'same' for 'no', 'yes'") as refused:
        prepared(spec, LABELS, LABELS[:30], same=LABELS)
    assert refused.value.where == "data.group"
    three = np.array(["a", "b", "c"])[np.arange(N) % 3]
    groups = [f"{label}{place % 4 if label != 'c' else 0}" for place, label in enumerate(three)]
    (said,) = [finding for finding in prepared(spec, three, three, same=groups).findings if "one group" in finding.text]
    assert (said.check, said.evidence) == ("rare class", {"label": "c"})
    assert prepared(spec, LABELS, LABELS[:30], same=["g"] * N).train.n == N


@pytest.mark.parametrize(
    ("weights", "told"),
    [
        ([0.0] * N, "the weight is 0 in all 120 rows"),
        ([None] * 3 + [1.0] * (N - 3), "3 of 120 weights of train are missing or no numbers"),
        ([-1.0] * 2 + [1.0] * (N - 2), "2 of 120 weights of train are below 0"),
        (["heavy"] * N, "120 of 120 weights of train are missing or no numbers"),
        (np.where(LABELS == "yes", 0.0, 1.0), "no row of train with the label 'yes' has a weight above 0"),
    ],
)
def test_weights_that_cannot_be(make_spec: Callable[..., Spec], weights: object, told: str) -> None:
    """Each with its own count, in exit 3; so is a class of which no row counts."""
    train = pl.DataFrame({"x": X, "y": LABELS, "w": weights})
    with pytest.raises(DataError, match=told) as refused:
        prepare(make_spec(weight="w"), train=train, test=train.with_columns(w=pl.lit(1.0)))
    assert refused.value.exit_code == 3


def test_rows_of_weight_0_are_left_out_and_counted(make_spec: Callable[..., Spec]) -> None:
    """They count for nothing, in no fold and in no score; a class may have no weight in test."""
    weight = np.where(np.arange(N) % 2 == 0, 0.0, 1.5)
    data = prepared(make_spec(weight="w"), LABELS, LABELS, w=weight)
    assert (data.train.n, data.test.n) == (60, 60)
    assert (data.train.weight == 1.5).all()
    told = [finding.text for finding in data.findings if finding.check == "weight"]
    assert told == [f"60 of 120 rows of {part} have a weight of 0: they are left out" for part in ("train", "test")]
    train, test = (pl.DataFrame({"x": X, "y": LABELS, "w": w}) for w in (weight, np.where(LABELS == "yes", 0.0, 1.0)))
    assert (prepare(make_spec(weight="w"), train=train, test=test).test.y == 0).all()
    assert row_weights(train, "w", "train").tolist() == weight.tolist()


def test_numbers_of_which_all_that_count_are_one(make_spec: Callable[..., Spec]) -> None:
    """A target that varies only where the weight is 0 is told as that."""
    y = np.where(np.arange(N) < 100, 2.5, X)
    weight = np.where(np.arange(N) < 100, 1.0, 0.0)
    with pytest.raises(DataError, match="one value in all 100 rows of train with a weight above 0"):
        prepared(make_spec({"task": "regression"}, weight="w"), y, NUMBERS, w=weight)


@pytest.mark.parametrize(
    ("train", "test", "told"),
    [
        (NUMBERS * 1e300, NUMBERS, "the target of train is beyond 1e\\+100 in 120 of 120 rows"),
        (
            np.r_[1e300, NUMBERS[1:]],
            NUMBERS,
            "the target of train is beyond 1e\\+100 in 1 of 120 rows \\(up to 1e\\+300",
        ),
        (NUMBERS, np.r_[-1e300, NUMBERS[1:]], "the target of test is beyond 1e\\+100 in 1 of 120 rows"),
        (NUMBERS * 1e-300, NUMBERS, "the target of train varies by"),
        (NUMBERS * 1e300, None, "the target of the data is beyond"),
    ],
)
def test_targets_whose_squares_no_float_holds(make_spec: Callable[..., Spec], train, test, told: str) -> None:
    """Exit 3 with the count, not an overflow after the search; 1e90 and 1e-90 are numbers like others."""
    spec = make_spec({"task": "regression"})
    with pytest.raises(DataError, match=told) as refused:
        prepared(spec, train, test)
    assert refused.value.exit_code == 3
    for unit in (1e90, 1e-90):
        sources = open_sources(spec, pl.DataFrame({"x": X, "y": NUMBERS * unit}), None)
        assert part_rows(spec, sources)[0].train.raw.height == 90
