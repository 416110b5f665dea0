"""The spec that an estimator's parameters make."""

from __future__ import annotations

import numpy as np
import pytest

from automl.errors import SpecError
from automl.sklearn import AutoMLClassifier
from automl.sklearn.asked import Columns, spec_of

PLAIN = Columns(target="y")


def _spec(columns=PLAIN, **params):
    return spec_of(AutoMLClassifier(**params).get_params(deep=False), columns, task="binary", positive=1)


def test_each_parameter_has_its_key():
    """Time, costs, limits, recipe, metric, seed and workers stand where a spec has them; no report is drawn unasked."""
    spec = _spec(
        time="10s",
        costs={"false_positive": 1, "false_negative": 2},
        limits={"size": "25MB"},
        recipe="small",
        metric="roc_auc",
        random_state=7,
        n_jobs=3,
    )
    assert spec.budget.time == 10
    assert (spec.budget.seed, spec.budget.workers) == (7, 3)
    assert spec.objective.costs.false_negative == 2
    assert spec.objective.metric == "roc_auc"
    assert spec.limits.size == 25_000_000
    assert spec.recipe.name == "small"
    assert not spec.report.html


def test_the_rest_is_in_the_spec():
    """A section may be said half by a parameter, half by `spec`; the report may be asked for."""
    given = {"budget": {"trials": 3}, "data": {"exclude": "id"}, "report": {"html": True}, "recipe": {"folds": 4}}
    spec = _spec(Columns(target="y", weight="w", group="g", costs=("due",)), spec=given, recipe="quick")
    assert (spec.budget.trials, spec.recipe.folds, spec.report.html) == (3, 4, True)
    assert (spec.data.exclude, spec.data.weight, spec.data.group) == (("id", "due"), "w", "g")
    assert given["data"] == {"exclude": "id"}


@pytest.mark.parametrize(("time", "seconds"), [(2, 2.0), (0.5, 0.5), (np.int64(9), 9.0), ("2min", 120.0)])
def test_time_may_be_seconds(time, seconds):
    """A number of any kind, as a search over parameters draws it, or a text as in a spec."""
    assert _spec(time=time).budget.time == seconds


def test_seeds_and_jobs_as_scikit_learn_has_them():
    """None repeats itself, a generator is drawn from; -1 are all cores."""
    assert _spec().budget.seed == _spec().budget.seed == 0
    draw = np.random.RandomState(3)
    assert _spec(random_state=draw).budget.seed != _spec(random_state=draw).budget.seed
    assert _spec(n_jobs=-1).budget.workers >= _spec(n_jobs=-2).budget.workers >= 1


@pytest.mark.parametrize(
    "given", [{"budget": {"time": "1min"}}, {"objective": {"target": "a"}}, {"data": {"tables": {}}}]
)
def test_nothing_is_said_twice(given):
    """What has a parameter or an argument is refused in `spec`, with the name of that."""
    with pytest.raises(SpecError, match="is said by"):
        _spec(spec=given)
