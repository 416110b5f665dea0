"""A world with a rule, a champion that has learned it, and new rows: of the same world, a changed one, a broken one."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from automl.bundle.read import Bundle
from automl.data.read.source import load
from automl.pipeline.fit import fit
from automl.retrain.contest import Contest
from automl.retrain.paired import Judged, judged_rows
from automl.retrain.parting import part
from automl.spec import parse
from automl.spec.retrain import Retrain

SPEC = {
    "objective": {
        "target": "bad",
        "positive": 1,
        "costs": {"false_positive": 1, "false_negative": 5, "currency": "EUR"},
        "names": {"act": "decline", "pass": "grant"},
    },
    "data": {"time": ["day"], "key": ["id"]},
    "budget": {"trials": 1, "time": "10min", "executor": "inline", "workers": 1},
    "recipe": {"learners": ["linear"], "folds": 3, "feature_search": 0, "members": 1},
    "report": {"html": False},
    "retrain": {"least": 100},
}
Rows = Callable[..., pl.DataFrame]


@pytest.fixture(scope="session")
def world() -> Rows:
    """Rows from the `start`-th day on: `x0` tells of a bad loan, in a changed world its opposite and `x2`.

    A share `flip` of the labels is turned round.
    """

    def make(n: int, *, seed: int, start: int = 0, changed: bool = False, flip: float = 0.0) -> pl.DataFrame:
        rng = np.random.default_rng(seed)
        x = rng.normal(size=(n, 3))
        score = 3.0 * x[:, 0] - 1.0 if not changed else 2.0 * x[:, 2] - 2.0 * x[:, 0] - 1.0
        bad = rng.random(n) < 1.0 / (1.0 + np.exp(-score))
        bad ^= rng.random(n) < flip
        days = start + np.sort(rng.integers(0, 100, n))
        return pl.DataFrame(
            {
                "id": [f"{seed}-{place}" for place in range(n)],
                "day": [dt.date(2026, 1, 1) + dt.timedelta(days=day) for day in days.tolist()],
                **{f"x{place}": x[:, place] for place in range(3)},
                "bad": bad.astype(np.int64),
            }
        )

    return make


@pytest.fixture(scope="session")
def champion(world: Rows, tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """A bundle that has learned the first hundred days."""
    place = tmp_path_factory.mktemp("champion") / "loans.bundle"
    return fit(SPEC, train=world(600, seed=1), out=place).bundle


@pytest.fixture
def judged(champion: Bundle, world: Rows) -> Judged:
    """The champion's answers to three hundred later rows."""
    return judged_rows(champion, parse(champion.manifest.spec), world(300, seed=3, start=150))


@pytest.fixture
def contest(champion: Bundle, tmp_path: Path) -> Callable[..., Contest]:
    """A contest over new rows."""

    def make(new: pl.DataFrame, /, **asked: object) -> Contest:
        spec = parse(champion.spec)
        wanted = Retrain.model_validate({"least": 100, **asked})
        parted = part(load(new), champion, spec, wanted)
        (tmp_path / "work").mkdir()
        return Contest(
            champion=champion,
            spec=spec,
            asked=wanted,
            rows=parted,
            work=tmp_path / "work",
            listener=lambda _: None,
            tables={},
        )

    return make
