"""Costs are given in one of three forms, whole, and are written back in the form they came in."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from pydantic import ValidationError

from automl.spec import parse
from automl.spec.costs import FORMS, Costs

Refusal = Callable[..., str]
SMALL = '[objective]\ntarget = "is_fraud"\n'


@pytest.mark.parametrize(
    "costs", [{"false_positive": 1, "false_negative": 5}, {"matrix": {"good": {"yes": 0, "no": 1}}}]
)
def test_costs_read_back(costs: dict[str, object]) -> None:
    """Each form of costs is written without the keys of the others."""
    spec = parse({"objective": {"target": "y", "costs": costs}})
    assert parse(spec.resolved()) == spec


@pytest.mark.parametrize(
    ("costs", "words"),
    [
        ("false_positive = 1", "false_negative is missing"),
        ("false_positive = nan\nfalse_negative = 1", "expected an amount"),
        (
            "false_positive = 1\nfalse_negative = 1\nunder = 2\nover = 1",
            "expected false_positive and false_negative, or",
        ),
        ("currency = 'EUR'", "expected false_positive and false_negative, or"),
        ("matrix = { a = { x = 1, y = 2 }, b = { x = 1 } }", 'the row "b" has no cost for the action "y"'),
    ],
)
def test_bad_costs(refusal: Refusal, costs: str, words: str) -> None:
    """Costs are whole and of one form, or refused."""
    text = refusal(SMALL + f"[objective.costs]\n{costs}\n")
    assert text.startswith("fraud.toml:")
    assert words in text


@pytest.mark.parametrize(
    ("given", "form"),
    [
        ({"false_positive": 1, "false_negative": "amount * 0.8"}, "binary"),
        ({"matrix": {"good": {"yes": 0, "no": "fee"}, "bad": {"yes": 5, "no": 0}}}, "matrix"),
        ({"under": 3, "over": 1}, "regression"),
    ],
)
def test_the_form_is_what_was_given(given: dict[str, object], form: str) -> None:
    """The form is told by its keys, and only they are written."""
    costs = Costs.model_validate(given)
    assert costs.form == form
    assert costs.model_dump(exclude_none=True).keys() - {"missing"} <= FORMS[form]


def test_what_is_unsaid_costs_nothing() -> None:
    """A right decision is free unless said; a gain is a negative cost."""
    costs = Costs.model_validate({"false_positive": 4, "false_negative": 20, "true_positive": -2.5})
    assert (costs.true_positive, costs.true_negative, costs.missing) == (-2.5, 0.0, "mean")


@pytest.mark.parametrize("given", [{"under": 1}, {"over": 1}, {"false_positive": 1, "true_negative": 0}])
def test_half_a_form_is_refused(given: dict[str, object]) -> None:
    """Nobody guesses the other half of the costs."""
    with pytest.raises(ValidationError, match="is missing"):
        Costs.model_validate(given)


@pytest.mark.parametrize("given", [{}, {"under": 1, "over": 1, "matrix": {"a": {"x": 1}}}, {"currency": "EUR"}])
def test_none_or_two_forms_are_refused(given: dict[str, object]) -> None:
    """The refusal names all three forms."""
    with pytest.raises(ValidationError, match="false_positive and false_negative, or a matrix, or under and over"):
        Costs.model_validate(given)


@pytest.mark.parametrize("amount", [float("nan"), float("inf"), True, "", " ", None, [1]])
def test_what_is_no_amount(amount: object) -> None:
    """An amount is a finite number, a column or an expression."""
    with pytest.raises(ValidationError):
        Costs.model_validate({"under": amount, "over": 1})


def test_cost_files() -> None:
    """A cost file is one path, or one for each part; train is needed."""
    each = {"train": "a.csv", "test": "b.csv"}
    costs = Costs.model_validate({"under": 1, "over": 1, "table": each, "by": "id"})
    assert costs.model_dump()["table"] == each
    with pytest.raises(ValidationError, match="train"):
        Costs.model_validate({"under": 1, "over": 1, "table": {"test": "b.csv"}})
