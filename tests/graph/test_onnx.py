"""The model as a whole: names, bytes, rows."""

from __future__ import annotations

import numpy as np
import onnx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from automl.errors import AutomlError
from automl.graph.onnx import to_onnx
from automl.graph.session import open_session
from automl.ops import expr as ops
from automl.ops.expr import Column, Expr

AGE, JOB = Column("age"), Column("job", "text")
KEYS = ("clerk", "farmer")


def outputs() -> dict[str, Expr]:
    """Fresh expressions that share some parts and repeat others."""
    code = ops.AsNumber(ops.IndexOf(Column("job", "text"), KEYS))
    again = ops.AsNumber(ops.IndexOf(Column("job", "text"), KEYS))
    probability = ops.Sigmoid(ops.Add(Column("age"), ops.Add(code, again)))
    return {"probability": probability, "decision": ops.TakeText(ops.AsIndex(code, 2), ("no", "yes"))}


def test_equal_expressions_give_equal_bytes() -> None:
    """R12: the model has no clock, no addresses and no chance in it."""
    first = to_onnx(outputs(), inputs=[AGE, JOB], metadata={"b": "1", "a": "2"})
    assert first == to_onnx(outputs(), inputs=[Column("age"), Column("job", "text")], metadata={"a": "2", "b": "1"})


def test_the_model_keeps_to_its_versions() -> None:
    """Opset 21 and ai.onnx.ml 5, checked by onnx with full shape inference."""
    model = onnx.load_from_string(to_onnx(outputs(), inputs=[AGE, JOB]))
    assert {entry.domain: entry.version for entry in model.opset_import} == {"": 21, "ai.onnx.ml": 5}
    onnx.checker.check_model(model, full_check=True)


def test_equal_parts_are_computed_once_and_unused_parts_not_at_all() -> None:
    """Two look-ups written alike are one node, and a text look-up with its number is one node too."""
    model = onnx.load_from_string(to_onnx(outputs(), inputs=[AGE, JOB]))
    assert [node.op_type for node in model.graph.node].count("LabelEncoder") == 1
    used = {name for node in model.graph.node for name in node.input}
    assert {tensor.name for tensor in model.graph.initializer} <= used


def test_a_constant_answer_has_all_rows() -> None:
    """What no column enters is still an answer for each row."""
    session = open_session(to_onnx({"p": ops.constant(0.25, 1), "d": _always_no()}, inputs=[JOB]))
    result = session.run({"job": np.array(["a", "b", "c"], dtype=object)})
    assert result["p"].tolist() == [[0.25, 1.0]] * 3
    assert result["d"].tolist() == [["no"]] * 3


def test_one_value_under_two_names_and_an_input_as_output() -> None:
    """Outputs may share a value, and may be an input itself."""
    double = ops.Add(AGE, AGE)
    session = open_session(to_onnx({"a": double, "b": double, "c": AGE, "d": AGE}, inputs=[AGE]))
    result = session.run({"age": np.array([1.5])})
    assert {name: values.tolist() for name, values in result.items()} == {
        "a": [[3.0]], "b": [[3.0]], "c": [[1.5]], "d": [[1.5]]
    }  # fmt: skip


@settings(max_examples=60)
@given(
    st.lists(
        st.one_of(
            st.text(st.characters(exclude_categories=["Cs"]), max_size=8),
            st.sampled_from(["probability", "_1", "__2", "column_0", "column_1", "", "\0", "a b", "x/y:0", "N"]),
        ),
        min_size=1,
        max_size=6,
        unique=True,
    )
)
def test_any_column_name_works(names: list[str]) -> None:
    """Empty, odd, or named like an output or one of our own values: columns are found by their real names."""
    columns = [Column(name) for name in names]
    total: Expr = ops.RowSum(ops.Concat(tuple(columns)))
    session = open_session(
        to_onnx({"probability": total, "decision": ops.Less(total, ops.constant(3.0))}, inputs=columns)
    )
    assert session.inputs == tuple(names)
    assert session.run({name: np.array([2.0**i]) for i, name in enumerate(names)})["probability"] == 2 ** len(names) - 1


def test_ordinary_names_stay_as_they_are() -> None:
    """The graph's inputs carry the columns' names wherever they can, so that others can read it."""
    model = onnx.load_from_string(
        to_onnx({"probability": ops.Add(AGE, Column("Größe €"))}, inputs=[AGE, Column("Größe €")])
    )
    assert [entry.name for entry in model.graph.input] == ["age", "Größe €"]


def test_a_column_that_is_no_input_is_named() -> None:
    """Forgetting an input is told with its name."""
    with pytest.raises(AutomlError, match="'job'"):
        to_onnx(outputs(), inputs=[AGE])


def test_the_same_input_twice_and_no_input_are_refused() -> None:
    """Inputs have one name each, and there is at least one: it tells the number of rows."""
    with pytest.raises(AutomlError, match="twice"):
        to_onnx(outputs(), inputs=[AGE, JOB, AGE])
    with pytest.raises(AutomlError, match="at least one"):
        to_onnx({"p": ops.constant(1)}, inputs=[])


def _always_no() -> Expr:
    return ops.TakeText(ops.ArgMin(ops.constant(0, 1)), ("no", "yes"))
