"""A limit over a column, a metric or a task that there is not is told before the search."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from automl.data.rows import Column, Labels, Prepared, Rows, Schema
from automl.errors import AutomlError, DataError, SpecError
from automl.gates.asked import MOST_GROUPS, check_limits
from automl.spec.limits import Limits
from automl.task import Task

BINARY = Labels(name="y", task=Task(kind="binary", classes=2), values=(0, 1), texts=("0", "1"), dtype="int")
MULTICLASS = Labels(name="y", task=Task(kind="multiclass", classes=3), values=("a", "b", "c"), texts=("a", "b", "c"))
NUMBER = Labels(name="y", task=Task(kind="regression"), dtype="float")


def prepared(labels: Labels = BINARY) -> Prepared:
    """A hundred rows with an age, a sex and a number of its own for each row."""
    raw = pl.DataFrame({"age": range(100), "sex": ["f", "m"] * 50, "number": range(100)})
    wires = {"age": "number", "sex": "category"}
    columns = tuple(
        Column(name=name, wire=wire, role="feature", reason="a test", is_feature=True, reader={"name": name})
        for name, wire in wires.items()
    )
    rows = Rows(frame=raw.select("age"), raw=raw, y=np.arange(100) % 2.0)
    return Prepared(
        schema=Schema(columns=columns), labels=labels, train=rows, test=rows, findings=(), split="", digests={}
    )


def refusal(labels: Labels = BINARY, **limits: object) -> str:
    """What is said of these limits."""
    with pytest.raises(SpecError) as caught:
        check_limits(Limits.model_validate(limits), prepared(labels))
    return str(caught.value)


def gap(column: str, metric: str) -> list[dict[str, object]]:
    return [{"column": column, "metric": metric, "gap": 0.1}]


@pytest.mark.parametrize("labels", [BINARY, NUMBER], ids=["binary", "regression"])
def test_limits_that_can_be_kept_pass(labels):
    """Names that the problem has, and no limit at all, are no reason to stop."""
    metric = "rmse" if labels is NUMBER else "recall"
    given = {"scores": {metric: 0.5}, "monotone": {"age": "increasing"}, "fairness": gap("sex", metric)}
    check_limits(Limits.model_validate(given), prepared(labels))
    check_limits(Limits(), prepared(labels))


def test_a_score_that_the_test_part_cannot_have_is_refused():
    """R17: a floor under an AUC where test has one label is told before the search, with the count."""
    data = prepared()
    one = replace(data, test=replace(data.test, y=np.zeros(100)))
    check_limits(Limits(scores={"log_loss": 0.5}), one)
    with pytest.raises(DataError, match="roc_auc has no value on the test part: all 100 rows have") as told:
        check_limits(Limits(scores={"roc_auc": 0.5}), one)
    assert told.value.where == "limits.scores.roc_auc"


def test_a_metric_of_another_problem_is_refused():
    """An error in money or of another kind of answer has no floor here; the place is the key of the spec."""
    assert refusal(scores={"rmse": 1.0}) == "limits.scores.rmse: rmse is not a metric of this problem (binary)"
    assert "limits.fairness[0].metric: r2 is not a metric" in refusal(fairness=gap("sex", "r2"))
    assert "cost is not a metric of this problem" in refusal(scores={"cost": 1.0})
    assert "f1 is not a metric of this problem (regression)" in refusal(NUMBER, scores={"f1": 0.5})


def test_a_metric_of_ones_own_has_no_limit():
    """The gates judge a bundle again wherever it goes, and import no code for it."""
    told = refusal(scores={"mine:found": 0.5})
    assert told == "limits.scores.mine:found: a metric of your own has no limit: a bundle is judged without it"


def test_a_metric_that_nobody_knows_is_refused():
    """The nearest right name is told."""
    with pytest.raises(AutomlError, match="did you mean 'roc_auc'"):
        check_limits(Limits(scores={"roc_acu": 0.5}), prepared())


def test_groups_are_of_a_column_with_few_values():
    """A name with a typo is answered, and a column with a value for each row is no column of groups."""
    assert refusal(fairness=gap("sxe", "recall")) == (
        "limits.fairness[0].column: no column 'sxe'\n  did you mean 'sex'?"
    )
    assert f"'number' has 100 values, and fairness compares at most {MOST_GROUPS} groups" in refusal(
        fairness=gap("number", "recall")
    )
    assert refusal(fairness=gap("zzzzzz", "recall")) == "limits.fairness[0].column: no column 'zzzzzz'"


def test_each_entry_is_told_by_its_place():
    """Of several gaps the one that cannot be kept is named."""
    assert refusal(fairness=[*gap("sex", "recall"), *gap("nobody", "recall")]).startswith("limits.fairness[1].column")


def test_directions_are_of_numbers():
    """A column that is read as words has no direction, nor have several classes; a key that is no column is told."""
    assert "'sex' is read as category, and a direction needs a number" in refusal(monotone={"sex": "increasing"})
    assert "no column 'agee'\n  did you mean 'age'?" in refusal(monotone={"agee": "increasing"})
    assert "several classes have no direction" in refusal(MULTICLASS, monotone={"age": "increasing"})
