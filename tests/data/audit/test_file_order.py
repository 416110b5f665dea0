"""Rows in the order of time without a time."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from automl.data.audit.file_order import Agreement, file_order, order_finding, told_from
from automl.task import Task

SETS = Path(__file__).parents[4] / "shared" / "data"
NUMBER = Task(kind="regression")
HOURS = ("dteday", "instant", "yr", "mnth", "season")


def walk(n: int, seed: int = 0) -> pl.DataFrame:
    """Rows in time: the level of `y` wanders, `x` helps, no column tells when."""
    draw = np.random.default_rng(seed)
    level = np.cumsum(draw.normal(size=n)) / np.sqrt(n) * 4.0
    x = draw.normal(size=n)
    return pl.DataFrame({"x": x, "noise": draw.normal(size=n), "y": level + x + 0.3 * draw.normal(size=n)})


def seen(frame: pl.DataFrame, task: Task = NUMBER, **more: object) -> Agreement | None:
    return file_order(frame.drop("y"), frame["y"].to_numpy().astype(np.float64), task, **more)  # type: ignore[arg-type]


def read(name: str, target: str, *out: str) -> pl.DataFrame:
    path = SETS / name / "train.parquet"
    if not path.exists():
        pytest.skip("the shared data sets are not here")
    return pl.read_parquet(path).drop(out).rename({target: "y"})


def coded(frame: pl.DataFrame) -> tuple[pl.DataFrame, Task]:
    codes = frame.with_columns(pl.col("y").cast(pl.String).rank("dense").cast(pl.Float64) - 1.0)
    classes = frame["y"].n_unique()
    return codes, Task(kind="binary" if classes == 2 else "multiclass", classes=classes)


@pytest.mark.parametrize("kind", ["regression", "binary", "multiclass"])
def test_rows_in_time(kind: str) -> None:
    """Rows whose level wanders along the file are in an order, whatever the kind of target."""
    frame = walk(3_000)
    task = NUMBER
    if kind != "regression":
        cuts = [0.5] if kind == "binary" else [0.3, 0.7]
        edges = [float(np.quantile(frame["y"], cut)) for cut in cuts]
        frame = frame.with_columns(y=sum((pl.col("y") > edge).cast(pl.Float64) for edge in edges))
        task = Task(kind=kind, classes=len(cuts) + 1)  # type: ignore[arg-type]  # one of the kinds
    told = seen(frame, task)
    assert told is not None
    assert min(told.targets, told.residuals) > 0.1
    assert told.drift > 0.4


@pytest.mark.parametrize(
    ("name", "target", "out"),
    [
        ("bike_sharing_hourly", "cnt", HOURS),
        ("bike_sharing_hourly", "cnt", HOURS[:2]),
        ("bike_sharing_hourly", "cnt", HOURS[:1]),
        ("hdb_resale_prices", "resale_price", ("month",)),
        ("hdb_resale_prices", "resale_price", ("month", "remaining_lease")),
    ],
)
def test_real_rows_without_their_dates(name: str, target: str, out: tuple[str, ...]) -> None:
    """Hours and months without their dates are in an order that no column tells, or the number of the row alone."""
    assert seen(read(name, target, *out)) is not None


@pytest.mark.parametrize(
    ("name", "target"),
    [
        ("otto_products", "target"),
        ("mammography", "class"),
        ("motorcycle_claims", "claim"),
        ("letter_recognition", "lettr"),
    ],
)
def test_real_rows_sorted_or_shuffled(name: str, target: str) -> None:
    """Rows sorted by class or by a column, and rows in no order, raise no alarm."""
    assert seen(*coded(read(name, target))) is None


@pytest.mark.parametrize("name", ["bike_sharing_hourly", "hdb_resale_prices"])
def test_a_date_tells_the_order(name: str) -> None:
    """Where the date is a column the order is told by it; a date that the spec leaves out tells nothing."""
    target, date = {"bike_sharing_hourly": ("cnt", "dteday"), "hdb_resale_prices": ("resale_price", "month")}[name]
    frame = read(name, target)
    assert seen(frame) is None
    assert seen(frame, unread=(date,)) is not None


def test_shuffled_copies() -> None:
    """Of 100 shuffled files none raises the alarm: its rate is below 3 % (the bound of 0 in 100, 95 %)."""
    small = walk(800)
    alarms = [seen(small.sample(fraction=1.0, shuffle=True, seed=seed)) for seed in range(100)]
    assert alarms == [None] * 100


@pytest.mark.parametrize("told", [True, False])
def test_grouped_rows(told: bool) -> None:
    """Rows of one customer after those of another agree, and are in no order of time, named or not."""
    draw = np.random.default_rng(3)
    who = np.repeat(draw.permutation(300), 10)
    level, age = draw.normal(size=300), draw.normal(size=300)
    frame = pl.DataFrame(
        {"x": draw.normal(size=3_000), "age": age[who], "y": level[who] + draw.normal(size=3_000) * 0.3}
    )
    named = frame.with_columns(who=pl.Series([f"c{one}" for one in who]))
    assert seen(named if told else frame) is None
    assert seen(named, unread=("who",)) is None


def test_sorted_by_a_column_or_by_the_target() -> None:
    """Rows sorted by what a model reads, up or down, or by the target are in no order of time."""
    frame = walk(2_000).with_columns(y=pl.col("x") + pl.col("noise"))
    assert seen(frame.sort("noise")) is None
    assert seen(frame.sort("noise", descending=True)) is None
    assert seen(frame.sort("y")) is None
    assert (
        seen(frame.with_columns(y=(pl.col("y") > 0).cast(pl.Float64)).sort("y"), Task(kind="binary", classes=2)) is None
    )


def test_the_number_of_a_row_tells_nothing() -> None:
    """A column that counts the rows is no reason for their order, as text, with gaps or counting down."""
    frame = walk(3_000).with_row_index("row")
    assert seen(frame) is not None
    assert seen(frame.with_columns(pl.col("row").cast(pl.String))) is not None
    assert seen(frame.with_columns(row=30_000 - 10 * pl.col("row").cast(pl.Int64))) is not None
    assert seen(frame.with_columns(pl.Series("row", np.linspace(0.0, 1.0, 3_000) ** 3))) is None


def test_what_the_columns_explain_is_no_order() -> None:
    """Where a column makes neighbours agree, and nothing is left of it, folds at random are right."""
    draw = np.random.default_rng(1)
    wave = np.cumsum(draw.normal(size=3_000))
    noisy = pl.DataFrame({"wave": wave, "y": wave + draw.normal(size=3_000)})
    assert seen(noisy.select("y", pl.Series("x", draw.normal(size=3_000)))) is not None
    assert seen(noisy) is None
    assert seen(noisy.with_columns(y=pl.col("wave") ** 3)) is None


def test_odd_columns() -> None:
    """Nested, empty and timed columns, and thousands of them, are looked at without an error."""
    frame = walk(1_000)
    odd = frame.with_columns(
        pl.Series("list", [[1, 2]] * 1_000),
        pl.lit(None).alias("null"),
        pl.Series("flag", [True, None] * 500),
        pl.Series("span", np.arange(1_000) % 7).cast(pl.Duration),
        *[pl.lit(float(k)).alias(f"c{k}") for k in range(2_000)],
    )
    assert seen(odd) is not None
    assert seen(frame[:400]) is None  # too few rows to say


def test_test_rows_from_among_train() -> None:
    """A test part drawn from among the rows is told from none of them; one that follows them is."""
    draw = np.random.default_rng(0)
    frame = walk(4_000).with_columns(drifts=pl.int_range(4_000) / 1_000.0 + pl.Series(draw.normal(size=4_000)))
    frame = frame.drop("y").with_columns(kind=pl.Series(draw.choice(["a", "b"], 4_000)))
    drawn = np.sort(draw.permutation(4_000)[:1_000])
    rest = np.setdiff1d(np.arange(4_000), drawn)
    assert not told_from(frame[rest], frame[drawn], seed=0)
    assert not told_from(frame[rest], frame[draw.permutation(drawn)], seed=0)
    assert told_from(frame[:3_000], frame[3_000:], seed=0)
    assert not told_from(frame[:3_000], frame[3_000:3_010], seed=0)  # too few rows to say


def test_what_is_told() -> None:
    """The finding says how far neighbours agree, what follows, and what overrules it."""
    agreement = Agreement(targets=0.9, residuals=0.78, drift=0.5)
    acts, notes = (order_finding(agreement, acts=acts) for acts in (True, False))
    assert (acts.action, notes.action) == ("changed", "noted")
    assert "0.90" in acts.text
    assert 'data.order = "none"' in acts.text
    assert 'data.order = "file"' in notes.text
