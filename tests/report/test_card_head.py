"""The head of a card is YAML in the form that Hugging Face publishes, whatever names the data has.

The form is that of huggingface/hub-docs, modelcard.md (as of 0d37e0ca628e): the keys below, and in `model-index` what
is marked as required there. A hub reads the head by the regular expression of `huggingface_hub.repocard`.
"""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml

from automl.bundle.files import open_files
from automl.report.card import card
from automl.report.card_head import card_head

HEAD = re.compile(r"^(\s*---[\r\n]+)([\S\s]*?)([\r\n]+---(\r\n|\n|$))")
KEYS = {"language", "license", "library_name", "pipeline_tag", "tags", "datasets", "metrics", "model-index"}
TASKS = {"tabular-classification", "tabular-regression"}
EVIL = [
    '"><script>alert(1)</script>',
    "=cmd()",
    "\x1b[31mred\x1b[0m",
    "a\n---\nlicense: mit",
    "a: b # c",
    "- x",
    "!!python/object/apply:os.system ['true']",
    "&a *a",
    "{{ 7 * 7 }}",
    "\u2028---\u2028\ud800\ufeff\x00",
    "null",
    "日本語 😀",
]


def head_of(text: str) -> dict[str, Any]:
    """The head as a hub reads it."""
    found = HEAD.search(text)
    assert found is not None
    read = yaml.safe_load(found[2])
    assert isinstance(read, dict)
    return read


def check_form(head: dict[str, Any]) -> None:
    """What the published form says of types and of what must be there."""
    assert head.keys() <= KEYS
    assert head["pipeline_tag"] in TASKS
    assert all(isinstance(one, str) for one in [head["library_name"], *head["tags"], *head.get("metrics", [])])
    for model in head.get("model-index", []):
        assert isinstance(model["name"], str)
        for result in model["results"]:
            assert result["task"]["type"] == head["pipeline_tag"]
            assert all(isinstance(result["dataset"][key], str) for key in ("type", "name", "split"))
            assert result["metrics"]
            for metric in result["metrics"]:
                assert isinstance(metric["type"], str)
                assert isinstance(metric["value"], int | float)


def test_a_card_has_the_published_form(manifest, verdict) -> None:
    """The head of a whole card reads back, with the test results and no license of ours."""
    head = head_of(card(manifest | {"verdict": verdict}))
    check_form(head)
    assert "license" not in head
    assert head["library_name"] == "automl"
    assert head["tags"] == ["automl", "tabular", "binary", "linear"]
    (result,) = head["model-index"][0]["results"]
    assert result["metrics"] == [{"type": "roc_auc", "value": 0.81, "name": "roc auc"}]
    assert result["dataset"] == {"type": "tabular", "name": "train.csv", "split": "test"}


@pytest.mark.parametrize("kind", ["multiclass", "regression"])
def test_every_kind_of_problem_has_a_head(kind, request, make_bundle, tmp_path) -> None:
    """Several labels are a classification, a number is a regression."""
    folder = make_bundle(request.getfixturevalue(kind), tmp_path / "b.bundle")
    head = head_of(card_head(open_files(folder).manifest.model_dump(mode="json")))
    check_form(head)
    assert head["pipeline_tag"] == ("tabular-regression" if kind == "regression" else "tabular-classification")


@pytest.mark.parametrize("name", EVIL)
def test_no_name_ends_its_value(name, manifest) -> None:
    """V13: a target, a file and a metric that are called as YAML, markup or an escape are one line of text each."""
    score = manifest["scores"][0] | {"metric": name}
    text = card_head(
        manifest | {"target": manifest["target"] | {"name": name}, "sources": {name: "ab" * 32}, "scores": [score]}
    )
    assert all(character.isprintable() or character == "\n" for character in text)
    head = head_of(text + "\n\n# text")
    check_form(head)
    assert "license" not in head
    model = head["model-index"][0]
    assert model["name"] == model["results"][0]["dataset"]["name"] == head["metrics"][0]
    assert name[:1] in model["name"] or name[:1] in "\x1b\u2028"


@pytest.mark.parametrize("value", [1e-05, 1.5e300, 3e22, 0.0, -2.5, 7])
def test_numbers_stay_numbers(value, manifest) -> None:
    """YAML 1.1 takes an exponent without a point for text: every value is read back as it was."""
    score = manifest["scores"][0] | {"value": value}
    head = head_of(card_head(manifest | {"scores": [score]}))
    assert head["model-index"][0]["results"][0]["metrics"][0]["value"] == value


def test_without_a_test_score_there_is_no_result(manifest) -> None:
    """A result needs a metric: out-of-fold scores, and those without a value, are none."""
    lost = manifest["scores"][0] | {"value": None}
    fold = manifest["scores"][0] | {"rows": "oof"}
    head = head_of(card_head(manifest | {"scores": [lost, fold]}))
    assert head.keys() == {"library_name", "pipeline_tag", "tags"}


def test_frames_are_called_so(manifest) -> None:
    """Without a file the data set has a name all the same: the form requires one."""
    head = head_of(card_head(manifest | {"sources": {}}))
    assert head["model-index"][0]["results"][0]["dataset"]["name"] == "data frames"
