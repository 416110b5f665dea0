"""Rows from which a label can be told, as files, and a spec begun from them without a terminal."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from automl.init.init import Begun, begin
from automl.init.question import by_default
from automl.spec import load

Begin = Callable[..., dict[str, Any]]


@pytest.fixture(scope="session")
def rows() -> pl.DataFrame:
    """400 customers: `plan` and `age` tell who leaves."""
    draw = np.random.default_rng(0)
    age = draw.integers(18, 80, 400)
    plan = draw.choice(["basic", "plus", "max"], 400)
    leaves = draw.random(400) < np.where(plan == "basic", 0.5, 0.1)
    return pl.DataFrame(
        {"age": age, "plan": plan, "spent": draw.normal(50, 9, 400), "churn": np.where(leaves, "yes", "no")}
    )


@pytest.fixture
def begun(tmp_path: Path) -> Callable[..., Begun]:
    """Begin a spec for files, with answers by flag and nobody to ask."""

    def start(*data: Path, **flags: str) -> Begun:
        given = {f"--{name.replace('_', '-')}": text for name, text in flags.items()}
        return begin(data, tmp_path / "spec.toml", given, by_default)

    return start


@pytest.fixture
def begin_spec(begun: Callable[..., Begun], tmp_path: Path) -> Begin:
    """Its values; the spec is read as `automl check` reads it."""

    def start(*data: Path, **flags: str) -> dict[str, Any]:
        text = begun(*data, **flags).text
        (tmp_path / "spec.toml").write_text(text, encoding="utf-8")
        load(tmp_path / "spec.toml")
        return tomllib.loads(text)

    return start
