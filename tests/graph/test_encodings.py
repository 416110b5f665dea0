"""A graph says which of its tables are target encodings, and of how many rows."""

from __future__ import annotations

import json
from collections.abc import Callable

import numpy as np
import onnx
import polars as pl
import pytest

from automl.errors import BundleError
from automl.graph.audit import audit
from automl.graph.encodings import encoded, encodings_of, entries_of
from automl.graph.onnx import to_onnx
from automl.graph.session import ENCODINGS, open_session
from automl.graph.stages import Graph
from automl.ops.expr import Add, AsIndex, Column, Expr, IndexOf, Pair, Take, constant
from automl.ops.means import Means, Reading

JOB, SIZE = Column("job", "text"), Column("size")
JOBS, SIZES = IndexOf(JOB, ("clerk", "farmer")), AsIndex(SIZE, 4)
FRAME = pl.DataFrame({"job": ["farmer", "", "clerk", "farmer"], "size": [0.0, 1.0, 3.0, 9.0]})
PLACES = {"text": [1, 2, 0, 1], "number": [0, 1, 3, 3], "pair": [1, 2, 0, 2]}


def means(*rows: float, belief: float = 2.0) -> Means:
    return Means(rows=np.array(rows, dtype=np.float64), belief=belief, of=Reading(kind="target"))


def column(*numbers: float) -> np.ndarray:
    return np.array(numbers, dtype=np.float64).reshape(-1, 1)


TAKES: dict[str, Take] = {
    "text": Take(JOBS, column(0.1, 0.2, 0.3), means(10, 20.25, 0)),
    "number": Take(SIZES, column(1, 2, 3, 4), means(1, 2, 3, 4)),
    "pair": Take(Pair(JOBS, SIZES, 4, np.array([3, 4])), column(7, 8, 9), means(5, 6, 0)),
}


def graph(**outputs: Expr) -> Graph:
    return Graph(to_onnx(outputs, inputs=[JOB, SIZE]))


@pytest.mark.parametrize("kind", TAKES)
def test_an_encoding_is_found_again(kind):
    """Its table, counts, belief and what is averaged, in a dictionary or a table; rows find their entry."""
    take = TAKES[kind]
    opened = graph(out=Add(take, Take(SIZES, column(4, 3, 2, 1))))
    (found,) = encodings_of(opened)
    assert take.means is not None
    assert found.table.tolist() == take.table[:, 0].tolist()
    assert found.means.rows.tolist() == take.means.rows.tolist()
    assert (found.means.belief, found.means.of) == (2.0, Reading(kind="target"))
    (entries,) = entries_of(opened, [found], FRAME)
    assert entries.tolist() == PLACES[kind]


def test_an_encoding_may_be_an_output_itself():
    """A value that has an output's name is told under that name."""
    assert [one.value for one in encodings_of(graph(out=TAKES["text"]))] == ["out"]


def test_more_rows_move_the_numbers_and_nothing_else():
    """Each level's number and count follow its rows; another table of the same numbers stays, and so do the nodes."""
    other = Take(AsIndex(Add(SIZE, constant(0.0)), 4), TAKES["number"].table)
    opened = graph(out=Add(TAKES["number"], other), same=other, job=TAKES["text"])
    entries = entries_of(opened, encodings_of(opened), FRAME)
    y, weight = np.array([4.0, 4.0, 4.0, 8.0]), np.ones(4)
    more = [one.with_rows(entry, y, weight) for one, entry in zip(encodings_of(opened), entries, strict=True)]
    model = encoded(opened, more)
    audit(model)
    found = open_session(model).run({name: FRAME[name].to_numpy() for name in FRAME.columns})
    expected = [(3 * 1 + 4) / 4, (4 * 2 + 4) / 5, 3.0, (6 * 4 + 12) / 8]
    assert (found["out"] - found["same"])[:, 0] == pytest.approx([expected[place] for place in PLACES["number"]])
    assert found["same"][:, 0].tolist() == [1.0, 2.0, 4.0, 4.0]
    by_value = {one.value: one for one in encodings_of(Graph(model))}
    assert by_value["job"].means.rows.tolist() == [11.0, 22.25, 1.0]
    before, after = opened.model.graph.node, onnx.load_from_string(model).graph.node
    assert [node.op_type for node in before] == [node.op_type for node in after]


def test_encodings_of_one_column_share_their_counts():
    """Ten statistics of a column cost its counts once."""
    shares = [Take(JOBS, column(1.0 / k, 0.2, 0.3), means(100, 50, 0, belief=k)) for k in range(1, 11)]
    entry = json.loads(metadata(graph(**{f"out{k}": one for k, one in enumerate(shares)}).model)[ENCODINGS])
    assert entry["counts"] == [[100, 50, 0]]
    assert [one["belief"] for one in entry["encodings"]] == list(range(1, 11))


def test_a_graph_without_means_tells_of_none():
    """As that of an older automl: there is nothing to count."""
    opened = graph(out=Take(SIZES, column(1, 2, 3, 4)))
    assert ENCODINGS not in metadata(opened.model)
    assert encodings_of(opened) == ()


def metadata(model: onnx.ModelProto) -> dict[str, str]:
    return {entry.key: entry.value for entry in model.metadata_props}


def _with(key: str, value: object) -> Callable[[dict[str, list]], None]:
    return lambda entry: entry["encodings"][0].update({key: value})


@pytest.mark.parametrize(
    "spoil",
    [
        _with("value", "nobody"),
        _with("rows", 7),
        _with("belief", -1.0),
        _with("kind", "mode"),
        _with("numbers", [float("nan")]),
        lambda entry: entry.update(counts=[[1.0]]),
        lambda entry: entry.pop("counts"),
    ],
)
def test_what_does_not_fit_the_graph_is_refused(spoil):
    """A stranger's metadata: a value that is not there, counts that lack, words that mean nothing."""
    opened = graph(out=TAKES["number"])
    entry = next(one for one in opened.model.metadata_props if one.key == ENCODINGS)
    told = json.loads(entry.value)
    spoil(told)
    entry.value = json.dumps(told)
    with pytest.raises(BundleError, match="target encodings cannot be read"):
        encodings_of(opened)


def test_a_table_of_other_numbers_is_none():
    """What is looked up as a whole number is no mean."""
    opened = graph(out=TAKES["text"], index=JOBS)
    entry = next(one for one in opened.model.metadata_props if one.key == ENCODINGS)
    entry.value = entry.value.replace('"out"', '"index"')
    with pytest.raises(BundleError, match="target encodings cannot be read"):
        encodings_of(opened)


def test_a_value_that_is_computed_is_no_table():
    """A name of another operation than a look-up is refused, too."""
    opened = graph(out=Add(TAKES["number"], SIZE))
    entry = next(one for one in opened.model.metadata_props if one.key == ENCODINGS)
    told = json.loads(entry.value)
    told["encodings"][0]["value"] = "out"
    entry.value = json.dumps(told)
    with pytest.raises(BundleError, match="target encodings cannot be read"):
        encodings_of(opened)
