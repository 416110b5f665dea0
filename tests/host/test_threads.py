"""One thread for the linear algebra of a fit in somebody's own program."""

import numpy as np
import polars as pl
import scipy.linalg  # noqa: F401  # both libraries' BLAS are there
from threadpoolctl import threadpool_info, threadpool_limits

from automl import fit
from automl.host.threads import single_threaded
from automl.progress import Event


def threads() -> set[int]:
    return {one["num_threads"] for one in threadpool_info() if one["user_api"] == "blas"}


def test_within_it_there_is_one_and_then_as_many_as_before():
    """Also where there is one core: two are asked for."""
    with threadpool_limits(limits=2, user_api="blas"):
        assert threads() == {2}
        with single_threaded():
            assert threads() == {1}
        assert threads() == {2}


def test_a_fit_in_a_program_has_one(tmp_path):
    """The program's own number is there again once it has ended."""
    seen = set[int]()

    def note(event: Event) -> None:
        if event.stage in {"search", "decide"}:
            seen.update(threads())

    rows = pl.DataFrame({"x": np.arange(200.0), "y": np.arange(200) % 3 == 0})
    spec = {
        "objective": {"target": "y", "positive": True},
        "budget": {"trials": 1, "executor": "inline", "workers": 1},
        "recipe": {"folds": 3, "learners": ["constant", "linear"]},
    }
    with threadpool_limits(limits=2, user_api="blas"):
        fit(spec, train=rows[:150], test=rows[150:], out=tmp_path / "a.bundle", write_anyway=True, listener=note)
        assert threads() == {2}
    assert seen == {1}
