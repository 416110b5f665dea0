"""What a sample leaves is read again: each row once, none of the test part, and none when the files have changed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from automl.data import memory
from automl.data.memory import room
from automl.data.prepare import prepare
from automl.data.rows import Prepared, UnreadRows
from automl.data.unread_rows import Chunk, read_on
from automl.errors import DataError
from automl.spec import Spec

N, SAMPLE = 6_000, 1_500
FIRST = dt.date(2020, 1, 1)


def table(n: int = N) -> pl.DataFrame:
    """A number that names the row, a day that rises with it, a category and a target."""
    rng = np.random.default_rng(0)
    place = np.arange(n)
    return pl.DataFrame(
        {
            "place": place + 0.5,
            "day": [FIRST + dt.timedelta(days=int(day)) for day in place // 10],
            "kind": rng.choice(["a", "b", "c"], n),
            "y": (rng.random(n) < 0.4).astype(int),
        }
    )


@pytest.fixture
def sampled(monkeypatch: pytest.MonkeyPatch, make_spec: Callable[..., Spec]) -> Callable[..., Prepared]:
    """The data of a spec whose memory holds so many rows of four columns."""

    def make(**data: object) -> Prepared:
        spec = make_spec(**data)
        monkeypatch.setattr(memory, "CELL", room(spec.budget) / (4 * SAMPLE))
        return prepare(spec)

    return make


def unread(data: Prepared) -> UnreadRows:
    assert isinstance(data.unread, UnreadRows), data.unread
    return data.unread


def places(chunks: list[Chunk], *, held: bool) -> list[float]:
    return [place for chunk in chunks for place in chunk.frame["place"].to_numpy()[chunk.held == held].tolist()]


@pytest.mark.parametrize("form", ["csv", "parquet", "parts"])
def test_each_row_comes_once_and_no_test_row_at_all(
    sampled: Callable[..., Prepared], tmp_path: Path, form: str
) -> None:
    """Sample, test part, rows to judge and unread rows are all rows, of one file and of several."""
    rows = table()
    if form == "parts":
        (tmp_path / "rows").mkdir()
        rows.head(1_000).write_csv(tmp_path / "rows" / "a.csv")
        rows.tail(5_000).write_csv(tmp_path / "rows" / "b.csv")
    else:
        getattr(rows, f"write_{form}")(tmp_path / f"rows.{form}")
    data = sampled(train=str(tmp_path / ("rows" if form == "parts" else f"rows.{form}")), exclude=["day"])
    chunks = list(read_on(unread(data)))
    own = [rows["place"].to_list() for rows in (data.train.raw, data.test.raw)]
    parts = [
        *[[float(place) for place in part] for part in own],
        *(places(chunks, held=held) for held in (True, False)),
    ]
    assert sorted(place for part in parts for place in part) == rows["place"].to_list()
    assert len(parts[2]) == pytest.approx(0.2 * 0.75 * N, rel=0.1)
    y = dict(rows.select("place", "y").iter_rows())
    assert all(y[place] == target for c in chunks for place, target in zip(c.frame["place"], c.y, strict=True))


def test_a_smaller_share_is_a_part_and_judges_stay(sampled: Callable[..., Prepared], tmp_path: Path) -> None:
    """Rows that judge are the same for any share."""
    table().write_parquet(tmp_path / "rows.parquet")
    found = unread(sampled(train=str(tmp_path / "rows.parquet"), exclude=["day"]))
    half, whole = list(read_on(found, lambda: 0.5)), list(read_on(found))
    assert places(half, held=True) == places(whole, held=True)
    assert set(places(half, held=False)) < set(places(whole, held=False))
    assert len(places(half, held=False)) == pytest.approx(0.25 * N, rel=0.05)


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_rows_later_than_the_test_part_are_not_learned_from(
    sampled: Callable[..., Prepared], tmp_path: Path, form: str
) -> None:
    """By time the cut holds for unread rows, with the gap of the horizon."""
    getattr(table(), f"write_{form}")(tmp_path / f"rows.{form}")
    data = sampled(train=str(tmp_path / f"rows.{form}"), time=["day"], horizon="20d")
    chunks = list(read_on(unread(data)))
    start = min(float(place) for place in data.test.raw["place"])
    late = max(places(chunks, held=True) + places(chunks, held=False))
    assert start - 20 * 10 - 20 < late <= start - 20 * 10 + 10


def test_a_given_test_part_leaves_all_of_train(sampled: Callable[..., Prepared], tmp_path: Path) -> None:
    """Nothing was set aside, so all of the file may be learned from."""
    rows = table()
    rows.write_parquet(tmp_path / "rows.parquet")
    rows.head(400).with_columns(pl.col("place") + 1e6).write_parquet(tmp_path / "test.parquet")
    data = sampled(train=str(tmp_path / "rows.parquet"), test=str(tmp_path / "test.parquet"), exclude=["day"])
    chunks = list(read_on(unread(data)))
    assert data.train.n + sum(chunk.y.size for chunk in chunks) == N


def test_rows_without_a_target_or_a_weight_are_left_out(sampled: Callable[..., Prepared], tmp_path: Path) -> None:
    """As they are of the sample, an unknown label too."""
    rows = table().with_columns(w=pl.int_range(N) % 3, y=pl.when(pl.int_range(N) % 5 == 0).then(None).otherwise("y"))
    rows.write_parquet(tmp_path / "rows.parquet")
    chunks = list(read_on(unread(sampled(train=str(tmp_path / "rows.parquet"), exclude=["day"], weight="w"))))
    found = np.array(places(chunks, held=True) + places(chunks, held=False)).astype(int)
    assert found.size
    assert (found % 3 != 0).all()
    assert (found % 5 != 0).all()


def test_files_that_changed_are_refused(sampled: Callable[..., Prepared], tmp_path: Path) -> None:
    """Places would mean other rows, and the test part could be among them."""
    table().write_csv(tmp_path / "rows.csv")
    found = unread(sampled(train=str(tmp_path / "rows.csv"), exclude=["day"]))
    table().reverse().write_csv(tmp_path / "rows.csv")
    with pytest.raises(DataError, match="have changed"):
        next(read_on(found))


def test_what_cannot_be_read_by_chunks_says_why(sampled: Callable[..., Prepared], tmp_path: Path) -> None:
    """Groups, lines of JSON; and where memory holds all rows there is nothing to say."""
    table().write_csv(tmp_path / "rows.csv")
    table().write_ndjson(tmp_path / "rows.ndjson")
    assert "group" in str(sampled(train=str(tmp_path / "rows.csv"), group="kind").unread)
    assert "csv and parquet" in str(sampled(train=str(tmp_path / "rows.ndjson"), exclude=["day"]).unread)
    table(1_000).write_csv(tmp_path / "few.csv")
    assert sampled(train=str(tmp_path / "few.csv"), exclude=["day"]).unread is None


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_rows_that_judge_have_what_decisions_need(sampled: Callable[..., Prepared], tmp_path: Path, form: str) -> None:
    """Their time and what costs name, read as those of the sample."""
    rows = table().with_columns(price=pl.int_range(N) / 4, w=1.0 + pl.int_range(N) % 2)
    getattr(rows, f"write_{form}")(tmp_path / f"rows.{form}")
    costs = {"false_positive": 1, "false_negative": "price"}
    data = sampled(
        train=str(tmp_path / f"rows.{form}"), time=["day"], weight="w", exclude=["price"], objective={"costs": costs}
    )
    found = [chunk.judges for chunk in read_on(unread(data)) if chunk.judges is not None]
    places = [place for judges in found for place in judges.frame["place"]]
    assert len(places) > 100
    for judges in found:
        place = judges.frame["place"].to_numpy() - 0.5
        assert judges.beside is not None
        np.testing.assert_array_equal(judges.beside["price"], place / 4)
        np.testing.assert_array_equal(judges.weight, 1.0 + place % 2)
        days = [(FIRST + dt.timedelta(days=int(one) // 10) - dt.date(1970, 1, 1)).days for one in place]
        np.testing.assert_array_equal(judges.time, np.array(days) * 86_400e6)
        assert judges.raw.columns == ["y", "price"]


def test_without_the_costs_of_a_file_beside_nobody_decides_on_them(
    sampled: Callable[..., Prepared], tmp_path: Path
) -> None:
    """They still judge, by what is predicted alone."""
    table().write_csv(tmp_path / "rows.csv")
    table().select("place", price="place").write_csv(tmp_path / "costs.csv")
    costs = {"false_positive": 1, "false_negative": "price", "table": str(tmp_path / "costs.csv"), "by": "place"}
    chunks = list(
        read_on(unread(sampled(train=str(tmp_path / "rows.csv"), exclude=["day"], objective={"costs": costs})))
    )
    assert all(chunk.judges is None for chunk in chunks)
    assert any(chunk.held.any() for chunk in chunks)
