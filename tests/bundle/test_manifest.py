"""The manifest has one way to be written, and equal values have equal bytes."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from pydantic import ValidationError

from automl.bundle.files import open_files
from automl.bundle.manifest import (
    Manifest,
    Score,
    Target,
    by_short_name,
    canonical,
    check_keys,
    outputs_of,
    plain,
)
from automl.data.rows import Finding, Labels
from automl.errors import SpecError
from automl.spec.data import ANSWERS
from automl.task import Task

texts = some.text(some.characters(exclude_categories=["Cs"]), max_size=5)
leaves = some.none() | some.booleans() | some.integers() | some.floats() | texts
values = some.recursive(
    leaves, lambda inner: some.lists(inner, max_size=3) | some.dictionaries(texts, inner), max_leaves=6
)


def test_outputs_follow_the_problem(binary, multiclass, regression):
    """Columns: `probability`, one for each label of several, or `prediction`; then decision and expected cost."""

    def columns(labels, *answers):
        return [column for output in outputs_of(labels, answers) for column in output.columns]

    assert columns(binary, "expected_cost", "decision") == ["probability", "decision", "expected_cost"]
    assert columns(multiclass) == [
        "probability_low",
        "probability_mid",
        "probability_high",
        "decision",
    ]
    assert columns(regression) == ["prediction"]
    assert columns(regression, "decision") == ["prediction", "decision"]
    ranked = outputs_of(binary, ("action_costs",), actions=("no", "yes"))[-1]
    assert (ranked.name, ranked.columns, ranked.wire) == ("action_costs", ("cost_no", "cost_yes"), "number")


def test_names_of_answers_are_no_keys(binary, regression):
    """Whatever an answer is always called no spec takes as a key; the others are told by their outputs."""
    every = ("decision", "expected_cost", "prediction_low", "prediction_high")
    found = {name for labels in (binary, regression) for output in outputs_of(labels, every) for name in output.columns}
    assert found == set(ANSWERS)
    check_keys(("id", "cost_no"), outputs_of(binary, every))
    with pytest.raises(SpecError, match="'cost_no' is what an answer is called"):
        check_keys(("id", "cost_no"), outputs_of(binary, ("action_costs",), actions=("no", "yes")))


def test_what_is_written_reads_back(bundle):
    """A manifest survives its bytes, which end in a newline and are UTF-8 as people read it."""
    manifest = open_files(bundle).manifest
    text = manifest.to_bytes()
    assert Manifest.model_validate_json(text) == manifest
    assert Manifest.model_validate_json(text).to_bytes() == text
    assert text.endswith(b"}\n")
    assert list(json.loads(text)) == list(Manifest.model_fields)


def test_a_manifest_is_closed_and_frozen(bundle):
    """A field that nobody knows is refused, and nobody changes a score after the fact."""
    manifest = open_files(bundle).manifest
    with pytest.raises(ValidationError, match="Extra inputs"):
        Manifest.model_validate({**manifest.model_dump(), "note": "x"})
    with pytest.raises(ValidationError, match="frozen"):
        manifest.split = "none"
    with pytest.raises(ValueError, match="not JSON compliant"):
        manifest.model_copy(update={"scores": (Score(metric="r2", value=float("nan")),)}).to_bytes()


@pytest.mark.parametrize(
    "labels",
    [
        Labels(name="bad", task=Task(kind="binary", classes=2), values=(1, 2), texts=("1", "2"), dtype="int"),
        Labels(name="ok", task=Task(kind="binary", classes=2), values=(False, True), texts=("no", "ü"), dtype="bool"),
        Labels(
            name="x",
            task=Task(kind="multiclass", classes=3),
            values=(0.5, 1.0, 2.5),
            texts=("a", "b", "c"),
            dtype="float",
        ),
        Labels(name="price", task=Task(kind="regression"), dtype="float"),
    ],
    ids=lambda labels: labels.name,
)
def test_labels_keep_their_types(labels):
    """D21: labels come back from JSON as they came: a flag is no number, a 1 no text."""
    back = Target.model_validate_json(Target.of(labels).model_dump_json()).labels()
    assert back == labels
    assert [type(value) for value in back.values] == [type(value) for value in labels.values]


@settings(max_examples=40)
@given(values)
def test_plain_values_are_json_and_stay(value):
    """Whatever goes in, JSON comes out; what is plain already stays as it is."""
    found = plain(value)
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    assert plain(found) == found
    assert canonical(value) == canonical(found)


def test_what_python_has_and_json_has_not():
    """Arrays are lists, dataclasses and models tables, dates texts; what is not finite is null."""
    finding = Finding(check="leak", column=None, text="t", action="noted", evidence={"auc": np.float32(0.5)})
    assert plain(finding) == {"check": "leak", "column": None, "text": "t", "action": "noted", "evidence": {"auc": 0.5}}
    assert plain(np.array([[1.0, np.nan], [-np.inf, 2.0]])) == [[1.0, None], [None, 2.0]]
    assert plain({1: (np.int64(3), np.bool_(True))}) == {"1": [3, True]}
    assert plain(datetime(2026, 1, 2, tzinfo=UTC)) == "2026-01-02 00:00:00+00:00"
    assert plain(Score(metric="r2", value=1.0))["rows"] == "test"


def test_order_of_keys_changes_no_bytes():
    """Equal values give equal bytes, without a space, letters as they are."""
    assert canonical({"b": 1, "a": "ü"}) == canonical({"a": "ü", "b": 1}) == '{"a":"ü","b":1}'.encode()


def test_sources_are_called_by_their_files_and_not_by_their_places():
    """No folder of the machine stands in a bundle, unless two files need one to be told apart."""
    assert by_short_name({"/home/anna/churn/train.csv": "1", "/home/anna/churn/test.csv": "2"}) == {
        "train.csv": "1",
        "test.csv": "2",
    }
    assert by_short_name({"/home/anna/a/rows.csv": "1", "/home/anna/b/rows.csv": "2"}) == {
        "a/rows.csv": "1",
        "b/rows.csv": "2",
    }
    assert by_short_name({"query:train": "1", "frame": "2"}) == {"query:train": "1", "frame": "2"}
    assert by_short_name({}) == {}
