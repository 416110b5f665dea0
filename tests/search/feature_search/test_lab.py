"""Columns on the rows that are probed, and probes of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from automl.executors.inline import InlineExecutor
from automl.features.base import Ask
from automl.search.feature_search.lab import FOLDER, Lab
from automl.search.problem import Problem
from automl.search.run import Run
from automl.spec import Spec


@pytest.fixture
def lab(make_spec: Callable[..., Spec], make_problem: Callable[..., Problem], make_run: Callable[..., Run]) -> Lab:
    """Of two halves of weighted rows, probed here and now."""
    spec = make_spec(trials=1)
    run = replace(make_run(spec), executor=InlineExecutor(workers=1))
    return Lab.of(make_problem(spec, weighted=True), run, seconds=1e-9, until=None)


def test_what_probes_learn_is_written_down(lab: Lab) -> None:
    """Target and weight stand in the run folder, where a worker finds them."""
    np.testing.assert_array_equal(lab.run.folder.load(f"{FOLDER}/y"), lab.drawn.y)
    np.testing.assert_array_equal(lab.run.folder.load(f"{FOLDER}/weight"), lab.drawn.rows.weight)


def test_the_base_is_what_every_plan_has(lab: Lab) -> None:
    """Each fold fits it again; the rows that a fold neither fits nor predicts have no values."""
    base = lab.base()
    assert base is not None
    assert {name for source in base.sources for name in source} == {"a", "b", "c"}
    for values, fold in zip(base.values, lab.drawn.folds, strict=True):
        seen = np.isin(np.arange(lab.drawn.rows.n), np.r_[fold.fit, fold.valid])
        assert np.isfinite(values[seen, 0]).all()
        assert np.isnan(values[~seen]).all()


def test_an_ask_gives_its_columns_on_each_fold(lab: Lab) -> None:
    """They know which ask they belong to, and have the expression that the graph would compute."""
    asked = lab.columns([Ask(step="arithmetic", columns=("a", "b")), Ask(step="crossing", columns=("c", "c"))])
    assert set(asked.owner) == {0, 1}
    assert len(asked.exprs) == asked.width
    assert set(asked.sources[0]) == {"a", "b"}


def test_probes_say_what_columns_are_worth(lab: Lab) -> None:
    """One for each fold; beside permuted copies one on the first fold, with twice the further columns."""
    base = lab.base()
    assert base is not None
    results = lab.probe(base)
    assert results is not None
    assert [len(one.loss) for one in results] == [len(fold.valid) for fold in lab.drawn.folds]
    more = lab.columns([Ask(step="arithmetic", columns=("a", "b"))])
    beside = lab.collect(lab.submit_beside_copies(base, more))
    assert beside is not None
    assert beside[0].weight.shape == (base.width + 2 * more.width,)


def test_what_does_not_end_in_time_has_no_result(lab: Lab) -> None:
    """A probe that failed has none either; nothing is waited for once the time is over."""
    base = lab.base()
    assert base is not None
    jobs = lab.submit(base)
    late = replace(lab, until=-1.0)
    assert late.late()
    assert late.collect(jobs) is None
    assert late.base() is None
    lab.done = dict.fromkeys(jobs, SimpleNamespace(value=None))  # type: ignore[arg-type]  # as of a job that failed
    assert lab.collect(jobs) is None
