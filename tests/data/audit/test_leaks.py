"""Columns that give the answer away, and honest ones that look a little like it."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest

from automl.data.audit.leaks import leaks, no_longer_filled
from automl.data.rows import Column, Finding
from automl.errors import DataError
from automl.task import Task

N = 4_000
DAY = 86_400e6
DRAW = np.random.default_rng(11)
X = DRAW.normal(size=N)
NOISE = DRAW.normal(size=N)
Y = (X + 2 * DRAW.normal(size=N) > 1).astype(float)
NUMBER = X * 3 + 2 * DRAW.normal(size=N)
TIME = np.arange(N) * DAY
EARLY = np.arange(N) < N * 8 // 10
BINARY, REGRESSION = Task(kind="binary", classes=2), Task(kind="regression")


def column(name: str, series: pl.Series) -> Column:
    wire: Any = "category" if series.dtype == pl.String else "date" if "day" in name else "number"
    return Column(name=name, wire=wire, role="feature", reason="", is_feature=True, reader={})


def look(
    *, y: Any = Y, task: Task = BINARY, action: str = "exclude", time: Any = None, target: str = "y", **given: Any
) -> dict[str | None, Finding]:
    frame = pl.DataFrame({"x": X} | given)
    columns = [column(name, frame[name]) for name in frame.columns]
    found = leaks(columns, frame, y=y, task=task, target=target, action=action, seed=1, time=time)
    return {f.column: f for f in found}


def some(flags: Any, share: float) -> Any:
    """Random numbers in a share of the rows where `flags` holds, missing elsewhere."""
    return np.where(flags & (DRAW.random(N) < share), DRAW.random(N), np.nan)


def test_the_target_with_noise() -> None:
    """D06: a column far better than all others together is a leak, with both figures; two such are noted."""
    flipped = np.where(DRAW.random(N) < 0.03, 1 - Y, Y)
    found = look(noisy=flipped)
    assert {name: f.action for name, f in found.items()} == {"noisy": "dropped"}
    score, others = (found["noisy"].evidence[name] for name in ("score", "others"))
    assert score > others + 0.15  # type: ignore[operator]  # figures
    twin = np.where(DRAW.random(N) < 0.03, 1 - Y, Y)
    assert {f.action for f in look(noisy=flipped, twin=twin).values()} == {"noted"}


def test_a_number_with_noise() -> None:
    """D06: so is a number that follows the target closely; one that follows it as well as honest ones do is none."""
    close = NUMBER + NOISE * 0.05 * NUMBER.std()
    found = look(y=NUMBER, task=REGRESSION, close=close, honest=NUMBER + NOISE * NUMBER.std())
    assert {name: f.action for name, f in found.items()} == {"close": "dropped"}


@pytest.mark.parametrize("action", ["warn", "exclude", "stop"])
def test_filled_in_for_one_label(action: str) -> None:
    """A value that is there for one label only came with the answer, whatever the value; the action decides."""
    given = some(Y == 1, 0.5)
    if action == "stop":
        with pytest.raises(DataError, match=r"late: .* one label.*gives the answer away"):
            look(late=given, action=action)
        return
    found = look(late=given, action=action)
    assert found["late"].action == ("dropped" if action == "exclude" else "noted")
    assert found["late"].evidence["pure"] == 1.0


def test_filled_in_often_for_one_label() -> None:
    """A value that is there far more often for one label, yet for both, is honest."""
    assert look(often=np.where(Y == 1, some(Y == 1, 0.9), some(Y == 0, 0.1))) == {}


def test_perfect_where_filled() -> None:
    """A column with the answer in half of the rows is found by these."""
    found = look(half=np.where(DRAW.random(N) < 0.5, Y * 2 + DRAW.random(N), np.nan))
    assert found["half"].action == "dropped"
    assert found["half"].evidence["filled"] == pytest.approx(0.5, abs=0.03)


def test_filled_in_by_time() -> None:
    """What the last rows do not have yet is filled in afterwards; what thins out, or is new, is honest."""
    columns = {
        "faded": np.where(EARLY, NOISE, np.nan),
        "thinner": np.where(EARLY | (DRAW.random(N) < 0.3), NOISE, np.nan),
        "new": np.where(EARLY, np.nan, NOISE),
    }
    found = look(time=TIME, **columns)
    assert {name: f.action for name, f in found.items()} == {"faded": "dropped"}
    assert found["faded"].evidence["last_tenth"] == 0.0
    assert look(**columns) == {}


def test_dates_after_the_row() -> None:
    """Dates after the row's own time that tell the target are late; planned ones, there for all rows, are honest."""
    closed = np.where(Y == 1, TIME + 40 * DAY, np.where(DRAW.random(N) < 0.05, TIME + 9 * DAY, np.nan))
    found = look(time=TIME, closed_day=closed, due_day=TIME + 30 * DAY)
    assert {name: f.action for name, f in found.items()} == {"closed_day": "dropped"}


def test_late_by_name() -> None:
    """A name that tells of the end is noted; with a high score beside it the column is dropped."""
    weak = Y + 2 * NOISE
    strong = Y + 0.4 * NOISE
    assert look(date_closed=weak)["date_closed"].action == "noted"
    assert look(date_closed=strong)["date_closed"].action == "dropped"
    assert (
        look(previously_closed=weak, previous_refund=weak, charged=DRAW.normal(size=N))["charged"].evidence["word"]
        == "charged"
    )
    assert look(churned_at=weak, target="Churned")["churned_at"].action == "noted"


def test_one_class_is_nearly_all() -> None:
    """D06: where nearly all rows are of one class, a column of noise names it as well as a leak does, and is none."""
    three, y = Task(kind="multiclass", classes=3), np.zeros(N)
    y[::50], y[25::50] = 1.0, 2.0
    found = look(y=y, task=three, closed=NOISE, gaps=some(y < 2, 0.5), told=y.astype(int).astype(str))
    assert {name: f.action for name, f in found.items()} == {"closed": "noted", "told": "dropped"}


def test_no_columns_and_few_rows() -> None:
    """Nothing is said of nothing."""
    assert list(leaks([], pl.DataFrame(), y=Y, task=BINARY, target="y", action="stop", seed=1)) == []
    few = pl.DataFrame({"z": Y[:20]})
    assert list(leaks([column("z", few["z"])], few, y=Y[:20], task=BINARY, target="y", action="stop", seed=1)) == []


def test_no_longer_filled() -> None:
    """A column without values in test is noted, never dropped: what is learned does not depend on test."""
    train = pl.DataFrame({"a": X, "b": ["t"] * N, "c": X})
    test = pl.DataFrame({"a": [np.nan] * 100, "b": [""] * 100, "c": X[:100]})
    columns = [column(name, train[name]) for name in train.columns]
    assert [(f.column, f.action) for f in no_longer_filled(columns, train, test)] == [("a", "noted"), ("b", "noted")]
    assert list(no_longer_filled(columns, train, test[:10])) == []
