"""A table in which one column tells nearly all, another is its copy, and one goes with a third."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest

from automl.explore.explore import explore
from automl.explore.profile import Profile
from automl.spec import parse

COSTS = {"false_positive": 10, "false_negative": 50, "currency": "EUR"}


@pytest.fixture(scope="session")
def table() -> pl.DataFrame:
    """600 rows over 600 days: `x` and `level` tell the label, `near` goes with `x`, `odd` with nothing."""
    draw = np.random.default_rng(0)
    x = draw.normal(size=600)
    bad = x + 0.5 * draw.normal(size=600) > 0.7
    return pl.DataFrame(
        {
            "when": [(datetime(2024, 1, 1) + timedelta(days=i)).isoformat() for i in range(600)],  # noqa: DTZ001  # no zone in the file
            "x": x,
            "copy": x,
            "near": x + 0.1 * draw.normal(size=600),
            "level": np.where(bad & (draw.random(600) < 0.4), "risky", draw.choice(["calm", "usual"], 600)),
            "odd": pl.Series(draw.normal(size=600)).set(pl.Series(draw.random(600) < 0.25), None),
            "bad": np.where(bad, "yes", "no"),
        }
    )


@pytest.fixture(scope="session")
def make_profile(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Profile]:
    """The profile of a frame with a spec's further keys, read from a file as users do."""

    def make(frame: pl.DataFrame, target: str, **sections: Mapping[str, Any]) -> Profile:
        path = tmp_path_factory.mktemp("tables") / "rows.parquet"
        frame.write_parquet(path)
        objective = {"target": target, **sections.pop("objective", {})}
        data = {"train": str(path), **sections.pop("data", {})}
        return explore(parse({"objective": objective, "data": data, **sections}))

    return make


@pytest.fixture(scope="session")
def profile(make_profile: Callable[..., Profile], table: pl.DataFrame) -> Profile:
    """Of the table, with costs and its time."""
    return make_profile(table, "bad", objective={"positive": "yes", "costs": COSTS}, data={"time": "when"})
