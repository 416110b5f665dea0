"""What the audit sees, and what it leaves alone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import numpy as np
import polars as pl
import pytest

from automl.data.audit.columns import audit
from automl.data.audit.univariate import univariate_score
from automl.data.read.frames import read_frame
from automl.data.rows import Finding
from automl.data.schema import infer_schema
from automl.errors import DataError
from automl.spec import Spec
from automl.task import Task

N = 2_000
DRAW = np.random.default_rng(3)
X = DRAW.normal(size=N)
Y = (X + DRAW.normal(size=N) > 0).astype(float)
BINARY = Task(kind="binary", classes=2)


def look(raw: pl.DataFrame, spec: Spec, y: Any = Y, task: Task = BINARY) -> dict[str | None, Finding]:
    schema, _ = infer_schema(raw, spec)
    frame = read_frame(schema.reader(), raw)
    return {f.column: f for f in audit(schema, raw, frame, y=np.asarray(y), task=task, spec=spec, seed=7)}


def table(**columns: Any) -> pl.DataFrame:
    return pl.DataFrame({"y": Y, "x": X} | columns)


def test_constants_and_copies(make_spec: Callable[..., Spec]) -> None:
    """D04: constant, all-missing and copied columns are dropped and listed; one value with gaps is kept."""
    found = look(
        table(
            one=[1] * N,
            word=["a"] * N,
            none=pl.Series([None] * N, dtype=pl.Float64),
            blank=["?"] * N,
            copy=X,
            text_copy=[repr(float(v)) for v in X],
            gaps=[1, None] * (N // 2),
            minus=-X,
        ),
        make_spec(),
    )
    assert {name: f.check for name, f in found.items()} == {
        "one": "constant",
        "word": "constant",
        "none": "all missing",
        "blank": "all missing",
        "copy": "duplicate",
        "text_copy": "duplicate",
    }
    assert all(f.action == "dropped" for f in found.values())
    assert found["copy"].evidence == {"of": "x"}


def test_changes(make_spec: Callable[..., Spec]) -> None:
    """D03, D08, D14: infinities, unread words, dates out of range and long whole numbers are counted and said."""
    first, last = datetime(2024, 1, 1), datetime(2199, 12, 31)  # noqa: DTZ001  # naive
    dates = pl.Series([first, last] * (N // 2)).cast(pl.Datetime("ms"))
    found = look(
        table(
            inf=[np.inf, -np.inf, *X[2:]],
            word=["oops", *(repr(float(v)) for v in X[1:])],
            day=dates.scatter(0, None).to_physical().scatter(1, 2**60).cast(pl.Datetime("ms")),
            long=[2**60 + int(v * 1e6) for v in X],
        ),
        make_spec(),
    )
    assert {name: (f.check, f.evidence["rows"]) for name, f in found.items()} == {
        "inf": ("infinite", 2),
        "word": ("unparsed", 1),
        "day": ("date", 1),
        "long": ("precision", N),
    }
    assert "'oops'" in found["word"].text


def test_words_among_numbers(make_spec: Callable[..., Spec]) -> None:
    """Words that stand for missing among numbers are named and counted, and told from infinities."""
    numbers = [f"{value:.3f}" for value in X]
    texts = [*["unknown"] * 30, *["#DIV/0!"] * 7, *numbers[37:]]
    endless = [*["inf"] * 9, *["-Infinity"] * 4, *numbers[13:]]
    found = look(
        table(texts=texts, endless=endless, mixed=pl.Series([*texts[:40], *X[40:]], dtype=pl.Object)), make_spec()
    )
    assert found["texts"].text == (
        "'texts' has words among its numbers, 'unknown' in 30 rows, '#DIV/0!' in 7 rows: read as missing"
    )
    assert found["texts"].evidence == {"rows": 37, "words": {"unknown": 30, "#DIV/0!": 7}}
    assert found["mixed"].evidence == found["texts"].evidence
    assert (found["endless"].check, found["endless"].evidence["rows"]) == ("infinite", 13)


@pytest.mark.parametrize(
    "leak",
    [
        Y,
        Y * 2 - 1,
        Y + DRAW.normal(size=N) * 0.05,
        -Y * 100 + DRAW.normal(size=N),
        [f"{'ab'[int(v)]}{i % 40}" for i, v in enumerate(Y)],
        np.where(Y > 0, DRAW.random(N), np.nan),
        [i % 50 * 2 + int(v) for i, v in enumerate(Y)],
    ],
)
def test_leak(make_spec: Callable[..., Spec], leak: Any) -> None:
    """D06: a column that alone gives the answer is dropped by default, however it is written."""
    raw = table(leak=leak)
    assert {name: f.action for name, f in look(raw, make_spec()).items()} == {"leak": "dropped"}
    assert {name: f.action for name, f in look(raw, make_spec(audit={"action": "warn"})).items()} == {"leak": "noted"}
    assert look(raw, make_spec(audit={"keep": ["leak"]})) == {}
    with pytest.raises(DataError, match=r"leak.*answer away"):
        look(raw, make_spec(audit={"action": "stop"}))


def test_leak_of_numbers(make_spec: Callable[..., Spec]) -> None:
    """D06: so is a column that follows a number, in a line or by rank; a good honest one is not."""
    y = np.exp(X * 3)
    raw = table(line=y * 7 + 3, rank=np.log1p(y) * 3 + 5, honest=y * np.exp(DRAW.normal(size=N) * 0.5)).drop("x")
    found = look(raw, make_spec({"task": "regression"}), y, Task(kind="regression"))
    assert set(found) == {"line", "rank"}


def test_leak_of_classes(make_spec: Callable[..., Spec]) -> None:
    """D06: so is a column that tells one of several classes."""
    y = np.arange(N) % 5
    raw = table(code=[f"K{v}" for v in y], half=[f"K{v // 2}" for v in y])
    assert set(look(raw, make_spec(), y, Task(kind="multiclass", classes=5))) == {"code"}


def test_chance(make_spec: Callable[..., Spec]) -> None:
    """A category of its own in nearly each row, many random columns, and few rows are no leaks."""
    names = {"level": [f"L{v}" for v in DRAW.integers(0, 1500, N)]} | {f"n{i}": DRAW.normal(size=N) for i in range(50)}
    assert look(table(**names), make_spec()) == {}
    few = pl.DataFrame({"y": [0, 1] * 10, "z": [0.5, 1.5] * 10})
    assert look(few, make_spec(), [0.0, 1.0] * 10) == {}


@pytest.mark.parametrize("n", range(5))
def test_sizes(make_spec: Callable[..., Spec], n: int) -> None:
    """D15: no and few rows are audited without an error."""
    look(table()[:n], make_spec(), Y[:n])


def test_score_is_out_of_sample() -> None:
    """A random category with a level for each row scores an AUC of a half."""
    own = pl.Series([f"{i}" for i in range(N)])
    assert univariate_score(own, Y, BINARY) == pytest.approx(0.5, abs=0.02)


def test_levels_called_as_missing_words_are(make_spec: Callable[..., Spec]) -> None:
    """A country NA is a level where what is missing is empty, or where its column is kept; it is said which rows."""
    cells = ["NA", "SE", "DK", "SE"] * (N // 4)
    country = [None if place % 8 == 1 else cell for place, cell in enumerate(cells)]
    found = look(table(country=country, kept=cells, plain=cells), make_spec(audit={"keep": ["kept"]}))
    assert {name: (f.check, f.evidence["rows"]) for name, f in found.items()} == {
        "country": ("level", N // 4),
        "kept": ("level", N // 4),
    }
    assert "empty" in found["country"].text
    assert "data.audit.keep" in found["kept"].text
