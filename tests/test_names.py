"""Names that polars takes for patterns have others inside, and theirs again outside."""

from __future__ import annotations

import ast
from pathlib import Path

import polars as pl
import pytest

from automl.names import free_name, inside, outside

PATTERNS = ("*", "^a.*$", "^$", "^.*$", "^\n$", "^column *$")
PLAIN = ("a", "", "**", "^a", "a$", "column a", "column", "a*", " * ", "$^", "count")
READERS = ("read_", "scan_", "from_")
HOMES = {  # modules of ours that make frames of what others wrote, each with the call that names their columns
    "bundle/table_files.py": None,  # `typed_tables` renames what it is given
    "data/read/arrow_files.py": None,  # who asks names them: `source`, and the tables of a bundle
    "data/read/csv_files.py": "header_of",
    "data/read/cuts.py": "checked",
    "data/read/estimates.py": None,  # these count
    "data/read/probe.py": None,
    "data/read/sampling.py": None,  # what we have written ourselves
    "data/read/json_lines.py": None,  # as `arrow_files`
    "data/read/open_tables.py": "renamed",
    "data/read/query.py": None,  # `sources` checks what it gives
    "data/read/remote/delta.py": None,  # of a log, and as a file that `source` reads
    "data/read/remote/iceberg.py": None,
    "data/read/source.py": "checked",
    "data/read/streams.py": "renamed",
    "deploy/serve/arrow.py": "renamed",
    "bundle/pandas_columns.py": None,  # called by `bundle/frames.py`
    "bundle/frames.py": None,  # `source.load` and `Bundle.score` rename what they are given
    "bundle/kept.py": None,  # what we have written ourselves
    "deploy/batch.py": None,
    "deploy/dataframes/base.py": None,  # `Bundle.counted` renames what it is given
    "deploy/distributed/output.py": None,  # what workers have written
    "deploy/parts.py": None,
    "deploy/worker.py": None,
    "features/relational/compute/buckets.py": None,  # of tables that were read
    "monitor/money/ground.py": None,
    "pipeline/behind.py": None,
    "retrain/champion_rows.py": None,
    "watch/blocks.py": None,
}
ROOT = Path(__file__).parents[1] / "automl"


@pytest.mark.parametrize("name", PATTERNS)
def test_a_pattern_has_a_name_of_ours(name):
    """It is none to polars, in expressions and methods of series; what was renamed stays; outside it is as it was."""
    own = inside(name)
    assert own != name
    assert inside(own) == own
    assert outside(own) == name == outside(name)
    frame = pl.DataFrame({own: ["b", "a"], "ab": ["c", "d"], "aa": ["e", "f"]})
    assert frame.select(own).columns == frame.select(pl.col(own)).columns == [own]
    assert frame[own].str.to_uppercase().to_list() == ["B", "A"]
    assert frame.sort(own)["ab"].to_list() == ["d", "c"]


@pytest.mark.parametrize("name", PLAIN)
def test_every_other_name_stays(name):
    """Nothing that polars takes as it stands is touched, in either direction."""
    assert inside(name) == name == outside(name)
    frame = pl.DataFrame({name: ["b", "a"], "ab": ["c", "d"]})
    assert frame.select(name).columns == [name]


def test_a_free_name_is_none_that_is_taken():
    """The wish itself where it is free, else with the first number."""
    assert free_name("row", []) == "row"
    assert free_name("row", {"row", "row 3"}) == "row 2"


def test_frames_come_in_where_their_columns_are_named():
    """Whoever reads frames that others wrote is in the table above, and calls what names their columns."""
    readers = {}
    for path in ROOT.glob("**/*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        calls = [node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute) and _of_polars(node)]
        if any(name.startswith(READERS) for name in calls):
            readers[path.relative_to(ROOT).as_posix()] = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name)}
    ours = {name: used for name, used in readers.items() if not name.startswith("bench/")}
    assert ours.keys() == HOMES.keys()
    assert [name for name, call in HOMES.items() if call and call not in ours[name]] == []


def test_values_are_counted_under_a_name_of_their_own():
    """`value_counts` fails for a series called as its column of counts is: one place calls it."""
    users = [path for path in ROOT.glob("**/*.py") if "value_counts(" in path.read_text(encoding="utf-8")]
    assert {path.relative_to(ROOT).as_posix() for path in users} == {"data/read/frames.py", "bench/rival_kit.py"}


def _of_polars(node: ast.Attribute) -> bool:
    return isinstance(node.value, ast.Name) and node.value.id == "pl"
