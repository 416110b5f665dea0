"""A spec is begun from data: what they tell, what is guessed, and what cannot be."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from automl.errors import DataError, SpecError
from automl.init.init import Begun, check_out, write

Begin = Callable[..., dict[str, Any]]
MARKUP = "<script>alert(1)</script>"
ESCAPE = "\x1b[31mred\x1b]0;title\x07"


def test_a_file_becomes_a_spec(rows: pl.DataFrame, tmp_path: Path, begin_spec: Begin) -> None:
    """Target, task, the label that costs money and placeholders that make both constant policies equally dear."""
    rows.write_csv(tmp_path / "customers.csv")
    spec = begin_spec(tmp_path / "customers.csv")
    share = (rows["churn"] == "yes").mean()
    objective = spec["objective"]
    assert (objective["target"], objective["task"], objective["positive"]) == ("churn", "binary", "yes")
    assert objective["costs"]["false_positive"] == 1
    assert objective["costs"]["false_negative"] == int((1 - share) / share)
    assert spec["data"] == {"train": "customers.csv"}


def test_a_test_part_lies_beside(
    rows: pl.DataFrame, tmp_path: Path, begun: Callable[..., Begun], begin_spec: Begin
) -> None:
    """It is taken and told; without the target it is there to be scored, and tells what the target is."""
    rows.head(300).write_csv(tmp_path / "train.csv")
    rows.tail(100).write_csv(tmp_path / "test.csv")
    assert begin_spec(tmp_path / "train.csv")["data"]["test"] == "test.csv"
    rows.drop("spent").write_csv(tmp_path / "test.csv")
    told = begun(tmp_path / "train.csv")
    assert "test part lacks it" in told.text
    assert 'target = "spent"' in told.text
    assert any("scored" in note for note in told.notes)


def test_what_is_said_is_no_guess(rows: pl.DataFrame, tmp_path: Path, begun: Callable[..., Begun]) -> None:
    """Each flag answers a question; what is left is marked in the spec."""
    rows.write_csv(tmp_path / "customers.csv")
    said = begun(
        tmp_path / "customers.csv",
        target="churn",
        positive="no",
        false_positive="spent * 0.5",
        false_negative="500",
        budget="30s",
        latency="5ms",
        size="10MB",
        act="call",
        currency="EUR",
    )
    assert said.guessed == ()
    assert 'positive = "no"' in said.text
    assert 'false_positive = "spent * 0.5"' in said.text
    assert 'latency_p99 = "5ms"' in said.text
    assert "# guessed" not in said.text
    assert "objective.target" in begun(tmp_path / "customers.csv").guessed


def test_what_the_data_do_not_tell_is_refused(tmp_path: Path, begun: Callable[..., Begun]) -> None:
    """Without a name that says so no column is the target: the candidates are told."""
    pl.DataFrame({"a": [1, 2, 3, 4], "b": [2.5, 1.5, 0.5, 1.0], "c": [1, 1, 2, 3]}).write_csv(tmp_path / "rows.csv")
    with pytest.raises(SpecError, match="--target") as refused:
        begun(tmp_path / "rows.csv")
    assert refused.value.exit_code == 2
    assert "the last column" in str(refused.value)
    pl.DataFrame({"a": [1], "b": [2.5]}).write_csv(tmp_path / "row.csv")
    with pytest.raises(SpecError, match=r"(?s)a: no label and no number that varies"):
        begun(tmp_path / "row.csv")


@pytest.mark.parametrize(
    ("flags", "told"),
    [
        ({"target": "chrun"}, "did you mean 'churn'"),
        ({"positive": "maybe"}, "there is no label 'maybe'"),
        ({"under": "3"}, "this is for numbers"),
        ({"false_positive": "a lot"}, "expected a number"),
        ({"false_positive": "age * price"}, "no column 'price'"),
        ({"budget": "soon"}, "expected a time"),
        ({"time_column": "when"}, "no column 'when'"),
    ],
)
def test_a_wrong_answer_is_told(
    flags: dict[str, str], told: str, rows: pl.DataFrame, tmp_path: Path, begun: Callable[..., Begun]
) -> None:
    """With its flag and the nearest right one, exit code 2."""
    rows.write_csv(tmp_path / "customers.csv")
    with pytest.raises(SpecError, match=f"(?s)--{next(iter(flags)).replace('_', '-')}.*{told}"):
        begun(tmp_path / "customers.csv", **flags)


def test_numbers_and_several_labels_have_prices(rows: pl.DataFrame, tmp_path: Path, begin_spec: Begin) -> None:
    """Too low and too high for a number, a matrix for several labels."""
    rows.write_parquet(tmp_path / "rows.parquet")
    assert begin_spec(tmp_path / "rows.parquet", target="spent", over="3")["objective"]["costs"] == {
        "under": 1,
        "over": 3,
    }
    matrix = begin_spec(tmp_path / "rows.parquet", target="plan", mistake="7")["objective"]["costs"]["matrix"]
    assert matrix["max"] == {"basic": 7, "max": 0, "plus": 7}


def test_time_id_and_what_is_known_too_late(rows: pl.DataFrame, tmp_path: Path, begin_spec: Begin) -> None:
    """A date in whose order rows stand, an id that is passed through, a column that is filled in for one label."""
    days = pl.date_range(pl.date(2024, 1, 1), pl.date(2025, 2, 3), eager=True).head(400)
    left = [f"r{i % 7}" if label == "yes" else None for i, label in enumerate(rows["churn"])]
    dated = rows.with_columns(order_date=days, customer_id=1000 + np.arange(400), reason=pl.Series(left))
    dated.write_parquet(tmp_path / "rows.parquet")
    data = begin_spec(tmp_path / "rows.parquet", target="churn")["data"]
    assert data["time"] == "order_date"
    assert data["key"] == ["customer_id"]
    assert data["outcomes"] == ["reason"]


def test_the_group_of_a_panel(tmp_path: Path, begin_spec: Begin) -> None:
    """One row for each year of a firm: firms belong together, however they are called; money that comes back no."""
    draw = np.random.default_rng(0)
    panel = pl.DataFrame({"nr": np.repeat(np.arange(30) * 7 + 13, 8), "year": np.tile(np.arange(1980, 1988), 30)})
    panel = panel.with_columns(
        goal_num=pl.Series(draw.integers(1, 30, 240) * 1_000), wage=pl.Series(draw.normal(size=240))
    )
    panel.write_parquet(tmp_path / "rows.parquet")
    assert begin_spec(tmp_path / "rows.parquet", target="wage")["data"]["group"] == "nr"
    panel.drop("nr").write_parquet(tmp_path / "alone.parquet")
    assert "group" not in begin_spec(tmp_path / "alone.parquet", target="wage")["data"]


def test_costs_beside_the_rows(rows: pl.DataFrame, tmp_path: Path, begin_spec: Begin) -> None:
    """Files of as many rows with prices for both mistakes are taken as they are."""
    for part, frame in (("train", rows.head(300)), ("test", rows.tail(100))):
        frame.write_csv(tmp_path / f"{part}.csv")
        frame.select(cost_fp=pl.lit(2.0), cost_fn=pl.col("spent")).write_csv(tmp_path / f"{part}_costs.csv")
    costs = begin_spec(tmp_path)["objective"]["costs"]
    assert (costs["false_positive"], costs["false_negative"], costs["by"]) == ("cost_fp", "cost_fn", "row order")
    assert costs["table"] == {"train": "train_costs.csv", "test": "test_costs.csv"}


def test_names_are_no_markup_and_move_no_cursor(
    rows: pl.DataFrame, tmp_path: Path, begin_spec: Begin, begun: Callable[..., Begun]
) -> None:
    """V13: a column or a label that is markup, a formula or a terminal escape stands in the spec as text."""
    odd = rows.rename({"plan": MARKUP, "spent": ESCAPE, "age": "=cmd()"})
    odd = odd.with_columns(churn=pl.col("churn").replace("yes", f'"><img onerror=x>\n[data]\n{ESCAPE}'))
    odd.write_parquet(tmp_path / "odd.parquet")
    spec = begin_spec(tmp_path / "odd.parquet", target="churn", false_positive="3")
    assert spec["objective"]["positive"].endswith(ESCAPE.strip())
    assert spec["data"] == {"train": "odd.parquet"}
    text = begun(tmp_path / "odd.parquet", target=ESCAPE).text
    assert "\x1b" not in text
    assert "\x07" not in text


def frame_of(name: str) -> pl.DataFrame:
    """A table that is hardly one."""
    n = 400
    label = np.where(np.arange(n) % 3 == 0, "yes", "no")
    zones = ["Z", "+09:00", "-05:00"]
    times = [f"2024-{1 + i % 12:02}-{1 + i % 28:02}T08:00:00{zones[i % 3]}" for i in range(n)]
    drawn = np.random.default_rng(0).choice(["yes", "no"], n)
    tables = {
        "one row": {"x": [1], "churn": ["yes"]},
        "one column": {"churn": label},
        "all missing": {"x": pl.Series([None] * n, dtype=pl.String), "churn": pl.Series([None] * n, dtype=pl.String)},
        "many levels": {
            "x": [f"level {i % 10_000}" for i in range(20_000)],
            "y": np.arange(20_000) % 7,
            "churn": np.resize(label, 20_000),
        },
        "long cell": {"x": np.arange(n) % 9, "note": ["a" * 10_000_000, *["short"] * (n - 1)], "churn": label},
        "three zones": {"when": times, "x": np.arange(n) % 9, "churn": drawn},
    }
    return pl.DataFrame(tables[name])


@pytest.mark.parametrize("name", ["one row", "one column", "all missing"])
def test_hardly_a_table_is_refused(name: str, tmp_path: Path, begun: Callable[..., Begun]) -> None:
    """D01: one row, one column, or nothing at all: what is wrong is told in words, exit code 2 or 3."""
    frame_of(name).write_csv(tmp_path / "rows.csv")
    with pytest.raises((DataError, SpecError)) as refused:
        begun(tmp_path / "rows.csv", target="churn")
    assert refused.value.exit_code in {2, 3}
    assert len(str(refused.value)) < 2_000


@pytest.mark.parametrize("name", ["many levels", "long cell", "three zones"])
def test_an_odd_table_has_a_spec(name: str, tmp_path: Path, begin_spec: Begin) -> None:
    """10,000 levels, a text of 10 MB, times in three zones: the spec is made, and no value swells it."""
    frame_of(name).write_csv(tmp_path / "rows.csv")
    assert begin_spec(tmp_path / "rows.csv")["objective"]["target"] == "churn"
    assert (tmp_path / "spec.toml").stat().st_size < 10_000


@pytest.mark.parametrize(
    ("name", "content"),
    [("rows.csv", b"\x89PNG\r\n\x1a\n\0\0"), ("rows.parquet", b"no table"), ("rows.pdf", b"%PDF"), ("rows.csv", b"")],
)
def test_no_table_is_refused(name: str, content: bytes, tmp_path: Path, begun: Callable[..., Begun]) -> None:
    """A file that is no table is told by its name, exit code 2 or 3."""
    (tmp_path / name).write_bytes(content)
    with pytest.raises((DataError, SpecError), match=name):
        begun(tmp_path / name)


def test_a_name_that_no_spec_can_hold_is_told(rows: pl.DataFrame, tmp_path: Path, begun: Callable[..., Begun]) -> None:
    """Bytes that are no UTF-8 cannot stand in TOML."""
    odd = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.csv"))
    odd.write_bytes(rows.write_csv().encode())
    with pytest.raises(DataError, match="no UTF-8"):
        begun(odd)


def test_what_exists_is_not_replaced(rows: pl.DataFrame, tmp_path: Path, begun: Callable[..., Begun]) -> None:
    """Neither a file, nor what a link points to, and also what came while questions were answered."""
    rows.write_csv(tmp_path / "customers.csv")
    made = begun(tmp_path / "customers.csv")
    out = tmp_path / "new.toml"
    write(made, out)
    assert out.read_text() == made.text
    with pytest.raises(SpecError, match="not replaced"):
        write(made, out)
    (tmp_path / "link.toml").symlink_to(tmp_path / "nowhere")
    for taken in (tmp_path / "link.toml", tmp_path):
        with pytest.raises(SpecError, match="not replaced"):
            check_out(taken)
    with pytest.raises(SpecError, match="no such folder"):
        check_out(tmp_path / "nowhere" / "spec.toml")
