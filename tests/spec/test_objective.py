"""The objective is refused where its parts contradict each other or are no amounts and shares."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from pydantic import ValidationError

from automl.spec.objective import Objective
from automl.spec.units import Rate

Refusal = Callable[..., str]
SMALL = '[objective]\ntarget = "is_fraud"\n'


def test_costs_for_the_metric_cost(refusal: Refusal) -> None:
    """`metric = "cost"` without costs is refused."""
    assert 'metric = "cost" needs [objective.costs]' in refusal(SMALL + 'metric = "cost"\n')


def test_a_target_is_enough() -> None:
    """All else is found or has a default."""
    objective = Objective.model_validate({"target": "größe"})
    assert objective.model_dump(exclude_none=True) == {"target": "größe"}


@pytest.mark.parametrize("given", [{}, {"target": ""}, {"target": 3}, {"target": "y", "tsk": "binary"}])
def test_no_objective(given: dict[str, object]) -> None:
    """Without a name of a column, or with a key that nobody knows, there is none."""
    with pytest.raises(ValidationError):
        Objective.model_validate(given)


def test_positive_is_for_two_labels() -> None:
    """A positive label may stand without a task or with `binary`; a 0 is a label too."""
    assert Objective.model_validate({"target": "y", "positive": 0}).positive == 0
    assert Objective.model_validate({"target": "y", "positive": "yes", "task": "binary"}).positive == "yes"
    for task in ("multiclass", "regression"):
        with pytest.raises(ValidationError, match=f'positive is for task = "binary", got task = "{task}"'):
            Objective.model_validate({"target": "y", "positive": 0, "task": task})


def test_names_of_decisions() -> None:
    """`pass`, a word of Python, is a key like the others and is written under its own name."""
    objective = Objective.model_validate({"target": "y", "names": {"act": "block", "pass": "let through"}})
    assert objective.names is not None
    assert objective.names.pass_ == "let through"  # noqa: S105  # the name of a decision
    assert objective.model_dump(by_alias=True, exclude_none=True)["names"] == {"act": "block", "pass": "let through"}


@pytest.mark.parametrize("cost", [-0.01, float("nan"), float("inf"), "3"])
def test_a_review_costs_money(cost: object) -> None:
    """A review's cost is a finite number from 0 on."""
    with pytest.raises(ValidationError):
        Objective.model_validate({"target": "y", "review": {"cost": cost}})


@pytest.mark.parametrize("key", ["precision", "recall", "automated", "confidence"])
@pytest.mark.parametrize("share", [-0.1, 1.5, float("nan"), "most"])
def test_floors_are_shares(key: str, share: object) -> None:
    """A floor is between 0 and 1, or refused."""
    with pytest.raises(ValidationError):
        Objective.model_validate({"target": "y", "require": {key: share}})


def test_capacity_is_a_rate_or_a_share() -> None:
    """`200 per 1d` is rows in seconds, `0.1` a share of the rows."""
    objective = Objective.model_validate({"target": "y", "capacity": {"act": "200 per 1d", "review": 0.1}})
    assert objective.capacity is not None
    assert (objective.capacity.act, objective.capacity.review) == (Rate(count=200, seconds=86_400), 0.1)


def test_explanations_have_words() -> None:
    """Columns that stay, words for columns and levels, and a number of reasons that people read."""
    told = {"fixed": "age", "words": {"*": "the star"}, "levels": {"job": {"A1": "clerk"}}}
    explain = Objective.model_validate({"target": "y", "explain": told}).explain
    assert explain is not None
    assert (explain.fixed, explain.reasons) == (("age",), 4)
    assert (explain.words, explain.levels) == ({"column *": "the star"}, {"job": {"A1": "clerk"}})
    for wrong in ({"reasons": 0}, {"words": {"a": 1}}, {"levels": {"a": "b"}}, {"fix": "age"}):
        with pytest.raises(ValidationError):
            Objective.model_validate({"target": "y", "explain": wrong})
