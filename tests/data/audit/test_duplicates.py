"""Rows that equal each other."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import polars as pl
import pytest

from automl.data.audit.duplicates import duplicate_groups, shared_rows
from automl.data.prepare import prepare
from automl.data.split import folds
from automl.spec import Spec
from automl.spec.data import Audit, Data

DRAW = np.random.default_rng(8)


def test_shared_rows() -> None:
    """D18: rows of test that equal a row of train are counted."""
    train, test = pl.DataFrame({"a": [1.0, 2.0], "b": ["x", ""]}), pl.DataFrame({"a": [2.0, 2.0], "b": ["", "x"]})
    (found,) = shared_rows(train, test)
    assert found.evidence == {"rows": 1, "share": 0.5}
    assert shared_rows(train, test[1:]) == ()
    assert shared_rows(train, test[:0]) == ()


def rows(pool: np.ndarray, n: int) -> pl.DataFrame:
    """`n` rows drawn from a pool, with copies."""
    return pl.DataFrame({"x": DRAW.choice(pool, n), "c": ["a"] * n})


def test_copies_that_were_kept_together(make_spec: Callable[..., Spec]) -> None:
    """D18: where no row of test is one of train, though half of train are copies, no fold parts copies either."""
    train, test = (
        rows(np.arange(150.0), 400).with_columns(y=pl.Series(DRAW.choice(["no", "yes"], 400))),
        rows(np.arange(150.0, 200.0), 100).with_columns(y=pl.Series(DRAW.choice(["no", "yes"], 100))),
    )
    spec = make_spec({"positive": "yes"})
    found = prepare(spec, train=train.with_columns(z=pl.col("x") % 7), test=test.with_columns(z=pl.col("x") % 7))
    (told,) = [one for one in found.findings if one.check == "copies"]
    assert told.action == "changed"
    assert "of the rows of train equal another one" in told.text
    assert found.train.group is not None
    assert found.test.group is not None
    for fold in folds(found.train, found.labels.task, k=5, seed=0, horizon=None, by_time=False, unseen_groups=False):
        fitted, judged = (set(found.train.frame["x"].gather(part).to_list()) for part in (fold.fit, fold.valid))
        assert not fitted & judged
    assert not set(found.train.group.tolist()) & set(found.test.group.tolist())


@pytest.mark.parametrize(
    ("train", "test", "data"),
    [
        (rows(np.arange(150.0), 400), rows(np.arange(150.0), 100), Data()),
        (rows(np.arange(1e6), 400), rows(np.arange(1e6, 2e6), 100), Data()),
        (rows(np.arange(150.0), 400), rows(np.arange(150.0, 200.0), 12), Data()),
        (rows(np.arange(150.0), 400), rows(np.arange(150.0, 200.0), 100), Data(group="c")),
        (rows(np.arange(150.0), 400), rows(np.arange(150.0, 200.0), 100), Data(time=("x",))),
        (rows(np.arange(150.0), 400), rows(np.arange(150.0, 200.0), 100), Data(audit=Audit(action="warn"))),
        (pl.DataFrame(), pl.DataFrame(), Data()),
    ],
    ids=["drawn", "no copies", "too few to tell", "by group", "by time", "warn", "no columns"],
)
def test_rows_that_are_drawn(train: pl.DataFrame, test: pl.DataFrame, data: Data) -> None:
    """Copies that a draw has put on both sides are as frequent in what will be scored."""
    assert duplicate_groups(train, test, data) is None
