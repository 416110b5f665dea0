"""Cost expressions over columns: their types are checked, and numpy and the graph give the same money."""

from __future__ import annotations

import random

import numpy as np
import polars as pl
import pytest

from automl.data.rows import Column
from automl.decide.costs.formula import compile_formula
from automl.errors import SpecError
from automl.graph.onnx import to_onnx
from automl.graph.session import open_session
from automl.ops.bulk import evaluate
from automl.ops.expr import Column as Leaf
from automl.ops.expr import walk
from automl.spec.expressions import parse_expression

WHERE = "objective.costs.false_negative"


def column(name: str, wire: str = "number", role: str = "feature") -> Column:
    return Column(name=name, wire=wire, role=role, reason="a test", is_feature=role == "feature", reader={})


COLUMNS = {
    each.name: each
    for each in (
        column("amount"),
        column("my fee"),
        column("segment", "category"),
        column("note", "text", "excluded"),
        column("member", "flag"),
        column("day", "date"),
        column("y", "category", "target"),
        column("paid", role="outcome"),
        column("id", "category", "key"),
    )
}
ROWS = pl.DataFrame(
    {
        "amount": [100.0, 0.0, -3.5, np.nan, 1e300],
        "my fee": [1.0, np.nan, 2.0, 3.0, 0.0],
        "segment": ["gold", "tin", "", "gold", "x"],
        "note": ["a b", "", "c", "a b", ""],
        "member": [1.0, 0.0, np.nan, 1.0, 0.0],
    }
)
NAN, INF = np.nan, np.inf
MEANINGS = {
    "amount * 0.8 + 5": [85, 5, 2.2, NAN, 8e299],
    "max(0, amount - 50)": [50, 0, 0, NAN, 1e300],
    "-min(amount, `my fee`, 2) / 2": [-0.5, NAN, 1.75, NAN, 0],
    "where(segment == 'gold', 100, 5)": [100, 5, 5, 100, 5],
    "where('gold' != segment and not is_missing(segment), 1, 0)": [0, 1, 0, 0, 1],
    "where(amount > 0 or `my fee` >= 2, amount, -1)": [100, -1, -3.5, NAN, 1e300],
    "where(amount != 100, 1, 0)": [0, 1, 1, 1, 1],
    "where(member == 1, 2, 3)": [2, 3, 3, 2, 3],
    "where(is_missing(amount), 7, 1 / amount)": [0.01, INF, 1 / -3.5, 7, 1e-300],
    "floor(sqrt(abs(amount))) + log(exp(1)) + where(note == ' a b ', 1, 0)": [12, 1, 2, NAN, 1e150],
}


def both(source: str) -> tuple[np.ndarray, np.ndarray]:
    """By numpy and by the graph."""
    expr = compile_formula(parse_expression(source, where=WHERE), COLUMNS)
    leaves = [part for part in walk(expr) if isinstance(part, Leaf)] or [Leaf("amount")]
    inputs = list({leaf.name: leaf for leaf in leaves}.values())
    session = open_session(to_onnx({"cost": expr}, inputs=inputs))
    graph = session.run({leaf.name: ROWS[leaf.name].to_numpy() for leaf in inputs})["cost"]
    return np.asarray(evaluate({"cost": expr}, ROWS)["cost"])[:, 0], graph[:, 0]


@pytest.mark.parametrize("source", MEANINGS)
def test_what_an_expression_means(source):
    """Money for rows with zero, negative, missing and huge amounts; a missing number makes a comparison False."""
    numpy, graph = both(source)
    assert numpy == pytest.approx(MEANINGS[source], nan_ok=True)
    assert graph == pytest.approx(MEANINGS[source], nan_ok=True)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("amont * 2", "the data has no column 'amont'\n  amont * 2\n  ^\n  did you mean 'amount'?"),
        ("1 + segment", "expected a number, got the column 'segment' of text\n  1 + segment\n      ^"),
        ("1 + 'gold'", "expected a number, got text\n  1 + 'gold'\n      ^"),
        ("'gold'", "expected a number, got text\n  'gold'\n  ^"),
        ("amount == 'gold'", "expected a number, got a condition"),
        ("where(amount == 'gold', 1, 0)", "cannot compare the column 'amount' of numbers with text"),
        ("where(segment == 3, 1, 0)", "cannot compare the column 'segment' of text with a number"),
        ("where(segment < 'gold', 1, 0)", "text is compared by == or != only"),
        ("where(segment == note, 1, 0)", "text is compared as a column with a text in quotes"),
        ("where(segment == ' ', 1, 0)", "a blank text is a missing one"),
        ("where(amount, 1, 0)", "expected a condition such as amount > 50, got the column 'amount' of numbers"),
        ("1 + (amount > 3)", "expected a number, got a condition\n  1 + (amount > 3)\n              ^"),
        ("where(is_missing(amount + 1), 1, 0)", "is_missing takes a column"),
        ("day / 2", "'day' is a date, which is no amount"),
        ("paid * 2", "'paid' is an outcome, which nobody knows in time"),
        ("where(y == 'bad', 1, 0)", "'y' is the target"),
        ("where(id == 'c1', 1, 0)", "'id' is a key"),
    ],
)
def test_what_is_refused_and_where(source, message):
    """Columns that are not there or not known, text as a number, numbers beside text: with the place."""
    with pytest.raises(SpecError) as caught:
        compile_formula(parse_expression(source, where=WHERE), COLUMNS)
    assert message in str(caught.value)
    assert any(line.strip() == "^" for line in str(caught.value).splitlines())


def random_number(draw: random.Random, depth: int) -> str:
    """An expression of the right types that is a number."""
    if not depth:
        return draw.choice(("amount", "`my fee`", "member", "2", "0", "1e3"))
    one, two = (random_number(draw, depth - 1) for _ in "ab")
    form = draw.choice(("({} + {})", "({} - {})", "{} * {}", "({}) / ({})", "max({}, {})", "min({}, {})", "where"))
    return form.format(one, two) if form != "where" else f"where({random_flag(draw, depth - 1)}, {one}, {two})"


def random_flag(draw: random.Random, depth: int) -> str:
    """An expression of the right types that is a condition."""
    one, two = (random_number(draw, depth) for _ in "ab")
    found = draw.choice((f"{one} < {two}", f"{one} != {two}", "segment == 'gold'", "is_missing(note)"))
    if not depth:
        return found
    return draw.choice((found, f"not ({found})", f"({found} and {random_flag(draw, depth - 1)} or amount >= 0)"))


def test_numpy_and_the_graph_agree_on_any_expression():
    """60 random expressions over zero, negative, missing and huge amounts: the same numbers, NaN for NaN."""
    draw = random.Random(3)  # noqa: S311  # no secret hangs on it
    for _ in range(60):
        source = random_number(draw, 3)
        numpy, graph = both(source)
        assert np.array_equal(numpy, graph, equal_nan=True), source
