"""Whole numbers that may be codes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from automl.data.audit.coded import codes_as_numbers
from automl.data.prepare import prepare
from automl.data.rows import Finding
from automl.data.schema import infer_schema
from automl.spec import Spec
from automl.task import Task

SETS = Path(__file__).parents[4] / "shared" / "data"
NUMBER = Task(kind="regression")
N = 4_000
DRAW = np.random.default_rng(4)
CODE = DRAW.integers(0, 60, N)
LEVEL = DRAW.normal(size=60)[CODE]


def noted(spec: Spec, columns: dict[str, object], y: np.ndarray, task: Task = NUMBER) -> list[Finding]:
    frame = pl.DataFrame(columns).with_columns(pl.all().cast(pl.Float64))
    schema = infer_schema(frame.with_columns(y=pl.Series(y)), spec)[0]
    return list(codes_as_numbers(schema.features, frame, y=y, task=task, seed=0))


@pytest.mark.parametrize("kind", ["regression", "binary", "multiclass"])
def test_codes_are_noted(make_spec: Callable[..., Spec], kind: str) -> None:
    """Levels of a code tell what their order does not, whatever the target; names are quoted as TOML."""
    y = LEVEL + DRAW.normal(size=N)
    if kind != "regression":
        y = np.digitize(y, [0.0] if kind == "binary" else [-0.7, 0.7]).astype(np.float64)
    task = NUMBER if kind == "regression" else Task(kind=kind, classes=np.unique(y).size)  # type: ignore[arg-type]  # a kind
    (said,) = noted(make_spec(types={'a "b"': "number"}), {'a "b"': CODE, "x": DRAW.normal(size=N)}, y, task)
    assert (said.check, said.column, said.action) == ("code", 'a "b"', "noted")
    assert 'data.types = { "a \\"b\\"" = "category" }' in said.text


@pytest.mark.parametrize(
    "shape", [lambda x: x, lambda x: x**2, lambda x: np.sin(x / 6.0), lambda x: np.maximum(x, 40), lambda x: 0.0 * x]
)
def test_amounts_are_not(make_spec: Callable[..., Spec], shape: Callable[[np.ndarray], np.ndarray]) -> None:
    """Whole numbers whose order tells the target, straight, bent, in waves, in part or not at all, are no codes."""
    x = shape(CODE.astype(np.float64))
    assert noted(make_spec(), {"x": CODE}, x / max(1e-9, x.std()) + DRAW.normal(size=N)) == []


def test_counts_are_not(make_spec: Callable[..., Spec]) -> None:
    """Counts, most of them zero, are no codes; nor are codes that tell nothing, decimals and too many levels."""
    count = DRAW.negative_binomial(0.3, 0.02, N)
    y = np.log1p(count) + DRAW.normal(size=N)
    assert noted(make_spec(), {"count": count, "code": DRAW.permutation(CODE)}, y) == []
    assert noted(make_spec(), {"half": CODE + 0.5, "row": np.arange(N)}, LEVEL + DRAW.normal(size=N)) == []


def test_what_the_spec_says_stands(make_spec: Callable[..., Spec]) -> None:
    """A fit notes the code; a type that is named, or a column that is kept, is what it is."""
    rows = pl.DataFrame({"amount": CODE, "y": LEVEL + DRAW.normal(size=N)})
    for data, count in (({}, 1), ({"types": {"amount": "number"}}, 0), ({"audit": {"keep": ["amount"]}}, 0)):
        found = prepare(make_spec(**data), train=rows).findings
        assert sum(one.check == "code" for one in found) == count


def test_real_columns(make_spec: Callable[..., Spec]) -> None:
    """Stores and departments are codes; hours, ages, counts of payments and years are not."""
    for name, target, codes in (
        ("walmart_weekly_sales", "Weekly_Sales", ["Store", "Dept"]),
        ("bike_sharing_hourly", "cnt", []),
        ("hdb_resale_prices", "resale_price", []),
    ):
        path = SETS / name / "train.parquet"
        if not path.exists():
            pytest.skip("the shared data sets are not here")
        frame = pl.read_parquet(path)
        whole = [column for column in frame.columns if frame[column].dtype.is_integer() and column != target]
        y = frame[target].cast(pl.Float64).to_numpy()
        spec = make_spec(types=dict.fromkeys(whole, "number"))
        columns = {column: frame[column] for column in whole}
        assert [one.column for one in noted(spec, columns, y)] == codes
