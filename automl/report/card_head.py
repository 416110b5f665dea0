"""The head of a model card: YAML by which a hub of models finds it, and the test results as data.

The form is that of Hugging Face (huggingface/hub-docs, modelcard.md: ``library_name``, ``pipeline_tag``, ``tags``,
``metrics`` and ``model-index``). There is no ``license``: the owner of the data and of the model names one.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from automl.report._words import Facts, line

PIPELINE: Final = {
    "binary": "tabular-classification",
    "multiclass": "tabular-classification",
    "regression": "tabular-regression",
}
IDS: Final = {"brier": "brier_score", "r2": "r_squared"}  # where a metric has another name on the hub
MARKS: Final = {ord(mark): f"\\u{ord(mark):04x}" for mark in "<>&[]`|"}  # where a reader takes the head for Markdown
FRAMES: Final = "data frames"  # where no file was read


def card_head(manifest: Facts) -> str:
    """The YAML head with both of its lines of dashes; no name from data can end a value, a line or the head (V13)."""
    learners = dict.fromkeys(member["learner"] for member in manifest["members"])
    scored = _test_scores(manifest)
    head: dict[str, Any] = {
        "library_name": "automl",
        "pipeline_tag": PIPELINE[manifest["target"]["kind"]],
        "tags": ["automl", "tabular", manifest["target"]["kind"], *learners],
    }
    if scored:
        head["metrics"] = list(dict.fromkeys(score["type"] for score in scored))
        head["model-index"] = [{"name": manifest["target"]["name"], "results": [_result(manifest, scored)]}]
    return "\n".join(["---", *_block(head), "---"])


def _test_scores(manifest: Facts) -> list[dict[str, Any]]:
    return [
        {
            "type": IDS.get(score["metric"], score["metric"]),
            "value": score["value"],
            "name": score["metric"].replace("_", " "),
        }
        for score in manifest["scores"]
        if score["rows"] == "test" and score["value"] is not None
    ]


def _result(manifest: Facts, scored: list[dict[str, Any]]) -> dict[str, Any]:
    kind = PIPELINE[manifest["target"]["kind"]]
    return {
        "task": {"type": kind, "name": kind.replace("-", " ")},
        "dataset": {"type": "tabular", "name": ", ".join(manifest["sources"]) or FRAMES, "split": "test"},
        "metrics": scored,
    }


def _block(value: Mapping[str, Any]) -> Iterator[str]:
    """A mapping as lines of YAML; keys are our own words."""
    for key, entry in value.items():
        if isinstance(entry, Mapping):
            yield f"{key}:"
            yield from (f"  {text}" for text in _block(entry))
        elif isinstance(entry, list):
            yield f"{key}:"
            for item in entry:
                first, *rest = list(_block(item)) if isinstance(item, Mapping) else [_scalar(item)]
                yield f"- {first}"
                yield from (f"  {text}" for text in rest)
        else:
            yield f"{key}: {_scalar(entry)}"


def _scalar(value: str | float) -> str:
    r"""A number as YAML 1.1 reads one, or text in double quotes, which is the same in JSON and in YAML.

    >>> print(_scalar(1e-05), _scalar('a "b": <c>'))
    1.0e-05 "a \"b\": \u003cc\u003e"
    """
    if isinstance(value, str):
        return json.dumps(line(value), ensure_ascii=False).translate(MARKS)
    text = repr(value)
    return text.replace("e", ".0e") if "e" in text and "." not in text else text
