"""What the scorer of several tables takes, and what it copies beside score.py."""

from __future__ import annotations

import ast
import sys

import polars as pl
import pytest

from automl.bundle.score_text import COPIES, score_files
from automl.bundle.scorer import ScoreError
from automl.bundle.tables import named, open_scorer, read_file
from automl.errors import DataError

RAW = pl.DataFrame({"a": ["1", "2"], "b": ["x", "y;z"]})


def test_tables_are_named_in_pairs(tmp_path):
    """NAME=FILE; a file's name may have a sign of equality, a name may stand once."""
    assert {name: str(path) for name, path in named(["a=b=c.csv", "d=e"]).items()} == {"a": "b=c.csv", "d": "e"}
    for wrong in (["a"], ["=b"], ["a="], ["a=b", "a=c"]):
        with pytest.raises(DataError, match="--table"):
            named(wrong)


@pytest.mark.parametrize("form", ["csv", "parquet", "arrow", "ndjson"])
def test_files_are_read_without_the_engine(tmp_path, form):
    """score.py reads tables of the usual formats; a csv by the dialect of training, all as text."""
    path = tmp_path / f"t.{form}"
    writers = {"parquet": RAW.write_parquet, "arrow": RAW.write_ipc, "ndjson": RAW.write_ndjson}
    if form == "csv":
        path.write_text("a|b\n1|x\n2|y;z\n")
    else:
        writers[form](path)
    assert read_file(path, {"separator": "|"}).equals(RAW)


def test_a_csv_without_rows_has_its_columns(tmp_path):
    """D19: an empty table is a table."""
    path = tmp_path / "t.csv"
    path.write_text("a,b\n")
    assert read_file(path, {}).schema == {"a": pl.String, "b": pl.String}


def test_a_damaged_file_is_told(tmp_path):
    """D11: no traceback in score.py."""
    path = tmp_path / "t.parquet"
    path.write_bytes(b"PAR1 nothing")
    with pytest.raises(ScoreError, match=r"t\.parquet"):
        read_file(path, {})


def test_a_bundle_of_one_table_refuses_others(bundle):
    """A table that nothing is computed from is a mistake of who gives it."""
    with pytest.raises(DataError, match="reads no other table"):
        open_scorer(bundle, {"purchases": RAW})
    assert open_scorer(bundle, {}).needed


def test_copies_import_each_other_and_little_else():
    """Each file compiles; nothing of automl is left, and beside the standard library only three packages are named."""
    files = score_files(tables=True)
    outside = set()
    for name, text in files.items():
        for node in ast.walk(ast.parse(text, name)):
            if isinstance(node, ast.Import):
                outside |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                top, _, module = str(node.module).partition(".")
                outside.add(top)
                copied = [module] if module else [alias.name for alias in node.names]
                assert top != COPIES or all(f"{COPIES}/{each}.py" in files for each in copied)
    assert outside - set(sys.stdlib_module_names) == {"numpy", "onnxruntime", "polars", COPIES}


def test_one_table_has_one_file():
    """Nothing changes where there is one table."""
    assert list(score_files(tables=False)) == ["score.py"]
