"""Whole numbers that are codes: the data decide, names break ties."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import polars as pl
import pytest

from automl.data.audit.coded import read_codes
from automl.data.prepare import prepare
from automl.data.rows import Finding, Schema
from automl.data.schema import infer_schema
from automl.spec import Spec
from automl.task import Task

NUMBER = Task(kind="regression")
N = 6_000
DRAW = np.random.default_rng(4)
CODE = DRAW.integers(0, 60, N)
LEVEL = DRAW.normal(size=60)[CODE]
MANY = DRAW.zipf(1.2, N) % 3_000  # ids in the order of their frequency
KINDS = {
    "regression": NUMBER,
    "binary": Task(kind="binary", classes=2),
    "multiclass": Task(kind="multiclass", classes=3),
}


def noise() -> np.ndarray:
    return DRAW.normal(size=N)


def of_kind(y: np.ndarray, kind: str) -> np.ndarray:
    """The target as a number, as two labels or as three."""
    return y if kind == "regression" else np.digitize(y, [0.0] if kind == "binary" else [-0.7, 0.7]).astype(np.float64)


def read(
    spec: Spec, columns: dict[str, object], y: np.ndarray, kind: str = "regression"
) -> tuple[Schema, tuple[Finding, ...]]:
    frame = pl.DataFrame(columns).with_columns(y=pl.Series(y))
    schema, _ = infer_schema(frame, spec)
    return read_codes(schema, frame, y=y, task=KINDS[kind], spec=spec)


def ways(schema: Schema) -> dict[str, tuple[str, str]]:
    return {column.name: (column.wire, column.sense) for column in schema.features}


@pytest.mark.parametrize("kind", KINDS)
def test_codes_that_are_named_as_measures(make_spec: Callable[..., Spec], kind: str) -> None:
    """Levels tell what their order does not, whatever the target: they are offered beside the number, never alone."""
    y = of_kind(LEVEL + 0.5 * noise(), kind)
    schema, (said,) = read(make_spec(), {"amount": CODE, "x": noise()}, y, kind)
    assert ways(schema) == {"amount": ("number", "both"), "x": ("number", "")}
    assert (said.check, said.column, said.action) == ("code", "amount", "changed")
    assert 'data.types = { "amount" = "number" } overrules' in said.text


@pytest.mark.parametrize("kind", KINDS)
def test_measures_that_are_named_as_codes(make_spec: Callable[..., Spec], kind: str) -> None:
    """Where the order tells what 580 levels cannot, what is called a code is a number."""
    x = DRAW.integers(0, 580, N)
    y = of_kind(x / x.std() - x.mean() / x.std() + 0.5 * noise(), kind)
    before, _ = infer_schema(pl.DataFrame({"store_id": x, "y": y}), make_spec())
    assert ways(before)["store_id"] == ("category", "code")
    schema, (said,) = read(make_spec(), {"store_id": x}, y, kind)
    assert ways(schema) == {"store_id": ("number", "")}
    assert 'data.types = { "store_id" = "category" } overrules' in said.text


def test_a_name_breaks_the_tie(make_spec: Callable[..., Spec]) -> None:
    """Levels that tell a little are offered where the name says code; what is clear needs no name."""
    effect = DRAW.normal(size=3_000)[MANY]
    schema, _ = read(make_spec(), {"user_id": MANY, "size": MANY}, effect + 3.0 * np.log1p(MANY) + noise())
    assert ways(schema) == {"user_id": ("number", "both"), "size": ("number", "")}
    schema, _ = read(make_spec(), {"a_code": DRAW.permutation(5_000)[MANY], "b": MANY}, effect + noise())
    assert ways(schema)["a_code"] in {("category", "code"), ("number", "both")}
    assert ways(schema)["b"] == ("number", "both")


@pytest.mark.parametrize(
    "shape", [lambda x: x, lambda x: x**2, lambda x: np.sin(x / 6.0), lambda x: np.maximum(x, 40), lambda x: 0.0 * x]
)
def test_amounts_stay(make_spec: Callable[..., Spec], shape: Callable[[np.ndarray], np.ndarray]) -> None:
    """Whole numbers whose order tells the target, straight, bent, in waves, in part or not at all, are numbers."""
    x = shape(CODE.astype(np.float64))
    schema, said = read(make_spec(), {"x": CODE}, x / max(1e-9, x.std()) + noise())
    assert (ways(schema), said) == ({"x": ("number", "")}, ())


def test_counts_and_years_stay(make_spec: Callable[..., Spec]) -> None:
    """Counts, most of them zero, years, what tells nothing, decimals and another number in each row are numbers."""
    count, year = DRAW.negative_binomial(0.3, 0.02, N), DRAW.integers(1990, 2024, N)
    y = np.log1p(count) + 0.1 * (year - 2000) + noise()
    assert read(make_spec(), {"count": count, "year": year, "code": DRAW.permutation(CODE)}, y)[1] == ()
    columns = {"half": CODE + 0.5, "row": DRAW.permutation(N) * 7}
    assert read(make_spec(), columns, LEVEL + noise())[1] == ()


def test_few_rows_leave_it_to_the_name(make_spec: Callable[..., Spec]) -> None:
    """With 400 rows nothing is looked at."""
    some = slice(0, 400)
    spec, columns = make_spec(), {"amount": CODE[some], "store": CODE[some] % 20}
    schema, said = read(spec, columns, LEVEL[some] + 0.1 * noise()[some])
    assert (ways(schema), said) == ({"amount": ("number", ""), "store": ("category", "code")}, ())


def test_what_the_spec_says_stands(make_spec: Callable[..., Spec]) -> None:
    """A type that is named, or a column that is kept, is what it is."""
    rows = pl.DataFrame({"amount": CODE, "y": LEVEL + 0.5 * noise()})
    for data, count in (({}, 1), ({"types": {"amount": "number"}}, 0), ({"audit": {"keep": ["amount"]}}, 0)):
        found = prepare(make_spec(**data), train=rows).findings
        assert sum(one.check == "code" for one in found) == count
