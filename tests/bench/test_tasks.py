"""The translator of benchmark tasks says what the task says, and nothing else."""

from pathlib import Path

import pytest

from automl.bench.tasks import read_task
from automl.errors import DataError, SpecError

MATRIX = """
name = "loans"
kind = "binary"
target = "bad"
positive = 2
metric = "roc_auc"
id_columns = ["loan"]
time_column = "day"
ignore = ["paid_back"]
[costs]
kind = "matrix"
unit = "euro"
false_positive = 1
false_negative = 5
[baseline]
roc_auc = 0.8
"""


def folder_of(tmp_path: Path, text: str, *tables: str) -> Path:
    (tmp_path / "task.toml").write_text(text)
    for name in tables:
        (tmp_path / name).write_text("bad\n1\n")
    return tmp_path


def test_every_word_of_the_spec_comes_from_the_task(tmp_path):
    """Target, kind, positive, metric, key, time, ignored columns and costs are carried over, and no more."""
    task = read_task(folder_of(tmp_path, MATRIX, "train.csv", "test.csv"))
    assert task.spec == {
        "objective": {
            "target": "bad",
            "task": "binary",
            "positive": 2,
            "metric": "roc_auc",
            "costs": {"false_positive": 1, "false_negative": 5},
        },
        "data": {
            "train": str(tmp_path / "train.csv"),
            "test": str(tmp_path / "test.csv"),
            "key": ["loan"],
            "time": "day",
            "exclude": ["paid_back"],
        },
    }
    assert task.baseline == {"roc_auc": 0.8}


def test_costs_can_be_left_out(tmp_path):
    """`costs=False` drops the costs and nothing else."""
    folder = folder_of(tmp_path, MATRIX, "train.csv", "test.csv")
    without = read_task(folder, costs=False).spec["objective"]
    assert without == {key: value for key, value in read_task(folder).spec["objective"].items() if key != "costs"}


def test_the_raw_csv_is_preferred_to_parquet(tmp_path):
    """Where a task has both forms, the messier one is used."""
    task = read_task(folder_of(tmp_path, MATRIX, "train.csv", "train.parquet", "test.parquet"))
    assert (Path(task.spec["data"]["train"]).name, task.test.name) == ("train.csv", "test.parquet")


def test_costs_that_no_spec_can_say_are_refused(tmp_path):
    """A kind that nobody knows is not translated into something else in silence."""
    text = MATRIX.replace('kind = "matrix"', 'kind = "by_weather"')
    with pytest.raises(SpecError, match=r"by_weather.*not supported yet"):
        read_task(folder_of(tmp_path, text, "train.csv", "test.csv"))


def test_an_amount_that_is_known_afterwards_is_an_outcome(tmp_path):
    """It is an outcome and no longer excluded; a miss loses it less what acting costs; the prior is carried over."""
    text = MATRIX.replace('kind = "matrix"', 'kind = "per_row_amount"\namount_column = "paid_back"')
    text = text.replace("false_negative = 5", "population_prior = 0.05")
    spec = read_task(folder_of(tmp_path, text, "train.csv", "test.csv")).spec
    assert spec["objective"]["costs"] == {"false_positive": 1, "false_negative": "max(0, `paid_back` - 1)"}
    assert spec["objective"]["base_rate"] == 0.05
    assert (spec["data"]["exclude"], spec["data"]["outcomes"]) == ([], ["paid_back"])


def test_without_costs_an_outcome_stays_excluded_and_no_prior_is_set(tmp_path):
    """`costs=False` leaves nothing of the money."""
    text = MATRIX.replace('kind = "matrix"', 'kind = "per_row_amount"\namount_column = "paid_back"')
    spec = read_task(folder_of(tmp_path, text, "train.csv", "test.csv"), costs=False).spec
    assert "base_rate" not in spec["objective"]
    assert spec["data"]["exclude"] == ["paid_back"]
    assert "outcomes" not in spec["data"]


def test_costs_of_a_kind_per_row_name_the_columns_of_their_files(tmp_path):
    """Files in row order, the columns of the task, and the constants that it states."""
    text = MATRIX.replace('kind = "matrix"', 'kind = "per_row"\nfiles = ["a.parquet", "b.parquet"]')
    text = text.replace("false_negative = 5", "").replace(
        "[baseline]", '[costs.columns]\nfalse_negative = "cost_fn"\n[baseline]'
    )
    costs = read_task(folder_of(tmp_path, text, "train.csv", "test.csv")).spec["objective"]["costs"]
    assert costs == {
        "false_positive": 1,
        "false_negative": "cost_fn",
        "table": {"train": str(tmp_path / "a.parquet"), "test": str(tmp_path / "b.parquet")},
        "by": "row order",
    }


def test_an_amount_that_is_a_feature_is_the_cost_of_a_miss(tmp_path):
    """The column is named in backticks, so that any name will do."""
    text = MATRIX.replace('kind = "matrix"', 'kind = "per_row_amount"\namount_column = "the value"')
    costs = read_task(folder_of(tmp_path, text, "train.csv", "test.csv")).spec["objective"]["costs"]
    assert costs == {"false_positive": 1, "false_negative": "`the value`"}


@pytest.mark.parametrize(("tables", "missing"), [((), "train"), (("train.csv",), "test")])
def test_a_missing_table_is_named(tmp_path, tables, missing):
    """A folder without a table is refused by the table's name."""
    with pytest.raises(DataError, match=rf"no {missing}\.csv"):
        read_task(folder_of(tmp_path, MATRIX, *tables))


def test_a_folder_without_a_task_is_refused(tmp_path):
    """No task.toml, no task."""
    with pytest.raises(DataError, match=r"no task\.toml"):
        read_task(tmp_path)
