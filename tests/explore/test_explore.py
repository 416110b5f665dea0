"""The profile says of each column how it is read, what it tells, and what is done with it; and what money says."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from automl.bundle.manifest import plain
from automl.errors import DataError
from automl.explore.explore import SHOWN, explore_file
from automl.explore.profile import FORMAT, ColumnProfile, Profile


def column(profile: Profile, name: str) -> ColumnProfile:
    """One of its columns."""
    return next(one for one in profile.columns if one.name == name)


def test_what_tells_stands_first(profile: Profile) -> None:
    """The column that predicts best alone is shown first, one that tells nothing last of the features."""
    assert profile.shown[0] in {"x", "near"}
    assert column(profile, "x").score > 0.85
    assert 0.4 < column(profile, "odd").score < 0.6
    assert profile.target.nothing == 0.5


def test_a_copy_is_told_and_is_no_feature(profile: Profile) -> None:
    """What the audit drops says why, and is made into nothing."""
    copy = column(profile, "copy")
    assert (copy.feature, copy.role, copy.made) == (False, "dropped", ())
    assert "equals 'x'" in copy.reason
    assert column(profile, "x").made[0].features >= 1


def test_missing_and_distinct_are_counted(profile: Profile, table: pl.DataFrame) -> None:
    """On the train rows; the test part is the last by time."""
    train = table.head(profile.rows)
    odd = column(profile, "odd")
    assert odd.missing == pytest.approx(train["odd"].null_count() / profile.rows)
    assert odd.distinct == train["odd"].drop_nulls().n_unique()
    assert profile.rows + profile.test_rows == table.height


def test_columns_by_time(profile: Profile) -> None:
    """With a time each column and the target have their stretches, which hold all train rows."""
    assert profile.time[0] == "2024-01-01"
    for periods in (profile.target.periods, column(profile, "x").detail.periods):
        assert len(periods) > 10
        assert sum(period.rows for period in periods) == profile.rows


def test_money_is_bounded_by_a_perfect_model(profile: Profile) -> None:
    """A perfect model costs nothing here, and the rule on one column lies between it and the best constant."""
    best = next(policy for policy in profile.money.policies if policy.name == profile.money.best)
    rule = next(policy for policy in profile.money.policies if policy.kind == "one column")
    perfect = next(policy for policy in profile.money.policies if policy.kind == "perfect")
    assert perfect.cost == 0.0
    assert perfect.cost < rule.cost < best.cost == profile.money.most
    assert 0 < profile.money.column < 1


def test_the_document_is_json_and_whole(profile: Profile) -> None:
    """Its keys are those of the profile, its figures finite or null, and its format has a number."""
    document = json.loads(json.dumps(plain(profile), allow_nan=False))
    assert document["format"] == FORMAT
    assert set(document) == set(Profile.__slots__)
    assert [one["name"] for one in document["columns"]] == ["when", "x", "copy", "near", "level", "odd"]


def test_a_file_alone_needs_no_target(table: pl.DataFrame, tmp_path: Path) -> None:
    """Columns are read, copies found and pairs told; what needs a target is not there."""
    table.write_csv(tmp_path / "rows.csv")
    found = explore_file(tmp_path / "rows.csv")
    assert (found.target, found.money, found.rows) == (None, None, 600)
    assert not column(found, "copy").feature
    assert {one.score for one in found.columns} == {None}
    assert {"x", "near"} in [{pair.one, pair.other} for pair in found.pairs]


@pytest.mark.parametrize("kind", ["multiclass", "regression"])
def test_other_targets(kind: str, table: pl.DataFrame, make_profile: Callable[..., Profile]) -> None:
    """Several classes have a share for each, a number its mean; without costs there is no money."""
    y = {"multiclass": pl.Series(np.arange(600) % 3).cast(pl.String), "regression": 10 * table["x"] + 3}[kind]
    found = make_profile(table.with_columns(y.alias("bad")), "bad", objective={"task": kind})
    bins = column(found, "near").detail.relation
    assert found.target.task == kind
    assert found.money is None
    assert len(bins) == 10
    assert {len(one.shares) for one in bins} == {3 if kind == "multiclass" else 0}


def test_many_columns_have_no_picture_each(make_profile: Callable[..., Profile]) -> None:
    """Beyond the best few, columns stand in the table alone, and a note says so."""
    draw = np.random.default_rng(0)
    frame = pl.DataFrame({f"v{i}": draw.normal(size=200) for i in range(60)})
    found = make_profile(frame.with_columns(y=(frame["v7"] > 0).cast(pl.Int64)), "y", data={"audit": {"keep": ["v7"]}})
    assert sum(one.detail is not None for one in found.columns) == len(found.shown) == SHOWN
    assert found.shown[0] == "v7"
    assert any("Of 60 columns 40" in note for note in found.notes)


def test_too_many_rows_are_sampled_and_that_is_said(table: pl.DataFrame, tmp_path: Path, monkeypatch) -> None:
    """More cells than a look takes: a sample, with how many rows there were."""
    monkeypatch.setattr("automl.explore.looked.CELLS", 1_000)
    table.write_parquet(tmp_path / "rows.parquet")
    found = explore_file(tmp_path / "rows.parquet")
    assert found.rows < found.all_rows == 600
    assert "Of about 600 rows" in found.notes[0]


@pytest.mark.parametrize(
    "frame",
    [
        pl.DataFrame({"a": [1.5]}),
        pl.DataFrame({"a": [None, None]}, schema={"a": pl.Float64}),
        pl.DataFrame({"a": [[1], [2]], "b": [{"c": 1}, {"c": 2}]}),
        pl.DataFrame({"rows": [1, 2, 3], "count": ["a", "b", "c"], "value": ["x", None, "x"]}),
        pl.DataFrame({"a": [float("inf"), 1e308, -1e308, None]}),
    ],
    ids=["one row", "all missing", "no single values", "names of ours", "the largest"],
)
def test_any_table_has_a_profile(frame: pl.DataFrame, tmp_path: Path) -> None:
    """One row, nothing but gaps, lists, the largest numbers there are: each column has its line."""
    frame.write_parquet(tmp_path / "rows.parquet")
    found = explore_file(tmp_path / "rows.parquet")
    assert [one.name for one in found.columns] == frame.columns
    json.dumps(plain(found), allow_nan=False)


def test_no_rows_are_refused(tmp_path: Path) -> None:
    """A header alone is told, with where it stands."""
    (tmp_path / "rows.csv").write_text("a,b\n", encoding="utf-8")
    with pytest.raises(DataError, match="no rows"):
        explore_file(tmp_path / "rows.csv")
