"""What pydantic finds is told with file, line and key, what was expected, what was got, and the nearest key."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from pydantic import ValidationError

from automl.spec.layers import Layer
from automl.spec.model import Spec
from automl.spec.problems import known_keys, spec_error

Refusal = Callable[..., str]
SMALL = '[objective]\ntarget = "is_fraud"\n'


def told(**values: object) -> str:
    """What is said of values that come without a file."""
    with pytest.raises(ValidationError) as caught:
        Spec.model_validate(values)
    return str(spec_error(caught.value, Spec, [Layer(name="mapping", values=values)]))


def test_unknown_keys(refusal: Refusal) -> None:
    """S01: an unknown key is refused with file, line, key and the nearest key."""
    text = refusal(SMALL + "[limits]\nlatncy_p99 = '2ms'\n")
    assert text == "fraud.toml:4 limits.latncy_p99: unknown key 'latncy_p99'\n  did you mean 'latency_p99'?"
    assert "did you mean 'limits'?" in refusal(SMALL + "[limit]\n")
    assert "fraud.toml:4 budget.latency_p99: unknown key 'latency_p99'\n  it belongs to [limits]" in refusal(
        SMALL + "[budget]\nlatency_p99 = '2ms'\n"
    )
    assert "--set budget.tme: unknown key 'tme'\n  did you mean 'time'?" in refusal(SMALL, overrides=["budget.tme=1s"])


def test_all_problems_at_once(refusal: Refusal) -> None:
    """S01: every problem is told with its own place, typos first."""
    text = refusal('[objective]\ntargt = "y"\n[budget]\ntime = "fast"\n[data.types]\nZip = "cat"\n')
    kinds = "'number', 'category', 'date', 'text', 'flag' or 'id'"
    assert text.splitlines() == [
        "fraud.toml:2 objective.targt: unknown key 'targt'",
        "  did you mean 'target'?",
        "  fraud.toml:1 objective.target: is missing; add target = ... under [objective]",
        f"  fraud.toml:6 data.types.Zip: expected {kinds}, got \"cat\"; did you mean 'category'?",
        '  fraud.toml:4 budget.time: expected a time such as "2ms", "30s", "10min", "2h" or "30d", got "fast"',
    ]


def test_control_characters(refusal: Refusal) -> None:
    """S08: a key with an escape code or a line break in it cannot forge a line of the message."""
    text = refusal('[objective]\ntarget = "y"\n"\\u001b[31mred\\nfraud.toml: fine" = 1\n')
    assert "\x1b" not in text
    assert not any(line.startswith("fraud.toml: fine") for line in text.splitlines())


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({"weight": 3}, "mapping data.weight: expected text, got 3"),
        ({"unseen_groups": "yes"}, 'mapping data.unseen_groups: expected true or false, got "yes"'),
        ({"final": "al"}, "mapping data.final: expected 'split' or 'all', got \"al\"\n  did you mean 'all'?"),
        ({"types": "text"}, 'mapping data.types: expected a table, got "text"'),
        ({"audit": 1}, "mapping data.audit: expected a table, got 1"),
        ({"key": ["a", "a"]}, 'mapping data.key: expected each name once, got "a" twice'),
    ],
)
def test_a_sentence_for_each_kind(data: dict[str, object], sentence: str) -> None:
    """What was expected is said in words of the spec, not of Python."""
    assert told(objective={"target": "y"}, data=data) == sentence


def test_bounds_are_told() -> None:
    """A number out of bounds is answered with the bound."""
    text = told(objective={"target": "y", "review": {"cost": -1}})
    assert text == "mapping objective.review.cost: expected a number of at least 0.0, got -1"


def test_what_is_missing_is_shown_as_a_line_to_add() -> None:
    """Within a section the line is named, else the section."""
    assert told(objective={}) == "mapping objective.target: is missing\n  add target = ... under [objective]"
    assert told(data={}) == "mapping objective: is missing\n  add [objective]"


def test_an_arm_of_a_union_is_meant() -> None:
    """A query with a typo is told as a query, not as the text it might have been too."""
    text = told(objective={"target": "y"}, data={"train": {"qery": "select 1", "url": "env:DB"}})
    assert "data.train.qery: unknown key 'qery'\n  did you mean 'query'?" in text
    assert "expected text" not in text


def test_a_key_that_is_like_no_other() -> None:
    """Where nothing is near, what is known is listed."""
    assert "known here: act, pass, review" in told(objective={"target": "y", "names": {"zzzzzz": "x"}})


def test_known_keys() -> None:
    """Every key as people write it, inner ones dotted, those of tables by name without the table's own."""
    keys = set(known_keys(Spec))
    assert {"objective.names.pass", "data.audit.keep", "data.tables", "budget.time"} <= keys
    assert not any(key.startswith(("data.tables.", "objective.names.pass_")) for key in keys)
    assert len(keys) == len(list(known_keys(Spec)))
