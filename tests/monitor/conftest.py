"""Bundles of every kind of objective over the same rows, fitted when one is first asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from functools import cache

import numpy as np
import polars as pl
import pytest

from automl import Bundle, fit
from automl.decide.verdict import decided_rows

COSTS = {"currency": "EUR", "false_positive": 4, "false_negative": "amount * 0.4"}
FRAUD = {"target": "fraud", "positive": "yes"}
OBJECTIVES: Mapping[str, Mapping[str, object]] = {
    "no costs": FRAUD,
    "rule": FRAUD | {"costs": COSTS, "today": {"act": "amount > 20"}},
    "review": FRAUD | {"costs": COSTS | {"missing": "review"}, "review": {"cost": 1.0, "error": "5%"}},
    "capacity": FRAUD | {"costs": COSTS, "capacity": {"act": "40 per 1d"}},
    "classes": {"target": "fault"},
    "actions": {
        "target": "fault",
        "costs": {
            "matrix": {
                "none": {"run": 0, "inspect": 50},
                "minor": {"run": 100, "inspect": 80},
                "major": {"run": 400, "inspect": 90},
            }
        },
    },
    "numbers": {"target": "sold", "task": "regression"},
    "stock": {"target": "sold", "task": "regression", "interval": "90%", "costs": {"under": 5, "over": 2}},
}
SEGMENTS = ("gold", "tin", "iron")


def draw_rows(n: int, *, seed: int) -> pl.DataFrame:
    """Rows of ten days, later ones the larger the seed, with three targets; the fee is no feature."""
    draw = np.random.default_rng(seed)
    signal, amount = draw.normal(size=n), draw.gamma(2.0, 10.0, n)
    segment = draw.choice(SEGMENTS, n, p=(0.7, 0.2, 0.1))
    score = 2 * signal + (segment == "tin") - 1.0 + draw.logistic(size=n)
    return pl.DataFrame(
        {
            "id": np.arange(n) + 10_000 * seed,
            "day": [date(2026, 1, 1) + timedelta(days=10 * seed + place * 10 // n) for place in range(n)],
            "signal": signal,
            "amount": amount,
            "segment": segment,
            "fee": draw.uniform(1, 3, n),
            "fraud": np.where(score > 0, "yes", "no"),
            "fault": np.select([score > 2, score > 0], ["major", "minor"], "none"),
            "sold": 20 + 5 * signal + 10 * (segment == "tin") + draw.normal(size=n),
        }
    )


@pytest.fixture(params=OBJECTIVES)
def kind(request: pytest.FixtureRequest) -> str:
    """Each kind of objective."""
    return str(request.param)


@pytest.fixture(scope="session")
def rows_of() -> Callable[..., pl.DataFrame]:
    """So many rows of a seed, all from one world, with their labels."""
    return draw_rows


@pytest.fixture(scope="session")
def bundle_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Bundle]:
    """The bundle of a kind of objective; look, don't touch."""

    @cache
    def fitted(kind: str) -> Bundle:
        objective = OBJECTIVES[kind]
        others = {"fraud", "fault", "sold"} - {str(objective["target"])}
        spec = {
            "objective": objective,
            "data": {"key": "id", "time": "day", "exclude": ["fee", *sorted(others)]},
            "budget": {"time": "5min", "trials": 1, "executor": "inline", "workers": 1},
            "recipe": {"folds": 2, "learners": ["linear"], "feature_search": 0.0},
            "report": {"html": False},
        }
        place = tmp_path_factory.mktemp("kinds") / "model.bundle"
        train, test = draw_rows(900, seed=0), draw_rows(600, seed=1)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(decided_rows, "REPEATS", 1)  # a verdict that nobody looks at more closely
            return fit(spec, train=train, test=test, out=place, write_anyway=True).bundle

    return fitted
